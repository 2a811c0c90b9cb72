package abci_test

import (
	"bytes"
	"testing"
	"time"

	abcitypes "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/abci"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/keys"
)

func TestBlockMayBeFinalizedAgainBeforeItIsCommitted(t *testing.T) {
	c := newCenter(t, newPlan(t), 0)
	tx := batch(t, c.plan, 1, operation(t, "alice"), operation(t, "bob"))
	first := c.finalize(tx)
	c.finalize() // another proposal of the same height
	again := c.finalize(tx)
	if diff := cmp.Diff(first.String(), again.String()); diff != "" {
		t.Fatal(diff)
	}
	if committed := c.block(tx); !bytes.Equal(committed.AppHash, first.AppHash) {
		t.Fatal("app hash changed")
	}
}

func TestResultsCarryCodesOnly(t *testing.T) {
	c := newCenter(t, newPlan(t), 0)
	res := c.block(batch(t, c.plan, 1, operation(t, "alice")), []byte("junk"))
	want := []*abcitypes.ExecTxResult{{Code: 0}, {Code: uint32(exec.CodeBatchMalformed)}}
	if diff := cmp.Diff(len(want), len(res.TxResults)); diff != "" {
		t.Fatal(diff)
	}
	for i := range want {
		if diff := cmp.Diff(want[i].String(), res.TxResults[i].String()); diff != "" {
			t.Errorf("result %d: %s", i, diff)
		}
	}
	if len(res.Events) != 0 {
		t.Errorf("events %v", res.Events)
	}
}

// What a dishonest proposer puts into a block is refused before it is decided, and answered with codes after.
func TestJunkIsRejectedAsAProposalAndACodeInABlock(t *testing.T) {
	c := newCenter(t, newPlan(t), 0)
	good := batch(t, c.plan, 1, operation(t, "alice"))
	forged := bytes.Clone(good)
	forged[len(forged)-1] ^= 1
	for name, junk := range map[string][]byte{
		"empty": {}, "one byte": {1}, "too large": make([]byte, op.MaxBatchBytes+1), "trailing byte": append(bytes.Clone(good), 0),
		"forged": forged,
	} {
		if c.process(good, junk) {
			t.Errorf("%s: proposal accepted", name)
		}
		res := c.finalize(good, junk)
		if len(res.TxResults) != 2 || res.TxResults[0].Code != 0 || res.TxResults[1].Code == 0 {
			t.Errorf("%s: codes %s", name, codes(res))
		}
	}
	if c.process(good, good) {
		t.Error("repeated batch accepted")
	}
	if !c.process(good) || !c.process() {
		t.Error("good proposal rejected")
	}
	if c.fatal != nil {
		t.Error(c.fatal)
	}
}

func TestContentsOfOperationsNeverReject(t *testing.T) {
	c := newCenter(t, newPlan(t), 0)
	bad := batch(t, c.plan, 1, []byte("junk"), twin(t, operation(t, "alice")), operation(t, "alice"))
	if !c.process(bad) {
		t.Fatal("rejected")
	}
	if res := c.block(bad); codes(res) != "0 " {
		t.Fatalf("codes %s", codes(res))
	}
}

func TestWhatIsPreparedIsAcceptedByEveryCenter(t *testing.T) {
	plan := newPlan(t)
	a, b := newCenter(t, plan, 0), newCenter(t, plan, 1)
	a.block()
	b.block()
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(0, 4).Draw(rt, "batches") {
			name := rapid.StringN(3, 8, 8).Draw(rt, "user")
			envelopes := [][]byte{operation(t, name)}
			if rapid.Bool().Draw(rt, "with twin") {
				envelopes = append(envelopes, twin(t, envelopes[0]))
			}
			_, _ = a.pool.Insert(batch(t, plan, rapid.IntRange(1, 3).Draw(rt, "sponsor"), envelopes...))
		}
		_, _ = a.pool.Insert([]byte("junk"))
		txs := a.prepare()
		if !b.process(txs...) || !a.process(txs...) {
			rt.Fatalf("%d prepared transactions rejected", len(txs))
		}
		if x, y := a.block(txs...), b.block(txs...); !bytes.Equal(x.AppHash, y.AppHash) {
			rt.Fatal("app hashes differ")
		}
	})
}

// A verdict that is cached, absent or about a twin never changes an outcome: half of the nodes have seen a bad twin of
// every operation before the block, in several orders; one has no room in its cache at all.
func TestBadTwinCachedOnHalfOfTheNodesChangesNothing(t *testing.T) {
	plan := newPlan(t)
	var nodes []*center
	for i := range 4 {
		nodes = append(nodes, newCenter(t, plan, i))
	}
	var good, twins [][]byte
	for _, name := range []string{"alice", "bob", "carol", "dave"} {
		good = append(good, operation(t, name))
		twins = append(twins, twin(t, good[len(good)-1]))
	}
	for i, n := range nodes {
		if i%2 == 0 {
			subs, err := n.pool.Submit(t.Context(), twins)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range subs {
				if s.Error == nil || s.Error.Code != exec.CodeBadSignature {
					t.Fatalf("twin: %+v", s)
				}
			}
			if n.verdicts.Len() == 0 {
				t.Fatal("nothing is cached")
			}
		}
	}
	blocks := [][][]byte{
		{batch(t, plan, 0, twins[0], good[0]), batch(t, plan, 1, good[1], twins[1])},
		{batch(t, plan, 2, twins[2])},
		{batch(t, plan, 3, good[2], twins[3]), batch(t, plan, 0, good[3], good[0])},
	}
	for height, txs := range blocks {
		var first *abcitypes.ResponseFinalizeBlock
		for i, n := range nodes {
			if !n.process(txs...) {
				t.Fatalf("height %d: node %d rejects", height+1, i)
			}
			res := n.block(txs...)
			if first == nil {
				first = res
			}
			if diff := cmp.Diff(first.String(), res.String()); diff != "" {
				t.Errorf("height %d: nodes 0 and %d: %s", height+1, i, diff)
			}
		}
	}
	view, err := nodes[1].machine.View(0)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	for i, envelope := range good {
		o, err := op.Decode(envelope)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := view.Receipt(t.Context(), o.ID); err != nil || r.Code != exec.OK || r.Height == 0 {
			t.Errorf("operation %d: %+v %v", i, r, err)
		}
	}
}

// Evidence that consensus has of a validator becomes an event of its center, and suspends it, the same at every node; a
// validator that no center ever had is logged only.
func TestMisbehaviourBecomesAnEvent(t *testing.T) {
	plan := newPlan(t)
	var roots [][]byte
	for i := range 2 {
		c := newCenter(t, plan, i)
		c.block()
		culprit := plan.Genesis.Centers[2]
		key, err := keys.ParseMultikey(culprit.Validator)
		if err != nil {
			t.Fatal(err)
		}
		evidence := []abcitypes.Misbehavior{
			{Type: abcitypes.MisbehaviorType_DUPLICATE_VOTE, Height: 1, Validator: abcitypes.Validator{Address: ed25519.PubKey(key.Bytes()).Address()}},
			{Type: abcitypes.MisbehaviorType_LIGHT_CLIENT_ATTACK, Height: 1, Validator: abcitypes.Validator{Address: make([]byte, 20)}},
		}
		req := &abcitypes.RequestFinalizeBlock{Height: 2, Time: c.now, Misbehavior: evidence}
		res, err := c.FinalizeBlock(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Commit(t.Context(), &abcitypes.RequestCommit{}); err != nil {
			t.Fatal(err)
		}
		roots = append(roots, res.AppHash)
		view, err := c.machine.View(0)
		if err != nil {
			t.Fatal(err)
		}
		defer view.Close()
		blocks, err := view.Blocks(2, 1)
		if err != nil || len(blocks) != 1 {
			t.Fatalf("%d blocks, %v", len(blocks), err)
		}
		center, err := app.CenterDID(league, culprit)
		if err != nil {
			t.Fatal(err)
		}
		want := []exec.Event{{
			Type: "validator.misbehaved", Subjects: []string{exec.SubjectCenter(center)},
			Attributes: []exec.Attribute{{Name: "validator", Value: culprit.Validator}, {Name: "evidence", Value: "1"}},
		}, {
			Type: "center.suspended", Subjects: []string{exec.SubjectCenter(center)},
			Attributes: []exec.Attribute{
				{Name: "version", Value: "2"}, {Name: "status", Value: "suspended"}, {Name: "cause", Value: "evidence"},
			},
		}}
		if diff := cmp.Diff(want, blocks[0].Events); diff != "" {
			t.Fatal(diff)
		}
	}
	if !bytes.Equal(roots[0], roots[1]) {
		t.Fatal("app hashes differ")
	}
}

// What CometBFT's goroutines ask after Stop must not reach a closed database.
func TestClosedApplicationAnswersNothing(t *testing.T) {
	c := newCenter(t, newPlan(t), 0)
	c.block()
	c.Close()
	res, err := c.Query(t.Context(), &abcitypes.RequestQuery{Path: abci.PathKey, Data: []byte("g/league")})
	if err != nil || res.Code != abci.QueryStopping {
		t.Fatalf("%v %v", res, err)
	}
	late := make(chan string, 4)
	go func() { _ = c.prepare(); late <- "PrepareProposal" }()
	go func() { _ = c.process(); late <- "ProcessProposal" }()
	go func() { c.finalize(); late <- "FinalizeBlock" }()
	select {
	case name := <-late:
		t.Fatal(name, "went on")
	case <-time.After(50 * time.Millisecond):
	}
	if c.fatal != nil {
		t.Fatal(c.fatal)
	}
}
