package did

import (
	"context"
	"time"
)

// Version is one version of a DID's record, as a resolver returns it.
type Version struct {
	DID           DID
	Document      *Document // nil iff deactivated and no older version was asked for
	N             int64     // 1, 2, …; 0 where the method has no versions
	VersionID     string    // "<n>-<operation id>"
	Created       time.Time // whole seconds, UTC; zero where the method does not know
	Updated       time.Time // time of this version; equal to Created for the first
	NextVersionID string
	NextUpdate    time.Time
	Deactivated   bool      // the DID (not this version) is deactivated
	Recovery      *Recovery // of the DID (not this version), while one is pending; nil otherwise
	Disputed      string    // version id of the recovery that superseded this version without recognising it; "" if none did
	During        string    // operation id of the recovery that was pending when this version was made; "" if none was
	Height        int64     // ledger height this answer was read at; 0 for methods without a ledger
}

// Recovery is a recovery of a DID under way: unless it is cancelled, new keys take over at Due, and the versions after Base
// become disputed.
type Recovery struct {
	Operation string    // id of the operation that started it
	Base      string    // version id of the last version that the recoverers recognise
	Started   time.Time // whole seconds, UTC
	Due       time.Time // from then on it takes effect; whole seconds, UTC
	By        RecoveredBy
}

// RecoveredBy says who recovers a DID.
type RecoveredBy string

// A DID is recovered by the recovery set that it declared, or by the league that it named as its last resort.
const (
	RecoveredBySet    RecoveredBy = "set"
	RecoveredByLeague RecoveredBy = "league"
)

// At selects a version: by id, by time (last version whose time ≤ Time), or the latest if both are zero.
type At struct {
	VersionID string
	Time      time.Time
}

// Resolver finds versions of DIDs. Errors: ErrNotFound (ErrNoVersion where the DID exists), ErrInvalidDID, ErrMethodNotSupported, or anything else (unavailable).
// A deactivated DID is no error: Version.Deactivated says so.
type Resolver interface {
	Resolve(ctx context.Context, id DID, at At) (Version, error)
}
