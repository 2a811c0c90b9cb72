package abci_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	abcitypes "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/types"

	"github.com/hanse-id/hanse/abci"
	"github.com/hanse-id/hanse/abci/localnet"
	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/abci/pool"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/state"
)

const league = "abci-test"

// clock is the time of tests.
var clock = time.Now().Truncate(time.Second)

// center is the application of a center, driven by hand instead of by CometBFT.
type center struct {
	*abci.Application
	t        testing.TB
	plan     *localnet.Plan
	db       *pebble.DB
	machine  *app.App
	pool     *pool.Pool
	verdicts *pool.Verdicts
	genesis  *types.GenesisDoc
	fatal    error
	height   int64
	now      time.Time
	seconds  atomic.Int64 // now, for the pool's goroutines
	end      func()       // closes everything
}

// quiet is a database logger that logs nothing.
type quiet struct{}

func (quiet) Infof(string, ...any)      {}
func (quiet) Errorf(string, ...any)     {}
func (quiet) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

func newPlan(t testing.TB) *localnet.Plan { return planOf(t, 4, 0) }

func planOf(t testing.TB, centers, newcomers int) *localnet.Plan {
	t.Helper()
	plan, err := localnet.Prepare(t.TempDir(), localnet.Manifest{League: league, Centers: centers, Newcomers: newcomers})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// newCenter makes center i of a plan, with its genesis applied.
func newCenter(t testing.TB, plan *localnet.Plan, i int) *center {
	t.Helper()
	c := &center{t: t, plan: plan, verdicts: pool.NewVerdicts(0), now: clock}
	c.seconds.Store(clock.Unix())
	data, err := node.AssembleGenesis(plan.Genesis, clock)
	if err != nil {
		t.Fatal(err)
	}
	if c.genesis, err = types.GenesisDocFromJSON(data); err != nil {
		t.Fatal(err)
	}
	if c.db, err = pebble.Open("", &pebble.Options{FS: vfs.NewMem(), Logger: quiet{}}); err != nil {
		t.Fatal(err)
	}
	store, err := state.Open(c.db, state.Options{LeafCacheBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	if c.machine, err = app.New(store, app.Options{Verdicts: c.verdicts}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.machine.Init(plan.Genesis); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	c.pool, err = pool.New(pool.Config{
		Machine: c.machine, Verdicts: c.verdicts, Sponsor: plan.Nodes[i].Sponsor, Logger: log,
		Journal: filepath.Join(t.TempDir(), "journal"), Rules: c.rules, Now: func() time.Time { return time.Unix(c.seconds.Load(), 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Application = abci.New(abci.Config{
		App: c.machine, Pool: c.pool, Logger: log, Fatal: func(err error) { c.fatal = err },
	})
	c.end = sync.OnceFunc(func() {
		_ = c.pool.Stop()
		if c.db != nil {
			_ = store.Close()
			_ = c.db.Close()
		}
	})
	t.Cleanup(c.end)
	if _, err := c.InitChain(t.Context(), c.initChain()); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *center) rules() (pool.Rules, error) {
	view, err := c.machine.View(0)
	if err != nil {
		return pool.Rules{}, err
	}
	defer view.Close()
	return pool.ReadRules(view.Reader())
}

func (c *center) initChain() *abcitypes.RequestInitChain {
	return &abcitypes.RequestInitChain{
		ChainId: c.genesis.ChainID, InitialHeight: 1, AppStateBytes: c.genesis.AppState,
		Validators: types.TM2PB.ValidatorUpdates(validators(c.genesis)),
	}
}

func validators(g *types.GenesisDoc) *types.ValidatorSet {
	var list []*types.Validator
	for _, v := range g.Validators {
		list = append(list, types.NewValidator(v.PubKey, v.Power))
	}
	return types.NewValidatorSet(list)
}

// block finalizes and commits the next block, a second after the last.
func (c *center) block(txs ...[]byte) *abcitypes.ResponseFinalizeBlock {
	c.t.Helper()
	res := c.finalize(txs...)
	if _, err := c.Commit(c.t.Context(), &abcitypes.RequestCommit{}); err != nil {
		c.t.Fatal(err)
	}
	c.height++
	c.now = c.now.Add(time.Second)
	c.seconds.Store(c.now.Unix())
	return res
}

func (c *center) finalize(txs ...[]byte) *abcitypes.ResponseFinalizeBlock {
	c.t.Helper()
	res, err := c.FinalizeBlock(c.t.Context(), &abcitypes.RequestFinalizeBlock{Height: c.height + 1, Time: c.now, Txs: txs})
	if err != nil {
		c.t.Fatal(err)
	}
	return res
}

func (c *center) process(txs ...[]byte) bool {
	c.t.Helper()
	res, err := c.ProcessProposal(c.t.Context(), &abcitypes.RequestProcessProposal{Height: c.height + 1, Time: c.now, Txs: txs})
	if err != nil {
		c.t.Fatal(err)
	}
	return res.IsAccepted()
}

func (c *center) prepare() [][]byte {
	c.t.Helper()
	res, err := c.PrepareProposal(c.t.Context(), &abcitypes.RequestPrepareProposal{
		Height: c.height + 1, Time: c.now, MaxTxBytes: 4 << 20,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return res.Txs
}

// operation is a signed did.create of a user.
func operation(t *testing.T, name string) []byte {
	t.Helper()
	user, err := localnet.NewUser(league, name)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := user.Create(clock)
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}

// batch seals envelopes as center i.
func batch(t *testing.T, plan *localnet.Plan, i int, envelopes ...[]byte) []byte {
	t.Helper()
	var nonce [16]byte
	_, _ = rand.Read(nonce[:])
	n := plan.Nodes[i]
	tx, err := op.SealBatch(context.Background(), league, n.DID, nonce, clock.Unix()+100, envelopes, n.Sponsor)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// twin returns an operation with the same payload and a bad signature.
func twin(t *testing.T, envelope []byte) []byte {
	t.Helper()
	o, err := op.Decode(envelope)
	if err != nil {
		t.Fatal(err)
	}
	bad := o.Signatures[0]
	bad.Value = bytes.Clone(bad.Value)
	bad.Value[5] ^= 1
	forged, err := op.Assemble(o.Payload, []op.Signature{bad})
	if err != nil {
		t.Fatal(err)
	}
	return forged
}

func codes(res *abcitypes.ResponseFinalizeBlock) string {
	s := ""
	for _, r := range res.TxResults {
		s += fmt.Sprint(r.Code, " ")
	}
	return s
}
