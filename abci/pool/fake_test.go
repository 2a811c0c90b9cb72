package pool

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

const league = "test-league"

// signer is an Ed25519 key in memory.
type signer struct {
	private ed25519.PrivateKey
	public  keys.Public
}

func newSigner(t testing.TB, seed string) *signer {
	t.Helper()
	sum := sha256.Sum256([]byte(seed))
	private := ed25519.NewKeyFromSeed(sum[:])
	public, err := keys.New(keys.EdDSA, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return &signer{private, public}
}

func (s *signer) Public() keys.Public { return s.public }
func (s *signer) Sign(_ context.Context, message []byte) ([]byte, error) {
	return ed25519.Sign(s.private, message), nil
}

// machine is a small state machine: every operation must be signed by the one key of its user.
type machine struct {
	mu       sync.Mutex
	user     keys.Public
	verdicts *Verdicts
	params   exec.Params
	head     app.Head
	consumed map[op.ID]bool
	refuse   map[op.ID]exec.Code // what blocks say instead of consuming
	centers  map[op.CenterHash]Sponsors
	admitted int
}

func (m *machine) Head() app.Head {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head
}

func (m *machine) Open(tx []byte) ([]*op.Operation, error) {
	h, err := op.DecodeHeader(tx)
	if err != nil {
		return nil, err
	}
	envelopes, err := h.Open()
	if err != nil {
		return nil, err
	}
	ops := make([]*op.Operation, len(envelopes))
	for i, envelope := range envelopes {
		ops[i], _ = op.Decode(envelope)
	}
	return ops, nil
}

// opened lists the operations of a batch.
func opened(tx []byte) []*op.Operation {
	ops, _ := (*machine)(nil).Open(tx)
	return ops
}

func (m *machine) Checks(o *op.Operation) []op.Check {
	checks := make([]op.Check, len(o.Signatures))
	for i, s := range o.Signatures {
		checks[i] = op.Check{Key: m.user, Alg: s.Alg, Input: s.Input, Value: s.Value}
	}
	return checks
}

func (m *machine) Admit(o *op.Operation, now int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.admitted++
	switch {
	case o.Exp <= now:
		return exec.Errorf(exec.CodeExpired, "expired")
	case o.Exp > now+m.params.WindowSeconds:
		return exec.Errorf(exec.CodeTooEarly, "too early")
	case m.consumed[o.ID]:
		return exec.Errorf(exec.CodeDuplicate, "known")
	}
	for _, c := range m.Checks(o) {
		key := c.CacheKey()
		ok, known := m.verdicts.Get(key)
		if !known {
			ok = c.Verify()
			m.verdicts.Put(key, ok)
		}
		if !ok {
			return exec.Errorf(exec.CodeBadSignature, "bad signature")
		}
	}
	return nil
}

func (m *machine) rules() (Rules, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Rules{League: league, Params: m.params, Centers: maps.Clone(m.centers)}, nil
}

// fixture is a pool over a machine, with a clock that tests move.
type fixture struct {
	t       testing.TB
	pool    *Pool
	machine *machine
	user    *signer
	center  did.DID
	sponsor *signer
	other   did.DID
	otherBy *signer
	path    string
	mu      sync.Mutex
	clock   time.Time
	limits  Limits
	ended   []op.ID
	fatal   error
	works   atomic.Int64 // how often consensus was told of work
}

func centerDID(t testing.TB, name string) did.DID {
	t.Helper()
	id, err := op.CreatedDID(league, map[string]any{"name": name})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func newFixture(t testing.TB, limits Limits) *fixture {
	t.Helper()
	f := &fixture{
		t: t, user: newSigner(t, "user"), sponsor: newSigner(t, "sponsor"), otherBy: newSigner(t, "other"),
		center: centerDID(t, "one"), other: centerDID(t, "two"),
		path: filepath.Join(t.TempDir(), "pool.journal"), clock: time.Unix(1_800_000_000, 0), limits: limits,
	}
	f.machine = &machine{
		user: f.user.public, verdicts: NewVerdicts(0), params: exec.DefaultParams(),
		head:     app.Head{League: league, Height: 1, Time: f.clock.Unix()},
		consumed: map[op.ID]bool{}, refuse: map[op.ID]exec.Code{},
		centers: map[op.CenterHash]Sponsors{
			op.HashCenter(f.center): {Name: "one", DID: f.center, Keys: []keys.Public{f.sponsor.public}},
			op.HashCenter(f.other):  {Name: "two", DID: f.other, Keys: []keys.Public{f.otherBy.public}},
		},
	}
	f.start()
	t.Cleanup(func() { f.stop() })
	return f
}

func (f *fixture) start() {
	f.t.Helper()
	p, err := New(Config{
		Machine: f.machine, Rules: f.machine.rules, Verdicts: f.machine.verdicts, Sponsor: f.sponsor,
		Journal: f.path, Limits: f.limits, Now: f.now, Logger: slog.New(slog.DiscardHandler),
		Ended: func(id op.ID) { f.mu.Lock(); f.ended = append(f.ended, id); f.mu.Unlock() },
		Work:  func() { f.works.Add(1) },
		Fatal: func(err error) { f.mu.Lock(); f.fatal = err; f.mu.Unlock() },
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.pool = p
}

func (f *fixture) stop() {
	if f.pool != nil {
		if err := f.pool.Stop(); err != nil {
			f.t.Error(err)
		}
		f.pool = nil
	}
}

// now is the test's clock; it creeps with real time so that delays end.
func (f *fixture) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock = f.clock.Add(time.Millisecond)
	return f.clock
}

func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	f.clock = f.clock.Add(d)
	f.mu.Unlock()
}

// draft makes a signed operation that expires after d.
func (f *fixture) operation(d time.Duration) []byte {
	f.t.Helper()
	return f.signed(d, f.user)
}

func (f *fixture) signed(d time.Duration, by *signer) []byte {
	f.t.Helper()
	return f.typed("test.note", d, by)
}

func (f *fixture) typed(kind string, d time.Duration, by *signer) []byte {
	f.t.Helper()
	draft := op.Draft{League: league, Type: kind, By: f.other, Exp: f.now().Add(d).Unix(), Body: map[string]any{}}
	_, _ = rand.Read(draft.Nonce[:])
	envelope, err := draft.Sign(context.Background(), kid(f.t, f.other), by)
	if err != nil {
		f.t.Fatal(err)
	}
	return envelope
}

func kid(t testing.TB, d did.DID) did.URL {
	t.Helper()
	u, err := did.ParseURL(string(d) + "#key-1")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (f *fixture) submit(envelopes ...[]byte) []app.Submission {
	f.t.Helper()
	subs, err := f.pool.Submit(f.t.Context(), envelopes)
	if err != nil {
		f.t.Fatal(err)
	}
	return subs
}

// batch seals envelopes as the other center.
func (f *fixture) batch(sponsor *signer, envelopes ...[]byte) []byte {
	f.t.Helper()
	var nonce [16]byte
	_, _ = rand.Read(nonce[:])
	tx, err := op.SealBatch(context.Background(), league, f.other, nonce, f.now().Unix()+60, envelopes, sponsor)
	if err != nil {
		f.t.Fatal(err)
	}
	return tx
}

// commit executes a block of txs after d and tells the pool.
func (f *fixture) commit(d time.Duration, txs ...[]byte) {
	f.t.Helper()
	f.advance(d)
	now := f.now()
	m := f.machine
	m.mu.Lock()
	m.head.Height++
	m.head.Time = now.Unix()
	b := Block{Txs: txs, Summary: app.Summary{Head: m.head}}
	for _, tx := range txs {
		ops := opened(tx)
		var r app.TxResult
		for _, o := range ops {
			result := app.OpResult{ID: o.ID}
			switch {
			case m.consumed[o.ID]:
				result.Code = exec.CodeDuplicate
			case m.refuse[o.ID] != exec.OK:
				result.Code = m.refuse[o.ID]
			default:
				result.Consumed, m.consumed[o.ID] = true, true
				b.Summary.Ops = append(b.Summary.Ops, result)
			}
			r.Ops = append(r.Ops, result)
		}
		b.Results = append(b.Results, r)
	}
	m.mu.Unlock()
	f.pool.Committed(b)
}

func (f *fixture) candidates() [][]byte {
	head := f.machine.Head()
	return f.pool.Candidates(head.Height+1, f.now().Unix(), 1<<30)
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Fatalf("never happened: %s", what)
}

func idOf(t testing.TB, envelope []byte) op.ID {
	t.Helper()
	o, err := op.Decode(envelope)
	if err != nil {
		t.Fatal(err)
	}
	return o.ID
}

func codes(subs []app.Submission) string {
	s := ""
	for _, sub := range subs {
		if sub.Error == nil {
			s += "ok "
			continue
		}
		s += fmt.Sprint(uint32(sub.Error.Code), " ")
	}
	return s
}
