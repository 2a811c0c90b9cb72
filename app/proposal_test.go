package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// seal makes a batch with everything chosen by the test.
func seal(t interface{ Fatal(...any) }, league string, center did.DID, notAfter int64, key string, nonce int, envelopes ...[]byte) []byte {
	var n [16]byte
	copy(n[:], fmt.Sprintf("sealed %d", nonce))
	tx, err := op.SealBatch(context.Background(), league, center, n, notAfter, envelopes, apptest.Key(key))
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// flip returns tx with one bit of the byte at i (from the end, if negative) changed.
func flip(tx []byte, i int) []byte {
	tx = bytes.Clone(tx)
	tx[(i+len(tx))%len(tx)] ^= 1
	return tx
}

func TestEveryClassOfBadBatchHasACode(t *testing.T) {
	l := apptest.New(t, apptest.Options{Params: func(p *exec.Params) { p.MaxBatchOps = 2 }})
	center, other := l.Centers[0], l.Centers[1]
	e := create(l, "a")
	good := l.Batch(0, e)
	l.Block(good)
	halted, err := haltedLeague(t)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		tx   []byte
		want exec.Code
	}{
		"empty":                    {[]byte{}, exec.CodeBatchMalformed},
		"one byte":                 {[]byte{'H'}, exec.CodeBatchMalformed},
		"garbage":                  {bytes.Repeat([]byte("garbage"), 100), exec.CodeBatchMalformed},
		"one byte too long":        {make([]byte, op.MaxBatchBytes+1), exec.CodeBatchMalformed},
		"trailing byte":            {append(bytes.Clone(good), 0), exec.CodeSponsorSig},
		"another league":           {seal(t, "other", center, l.Time+60, "center-1-s", 1, e), exec.CodeBatchMalformed},
		"unknown center":           {seal(t, apptest.Name, "did:hanse:test:nobody", l.Time+60, "center-1-s", 2, e), exec.CodeUnknownSponsor},
		"another center's key":     {seal(t, apptest.Name, other, l.Time+60, "center-1-s", 3, e), exec.CodeSponsorSig},
		"the center's DID key":     {seal(t, apptest.Name, center, l.Time+60, "center-1", 4, e), exec.CodeSponsorSig},
		"the validator key":        {seal(t, apptest.Name, center, l.Time+60, "center-1-v", 5, e), exec.CodeSponsorSig},
		"signature changed":        {flip(l.Batch(0, e), -1), exec.CodeSponsorSig},
		"content changed":          {flip(l.Batch(0, e), 150), exec.CodeSponsorSig},
		"expired":                  {seal(t, apptest.Name, center, l.Time, "center-1-s", 6, e), exec.CodeBatchExpired},
		"beyond the window":        {seal(t, apptest.Name, center, l.Time+601, "center-1-s", 7, e), exec.CodeBatchExpired},
		"repeated":                 {good, exec.CodeBatchRepeated},
		"too many operations":      {l.Batch(0, e, e, e), exec.CodeBatchLimit},
		"good, at the last second": {seal(t, apptest.Name, center, l.Time+600, "center-1-s", 8, e), exec.OK},
	} {
		t.Run(name, func(t *testing.T) {
			err := l.App.CheckProposal(app.Proposal{Height: 2, Time: l.Time, Txs: [][]byte{c.tx}})
			if c.want == exec.OK {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			rejected, ok := errors.AsType[*app.ProposalError](err)
			if !ok || rejected.Code != c.want || rejected.Index != 0 {
				t.Errorf("CheckProposal: got %v, want %s", err, c.want)
			}
			if txs := l.App.Prepare(app.Proposal{Height: 2, Time: l.Time, Txs: [][]byte{c.tx}}); len(txs) != 0 {
				t.Error("Prepare kept it")
			}
			// Block sync never asks CheckProposal: Execute makes it a code, and nothing else happens.
			result, err := l.App.Execute(l.Input(c.tx))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]app.TxResult{{Code: c.want}}, result.Txs); diff != "" {
				t.Error(diff)
			}
			if !bytes.Equal(result.AppHash, l.App.Head().AppHash) {
				t.Error("state changed")
			}
		})
	}
	err = halted.App.CheckProposal(app.Proposal{Height: 3, Time: halted.Time, Txs: [][]byte{halted.Batch(0, e)}})
	if rejected, ok := errors.AsType[*app.ProposalError](err); !ok || rejected.Code != exec.CodeSponsorHalted {
		t.Errorf("halted sponsor: got %v", err)
	}
}

// haltedLeague is one whose first center is halted, as governance will do it.
func haltedLeague(t *testing.T) (*apptest.League, error) {
	l := apptest.New(t, apptest.Options{})
	if _, err := l.App.Execute(l.Input()); err != nil {
		return nil, err
	}
	if _, err := l.App.Commit(); err != nil {
		return nil, err
	}
	b := l.Store.Begin()
	center, err := governance.ByHash(b, op.HashCenter(l.Centers[0]))
	if err != nil {
		return nil, err
	}
	center.Halted = true
	if err := governance.PutCenter(b, *center); err != nil {
		return nil, err
	}
	defer func() { l.Time++ }()
	return l, l.Store.Commit(b, 2, nil)
}

// Batches of centers that are out are refused from the next block on, and taken again when they are back.
func TestBatchesOfCentersThatAreOutAreRefused(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, "")
	for _, c := range []struct {
		lines string
		want  exec.Code
	}{
		{"", exec.OK},
		{"pass A as=center-1,center-2,center-3 kind=sponsor.halt center=center-4", exec.CodeSponsorHalted},
		{"pass B as=center-1,center-2,center-3 kind=sponsor.resume center=center-4", exec.OK},
		{"pass C as=center-1,center-2,center-3 kind=center.suspend center=center-4", exec.CodeSponsorHalted},
		{"pass D as=center-1,center-2,center-3 kind=center.reinstate center=center-4", exec.OK},
		{"change center-4 sponsors=s9", exec.CodeSponsorSig},
		{"change center-4 sponsors=s9,s8", exec.CodeSponsorSig},
		{"pass E as=center-1,center-2,center-3 kind=center.remove center=center-4", exec.CodeUnknownSponsor},
	} {
		s.Play(c.lines)
		tx := s.BatchOf("center-4", s.Centers[3], create(s.League, "a"))
		err := s.App.CheckProposal(app.Proposal{Height: s.Store.Version() + 1, Time: s.Time, Txs: [][]byte{tx}})
		got := exec.OK
		if rejected, ok := errors.AsType[*app.ProposalError](err); ok {
			got = rejected.Code
		}
		if got != c.want {
			t.Errorf("after %q: %s, want %s", c.lines, got, c.want)
		}
	}
}

// create makes a did.create whose key has the name of the DID.
func create(l *apptest.League, name string) []byte {
	body := map[string]any{"document": apptest.Document(name), "salt": apptest.Salt(name)}
	id, err := op.CreatedDID(apptest.Name, body)
	if err != nil {
		l.TB.Fatal(err)
	}
	return l.Sign(l.Draft("did.create", id, body), apptest.Signed(id, name)...)
}

func TestContentsNeverRejectAProposal(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	deep := append(bytes.Repeat([]byte("["), 10_000), bytes.Repeat([]byte("]"), 10_000)...)
	tx := l.Batch(0, []byte("x"), []byte("a.b.c"), []byte(`{"payload":"","signatures":[]}`), deep, bytes.Repeat([]byte{0xFF}, 1000),
		create(l, "a"))
	if err := l.App.CheckProposal(app.Proposal{Height: 1, Time: l.Time, Txs: [][]byte{tx}}); err != nil {
		t.Fatal(err)
	}
	ops := l.Block(tx).Txs[0].Ops
	for i, o := range ops[:5] {
		if diff := cmp.Diff(app.OpResult{Code: exec.CodeMalformed}, o); diff != "" {
			t.Errorf("operation %d: %s", i, diff)
		}
	}
	if ops[5].Code != exec.OK || !ops[5].Consumed {
		t.Errorf("the good one: %+v", ops[5])
	}
}

// A league has limits by block, by center and by batch; Prepare fills up to them, and a proposal above them is refused.
func TestBlockAndCenterLimits(t *testing.T) {
	l := apptest.New(t, apptest.Options{Params: func(p *exec.Params) { p.MaxBatchOps, p.MaxCenterBlockOps, p.MaxBlockOps = 1, 2, 3 }})
	var txs [][]byte
	for _, center := range []int{0, 0, 0, 1, 1} {
		txs = append(txs, l.Batch(center, create(l, fmt.Sprintf("a%d", len(txs)))))
	}
	prepared := l.App.Prepare(app.Proposal{Height: 1, Time: l.Time, Txs: txs})
	if diff := cmp.Diff([][]byte{txs[0], txs[1], txs[3]}, prepared); diff != "" {
		t.Error(diff)
	}
	err := l.App.CheckProposal(app.Proposal{Height: 1, Time: l.Time, Txs: txs})
	if diff := cmp.Diff(&app.ProposalError{Index: 2, Code: exec.CodeBatchLimit}, err); diff != "" {
		t.Error(diff)
	}
	var codes []exec.Code
	for _, r := range l.Block(txs...).Txs {
		codes = append(codes, r.Code)
	}
	limit := exec.CodeBatchLimit
	if diff := cmp.Diff([]exec.Code{exec.OK, exec.OK, limit, exec.OK, limit}, codes); diff != "" {
		t.Error(diff)
	}
}

// After a halt the first block has a time before it: what is early waits and is not refused.
func TestEarlyOperationsWait(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	d := l.Draft("did.create", "", nil)
	d.Exp = l.Time + 605
	d.Body = map[string]any{"document": apptest.Document("a"), "salt": apptest.Salt("a")}
	d.By, _ = op.CreatedDID(apptest.Name, d.Body)
	tx := l.Batch(0, l.Sign(d, apptest.Signed(d.By, "a")...))
	p := app.Proposal{Height: 1, Time: l.Time, Txs: [][]byte{tx}}
	if got := l.App.Prepare(p); len(got) != 0 {
		t.Error("Prepare took an early operation")
	}
	if err := l.App.CheckProposal(p); err != nil {
		t.Errorf("an early operation rejected a proposal: %v", err)
	}
	result, err := l.App.Execute(l.Input(tx))
	if err != nil {
		t.Fatal(err)
	}
	if got := result.Txs[0].Ops[0]; got.Code != exec.CodeTooEarly || got.Consumed {
		t.Errorf("got %+v", got)
	}
	p.Time += 5
	if got := l.App.Prepare(p); len(got) != 1 {
		t.Error("Prepare left it out when it was no longer early")
	}
}

// An honest proposer's proposal is always accepted, whatever it was given to choose from.
func TestWhatIsPreparedIsAccepted(t *testing.T) {
	l := apptest.New(t, apptest.Options{Params: func(p *exec.Params) { p.MaxBatchOps, p.MaxCenterBlockOps, p.MaxBlockOps = 4, 6, 14 }})
	l.Block(l.Batch(0, create(l, "before")))
	var pool [][]byte
	for i := range 24 {
		var envelopes [][]byte
		for k := range i%4 + 1 {
			envelopes = append(envelopes, create(l, fmt.Sprintf("d%d-%d", i, k)))
		}
		tx := l.Batch(i%4, envelopes...)
		pool = append(pool, tx, flip(tx, i*7), seal(t, apptest.Name, l.Centers[i%4], l.Time-int64(i%2)+600*int64(i%3), "center-1-s", i, envelopes...))
	}
	rapid.Check(t, func(rt *rapid.T) {
		p := app.Proposal{Height: 2, Time: l.Time, MaxBytes: rapid.Int64Range(0, 20_000).Draw(rt, "max")}
		for range rapid.IntRange(0, 30).Draw(rt, "n") {
			p.Txs = append(p.Txs, rapid.SampledFrom(pool).Draw(rt, "tx"))
		}
		txs := l.App.Prepare(p)
		if err := l.App.CheckProposal(app.Proposal{Height: 2, Time: l.Time, Txs: txs}); err != nil {
			rt.Fatal(err)
		}
		size := int64(0)
		for _, tx := range txs {
			size += int64(len(protoField(tx)))
		}
		if p.MaxBytes > 0 && size > p.MaxBytes {
			rt.Fatalf("%d bytes of %d", size, p.MaxBytes)
		}
		result, err := l.App.Execute(l.Input(txs...))
		if err != nil {
			rt.Fatal(err)
		}
		for i, r := range result.Txs {
			if r.Code != exec.OK {
				rt.Fatalf("transaction %d of a prepared block: %s", i, r.Code)
			}
		}
	})
}

// protoField is tx as CometBFT counts it: a repeated bytes field.
func protoField(tx []byte) []byte {
	out := []byte{10}
	n := len(tx)
	for ; n >= 0x80; n >>= 7 {
		out = append(out, byte(n)|0x80)
	}
	return append(append(out, byte(n)), tx...)
}

// Batches cost sponsor signatures, however little is in them: a center cannot fill a block with batches of one operation.
func TestBlocksHoldSoManyBatches(t *testing.T) {
	l := apptest.New(t, apptest.Options{Params: func(p *exec.Params) { p.MaxCenterBlockBatches, p.MaxBlockBatches = 2, 3 }})
	var txs [][]byte
	for _, center := range []int{0, 0, 0, 1, 1} {
		txs = append(txs, l.Batch(center, create(l, fmt.Sprintf("a%d", len(txs)))))
	}
	p := app.Proposal{Height: 1, Time: l.Time, Txs: txs}
	if diff := cmp.Diff([][]byte{txs[0], txs[1], txs[3]}, l.App.Prepare(p)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&app.ProposalError{Index: 2, Code: exec.CodeBatchLimit}, l.App.CheckProposal(p)); diff != "" {
		t.Error(diff)
	}
	p.Txs = [][]byte{txs[0], txs[1], txs[3], txs[4]}
	if diff := cmp.Diff(&app.ProposalError{Index: 3, Code: exec.CodeBatchLimit}, l.App.CheckProposal(p)); diff != "" {
		t.Error(diff)
	}
}

// counting is a verdict cache that counts how often each question was computed.
type counting struct {
	memory
	computed map[op.VerdictKey]int
}

func (c *counting) Put(k op.VerdictKey, ok bool) {
	c.computed[k]++
	c.memory.Put(k, ok)
}

// From admission to execution, and however often a proposal is looked at, a node computes every signature once: those of
// operations and those of sponsors.
func TestEverySignatureIsComputedOnce(t *testing.T) {
	c := &counting{computed: map[op.VerdictKey]int{}}
	l := apptest.New(t, apptest.Options{Verdicts: c})
	e := create(l, "a")
	if err := l.App.Admit(l.Decode(e), l.Time); err != nil {
		t.Fatal(err)
	}
	p := app.Proposal{Height: 1, Time: l.Time, Txs: [][]byte{l.Batch(0, e)}}
	for range 2 {
		if len(l.App.Prepare(p)) != 1 {
			t.Fatal("not prepared")
		}
		if err := l.App.CheckProposal(p); err != nil {
			t.Fatal(err)
		}
		if _, err := l.App.Execute(l.Input(p.Txs...)); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.computed) != 2 {
		t.Errorf("%d questions, one of the operation and one of the batch expected", len(c.computed))
	}
	for k, n := range c.computed {
		if n != 1 {
			t.Errorf("%x: computed %d times", k, n)
		}
	}
}

// A block touches so many chunks of status lists, and a center half of them; the first operation of a center always goes.
// What does not fit consumes nothing and goes later.
func TestBlocksTouchSoManyChunks(t *testing.T) {
	s := apptest.Run(t, apptest.Options{Params: func(p *exec.Params) { p.MaxBlockChunks = 6 }}, `
		create A keys=a1 by a1
		list L owner=A by a1
		lease L count=131072 by o1
	`)
	set := func(chunks ...int) []byte {
		values := map[string]any{}
		for _, c := range chunks {
			values[fmt.Sprint(1024*c)] = int64(1)
			values[fmt.Sprint(1024*c+1)] = int64(1)
		}
		body := map[string]any{"list": s.Lists["L"].String(), "set": values}
		return s.Sign(s.Draft("status.set", s.DIDs["A"], body), apptest.Operator("o1"))
	}
	third := set(3, 4)
	large := set(10, 11, 12, 13, 14)
	r := s.Block(s.Batch(0, set(0, 1), set(2), third), s.Batch(1, large), s.Batch(2, set(20)))
	quota := exec.CodeOverQuota
	var codes []exec.Code
	for _, tx := range r.Txs {
		for _, o := range tx.Ops {
			codes = append(codes, o.Code)
			if o.Consumed != (o.Code == exec.OK) {
				t.Errorf("got %+v", o)
			}
		}
	}
	if diff := cmp.Diff([]exec.Code{exec.OK, exec.OK, quota, exec.OK, exec.OK}, codes); diff != "" {
		t.Error(diff)
	}
	if got := s.Do(third)[0]; got.Code != exec.OK {
		t.Errorf("a block later: %s", got.Code)
	}
}
