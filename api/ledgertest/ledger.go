// Package ledgertest has a league of one process for tests: the real state machine over a store in memory, with a block
// for every Submit, real receipts, events and proofs, and outages at the push of a button.
//
//	league := ledgertest.New(t, ledgertest.Options{})
//	person := league.Create(t)            // a registered did:hanse, and the key that controls it
//	league.Decide(t, "center.suspend", map[string]any{"center": string(league.Members[3].DID)})
//	right := league.Accredit(t, league.Center, person.DID, "issue", "type:Diploma", nil)
//	league.SetDown(true)                  // every call says ErrDown
//	league.SetQuorum(false)               // operations are accepted and wait
package ledgertest

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/state"
	"github.com/hanse-id/hanse/did/keystore"
)

// ErrDown is what a ledger that is down says.
var ErrDown = errors.New("ledger is down")

// Options of a Ledger; zero values are useful.
type Options struct {
	League  string             // "test"
	Now     func() time.Time   // block time; default time.Now
	Params  *exec.Params       // nil: exec.DefaultParams
	API     string             // of the first center, "https://center.example"; the others have "https://<name>.example"
	Centers []string           // names; nil: one center, "first"
	Profile governance.Profile // default governance.Hybrid
	Rules   []governance.Rule  // nil: governance.DefaultRules("prefix:"): centers may accredit for everything of their own right
}

// Ledger is a league in this process, whose first center sponsors everything. It implements api.Ledger and is safe for
// concurrent use.
type Ledger struct {
	League  string
	Center  Party   // the first center: its DID and control key
	Members []Party // all centers of the genesis, in the order of Options.Centers

	now     func() time.Time
	app     *app.App
	sponsor keystore.Signer

	mu       sync.Mutex
	down     bool
	noQuorum bool
	pool     [][]byte // accepted, not in a block yet
	pooled   map[op.ID]bool
	changed  chan struct{} // closed at every block
	watchers map[int]func(app.Summary)
	nextID   int
}

// New starts a league. It ends with the test.
func New(t testing.TB, opts Options) *Ledger {
	t.Helper()
	options := state.PebbleOptions(0) // as a node has them
	options.FS = vfs.NewMem()
	db, err := pebble.Open("", options)
	check(t, err)
	store, err := state.Open(db, state.Options{LeafCacheBytes: -1})
	check(t, err)
	t.Cleanup(func() {
		_ = store.Close()
		_ = db.Close()
	})
	machine, err := app.New(store, app.Options{})
	check(t, err)
	l := &Ledger{
		League: opts.League, now: opts.Now, app: machine, pooled: map[op.ID]bool{},
		changed: make(chan struct{}), watchers: map[int]func(app.Summary){},
	}
	if l.League == "" {
		l.League = "test"
	}
	if l.now == nil {
		l.now = time.Now
	}
	l.begin(t, opts)
	return l
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// SetDown makes every call fail with ErrDown, or work again.
func (l *Ledger) SetDown(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
}

// SetQuorum takes the quorum away (operations are accepted and wait) or brings it back, with a block of what waits.
func (l *Ledger) SetQuorum(t testing.TB, quorum bool) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noQuorum = !quorum
	if quorum {
		check(t, l.block())
	}
}

// Block makes a block of what waits, or an empty one.
func (l *Ledger) Block(t testing.TB) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	check(t, l.block())
}

// Submit implements api.Ledger: the operations that are admitted make one block at once, if there is a quorum.
func (l *Ledger) Submit(_ context.Context, envelopes [][]byte) ([]app.Submission, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return nil, ErrDown
	}
	submissions := make([]app.Submission, len(envelopes))
	for i, envelope := range envelopes {
		submissions[i] = l.admit(envelope)
	}
	if l.noQuorum || len(l.pool) == 0 {
		return submissions, nil
	}
	return submissions, l.block()
}

func (l *Ledger) admit(envelope []byte) app.Submission {
	normal, err := op.NormalizeS(envelope)
	if err == nil {
		envelope = normal
	}
	o, err := op.Decode(envelope)
	if err != nil {
		return app.Submission{Error: &exec.Error{Code: exec.CodeMalformed, Detail: err.Error()}}
	}
	s := app.Submission{ID: o.ID, NoQuorum: l.noQuorum}
	if l.pooled[o.ID] {
		return s
	}
	if err := l.app.Admit(o, l.blockTime()); err != nil {
		if refusal, ok := errors.AsType[*exec.Error](err); ok {
			s.Error = refusal
			return s
		}
		s.Error = &exec.Error{Code: exec.CodeInternal, Detail: err.Error()}
		return s
	}
	l.pool, l.pooled[o.ID] = append(l.pool, envelope), true
	return s
}

// blockTime is the time of the next block: never earlier than the last one's.
func (l *Ledger) blockTime() int64 { return max(l.now().Unix(), l.app.Head().Time) }

// block executes and commits what waits as one batch; l.mu is held.
func (l *Ledger) block() error {
	head := l.app.Head()
	input := app.BlockInput{Height: head.Height + 1, Time: l.blockTime()}
	if len(l.pool) > 0 {
		var nonce [16]byte
		_, _ = rand.Read(nonce[:])
		tx, err := op.SealBatch(context.Background(), l.League, l.Center.DID, nonce, input.Time+60, l.pool, l.sponsor)
		if err != nil {
			return err
		}
		input.Txs = [][]byte{tx}
	}
	if _, err := l.app.Execute(input); err != nil {
		return err
	}
	summary, err := l.app.Commit()
	if err != nil {
		return err
	}
	l.pool, l.pooled = nil, map[op.ID]bool{}
	close(l.changed)
	l.changed = make(chan struct{})
	for _, fn := range l.watchers {
		fn(summary)
	}
	return nil
}

// Watch implements api.Ledger.
func (l *Ledger) Watch(ctx context.Context, fn func(app.Summary)) error {
	l.mu.Lock()
	if l.down {
		l.mu.Unlock()
		return ErrDown
	}
	id := l.nextID
	l.nextID++
	l.watchers[id] = fn
	l.mu.Unlock()
	<-ctx.Done()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.watchers, id)
	return nil
}

// Wait implements api.Ledger.
func (l *Ledger) Wait(ctx context.Context, id op.ID) (app.Receipt, error) {
	for {
		l.mu.Lock()
		changed := l.changed
		l.mu.Unlock()
		receipt, err := l.Receipt(context.WithoutCancel(ctx), id)
		if err != nil || receipt.State == app.Committed || receipt.State == app.Rejected {
			return receipt, err
		}
		select {
		case <-ctx.Done():
			return receipt, nil
		case <-changed:
		}
	}
}

// Health implements api.Ledger.
func (l *Ledger) Health(context.Context) app.Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	head := l.app.Head()
	h := app.Health{Ready: true, Quorum: !l.noQuorum, Height: head.Height, BlockAge: max(0, l.now().Unix()-head.Time)}
	if l.noQuorum {
		h.Ready, h.Reasons = false, append(h.Reasons, "no_quorum")
	}
	if l.down {
		h.Ready, h.Reasons = false, append(h.Reasons, "stopped")
	}
	return h
}
