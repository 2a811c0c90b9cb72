package ledger

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hanse-id/hanse/abci/pool"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/did"
)

// Config of a Local.
type Config struct {
	App    *app.App
	Pool   *pool.Pool
	Feed   *Feed
	Status func() app.Health // the node's condition
}

// Local is the ledger over the node in this process. It is safe for concurrent use, and satisfies api.Ledger.
type Local struct {
	app    *app.App
	pool   *pool.Pool
	feed   *Feed
	status func() app.Health

	gate   sync.RWMutex // read-held while the state is read
	closed bool
}

// New returns the ledger of a node.
func New(cfg Config) *Local {
	return &Local{app: cfg.App, pool: cfg.Pool, feed: cfg.Feed, status: cfg.Status}
}

// Close waits for reads to end; later ones get ErrStopped. The state may be closed after it.
func (l *Local) Close() {
	l.gate.Lock()
	defer l.gate.Unlock()
	l.closed = true
}

// Head is the last committed block.
func (l *Local) Head(ctx context.Context) (app.Head, error) {
	return l.app.Head(), l.usable(ctx)
}

// DID reads a version of a did:hanse of this league. did.ErrNotFound: there is none (did.ErrNoVersion: the DID exists); any other error: unavailable.
func (l *Local) DID(ctx context.Context, id did.DID, at did.At) (version did.Version, err error) {
	err = l.Read(ctx, func(v *app.View) error {
		record, err := identity.Select(v.Reader(), id, at)
		if err != nil {
			return err
		}
		if record == nil {
			return did.ErrNotFound
		}
		version = record.Version(v.Head().Height)
		return nil
	})
	return version, err
}

// List reads a status list's record and the height it was read at; did.ErrNotFound if there is none.
func (l *Local) List(ctx context.Context, id op.ID) (list *status.List, height int64, err error) {
	err = l.Read(ctx, func(v *app.View) error {
		height = v.Head().Height
		list, err = listOf(v, id)
		return err
	})
	return list, height, err
}

func listOf(v *app.View, id op.ID) (*status.List, error) {
	list, err := status.Get(v.Reader(), id)
	if err == nil && list == nil {
		err = fmt.Errorf("status list %s: %w", id, did.ErrNotFound)
	}
	return list, err
}

// Bits reads a whole list (status.Bits) now (zero time) or as of at, with the block of the read.
func (l *Local) Bits(ctx context.Context, id op.ID, at time.Time) (bits []byte, head app.Head, err error) {
	err = l.Read(ctx, func(v *app.View) error {
		head = v.Head()
		list, err := listOf(v, id)
		if err != nil {
			return err
		}
		bits, err = status.Bits(v.Reader(), list, at)
		return err
	})
	return bits, head, err
}

// Leases lists the leases of a list that are tagged with replica.
func (l *Local) Leases(ctx context.Context, id op.ID, replica string) (leases []status.Lease, err error) {
	err = l.Read(ctx, func(v *app.View) error {
		if _, err := listOf(v, id); err != nil {
			return err
		}
		leases, err = status.Leases(v.Reader(), id, replica)
		return err
	})
	return leases, err
}

// Centers lists the members of the league by name.
func (l *Local) Centers(ctx context.Context) (centers []governance.Center, err error) {
	err = l.Read(ctx, func(v *app.View) error {
		centers, err = governance.Centers(v.Reader())
		return err
	})
	return centers, err
}

// Params reads the ledger parameters.
func (l *Local) Params(ctx context.Context) (params exec.Params, err error) {
	err = l.Read(ctx, func(v *app.View) error {
		params, err = governance.Params(v.Reader())
		return err
	})
	return params, err
}

// Prove returns a proof of a state key at the last committed block, which header Height+1 carries.
func (l *Local) Prove(ctx context.Context, key []byte) (proof *app.Proof, err error) {
	err = l.Read(ctx, func(v *app.View) error {
		proof, err = v.Prove(key)
		return err
	})
	return proof, err
}

// Blocks returns committed blocks with from ≤ height, oldest first, at most limit.
func (l *Local) Blocks(ctx context.Context, from int64, limit int) (blocks []app.BlockRecord, err error) {
	err = l.Read(ctx, func(v *app.View) error {
		blocks, err = v.Blocks(from, limit)
		return err
	})
	return blocks, err
}

// Health says how the node is.
func (l *Local) Health(context.Context) app.Health { return l.status() }

// usable says why nothing can be read: the caller gave up, or the node has stopped.
func (l *Local) usable(ctx context.Context) error {
	select {
	case <-l.feed.closed:
		return ErrStopped
	default:
		return ctx.Err()
	}
}

// Read runs fn over a view of the last committed block. A fault of storage is an error here, not a panic.
func (l *Local) Read(ctx context.Context, fn func(*app.View) error) (err error) {
	if err := l.usable(ctx); err != nil {
		return err
	}
	l.gate.RLock()
	defer l.gate.RUnlock()
	if l.closed {
		return ErrStopped
	}
	view, err := l.app.View(0)
	if err != nil {
		return fmt.Errorf("ledger state: %w", err)
	}
	defer view.Close()
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *exec.StorageError:
			err = p
		default:
			panic(p)
		}
	}()
	return fn(view)
}
