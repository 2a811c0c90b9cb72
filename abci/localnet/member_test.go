package localnet_test

import (
	"context"
	"testing"

	"github.com/hanse-id/hanse/abci/localnet"
	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/app"
)

// A node that was down while its validator key changed signs with the new one as soon as it is back, even where the league
// cannot go on without it.
func TestNodeThatSleptThroughARotationSignsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for block sync")
	}
	const league, sleeper, other = "asleep", 3, 2
	net := start(t, localnet.Manifest{League: league, Centers: 4}, localnet.Options{Configure: withRPC})
	plan, watch := net.Plan, observe(t, "http://"+net.Node(0).RPCAddr())
	next, err := node.NewValidatorKey(plan.Nodes[sleeper].Home, []string{plan.Nodes[sleeper].Descriptor.Validator})
	if err != nil {
		t.Fatal(err)
	}
	if err := net.StopNode(sleeper); err != nil {
		t.Fatal(err)
	}
	rotated, err := localnet.Act(bounded(t), net.Center(0), plan.Control(sleeper), "center.update", map[string]any{"prev": 1, "validator": next})
	if err != nil {
		t.Fatal(err)
	}
	watch.committed(rotated.Height + 5)
	if err := net.StopNode(other); err != nil {
		t.Fatal(err)
	}
	head, err := net.Center(0).Head(bounded(t)) // two of four: the league stands still here, or a block further
	if err != nil {
		t.Fatal(err)
	}
	if err := net.StartNode(bounded(t), sleeper); err != nil {
		t.Fatal(err)
	}
	commit(t, net.Center(0), create(t, league, "with three of four"))
	if at := watch.firstSigned(head.Height, address(t, next)); at > head.Height+3 {
		t.Errorf("signed height %d first, the league stood at %d", at, head.Height)
	}
	// Restarted with both keys in its home, it goes on with the new one.
	if err := net.Restart(bounded(t), sleeper); err != nil {
		t.Fatal(err)
	}
	if err := localnet.Ready(bounded(t), net.Centers()); err != nil {
		t.Fatal(err)
	}
	commit(t, net.Center(sleeper), create(t, league, "at the one that slept"))
	if err := net.StartNode(bounded(t), other); err != nil {
		t.Fatal(err)
	}
	if err := localnet.Ready(bounded(t), net.Centers()); err != nil {
		t.Fatal(err)
	}
	agree(t, net.Centers())
}

// A league of one center changes its validator key too: nobody else could make the block that follows.
func TestOnlyCenterChangesItsValidatorKey(t *testing.T) {
	const league = "alone"
	net := start(t, localnet.Manifest{League: league, Centers: 1}, localnet.Options{Configure: withRPC})
	plan, used := net.Plan, []string{net.Plan.Nodes[0].Descriptor.Validator}
	for prev := range int64(2) {
		next, err := node.NewValidatorKey(plan.Nodes[0].Home, used)
		if err != nil {
			t.Fatal(err)
		}
		rotated, err := localnet.Act(bounded(t), net.Center(0), plan.Control(0), "center.update", map[string]any{"prev": prev + 1, "validator": next})
		if err != nil {
			t.Fatal(err)
		}
		observe(t, "http://"+net.Node(0).RPCAddr()).changes(rotated.Height, []string{next}, []string{used[prev]})
		used = append(used, next)
		if err := net.Restart(bounded(t), 0); err != nil {
			t.Fatal(err)
		}
		if err := localnet.Ready(bounded(t), net.Centers()); err != nil {
			t.Fatal(err)
		}
	}
	commit(t, net.Center(0), create(t, league, "with the third key"))
}

// A node of a center that is not a member follows the league: it reads, refuses operations, and works for its center from
// the block on that admits it.
func TestNewcomerFollowsUntilItIsAdmitted(t *testing.T) {
	const league, newcomer = "newcomer", 1
	net := start(t, localnet.Manifest{League: league, Centers: 1, Newcomers: 1}, localnet.Options{})
	plan := net.Plan
	receipt := commit(t, net.Center(0), create(t, league, "before"))
	if err := net.StartNode(bounded(t), newcomer); err != nil {
		t.Fatal(err)
	}
	n := net.Node(newcomer)
	if err := localnet.Ready(bounded(t), net.Centers()); err != nil {
		t.Fatal(err)
	}
	if r, err := net.Center(newcomer).Wait(bounded(t), receipt.ID); err != nil || r.State != app.Committed {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := net.Center(newcomer).Submit(bounded(t), [][]byte{create(t, league, "too early")}); err == nil {
		t.Error("operation accepted before the center was admitted")
	}
	select {
	case <-n.Joined():
		t.Error("joined before it was admitted")
	default:
	}
	if c := n.Center(); c.DID != "" {
		t.Errorf("center %+v", c)
	}
	if _, err := localnet.Decide(bounded(t), net.Center(0), 1, "center.admit", plan.Nodes[newcomer].Admission(), plan.Control(0)); err != nil {
		t.Fatal(err)
	}
	until(t, "the newcomer belongs to its center", func(context.Context) bool {
		select {
		case <-n.Joined():
			return true
		default:
			return false
		}
	})
	if c := n.Center(); c.DID != plan.Nodes[newcomer].DID {
		t.Errorf("center %+v", c)
	}
	if err := localnet.Ready(bounded(t), net.Centers()); err != nil {
		t.Fatal(err)
	}
	commit(t, net.Center(newcomer), create(t, league, "admitted"))
	agree(t, net.Centers())
}
