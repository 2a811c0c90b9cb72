package credentials

import (
	"context"
	"errors"
	"time"

	"github.com/hanse-id/hanse/did"
)

// StatusEntry is one credentialStatus entry, parsed: a BitstringStatusListEntry (Bitstring Status List 1.0, section 2.1), which
// names a place in a list, or an AccreditationStatusEntry, which names an accreditation.
type StatusEntry struct {
	Type    string // EntryType, TokenEntryType or AccreditationEntryType
	Purpose string // empty for a TokenEntryType: its list says by value what it means
	Index   int64
	List    string // statusListCredential URL, or the uri of a Token Status List
	Size    int64  // statusSize in bits, default 1; 0 for a TokenEntryType: its list says

	// AccreditationEntryType: the id of the entry (may be empty) and that of the accreditation; everything about lists is empty.
	ID, Accreditation string
}

// StatusQuery asks for an entry's value at an instant.
type StatusQuery struct {
	Issuer did.DID // of the credential: the list's issuer must be the same
	Entry  StatusEntry
	At     time.Time // zero: now
}

// StatusResult is a status with what it stands on: Value and Purposes of a list's entry, State of an accreditation.
type StatusResult struct {
	Value    uint64   // 0: not set
	Purposes []string // of the list; nil where the source does not say
	Evidence Evidence
	Stale    bool // newer news should have been there by now: the list's own time to live has passed, or the ledger stands still

	State         string         // of an accreditation at the instant: StateActive, or why it is not in force ("revoked", "suspended", "expired"); "": the source does not know such entries
	Accreditation *Accreditation // as it was given, to compare a copy with; nil: not compared
}

// StateActive is the State of an accreditation that is in force.
const StateActive = "active"

// ErrStatusType says that a status source does not know a type of entries: the entry is not evaluated, and the report says so.
var ErrStatusType = errors.New("status type not supported")

// StatusSource finds status values. A *ProblemError with a status-list problem type says why it cannot:
// STATUS_RETRIEVAL_ERROR (unavailable: indeterminate), STATUS_VERIFICATION_ERROR, STATUS_LIST_LENGTH_ERROR, RANGE_ERROR (fail).
// The errors of package statuslist say the same; ErrStatusType is for AccreditationEntryType, which not every source knows. Any
// other error means unavailable.
type StatusSource interface {
	Status(ctx context.Context, q StatusQuery) (StatusResult, error)
}

// TrustQuery asks whether an issuer may issue a credential at an instant, as far as a policy accepts.
type TrustQuery struct {
	Issuer       did.DID
	Types        []string      // of the credential, "VerifiableCredential" included: every other one needs an accreditation
	Schemas      []string      // SRI digests that its credentialSchema entries name: an accreditation for a schema may stand for one for the type it describes
	At           time.Time     // zero: now
	Validity     time.Duration // from validFrom to validUntil, whole seconds; negative: without end or without beginning; 0: not asked
	Centers      []did.DID     // policy: accepted centers; empty: any
	MaxDepth     int           // policy: accreditations on the path; 0: the source's own bound
	Jurisdiction string        // policy; empty: not asked
	Narrowed     bool          // centers, depth or jurisdiction are not Verifier.Policy's but VerifyOptions.Policy's
}

// TrustResult is the answer with the path from issuer to league.
type TrustResult struct {
	Accredited bool
	Reason     string // why not, or a remark: for people
	Code       string // why not: a stable word of the source, "noAccreditation"
	Path       []TrustHop
	Evidence   Evidence
}

// TrustHop is one link of a trust path, from the issuer upwards. Times are RFC 3339 UTC, empty: no bound.
type TrustHop struct {
	ID         string `json:"id,omitempty"` // accreditation; empty: a center's membership, or configuration
	Authority  string `json:"authority"`
	Subject    string `json:"subject"`
	Action     string `json:"action,omitempty"` // issue, accredit
	Type       string `json:"type"`             // credential type or pattern it is for
	State      string `json:"state,omitempty"`  // at the instant of the verification: "active", "revoked", …
	ValidFrom  string `json:"validFrom,omitempty"`
	ValidUntil string `json:"validUntil,omitempty"`
	Reason     string `json:"reason,omitempty"` // of a revocation or suspension
	Height     int64  `json:"height,omitempty"` // ledger height at which it was granted
}

// TrustSource answers trust questions. Errors mean unavailable: indeterminate.
type TrustSource interface {
	Accredited(ctx context.Context, q TrustQuery) (TrustResult, error)
}

// DomainQuery asks whether an origin is linked with an issuer.
type DomainQuery struct {
	Issuer did.DID
	Origin Origin
	At     time.Time // zero: now
}

// DomainResult is the answer, with the reason of a negative one.
type DomainResult struct {
	Linked   bool
	Reason   LinkReason // why not: a stable word
	Detail   string     // for people
	Evidence Evidence
}

// DomainSource reads the domain linkages of an origin (DIF Well Known DID Configuration). Errors mean unavailable:
// indeterminate.
type DomainSource interface {
	Linked(ctx context.Context, q DomainQuery) (DomainResult, error)
}
