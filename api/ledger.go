package api

import (
	"context"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/did"
)

// Ledger is what the API needs of a league's ledger. abci/ledger implements it over the node in this process
// (and later over RPC with a light client). Reads come from a snapshot of the last committed block and never wait
// for consensus. Errors: did.ErrNotFound for absent, *exec.Error for refusals, anything else: unavailable.
type Ledger interface {
	// Head is the last committed block.
	Head(ctx context.Context) (app.Head, error)
	// DID reads a version of a did:hanse of this league.
	DID(ctx context.Context, id did.DID, at did.At) (did.Version, error)
	// List reads a status list's record and the height it was read at.
	List(ctx context.Context, id op.ID) (*status.List, int64, error)
	// Bits reads a whole list (status.Bits) now (zero time) or as of at, with the height and block time of the read.
	Bits(ctx context.Context, id op.ID, at time.Time) (bits []byte, head app.Head, err error)
	// Leases lists the leases of a list that are tagged with replica.
	Leases(ctx context.Context, id op.ID, replica string) ([]status.Lease, error)
	// Centers lists the members of the league; Params the ledger parameters.
	Centers(ctx context.Context) ([]governance.Center, error)
	Params(ctx context.Context) (exec.Params, error)
	// Read calls fn with a consistent view of the last committed block, for queries of the app's modules (governance, trust).
	// The view ends with the call. Storage faults inside fn come back as errors; fn's own errors come back as they are.
	Read(ctx context.Context, fn func(*app.View) error) error
	// Submit admits operations (envelopes) to the pool and journals them; one Submission each, in order.
	// An error means nothing was journaled (503).
	Submit(ctx context.Context, envelopes [][]byte) ([]app.Submission, error)
	// Receipt says what is known of an operation (accepted ones included).
	Receipt(ctx context.Context, id op.ID) (app.Receipt, error)
	// Wait blocks until the operation has a final receipt or ctx ends; then it returns what is known, without error.
	Wait(ctx context.Context, id op.ID) (app.Receipt, error)
	// Prove returns a proof of a state key at the latest provable version.
	Prove(ctx context.Context, key []byte) (*app.Proof, error)
	// Watch calls fn for every block committed after the call, in order, until ctx ends. fn must not block.
	Watch(ctx context.Context, fn func(app.Summary)) error
	// Blocks returns the summaries of committed blocks with from ≤ height, oldest first, at most limit (for event replay).
	Blocks(ctx context.Context, from int64, limit int) ([]app.BlockRecord, error)
	// Health says how the node is.
	Health(ctx context.Context) app.Health
}
