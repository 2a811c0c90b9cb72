package localnet_test

import (
	"testing"

	"github.com/hanse-id/hanse/abci/localnet"
	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/did"
)

// withRPC gives every node an RPC address.
func withRPC(_ int, c *node.Config) { c.RPC = "127.0.0.1:0" }

// center reads a center's record as a node has it.
func center(t *testing.T, n *node.Node, id did.DID) governance.Center {
	t.Helper()
	var found governance.Center
	err := n.Ledger().Read(bounded(t), func(v *app.View) error {
		c, err := governance.Get(v.Reader(), id)
		if err == nil && c != nil {
			found = *c
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// accuse hands evidence to a node and returns the height of the block that has it.
func (o *observer) accuse(home, multikey string, height int64) int64 {
	o.t.Helper()
	evidence := o.doubleVote(home, multikey, height)
	if _, err := o.BroadcastEvidence(bounded(o.t), evidence); err != nil {
		o.t.Fatal(err)
	}
	ctx := bounded(o.t)
	for at := height + 1; ctx.Err() == nil; at++ {
		o.committed(at)
		res, err := o.Block(ctx, &at)
		if err != nil {
			o.t.Fatal(err)
		}
		if len(res.Block.Evidence.Evidence) > 0 && string(res.Block.Evidence.Evidence[0].Hash()) == string(evidence.Hash()) {
			return at
		}
	}
	o.t.Fatal("no block has the evidence")
	return 0
}

// Two conflicting votes that a center's key signed suspend the center, whether the key is its present one or one that it has
// changed since; its power is gone two blocks after the block with the evidence. The league goes on with the others.
func TestDoubleVoteSuspendsTheCenterOfTheKey(t *testing.T) {
	const league, present, past = "evidence", 3, 2
	net := start(t, localnet.Manifest{League: league, Centers: 4}, localnet.Options{Configure: withRPC})
	plan, watch := net.Plan, observe(t, "http://"+net.Node(0).RPCAddr())
	first := plan.Nodes[past].Descriptor.Validator
	next, err := node.NewValidatorKey(plan.Nodes[past].Home, []string{first})
	if err != nil {
		t.Fatal(err)
	}
	rotated, err := localnet.Act(bounded(t), net.Center(0), plan.Control(past), "center.update", map[string]any{"prev": 1, "validator": next})
	if err != nil {
		t.Fatal(err)
	}
	watch.changes(rotated.Height, []string{next}, []string{first})

	for _, test := range []struct {
		center        int
		key, loses    string
		height, count int64
	}{
		{present, plan.Nodes[present].Descriptor.Validator, plan.Nodes[present].Descriptor.Validator, 2, 1},
		{past, first, next, rotated.Height, 1},
	} {
		id := plan.Nodes[test.center].DID
		at := watch.accuse(plan.Nodes[test.center].Home, test.key, test.height)
		watch.changes(at, nil, []string{test.loses})
		if err := localnet.Reach(bounded(t), net.Centers(), at); err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			if c := center(t, net.Node(i), id); c.Status != governance.Suspended || c.Evidence != test.count || c.Cause != "evidence" || c.Height != at {
				t.Errorf("node %d: center after the evidence: %+v", i, c)
			}
		}
	}
	commit(t, net.Center(0), create(t, league, "after"))
	// A suspended center's node goes on, but takes no operations.
	if _, err := net.Center(present).Submit(bounded(t), [][]byte{create(t, league, "at the suspended one")}); err == nil {
		t.Error("operation accepted by a suspended center")
	}
	agree(t, net.Centers())
}
