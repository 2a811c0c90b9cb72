package credentials

import (
	"context"
	"time"

	"github.com/hanse-id/hanse/did"
)

// StatusEntry is one credentialStatus entry, parsed (Bitstring Status List 1.0, section 2.1).
type StatusEntry struct {
	Type    string // "BitstringStatusListEntry"
	Purpose string
	Index   int64
	List    string // statusListCredential URL
	Size    int64  // statusSize in bits, default 1
}

// StatusQuery asks for an entry's value at an instant.
type StatusQuery struct {
	Issuer did.DID // of the credential: the list's issuer must be the same
	Entry  StatusEntry
	At     time.Time // zero: now
}

// StatusResult is a status with what it stands on.
type StatusResult struct {
	Value    uint64   // 0: not set
	Purposes []string // of the list; nil where the source does not say
	Evidence Evidence
}

// StatusSource finds status values. A *ProblemError with a status-list problem type says why it cannot:
// STATUS_RETRIEVAL_ERROR (unavailable: indeterminate), STATUS_VERIFICATION_ERROR, STATUS_LIST_LENGTH_ERROR, RANGE_ERROR (fail).
// The errors of package statuslist say the same. Any other error means unavailable.
type StatusSource interface {
	Status(ctx context.Context, q StatusQuery) (StatusResult, error)
}

// TrustQuery asks whether an issuer may issue a credential type at an instant.
type TrustQuery struct {
	Issuer did.DID
	Types  []string  // of the credential, "VerifiableCredential" included
	At     time.Time // zero: now
}

// TrustResult is the answer with the path from issuer to league (today: at most one hop, from configuration).
type TrustResult struct {
	Accredited bool
	Reason     string // why not, or a remark
	Path       []TrustHop
	Evidence   Evidence
}

// TrustHop is one link of a trust path.
type TrustHop struct {
	Authority string `json:"authority"`
	Subject   string `json:"subject"`
	Type      string `json:"type"`
	Height    int64  `json:"height,omitempty"`
}

// TrustSource answers trust questions. Errors mean unavailable: indeterminate.
type TrustSource interface {
	Accredited(ctx context.Context, q TrustQuery) (TrustResult, error)
}
