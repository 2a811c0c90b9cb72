package app

import (
	"errors"
	"fmt"
	"sync"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/state"
)

// Options of an App.
type Options struct {
	Verdicts op.Verdicts // nil: none, every signature is computed
	// Version of this binary ("1.2.3"), compared with the league's upgrade plan: see UpgradeError. "": not checked.
	Version string
}

// What a caller of App can have done wrong.
var (
	ErrNoGenesis  = errors.New("store is empty and no genesis was applied")
	ErrNotEmpty   = errors.New("genesis for a store that has blocks already")
	ErrHeight     = errors.New("block does not follow the last committed one")
	ErrNoExecuted = errors.New("no executed block to commit")
)

// App executes blocks over a store. Prepare, CheckProposal, Execute and Commit belong to one goroutine; Admit, Checks,
// Open, Head and views are for any number of them, at any time.
type App struct {
	store    *state.Store
	options  Options
	verdicts op.Verdicts
	version  *governance.Version // nil: not checked
	batches  batches
	executed *execution // by Execute, until Commit

	mu       sync.RWMutex  // guards what Commit replaces under concurrent readers
	genesis  *Genesis      // until the first Commit
	initial  genesisReader // the same, for readers
	head     Head
	params   exec.Params
	consumed map[op.ID]struct{} // ids in the b/i/ records of committed state; written under mu, by Commit only
}

// Head is the last committed block.
type Head struct {
	League  string `json:"league"`
	Height  int64  `json:"height"`
	Time    int64  `json:"time"` // unix seconds
	AppHash []byte `json:"appHash"`
}

// New returns an app over an opened store. Over an empty store it waits for Init. It fails on a Version that is none.
func New(store *state.Store, opts Options) (a *App, err error) {
	defer storageFault(&err)
	a = &App{store: store, options: opts, verdicts: opts.Verdicts, consumed: map[op.ID]struct{}{}}
	if opts.Version != "" {
		version, err := governance.ParseVersion(opts.Version)
		if err != nil {
			return nil, err
		}
		a.version = &version
	}
	if store.Version() == 0 {
		return a, nil
	}
	snap, err := store.Snapshot(0)
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	if a.params, err = governance.Params(snap); err != nil {
		return nil, err
	}
	if a.head, err = readHead(snap); err != nil {
		return nil, err
	}
	return a, eachRemembered(snap, func(ids []op.ID) {
		for _, id := range ids {
			a.consumed[id] = struct{}{}
		}
	})
}

// Head returns the last committed block; Height 0 before the first.
func (a *App) Head() Head {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.head
}

// Init applies a genesis to an empty store and returns the app hash of height 0 and the centers by name. Nothing is
// persisted until the first Commit, and it may be called again before that. ErrNotEmpty if there are blocks.
func (a *App) Init(g *Genesis) (appHash []byte, centers []governance.Center, err error) {
	defer storageFault(&err)
	if a.store.Version() != 0 {
		return nil, nil, ErrNotEmpty
	}
	if err := g.Validate(); err != nil {
		return nil, nil, err
	}
	block := a.store.Begin()
	if err := g.apply(block); err != nil {
		return nil, nil, err
	}
	root := block.Root()
	if centers, err = governance.Centers(block); err != nil {
		return nil, nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.genesis, a.initial, a.params = g, readGenesis(block), g.Params
	a.head = Head{League: g.League, AppHash: root[:]}
	a.executed = nil
	return root[:], centers, nil
}

// begin starts the write set of a block over the committed state, or over genesis for the first one.
func (a *App) begin(height int64) (*state.Block, error) {
	if last := a.store.Version(); height != last+1 {
		return nil, fmt.Errorf("%w: height %d after %d", ErrHeight, height, last)
	}
	block := a.store.Begin()
	if height > 1 {
		return block, nil
	}
	if a.genesis == nil {
		return nil, ErrNoGenesis
	}
	return block, a.genesis.apply(block)
}

// Commit persists the last executed block in one synced write and returns its summary. ErrNoExecuted without one.
func (a *App) Commit() (s Summary, err error) {
	defer storageFault(&err)
	x := a.executed
	if x == nil {
		return Summary{}, ErrNoExecuted
	}
	index, err := x.index()
	if err != nil {
		return Summary{}, err
	}
	if err := a.store.Commit(x.state, x.block.Height, index); err != nil {
		return Summary{}, err
	}
	a.executed = nil
	a.publish(x)
	a.batches.drop(x.result.Summary.Batches)
	return x.result.Summary, nil
}

// publish lets readers see what was committed.
func (a *App) publish(x *execution) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, id := range x.forgotten {
		delete(a.consumed, id)
	}
	for _, r := range x.result.Receipts {
		a.consumed[r.ID] = struct{}{}
	}
	a.genesis, a.initial = nil, nil
	a.head, a.params = x.result.Summary.Head, x.nextParams
}

// isConsumed reports whether committed state remembers id.
func (a *App) isConsumed(id op.ID) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	_, ok := a.consumed[id]
	return ok
}

// committed opens the state of the last committed block (genesis before the first). Close it.
func (a *App) committed() (exec.Reader, func(), error) {
	a.mu.RLock()
	initial := a.initial
	a.mu.RUnlock()
	snap, err := a.store.Snapshot(0)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case snap.Version() > 0:
		return snap, closing(snap), nil
	case initial == nil:
		return nil, nil, errors.Join(ErrNoGenesis, snap.Close())
	}
	return initial, closing(snap), nil
}

// closing closes a snapshot that was only read from: what was read counts, whatever closing says.
func closing(snap *state.Snapshot) func() {
	return func() { _ = snap.Close() }
}

// storageFault turns the panic of a failed read into the error that stops the node; other panics go on.
func storageFault(err *error) {
	switch p := recover().(type) {
	case nil:
	case *exec.StorageError:
		*err = p
	default:
		panic(p)
	}
}

// intact stops the node if a record of state cannot be read: no message can have caused that.
func intact(err error) {
	if err != nil {
		panic(&exec.StorageError{Err: err})
	}
}
