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
	Deactivated   bool  // the DID (not this version) is deactivated
	Height        int64 // ledger height this answer was read at; 0 for methods without a ledger
}

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
