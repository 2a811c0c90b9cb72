package localnet_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/cometbft/cometbft/light"

	"github.com/hanse-id/hanse/abci/localnet"
	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/app"
)

// cluster starts the centers of a genesis as processes.
func cluster(t *testing.T, m localnet.Manifest) *localnet.Cluster {
	t.Helper()
	plan, err := localnet.Prepare(t.TempDir(), m)
	if err != nil {
		t.Fatal(err)
	}
	c, err := localnet.NewCluster(plan, "")
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("HANSE_TEST_LOG") != "" {
		c.Log, c.Debug = os.Stderr, true
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	for i := range m.Centers {
		if err := c.Start(bounded(t), i); err != nil {
			t.Fatal(err)
		}
	}
	if err := localnet.Ready(bounded(t), c.Centers()); err != nil {
		t.Fatal(err)
	}
	return c
}

// paced is a center whose client waits for its operations before it sends more: as much load as a machine bears.
type paced struct{ localnet.Center }

func (p paced) Submit(ctx context.Context, envelopes [][]byte) ([]app.Submission, error) {
	subs, err := p.Center.Submit(ctx, envelopes)
	if err == nil && subs[len(subs)-1].Error == nil {
		_, _ = p.Wait(ctx, subs[len(subs)-1].ID) // what becomes of it is checked at the end
	}
	return subs, err
}

// pressure puts load on the first centers, one client on each, until stop is called, which waits until all of it is
// committed everywhere.
func pressure(t *testing.T, c *localnet.Cluster, clients int) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	done := make(chan []localnet.Acknowledged, 1)
	go func() {
		done <- localnet.Drive(ctx, c.Plan.League, clients, 40, func(i int) (localnet.Center, int) { return paced{c.Center(i)}, i })
	}()
	return func() {
		t.Helper()
		cancel()
		acked := <-done
		if len(acked) == 0 {
			t.Fatal("nothing was acknowledged")
		}
		if err := localnet.Settled(bounded(t), c.Centers(), acked); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d operations acknowledged, all of them committed", len(acked))
	}
}

// Four processes under load: a fifth center is admitted by vote, catches up and signs; a center changes its validator key;
// a center is removed. Blocks never stop coming, nothing that was acknowledged is lost, all app hashes agree, and CometBFT's
// own light client verifies across each change.
func TestLeagueChangesItsCentersUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("starts five processes")
	}
	const rotating, leaving, newcomer = 1, 3, 4
	c := cluster(t, localnet.Manifest{League: "change", Centers: 4, Newcomers: 1})
	plan, watch := c.Plan, observe(t, c.RPC(0))
	var users []*localnet.User
	for i := range plan.Nodes {
		users = append(users, plan.Control(i))
	}
	act := func(kind string, body map[string]any, u *localnet.User) app.Receipt {
		t.Helper()
		receipt, err := localnet.Act(bounded(t), c.Center(2), u, kind, body)
		if err != nil {
			t.Fatal(err)
		}
		return receipt
	}
	decide := func(number int64, kind string, content map[string]any, by ...*localnet.User) app.Receipt {
		t.Helper()
		receipt, err := localnet.Decide(bounded(t), c.Center(0), number, kind, content, by...)
		if err != nil {
			t.Fatal(err)
		}
		return receipt
	}
	settle := pressure(t, c, 3) // not at the one that leaves
	watch.committed(20)
	begin := time.Now()
	lap := func(what string) {
		t.Logf("%v %s", time.Since(begin).Round(time.Millisecond), what)
	}

	admitted := decide(1, "center.admit", plan.Nodes[newcomer].Admission(), users[0], users[1], users[2]).Height
	watch.changes(admitted, []string{plan.Nodes[newcomer].Descriptor.Validator}, nil)
	lap("admitted")
	if err := c.Start(bounded(t), newcomer); err != nil {
		t.Fatal(err)
	}
	synced := false
	until(t, "the newcomer is ready", func(ctx context.Context) bool {
		h := c.Center(newcomer).Health(ctx)
		synced = synced || h.CatchingUp
		return h.Ready
	})
	if !synced {
		t.Error("the newcomer was never seen catching up")
	}
	lap("caught up")
	signed := watch.firstSigned(admitted+2, address(t, plan.Nodes[newcomer].Descriptor.Validator))
	lap("signs")
	if _, err := localnet.Commit(bounded(t), c.Center(newcomer), create(t, plan.League, "at the newcomer")); err != nil {
		t.Fatal(err)
	}

	old := plan.Nodes[rotating].Descriptor.Validator
	next, err := node.NewValidatorKey(plan.Nodes[rotating].Home, []string{old})
	if err != nil {
		t.Fatal(err)
	}
	rotated := act("center.update", map[string]any{"prev": 1, "validator": next}, users[rotating]).Height
	watch.changes(rotated, []string{next}, []string{old})
	lap("rotated")
	renewed := watch.firstSigned(rotated+2, address(t, next))
	lap("signs with the new key")

	removed := decide(2, "center.remove", map[string]any{"center": string(users[leaving].DID)}, users[0], users[1], users[2], users[newcomer]).Height
	watch.changes(removed, nil, []string{plan.Nodes[leaving].Descriptor.Validator})
	lap("removed")
	watch.committed(removed + 10)
	settle()
	agree(t, c.Centers()) // the removed one follows still

	tip, err := localnet.Tallest(bounded(t), c.Centers())
	if err != nil {
		t.Fatal(err)
	}
	watch.committed(tip)
	gap, at := watch.longestGap(2, tip)
	t.Logf("admitted at %d, signed at %d; rotated at %d, signed at %d; removed at %d; head %d; longest gap %v before %d",
		admitted, signed, rotated, renewed, removed, tip, gap, at)
	if gap > patience/4 {
		t.Errorf("no block for %v", gap)
	}
	witnesses := []*observer{watch, observe(t, c.RPC(2)), observe(t, c.RPC(newcomer))}
	changes := []int64{admitted + 1, admitted + 2, rotated + 1, rotated + 2, removed + 1, removed + 2, tip}
	lightly(t, plan.League, 2, changes, light.SkippingVerification(light.DefaultTrustLevel), witnesses...)
	lightly(t, plan.League, 2, []int64{tip}, light.SkippingVerification(light.DefaultTrustLevel), witnesses...)
	lightly(t, plan.League, 2, []int64{tip}, light.SequentialVerification(), witnesses...)
	lap("verified")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, n := range plan.Nodes {
		sound(t, n.Home)
	}
}

// sound checks the whole state of a stopped node.
func sound(t *testing.T, home string) {
	t.Helper()
	state, err := node.OpenState(home)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	if err := app.Fsck(state.Store, nil); err != nil {
		t.Errorf("%s: %v", home, err)
	}
}
