package issuance

import (
	"context"
	"time"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/credentials"
)

// Store keeps what a center's issuers did. It is the only truth about which indices were drawn, so every write is on
// stable storage when the call returns. Several processes may share one store: all uniqueness is the store's.
// issuancetest.TestStore is what an implementation has to pass. Unknown records are ErrNotFound.
type Store interface {
	Identity() string // a random id made with the store: a new or lost store is never mistaken for the old one
	IssuerStore
	TemplateStore
	ListStore
	DrawStore
	RecordStore
	AnswerStore
	JobStore
	Close() error
}

// IssuerStore keeps the issuers of a center by name.
type IssuerStore interface {
	// PutIssuer adds an issuer or replaces the one of that name.
	PutIssuer(ctx context.Context, i Issuer) error
	// Issuers lists all issuers by name.
	Issuers(ctx context.Context) ([]Issuer, error)
}

// TemplateStore keeps the templates of issuers by name.
type TemplateStore interface {
	// PutTemplate adds a template or replaces the one of its issuer and name.
	PutTemplate(ctx context.Context, t Template) error
	// Template reads one template; ErrNotFound if there is none.
	Template(ctx context.Context, issuer, name string) (Template, error)
	// Templates lists an issuer's templates by name.
	Templates(ctx context.Context, issuer string) ([]Template, error)
	// DeleteTemplate forgets a template; ErrNotFound if there is none.
	DeleteTemplate(ctx context.Context, issuer, name string) error
}

// List is a status list that this center created for an issuer and purpose. The one with the highest Seq is in use.
type List struct {
	ID       op.ID
	Issuer   string // the issuer's name
	Purpose  string
	Seq      int64  // 1, 2, …: a new list follows a full one
	URL      string // its statusListCredential
	Envelope []byte // the status.create operation, as submitted: it may be submitted again
	Expires  int64  // exp of that operation, unix seconds
	Ready    bool   // seen on the ledger
}

// ListStore keeps lists. A list is stored before its operation is submitted, so that a crash never loses one.
type ListStore interface {
	// AddList stores a list; ErrExists if issuer, purpose and seq have one.
	AddList(ctx context.Context, l List) error
	// ReplaceList puts l in the place of a list whose operation expired without effect; ErrNotFound if old is not there any more.
	ReplaceList(ctx context.Context, old op.ID, l List) error
	// ListReady marks a list as seen on the ledger.
	ListReady(ctx context.Context, id op.ID) error
	// Lists lists an issuer's lists by purpose and seq; all issuers' if issuer is empty.
	Lists(ctx context.Context, issuer string) ([]List, error)
}

// Lease is a range of indices of a list that the ledger gave to this store's replica.
type Lease struct {
	List      op.ID
	Start     int64
	Count     int64
	Abandoned bool // nothing is drawn from it any more
}

// DrawStore keeps leases and the indices drawn from them.
type DrawStore interface {
	// AddLease stores a lease; ErrExists if the list has one with this start.
	AddLease(ctx context.Context, l Lease) error
	// Leases lists a list's leases by start.
	Leases(ctx context.Context, list op.ID) ([]Lease, error)
	// AbandonLeases abandons all leases of a list.
	AbandonLeases(ctx context.Context, list op.ID) error
	// Draw marks indices as drawn and returns those that had not been, in order. No index is ever returned twice.
	// After an error nothing is known of the indices: the caller must not use them.
	Draw(ctx context.Context, list op.ID, indices []int64) ([]int64, error)
	// Drawn lists the drawn indices of a range in order.
	Drawn(ctx context.Context, list op.ID, start, count int64) ([]int64, error)
}

// Entry is a status entry of an issued credential.
type Entry struct {
	Purpose string `json:"purpose"`
	List    op.ID  `json:"list"`
	Index   int64  `json:"index"`
}

// Record is what is kept of an issued credential.
type Record struct {
	Issuer     string // the issuer's name
	ID         string // credentialId; empty: addressed by list and index only
	Form       credentials.Form
	Digest     string // base64url SHA-256 of the secured credential
	Issued     time.Time
	Entries    []Entry
	Credential []byte // sealed secured credential where the issuer retains; nil otherwise
	Erased     bool
}

// RecordStore keeps records of issued credentials.
type RecordStore interface {
	// Complete stores a record, and with a claim its answer, in one step. ErrDuplicate if the issuer has a record of
	// this id, ErrExists if an entry's index is on another record, ErrInFlight if the claim is not this one's any more;
	// then nothing was stored.
	Complete(ctx context.Context, r Record, c *Claim) error
	// Records lists the records of a credential id, by issuer's name; erased ones included.
	Records(ctx context.Context, id string) ([]Record, error)
	// Erase removes what a record retains, for good; ErrGone if it was erased before.
	Erase(ctx context.Context, issuer, id string) error
}

// Claim is a request under an Idempotency-Key.
type Claim struct {
	Key         [32]byte // hash of principal and key
	Fingerprint [32]byte // keyed hash of the request
	Replica     string   // who works on it
	Token       string   // of this attempt
	Answer      []byte   // sealed; nil while in flight
	Expires     time.Time
}

// AnswerStore keeps the answers of requests with an Idempotency-Key.
type AnswerStore interface {
	// ClaimKey stores c if its key is free, or taken by a claim that had expired at now. Otherwise it returns the claim
	// that holds the key.
	ClaimKey(ctx context.Context, c Claim, now time.Time) (held *Claim, err error)
	// ReleaseClaim forgets a claim that has no answer; nothing happens if the token is another one's.
	ReleaseClaim(ctx context.Context, c Claim) error
	// ReleaseReplica forgets all claims without answer of a replica: it calls this when it starts.
	ReleaseReplica(ctx context.Context, replica string) error
	// ExpireClaims deletes what had expired at now.
	ExpireClaims(ctx context.Context, now time.Time) error
}
