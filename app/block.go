package app

import (
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// BlockInput is a decided block.
type BlockInput struct {
	Height int64
	Time   int64 // unix seconds: the header's time, truncated
	Txs    [][]byte
	// Misbehaviour lists validators (multikeys) that consensus evidence names: logged, counted, an event.
	Misbehaviour []string
}

// BlockResult is what executing a block gave. Nothing is persisted before Commit.
type BlockResult struct {
	AppHash  []byte
	Txs      []TxResult
	Receipts []Receipt    // every operation whose id this block consumed, in order
	Events   []exec.Event // block events (not of operations)
	Updates  []ValidatorUpdate
	Summary  Summary
}

// TxResult is a batch's outcome: OK or why the whole batch was refused, and a code per operation in it.
type TxResult struct {
	Code exec.Code
	Ops  []OpResult // nil if the batch was refused
}

// OpResult is one operation's outcome in a batch. Consumed: its id is used up and Code is its final receipt. An operation
// that could not be decoded has no ID.
type OpResult struct {
	ID       op.ID
	Code     exec.Code
	Consumed bool
}

// ValidatorUpdate sets a validator's power (0 removes). Key is an Ed25519 multikey.
type ValidatorUpdate struct {
	Key   string
	Power int64
}

// Summary is what readers learn of a committed block: which subjects changed (see exec.Event), and the ids it consumed.
type Summary struct {
	Head
	Changed []string   `json:"changed"` // sorted, none twice
	Ops     []OpResult `json:"ops"`
	Batches [][32]byte `json:"-"` // hashes of the batches it contained, for the pool
}
