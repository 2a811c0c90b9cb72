package localnet_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/hanse-id/hanse/abci/localnet"
)

// Four processes under load; one is killed and comes back, one is paused. Nothing that was acknowledged is lost, and
// all app hashes agree.
func TestKilledCenterLosesNothingThatWasAcknowledged(t *testing.T) {
	if testing.Short() {
		t.Skip("starts four processes")
	}
	manifest, err := os.ReadFile("testdata/kill.toml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := localnet.ParseManifest(manifest)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := localnet.Prepare(t.TempDir(), m)
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := localnet.NewCluster(plan, "")
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("HANSE_TEST_LOG") != "" {
		cluster.Log, cluster.Debug = os.Stderr, true
	}
	t.Cleanup(func() {
		if err := cluster.Close(); err != nil {
			t.Error(err)
		}
	})
	for i := range m.Centers {
		if err := cluster.Start(bounded(t), i); err != nil {
			t.Fatal(err)
		}
	}
	if err := localnet.Ready(bounded(t), cluster.Centers()); err != nil {
		t.Fatal(err)
	}

	load, stop := context.WithTimeout(bounded(t), m.Load.Duration)
	defer stop()
	perturbed := make(chan error, 1)
	go func() { perturbed <- cluster.Run(bounded(t)) }()
	acked := localnet.Drive(load, m.League, m.Load.Clients, 20, func(i int) (localnet.Center, int) {
		centers := cluster.Centers()
		if len(centers) < m.Centers && i%m.Centers == m.Perturb[0].Center {
			return nil, 0 // this client's center is down
		}
		return centers[i%len(centers)], i % len(centers)
	})
	if err := <-perturbed; err != nil {
		t.Fatal(err)
	}
	if len(acked) == 0 {
		t.Fatal("nothing was acknowledged")
	}
	begin := time.Now()
	if err := localnet.Ready(bounded(t), cluster.Centers()); err != nil {
		t.Fatal(err)
	}
	if err := localnet.Settled(bounded(t), cluster.Centers(), acked); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d operations acknowledged, all committed %v after the load", len(acked), time.Since(begin))
	agree(t, cluster.Centers())
}
