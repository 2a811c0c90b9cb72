package issuance

import (
	"errors"

	"github.com/hanse-id/hanse/app/op"
)

// What a caller branches on. Every error of this package that is not one of these (errors.Is) is internal.
var (
	// ErrUnknownIssuer says that no issuer of that name or DID is configured (404).
	ErrUnknownIssuer = errors.New("unknown issuer")
	// ErrForeignIssuer says that the credential names another issuer than the one asked (403).
	ErrForeignIssuer = errors.New("credential of another issuer")
	// ErrInvalid says that the credential breaks the data model or claims what only we may write (422).
	ErrInvalid = errors.New("invalid credential")
	// ErrRequest says that the request cannot be served as it is put: an option, an index, an undone revocation (400).
	ErrRequest = errors.New("invalid request")
	// ErrDuplicate says that the issuer has issued a credential with this id before (409).
	ErrDuplicate = errors.New("credential id issued before")
	// ErrInFlight says that a request with the same Idempotency-Key has not ended (409).
	ErrInFlight = errors.New("a request with this idempotency key is in flight")
	// ErrKeyReused says that the Idempotency-Key was used with another body (422).
	ErrKeyReused = errors.New("idempotency key used with another body")
	// ErrNotAccredited says that the issuer has no accreditation for what it is asked to issue, and the template wants one (403).
	ErrNotAccredited = errors.New("issuer is not accredited")
	// ErrFixed says that something is set by the configuration, or never changes: an issuer's DID (409).
	ErrFixed = errors.New("cannot be changed")
	// ErrNotFound says that there is no such record (404).
	ErrNotFound = errors.New("not found")
	// ErrGone says that the record was erased (410).
	ErrGone = errors.New("erased")
	// ErrExists says that a name or number is taken.
	ErrExists = errors.New("exists")
	// ErrUnavailable says that the ledger or the store cannot answer now; nothing was issued (503, retry).
	ErrUnavailable = errors.New("unavailable")
)

// Refusal is an error with a reason that callers branch on (one of the sentinels above) and what to tell the client.
type Refusal struct {
	Reason  error  // a sentinel of this package
	Detail  string // one sentence for people; it names no holder
	Pointer string // JSON pointer to the bad member, if one is to blame
	Err     error  // the cause, for logs; may be nil
}

// Error returns the detail.
func (r *Refusal) Error() string {
	if r.Err != nil {
		return r.Detail + ": " + r.Err.Error()
	}
	return r.Detail
}

// Unwrap returns the reason and the cause.
func (r *Refusal) Unwrap() []error {
	if r.Err == nil {
		return []error{r.Reason}
	}
	return []error{r.Reason, r.Err}
}

// PendingError says that an operation was accepted and that its outcome is not known yet (202).
type PendingError struct {
	Operation op.ID
	NoQuorum  bool // the center sees too few others to commit anything at present
}

func (e *PendingError) Error() string {
	if e.NoQuorum {
		return "operation " + e.Operation.String() + " is accepted, but the league has no quorum at present"
	}
	return "operation " + e.Operation.String() + " is accepted and not committed yet"
}

func refuse(reason error, pointer, detail string) error {
	return &Refusal{Reason: reason, Detail: detail, Pointer: pointer}
}

func unavailable(detail string, err error) error {
	return &Refusal{Reason: ErrUnavailable, Detail: detail, Err: err}
}
