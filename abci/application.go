package abci

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	abcitypes "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/proto/tendermint/crypto"

	"github.com/hanse-id/hanse/abci/pool"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/did/keys"
)

// Version of the state machine that blocks carry in their header.
const Version = 1

// Config of an Application.
type Config struct {
	App    *app.App
	Pool   *pool.Pool
	Commit func(app.Summary) // told of every committed block, in order; nil: nobody
	Fatal  func(error)       // told of a *FatalError: the node must stop; nil: nobody
	Logger *slog.Logger      // nil: slog.Default()
}

// Application is the ABCI 2.0 application of a center's node. CometBFT calls each connection from one goroutine at
// a time, and the mempool connection from many.
type Application struct {
	abcitypes.BaseApplication
	app    *app.App
	pool   *pool.Pool
	commit func(app.Summary)
	fatal  func(error)
	log    *slog.Logger

	closing atomic.Bool  // peers are turned away
	gate    sync.Mutex   // held while consensus uses the state; for ever once closed
	queries sync.RWMutex // read-held during a query; held for ever once closed
	decided *pool.Block
}

var _ abcitypes.Application = (*Application)(nil)

// New returns the application.
func New(cfg Config) *Application {
	a := &Application{app: cfg.App, pool: cfg.Pool, commit: cfg.Commit, fatal: cfg.Fatal, log: cfg.Logger}
	if a.commit == nil {
		a.commit = func(app.Summary) {}
	}
	if a.fatal == nil {
		a.fatal = func(error) {}
	}
	if a.log == nil {
		a.log = slog.Default()
	}
	return a
}

// Quiesce turns away peers from now on. CometBFT leaks the connection of a peer that comes while it stops: the peer
// would believe to be connected, and refuse the node when it comes back.
func (a *Application) Quiesce() { a.closing.Store(true) }

// Close waits for what consensus and queries do with the state and lets nothing else begin: a later call of consensus
// never returns, a later query is refused. CometBFT's goroutines may outlive its Stop, and would panic on an error or on
// a closed database.
func (a *Application) Close() {
	a.closing.Store(true)
	a.gate.Lock()
	a.queries.Lock()
}

// FatalError is a fault that stops the node: nothing that a message contains can cause it.
type FatalError struct {
	Step   string // the ABCI method
	Height int64
	Err    error
}

func (e *FatalError) Error() string {
	return fmt.Sprintf("%s at height %d: %v", e.Step, e.Height, e.Err)
}
func (e *FatalError) Unwrap() error { return e.Err }

// stop reports a fault.
func (a *Application) stop(step string, height int64, err error) error {
	fault := &FatalError{Step: step, Height: height, Err: err}
	a.log.Error("node must stop", "step", step, "height", height, "err", err)
	a.fatal(fault)
	return fault
}

// protect runs f; an error or a panic in it stops the node.
func (a *Application) protect(step string, height int64, f func() error) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case error:
			a.log.Error("panic", "step", step, "err", p, "stack", string(debug.Stack()))
			err = a.stop(step, height, p)
		default:
			a.log.Error("panic", "step", step, "err", p, "stack", string(debug.Stack()))
			err = a.stop(step, height, fmt.Errorf("panic: %v", p))
		}
	}()
	if err := f(); err != nil {
		return a.stop(step, height, err)
	}
	return nil
}

// Info reports the last committed block. CometBFT replays what comes after it.
func (a *Application) Info(context.Context, *abcitypes.RequestInfo) (*abcitypes.ResponseInfo, error) {
	head := a.app.Head()
	res := &abcitypes.ResponseInfo{Data: "hanse", AppVersion: Version, LastBlockHeight: head.Height}
	if head.Height > 0 {
		res.LastBlockAppHash = head.AppHash
	}
	return res, nil
}

// InitChain applies the genesis. It refuses one whose validators are not exactly its centers.
func (a *Application) InitChain(_ context.Context, req *abcitypes.RequestInitChain) (*abcitypes.ResponseInitChain, error) {
	g, err := app.ParseGenesis(req.AppStateBytes)
	if err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	if g.League != req.ChainId {
		return nil, &GenesisError{fmt.Sprintf("chain id %q is not the league %q", req.ChainId, g.League)}
	}
	if err := CheckValidators(g, req.Validators); err != nil {
		return nil, err
	}
	hash, _, err := a.app.Init(g)
	if err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	return &abcitypes.ResponseInitChain{AppHash: hash}, nil
}

// GenesisError says what is wrong with a genesis file as a whole.
type GenesisError struct{ Reason string }

func (e *GenesisError) Error() string { return "genesis: " + e.Reason }

// CheckValidators compares a genesis file's validators with the centers of its app state.
func CheckValidators(g *app.Genesis, validators []abcitypes.ValidatorUpdate) error {
	want, err := Updates(genesisUpdates(g))
	if err != nil {
		return err
	}
	got := slices.Clone(validators)
	slices.SortFunc(got, compareUpdates)
	slices.SortFunc(want, compareUpdates)
	same := func(a, b abcitypes.ValidatorUpdate) bool { return compareUpdates(a, b) == 0 && a.Power == b.Power }
	if !slices.EqualFunc(got, want, same) {
		return &GenesisError{fmt.Sprintf("its %d validators are not its %d centers", len(got), len(want))}
	}
	return nil
}

func compareUpdates(a, b abcitypes.ValidatorUpdate) int {
	return bytes.Compare(a.PubKey.GetEd25519(), b.PubKey.GetEd25519())
}

func genesisUpdates(g *app.Genesis) []app.ValidatorUpdate {
	list := make([]app.ValidatorUpdate, len(g.Centers))
	for i, c := range g.Centers {
		list[i] = app.ValidatorUpdate{Key: c.Validator, Power: c.Power}
	}
	slices.SortFunc(list, func(a, b app.ValidatorUpdate) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// Updates converts validator updates to CometBFT's form, in the same order.
func Updates(list []app.ValidatorUpdate) ([]abcitypes.ValidatorUpdate, error) {
	var out []abcitypes.ValidatorUpdate
	for _, u := range list {
		key, err := keys.ParseMultikey(u.Key)
		if err != nil {
			return nil, fmt.Errorf("validator %q: %w", u.Key, err)
		}
		if key.Algorithm() != keys.EdDSA {
			return nil, fmt.Errorf("validator %q: not an Ed25519 key", u.Key)
		}
		out = append(out, abcitypes.ValidatorUpdate{
			PubKey: crypto.PublicKey{Sum: &crypto.PublicKey_Ed25519{Ed25519: key.Bytes()}}, Power: u.Power,
		})
	}
	return out, nil
}
