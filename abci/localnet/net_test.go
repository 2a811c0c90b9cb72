package localnet_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/hanse-id/hanse/abci/localnet"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
)

// patience bounds what a test waits for: the machine may be small and busy.
const patience = 2 * time.Minute

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func testLogger() *slog.Logger {
	if os.Getenv("HANSE_TEST_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func start(t *testing.T, m localnet.Manifest, opts localnet.Options) *localnet.Net {
	t.Helper()
	plan, err := localnet.Prepare(t.TempDir(), m)
	if err != nil {
		t.Fatal(err)
	}
	if opts.Logger == nil {
		opts.Logger = testLogger()
	}
	net, err := localnet.Start(bounded(t), plan, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := net.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := localnet.Ready(bounded(t), net.Centers()); err != nil {
		t.Fatal(err)
	}
	return net
}

func create(t *testing.T, league, name string) []byte {
	t.Helper()
	user, err := localnet.NewUser(league, name)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := user.Create(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}

func commit(t *testing.T, c localnet.Center, envelope []byte) app.Receipt {
	t.Helper()
	receipt, err := localnet.Commit(bounded(t), c, envelope)
	if err != nil {
		t.Fatal(err)
	}
	if receipt.State != app.Committed || receipt.Code != exec.OK {
		t.Fatalf("receipt %+v", receipt)
	}
	return receipt
}

func agree(t *testing.T, centers []localnet.Center) {
	t.Helper()
	ctx := bounded(t)
	height, err := localnet.Tallest(ctx, centers)
	if err != nil {
		t.Fatal(err)
	}
	if err := localnet.Reach(ctx, centers, height); err != nil {
		t.Fatal(err)
	}
	if _, err := localnet.Agree(ctx, centers); err != nil {
		t.Fatal(err)
	}
}

func TestOneCenterIsALeague(t *testing.T) {
	begin := time.Now()
	net := start(t, localnet.Manifest{League: "one", Centers: 1}, localnet.Options{})
	t.Log("ready after", time.Since(begin))
	begin = time.Now()
	commit(t, net.Center(0), create(t, "one", "alice"))
	t.Log("first commit after", time.Since(begin))
}

func TestFourCentersCommitAndAgree(t *testing.T) {
	begin := time.Now()
	net := start(t, localnet.Manifest{League: "four", Centers: 4}, localnet.Options{})
	t.Log("ready after", time.Since(begin))
	for i := range 4 {
		begin = time.Now()
		r := commit(t, net.Center(i), create(t, "four", fmt.Sprint("user", i)))
		t.Log("commit at", r.Height, "after", time.Since(begin))
		for j := range 4 {
			if _, err := net.Center(j).Wait(bounded(t), r.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := net.StopNode(3); err != nil {
		t.Fatal(err)
	}
	begin = time.Now()
	commit(t, net.Center(0), create(t, "four", "without the fourth"))
	t.Log("commit with three of four after", time.Since(begin))
	begin = time.Now()
	if err := net.StartNode(bounded(t), 3); err != nil {
		t.Fatal(err)
	}
	if err := localnet.Ready(bounded(t), net.Centers()); err != nil {
		t.Fatal(err)
	}
	t.Log("restarted and caught up after", time.Since(begin))
	commit(t, net.Center(3), create(t, "four", "at the fourth"))
	agree(t, net.Centers())
}

// An idle league makes a block every two minutes here: whoever waited for one of these would fail.
func TestFirstOperationAfterASilenceDoesNotWaitForTheIdleInterval(t *testing.T) {
	net := start(t, localnet.Manifest{League: "silence", Centers: 4, Idle: 2 * patience}, localnet.Options{})
	for i := range 4 {
		begin := time.Now()
		commit(t, net.Center(i), create(t, "silence", fmt.Sprint("user", i)))
		t.Log("commit after", time.Since(begin))
	}
	agree(t, net.Centers())
}
