package ledgertest

import (
	"context"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/did"
)

// view opens a read view of the last block, unless the ledger is down.
func (l *Ledger) view() (*app.View, error) {
	l.mu.Lock()
	down := l.down
	l.mu.Unlock()
	if down {
		return nil, ErrDown
	}
	return l.app.View(0)
}

// read runs fn over a view of the last block.
func read[T any](l *Ledger, fn func(*app.View) (T, error)) (value T, err error) {
	v, err := l.view()
	if err != nil {
		return value, err
	}
	defer v.Close()
	return fn(v)
}

// Read implements api.Ledger.
func (l *Ledger) Read(_ context.Context, fn func(*app.View) error) error {
	v, err := l.view()
	if err != nil {
		return err
	}
	defer v.Close()
	return fn(v)
}

// Head implements api.Ledger.
func (l *Ledger) Head(context.Context) (app.Head, error) {
	return read(l, func(v *app.View) (app.Head, error) { return v.Head(), nil })
}

// DID implements api.Ledger.
func (l *Ledger) DID(_ context.Context, id did.DID, at did.At) (did.Version, error) {
	return read(l, func(v *app.View) (did.Version, error) {
		record, err := identity.Select(v.Reader(), id, at)
		if err != nil {
			return did.Version{}, err
		}
		return record.Version(v.Head().Height), nil
	})
}

// List implements api.Ledger; an absent list is did.ErrNotFound.
func (l *Ledger) List(_ context.Context, id op.ID) (*status.List, int64, error) {
	var height int64
	list, err := read(l, func(v *app.View) (*status.List, error) {
		height = v.Head().Height
		return listOf(v, id)
	})
	return list, height, err
}

func listOf(v *app.View, id op.ID) (*status.List, error) {
	list, err := status.Get(v.Reader(), id)
	if err == nil && list == nil {
		err = did.ErrNotFound
	}
	return list, err
}

// Bits implements api.Ledger.
func (l *Ledger) Bits(_ context.Context, id op.ID, at time.Time) ([]byte, app.Head, error) {
	var head app.Head
	bits, err := read(l, func(v *app.View) ([]byte, error) {
		head = v.Head()
		list, err := listOf(v, id)
		if err != nil {
			return nil, err
		}
		return status.Bits(v.Reader(), list, at)
	})
	return bits, head, err
}

// Leases implements api.Ledger.
func (l *Ledger) Leases(_ context.Context, id op.ID, replica string) ([]status.Lease, error) {
	return read(l, func(v *app.View) ([]status.Lease, error) { return status.Leases(v.Reader(), id, replica) })
}

// Centers implements api.Ledger.
func (l *Ledger) Centers(context.Context) ([]governance.Center, error) {
	return read(l, func(v *app.View) ([]governance.Center, error) { return governance.Centers(v.Reader()) })
}

// Params implements api.Ledger.
func (l *Ledger) Params(context.Context) (exec.Params, error) {
	return read(l, func(v *app.View) (exec.Params, error) { return governance.Params(v.Reader()) })
}

// Receipt implements api.Ledger.
func (l *Ledger) Receipt(ctx context.Context, id op.ID) (app.Receipt, error) {
	l.mu.Lock()
	pooled := l.pooled[id]
	l.mu.Unlock()
	if pooled {
		return app.Receipt{ID: id, State: app.Accepted}, nil
	}
	return read(l, func(v *app.View) (app.Receipt, error) { return v.Receipt(ctx, id) })
}

// Prove implements api.Ledger.
func (l *Ledger) Prove(_ context.Context, key []byte) (*app.Proof, error) {
	return read(l, func(v *app.View) (*app.Proof, error) { return v.Prove(key) })
}

// Blocks implements api.Ledger.
func (l *Ledger) Blocks(_ context.Context, from int64, limit int) ([]app.BlockRecord, error) {
	return read(l, func(v *app.View) ([]app.BlockRecord, error) { return v.Blocks(from, limit) })
}
