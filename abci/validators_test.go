package abci_test

import (
	"slices"
	"testing"

	abcitypes "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/did/keys"
)

// Whatever the centers decide, and whoever misbehaves, CometBFT takes the updates of every block: it would halt for good on
// one that it does not.
func TestCometBFTTakesTheValidatorUpdatesOfEveryBlock(t *testing.T) {
	plan := planOf(t, 4, 4)
	var joins, outs, turns, caps int
	rapid.Check(t, func(rt *rapid.T) {
		c := newCenter(t, plan, 0)
		defer c.end()
		p := &parliament{center: c, rt: rt, next: validators(c.genesis)}
		for i, n := range plan.Nodes {
			p.users = append(p.users, plan.Control(i))
			if i < plan.Centers {
				p.past = append(p.past, n.Descriptor.Validator)
			}
		}
		for range rapid.IntRange(5, 25).Draw(rt, "blocks") {
			p.block()
		}
		if c.fatal != nil {
			rt.Fatal(c.fatal)
		}
		joins, outs, turns, caps = joins+p.joins, outs+p.outs, turns+p.turns, caps+p.caps
	})
	t.Logf("%d centers admitted, %d removed, %d keys replaced, %d centers suspended by evidence", joins, outs, turns, caps)
	if !testing.Short() && (joins == 0 || outs == 0 || turns == 0 || caps == 0) {
		t.Error("something that may happen never did")
	}
}

// Evidence against a key that its center has changed since names that center.
func TestMisbehaviourOfAPastKeyFindsItsCenter(t *testing.T) {
	c := newCenter(t, newPlan(t), 0)
	c.block()
	first := c.plan.Nodes[2].Descriptor.Validator
	next, err := keys.New(keys.EdDSA, ed25519.GenPrivKeyFromSecret([]byte("next")).PubKey().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	update, err := c.plan.Control(2).Operation("center.update", map[string]any{"prev": 1, "validator": next.Multikey()}, clock)
	if err != nil {
		t.Fatal(err)
	}
	res := c.block(batch(t, c.plan, 0, update))
	if len(res.ValidatorUpdates) != 2 {
		t.Fatalf("updates %v, codes %s", res.ValidatorUpdates, codes(res))
	}
	req := &abcitypes.RequestFinalizeBlock{Height: c.height + 1, Time: c.now, Misbehavior: []abcitypes.Misbehavior{{
		Type: abcitypes.MisbehaviorType_DUPLICATE_VOTE, Height: 1,
		Validator: abcitypes.Validator{Address: addressOf(t, first)},
	}}}
	if res, err = c.FinalizeBlock(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Commit(t.Context(), &abcitypes.RequestCommit{}); err != nil {
		t.Fatal(err)
	}
	updates := res.ValidatorUpdates
	if len(updates) != 1 || updates[0].Power != 0 || string(updates[0].PubKey.GetEd25519()) != string(next.Bytes()) {
		t.Errorf("updates %v", updates)
	}
	centers, _, _ := (&parliament{center: c}).state()
	i := slices.IndexFunc(centers, func(c governance.Center) bool { return c.Validator == next.Multikey() })
	if i < 0 || centers[i].DID != c.plan.Nodes[2].DID || centers[i].Status != governance.Suspended || centers[i].Evidence != 1 {
		t.Errorf("centers %+v", centers)
	}
}
