package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/hanse-id/hanse/abci/ledger"
	"github.com/hanse-id/hanse/abci/localnet"
	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

const league = "ledger-test"

func logger() *slog.Logger {
	if os.Getenv("HANSE_TEST_LOG") == "" {
		return nil
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func started(t *testing.T, centers int) *localnet.Net {
	t.Helper()
	plan, err := localnet.Prepare(t.TempDir(), localnet.Manifest{League: league, Centers: centers, Idle: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	net, err := localnet.Start(t.Context(), plan, localnet.Options{Logger: logger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := net.Close(); err != nil {
			t.Error(err)
		}
	})
	return net
}

func ready(t *testing.T, net *localnet.Net) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := localnet.Ready(ctx, net.Centers()); err != nil {
		t.Fatal(err)
	}
}

func commit(t *testing.T, l *ledger.Local, envelope []byte) app.Receipt {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := localnet.Commit(ctx, l, envelope)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLedgerOfOneNode(t *testing.T) {
	net := started(t, 1)
	ready(t, net)
	l := net.Node(0).Ledger()
	ctx := t.Context()
	user, err := localnet.NewUser(league, "alice")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.DID(ctx, user.DID, did.At{}); !errors.Is(err, did.ErrNotFound) {
		t.Fatalf("before creation: %v", err)
	}
	blocks := make(chan app.Summary, 100)
	watching, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- l.Watch(watching, func(s app.Summary) { blocks <- s }) }()

	created, err := user.Create(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	receipt := commit(t, l, created)
	if receipt.State != app.Committed || receipt.Code != exec.OK || len(receipt.Events) == 0 {
		t.Fatalf("receipt %+v", receipt)
	}
	version, err := l.DID(ctx, user.DID, did.At{})
	if err != nil || version.N != 1 || version.Document == nil {
		t.Fatalf("version %+v %v", version, err)
	}
	updated, err := user.Update(version.VersionID, "https://alice.example/", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if r := commit(t, l, updated); r.Code != exec.OK {
		t.Fatalf("update %+v", r)
	}
	stale, err := user.Update(version.VersionID, "https://mallory.example/", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if r := commit(t, l, stale); r.State != app.Rejected || r.Code != exec.CodeVersionMismatch {
		t.Fatalf("stale update %+v", r)
	}
	if v, err := l.DID(ctx, user.DID, did.At{VersionID: version.VersionID}); err != nil || v.N != 1 {
		t.Fatalf("first version %+v %v", v, err)
	}

	summary := <-blocks
	for len(summary.Ops) == 0 {
		summary = <-blocks
	}
	if summary.Ops[0].ID != receipt.ID || summary.Height != receipt.Height {
		t.Fatalf("summary %+v, receipt %+v", summary, receipt)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("watch ended with %v", err)
	}

	records, err := l.Blocks(ctx, receipt.Height, 1)
	if err != nil || len(records) != 1 || len(records[0].Receipts) != 1 || records[0].Receipts[0].ID != receipt.ID {
		t.Fatalf("blocks %+v %v", records, err)
	}
	proof, err := l.Prove(ctx, identity.Key(user.DID))
	if err != nil || len(proof.Value) == 0 || proof.ICS23 == nil {
		t.Fatalf("proof %+v %v", proof, err)
	}
	if centers, err := l.Centers(ctx); err != nil || len(centers) != 1 || centers[0].DID != net.Plan.Nodes[0].DID {
		t.Fatalf("centers %+v %v", centers, err)
	}
	if params, err := l.Params(ctx); err != nil || params != exec.DefaultParams() {
		t.Fatalf("params %+v %v", params, err)
	}
	if h := l.Health(ctx); !h.Ready || !h.Quorum || h.CatchingUp || h.Height < receipt.Height {
		t.Fatalf("health %+v", h)
	}
	if _, _, err := l.List(ctx, op.ID{1}); !errors.Is(err, did.ErrNotFound) {
		t.Fatalf("unknown list: %v", err)
	}
	if r, err := l.Receipt(ctx, op.ID{1}); err != nil || r.State != app.Unknown {
		t.Fatalf("unknown operation: %+v %v", r, err)
	}
}

// Without a quorum operations are accepted, saying so, and wait ends in what is known, not in a hang.
func TestWithoutQuorumOperationsAreAcceptedAndSayIt(t *testing.T) {
	net := started(t, 2)
	ready(t, net)
	if err := net.StopNode(1); err != nil {
		t.Fatal(err)
	}
	l := net.Node(0).Ledger()
	for deadline := time.Now().Add(time.Minute); l.Health(t.Context()).Quorum; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("quorum was never lost")
		}
	}
	user, err := localnet.NewUser(league, "bob")
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := user.Create(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	subs, err := l.Submit(t.Context(), [][]byte{envelope})
	if err != nil || subs[0].Error != nil || !subs[0].NoQuorum {
		t.Fatalf("submission %+v %v", subs, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	r, err := l.Wait(ctx, subs[0].ID)
	if err != nil || r.State != app.Accepted {
		t.Fatalf("receipt %+v %v", r, err)
	}
	if h := l.Health(t.Context()); h.Ready || len(h.Reasons) == 0 {
		t.Fatalf("health %+v", h)
	}
	if err := net.StartNode(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	final, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if r, err := l.Wait(final, subs[0].ID); err != nil || r.State != app.Committed {
		t.Fatalf("receipt %+v %v", r, err)
	}
}

func TestStoppedNodeIsUnavailableNotEmpty(t *testing.T) {
	net := started(t, 1)
	ready(t, net)
	n := net.Node(0)
	l := n.Ledger()
	if err := n.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := n.Stop(); err != nil {
		t.Fatal("second Stop:", err)
	}
	if _, err := l.DID(t.Context(), net.Plan.Nodes[0].DID, did.At{}); !errors.Is(err, ledger.ErrStopped) {
		t.Fatalf("read: %v", err)
	}
	if _, err := l.Submit(t.Context(), [][]byte{[]byte("x")}); exec.CodeOf(err) != exec.CodeNotReady {
		t.Fatalf("submit: %v", err)
	}
	if h := l.Health(t.Context()); h.Ready || h.Reasons[0] != "stopped" {
		t.Fatalf("health %+v", h)
	}
	state, err := node.OpenState(net.Plan.Nodes[0].Home)
	if err != nil {
		t.Fatal(err)
	}
	if err := state.Store.Check(func(_, _ int64) {}); err != nil {
		t.Error(err)
	}
	if err := state.Close(); err != nil {
		t.Error(err)
	}
}

// A node may stop by itself while clients read and write: they get an answer, and its files close cleanly.
func TestNodeStopsUnderReadersAndWriters(t *testing.T) {
	net := started(t, 1)
	ready(t, net)
	l := net.Node(0).Ledger()
	var begun, done sync.WaitGroup
	for i := range 4 {
		begun.Add(1)
		done.Go(func() {
			first := true
			for n := 0; ; n++ {
				user, err := localnet.NewUser(league, fmt.Sprint("user-", i, "-", n))
				if err != nil {
					t.Error(err)
					return
				}
				envelope, err := user.Create(time.Now())
				if err != nil {
					t.Error(err)
					return
				}
				_, submitted := l.Submit(t.Context(), [][]byte{envelope})
				_, err = l.Blocks(t.Context(), 1, 100)
				if first {
					begun.Done()
					first = false
				}
				if errors.Is(err, ledger.ErrStopped) && exec.CodeOf(submitted) == exec.CodeNotReady {
					return
				}
				if err != nil && !errors.Is(err, ledger.ErrStopped) {
					t.Error(err)
					return
				}
			}
		})
	}
	begun.Wait()
	if err := net.StopNode(0); err != nil {
		t.Error(err)
	}
	done.Wait()
}
