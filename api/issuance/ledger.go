package issuance

import (
	"context"
	"errors"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/did"
)

// Ledger is what issuing needs of a league's ledger: a subset of api.Ledger. Absent records are did.ErrNotFound.
type Ledger interface {
	// Head is the last committed block.
	Head(ctx context.Context) (app.Head, error)
	// Params are the ledger parameters in effect.
	Params(ctx context.Context) (exec.Params, error)
	// DID reads a version of a did:hanse of this league.
	DID(ctx context.Context, id did.DID, at did.At) (did.Version, error)
	// List reads a status list's record and the height it was read at.
	List(ctx context.Context, id op.ID) (*status.List, int64, error)
	// Bits reads a whole list in W3C order now (zero time) or as of at. The caller must not modify it.
	Bits(ctx context.Context, id op.ID, at time.Time) (bits []byte, head app.Head, err error)
	// Leases lists the leases of a list that are tagged with replica.
	Leases(ctx context.Context, id op.ID, replica string) ([]status.Lease, error)
	// Submit admits envelopes to the pool; an error means that nothing was journaled.
	Submit(ctx context.Context, envelopes [][]byte) ([]app.Submission, error)
	// Wait blocks until the operation has a final receipt or ctx ends; then it returns what is known, without error.
	Wait(ctx context.Context, id op.ID) (app.Receipt, error)
}

// readList reads a list record; ErrNotFound if the ledger has none, ErrUnavailable if it cannot say.
func readList(ctx context.Context, ledger Ledger, id op.ID) (*status.List, error) {
	list, _, err := ledger.List(ctx, id)
	switch {
	case errors.Is(err, did.ErrNotFound), err == nil && list == nil:
		return nil, refuse(ErrNotFound, "", "no status list "+id.String()+" on the ledger")
	case err != nil:
		return nil, unavailable("the ledger cannot be read", err)
	}
	return list, nil
}
