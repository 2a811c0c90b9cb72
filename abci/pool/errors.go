package pool

import (
	"errors"
	"fmt"
)

// ErrStopped is returned by Submit after Stop, for operations that were not journaled.
var ErrStopped = errors.New("operation pool is stopped")

// ErrNoSponsor is returned by Submit on a node that has no sponsor key.
var ErrNoSponsor = errors.New("this node has no sponsor key: it takes no operations")

// ErrNotMember is returned by Submit while the node's sponsor key belongs to no center of the league: its center is not
// admitted yet, was removed, or has other sponsor keys.
var ErrNotMember = errors.New("this node's sponsor key belongs to no center of the league: it takes no operations")

// ErrHalted is returned by Submit while the league refuses the center's batches.
var ErrHalted = errors.New("the league refuses this center's batches: it is suspended or halted")

// CorruptError says that a journal has a damaged frame before intact ones: a disk fault, not a torn write.
// Operations that were promised an outcome may be in it, so nothing is repaired silently.
type CorruptError struct {
	Path   string
	Offset int64
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("journal %s is damaged at byte %d", e.Path, e.Offset)
}

// JournalError says that the journal cannot be written: nothing more can be promised, the node must stop.
type JournalError struct {
	Path string
	Err  error
}

func (e *JournalError) Error() string { return fmt.Sprintf("journal %s: %v", e.Path, e.Err) }
func (e *JournalError) Unwrap() error { return e.Err }
