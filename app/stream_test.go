package app_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// stream records blocks of good and bad operations, batches and proposals, as a league with hostile members would make
// them. What it asks for is drawn from a seed; what is right it does not know.
type stream struct {
	*apptest.League
	random *rand.Rand
	dids   []actor
	lists  []listed
	grants []listed // accreditations
	old    [][]byte // envelopes sent before
	txs    [][]byte // batches sent before
	blocks []app.BlockInput
}

type actor struct {
	id      did.DID
	key     string
	helpers []apptest.Signer // its recovery set: one of another DID; nil if it declares none
}

type listed struct {
	id    op.ID
	owner did.DID
}

// record makes n blocks and what executing them gave.
func record(t testing.TB, seed uint64, n int) (*stream, []*app.BlockResult) {
	s := &stream{League: apptest.New(t, streamOptions(nil)), random: rand.New(rand.NewPCG(seed, 1))}
	var results []*app.BlockResult
	for range n {
		in := s.Input(s.transactions()...)
		if s.random.IntN(40) == 0 {
			in.Misbehaviour = []string{s.Genesis.Centers[s.random.IntN(4)].Validator}
		}
		s.blocks = append(s.blocks, in)
		results = append(results, run(s.League, in))
		s.Time += int64(1 + s.random.IntN(40)) // so that windows pass
	}
	return s, results
}

func streamOptions(v op.Verdicts) apptest.Options {
	return apptest.Options{
		Verdicts: v,
		Params: func(p *exec.Params) {
			p.WindowSeconds, p.OpsPerDIDHour, p.BeginBlockItems, p.MaxCenterBlockOps, p.MaxBatchOps = 120, 40, 16, 8, 6
			p.VotingSeconds, p.MinRecoverySeconds = 200, 100
		},
		Genesis: func(g *app.Genesis) {
			for i := range g.Rules {
				if r := &g.Rules[i]; r.Action == "params.change" {
					r.Delay = 60
				}
			}
		},
	}
}

func run(l *apptest.League, in app.BlockInput) *app.BlockResult {
	result, err := l.App.Execute(in)
	if err == nil {
		_, err = l.App.Commit()
	}
	if err != nil {
		l.TB.Fatal(err)
	}
	return result
}

// known are the DIDs that the ledger has.
func (s *stream) known() (list []actor) {
	view, err := s.App.View(0)
	if err != nil {
		s.TB.Fatal(err)
	}
	defer view.Close()
	for _, a := range s.dids {
		if presentVersion(view, a.id) != "1-none" {
			list = append(list, a)
		}
	}
	return list
}

func (s *stream) pick(n int) bool { return s.random.IntN(n) == 0 }

func (s *stream) transactions() (txs [][]byte) {
	for range s.random.IntN(5) {
		var envelopes [][]byte
		for range 1 + s.random.IntN(6) {
			envelopes = append(envelopes, s.envelope())
		}
		center := s.Sponsor()
		if s.pick(3) {
			center = s.random.IntN(4)
		}
		tx := s.Batch(center, envelopes...)
		switch {
		case s.pick(10):
			tx = flip(tx, s.random.IntN(len(tx)))
		case s.pick(10) && len(s.txs) > 0:
			tx = s.txs[s.random.IntN(len(s.txs))]
		case s.pick(20):
			tx = tx[:s.random.IntN(len(tx))]
		}
		s.txs = append(s.txs, tx)
		txs = append(txs, tx)
	}
	return txs
}

// envelope makes an operation, and sometimes spoils it.
func (s *stream) envelope() []byte {
	d, signers := s.draft()
	switch s.random.IntN(48) {
	case 0:
		d.Exp = s.Time + int64(s.random.IntN(300)) - 100
	case 1:
		d.League = "other"
	case 2:
		d.Type += "x"
	case 3:
		d.Body["extra"] = "member"
	}
	payload, err := d.Payload()
	if err != nil {
		s.TB.Fatal(err)
	}
	e := s.Sign(d, signers...)
	switch {
	case s.pick(32):
		e = flip(e, -1-s.random.IntN(80))
	case s.pick(32):
		e = e[:s.random.IntN(len(e))+1]
	case s.pick(16) && len(s.old) > 0:
		e = s.old[s.random.IntN(len(s.old))]
	case d.Type == "status.create":
		s.lists = append(s.lists, listed{op.PayloadID(payload), d.By})
	}
	s.old = append(s.old, e)
	return e
}

func (s *stream) draft() (op.Draft, []apptest.Signer) {
	if s.pick(2) && len(s.blocks) > 8 {
		return s.league()
	}
	known := s.known()
	if len(known) == 0 || s.pick(6) {
		return s.create()
	}
	if s.pick(10) {
		known = s.dids
	}
	a := known[s.random.IntN(len(known))]
	signer := apptest.Signed(a.id, a.key)
	switch n := s.random.IntN(20); {
	case n < 4 || n >= 6 && n < 19 && len(s.lists) == 0:
		document := apptest.Document(a.key)
		document["service"] = []any{map[string]any{"id": "#s" + strconv.Itoa(s.random.IntN(9)), "type": "Web", "serviceEndpoint": "https://a.example"}}
		return s.Draft("did.update", a.id, map[string]any{"document": document, "prev": s.version(a.id)}), signer
	case n == 4 && a.helpers != nil:
		return s.recovery(a, signer)
	case n < 6:
		return s.Draft("status.create", a.id, map[string]any{
			"issuer": string(a.id), "operators": apptest.Multikeys("o1"), "purposes": []any{"revocation", "suspension"},
			"size": int64(131072), "bits": int64(2), "url": "https://a.example/status-lists/",
		}), signer
	case n < 9:
		l := s.lists[s.random.IntN(min(3, len(s.lists)))]
		return s.Draft("status.lease", l.owner, map[string]any{"list": l.id.String(), "count": int64(s.random.IntN(2000)), "replica": "r"}),
			[]apptest.Signer{apptest.Operator("o1")}
	case n < 19:
		l := s.lists[s.random.IntN(min(3, len(s.lists)))]
		set := map[string]any{}
		for range 1 + s.random.IntN(5) {
			set[strconv.Itoa(s.random.IntN(40*(1+49*s.random.IntN(2))))] = int64(s.random.IntN(4))
		}
		return s.Draft("status.set", l.owner, map[string]any{"list": l.id.String(), "set": set}), []apptest.Signer{apptest.Operator("o1")}
	}
	return s.Draft("did.deactivate", a.id, map[string]any{"prev": s.version(a.id)}), signer
}

func (s *stream) create() (op.Draft, []apptest.Signer) {
	key := fmt.Sprintf("k%d", len(s.dids))
	if s.pick(3) {
		key = "p" + key // P-256
	}
	body := map[string]any{"document": apptest.Document(key), "salt": apptest.Salt(key)}
	var helpers []apptest.Signer
	if len(s.dids) > 0 && s.pick(2) {
		h := s.dids[s.random.IntN(len(s.dids))]
		body["recovery"] = map[string]any{"set": []any{string(h.id)}, "delay": int64(100)}
		helpers = apptest.Signed(h.id, h.key)
	}
	id, err := op.CreatedDID(apptest.Name, body)
	if err != nil {
		s.TB.Fatal(err)
	}
	s.dids = append(s.dids, actor{id, key, helpers})
	return s.Draft("did.create", id, body), apptest.Signed(id, key)
}

// recovery starts or cancels the recovery of a.
func (s *stream) recovery(a actor, own []apptest.Signer) (op.Draft, []apptest.Signer) {
	view, err := s.App.View(0)
	if err != nil {
		s.TB.Fatal(err)
	}
	defer view.Close()
	pending, err := identity.PendingOf(view.Reader(), a.id)
	if err != nil {
		s.TB.Fatal(err)
	}
	if pending != nil {
		return s.Draft("did.recover.cancel", a.id, map[string]any{"recovery": pending.ID.String()}), own
	}
	return s.Draft("did.recover", a.id, map[string]any{"document": apptest.Document(a.key), "prev": s.version(a.id)}), a.helpers
}

// version is the present version id of d, mostly.
func (s *stream) version(d did.DID) string {
	if s.pick(6) {
		return "1-stale"
	}
	view, err := s.App.View(0)
	if err != nil {
		s.TB.Fatal(err)
	}
	defer view.Close()
	return presentVersion(view, d)
}

// memory is a verdict cache without bounds.
type memory struct {
	mu    sync.Mutex
	known map[op.VerdictKey]bool
}

func (m *memory) Get(k op.VerdictKey) (ok, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ok, known = m.known[k]
	return ok, known
}

func (m *memory) Put(k op.VerdictKey, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[op.VerdictKey]bool{}
	}
	m.known[k] = ok
}

// twins verifies, ahead of time, bad twins of every operation: same payload, same id, another signature. A cache keyed by
// operation id would now answer wrongly.
func (s *stream) twins(m *memory) {
	for _, in := range s.blocks {
		for _, tx := range in.Txs {
			ops, err := s.App.Open(tx)
			if err != nil {
				continue
			}
			for _, o := range ops {
				if o != nil {
					s.twin(m, o)
				}
			}
		}
	}
}

func (s *stream) twin(m *memory, o *op.Operation) {
	bad := *o
	bad.Signatures = append([]op.Signature(nil), o.Signatures...)
	for i := range bad.Signatures {
		bad.Signatures[i].Value = bytes.Clone(bad.Signatures[i].Value)
		bad.Signatures[i].Value[5] ^= 1
	}
	for _, c := range s.App.Checks(&bad) {
		m.Put(c.CacheKey(), c.Verify())
	}
}
