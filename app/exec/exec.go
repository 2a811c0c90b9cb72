package exec

import (
	"iter"

	"github.com/hanse-id/hanse/app/op"
)

// Block is the block being executed. Block time is the only clock under consensus.
type Block struct {
	Height int64
	Time   int64 // unix seconds (header time, truncated)
}

// Reader reads ordered state. Values are never empty; Get returns nil for absent keys.
// The returned slices must not be modified. Storage failures panic with *StorageError: the node stops.
type Reader interface {
	Get(key []byte) []byte
	// Range iterates start ≤ key < end in byte order; a nil end is unbounded.
	// The reader must not be written while an iteration over it is under way.
	Range(start, end []byte) iter.Seq2[[]byte, []byte]
}

// PrefixEnd is the first key after every key that begins with prefix, which ends in a byte below 0xFF: where a Range over
// the prefix ends.
func PrefixEnd(prefix string) []byte {
	end := []byte(prefix)
	end[len(end)-1]++
	return end
}

// Store is a Reader that can be written. Set keeps the slices it is given; values must not be empty.
type Store interface {
	Reader
	Set(key, value []byte)
	Delete(key []byte)
}

// StorageError is the panic value of a failed read: it stops the node and never becomes a receipt.
type StorageError struct{ Err error }

func (e *StorageError) Error() string { return "storage: " + e.Err.Error() }
func (e *StorageError) Unwrap() error { return e.Err }

// Env is what one operation executes in. Store is the operation's own overlay: it is dropped if Apply fails.
// An Env belongs to one goroutine.
type Env struct {
	Block  Block
	Store  Store
	Params Params
	League string
	Op     *op.Operation
	// Verify answers a signature question (cache or computation: the same answer).
	Verify func(op.Check) bool

	events []Event
}

// Emit records an event of the operation.
func (e *Env) Emit(ev Event) { e.events = append(e.events, ev) }

// Events returns what was emitted, in order.
func (e *Env) Events() []Event { return e.events }

// Mandate is what lets the league act: a proposal that passed. ID is the operation that proposed it.
type Mandate struct {
	Proposal int64
	ID       op.ID
}
