package localnet_test

import (
	"errors"
	"testing"
	"time"

	"github.com/hanse-id/hanse/abci/localnet"
	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/app"
)

// halted waits until a node has stopped by itself, asks for the error that names the plan, and that nothing was written at
// the plan's height.
func halted(t *testing.T, n *node.Node, err error, plan int64) {
	t.Helper()
	if err == nil {
		select {
		case <-n.Done():
			err = n.Err()
		case <-time.After(patience):
			t.Fatal("the node did not stop")
		}
		if head := n.Head(); head.Height != plan-1 {
			t.Errorf("stopped after height %d, want %d", head.Height, plan-1)
		}
	}
	upgrade, ok := errors.AsType[*app.UpgradeError](err)
	if !ok || upgrade.Plan != "second" || upgrade.Height != plan || upgrade.MinVersion != "2.0.0" || upgrade.Version != "1.9.0" {
		t.Fatalf("error %v", err)
	}
}

// A node with a binary that is too old for an upgrade plan stops before it writes the plan's height, wherever the block
// comes from: consensus, its own store, or block sync. With the new binary it goes on.
func TestOldBinaryStopsAtTheHeightOfAnUpgradePlan(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for block sync")
	}
	const league, late, asleep = "upgrade", 3, 2
	version := map[int]string{0: "2.0.0", 1: "2.1.0", asleep: "1.9.0", late: "1.9.0"}
	net := start(t, localnet.Manifest{League: league, Centers: 4, Idle: 200 * time.Millisecond}, localnet.Options{
		Configure: func(i int, c *node.Config) { c.Version = version[i] },
	})
	users := []*localnet.User{net.Plan.Control(0), net.Plan.Control(1), net.Plan.Control(2)}
	head, err := net.Center(0).Head(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	height := head.Height + 12
	content := map[string]any{"name": "second", "height": height, "minVersion": "2.0.0", "digests": map[string]any{}}
	if _, err := localnet.Decide(bounded(t), net.Center(0), 1, "upgrade.plan", content, users...); err != nil {
		t.Fatal(err)
	}
	if err := net.StopNode(asleep); err != nil {
		t.Fatal(err)
	}
	old := net.Node(late)
	halted(t, old, nil, height) // consensus
	if err := net.StopNode(late); err != nil {
		t.Fatal(err)
	}
	halted(t, nil, net.StartNode(bounded(t), late), height) // its own store

	version[late] = "2.0.0"
	if err := net.StartNode(bounded(t), late); err != nil {
		t.Fatal(err)
	}
	if err := localnet.Reach(bounded(t), []localnet.Center{net.Center(0), net.Center(late)}, height+5); err != nil {
		t.Fatal(err)
	}
	if err := net.StartNode(bounded(t), asleep); err != nil {
		t.Fatal(err)
	}
	halted(t, net.Node(asleep), nil, height) // block sync
	if err := net.StopNode(asleep); err != nil {
		t.Fatal(err)
	}
	version[asleep] = "2.0.0"
	if err := net.StartNode(bounded(t), asleep); err != nil {
		t.Fatal(err)
	}
	if err := localnet.Ready(bounded(t), net.Centers()); err != nil {
		t.Fatal(err)
	}
	commit(t, net.Center(asleep), create(t, league, "upgraded"))
	agree(t, net.Centers())
}
