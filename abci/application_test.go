package abci_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	abcitypes "github.com/cometbft/cometbft/abci/types"

	"github.com/hanse-id/hanse/abci"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
)

func TestInitChainRefusesAGenesisWhoseValidatorsAreNotItsCenters(t *testing.T) {
	c := newCenter(t, newPlan(t), 0)
	for name, change := range map[string]func(*abcitypes.RequestInitChain){
		"one missing":   func(r *abcitypes.RequestInitChain) { r.Validators = r.Validators[1:] },
		"none":          func(r *abcitypes.RequestInitChain) { r.Validators = nil },
		"one twice":     func(r *abcitypes.RequestInitChain) { r.Validators[0] = r.Validators[1] },
		"other power":   func(r *abcitypes.RequestInitChain) { r.Validators[2].Power++ },
		"other league":  func(r *abcitypes.RequestInitChain) { r.ChainId = "other" },
		"no app state":  func(r *abcitypes.RequestInitChain) { r.AppStateBytes = nil },
		"bad app state": func(r *abcitypes.RequestInitChain) { r.AppStateBytes = []byte(`{"league":"abci-test"}`) },
	} {
		req := c.initChain()
		change(req)
		if _, err := c.InitChain(t.Context(), req); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := c.InitChain(t.Context(), c.initChain()); err != nil {
		t.Errorf("again, unchanged: %v", err)
	}
}

func TestInfoReportsTheLastCommittedBlock(t *testing.T) {
	c := newCenter(t, newPlan(t), 0)
	info := func() *abcitypes.ResponseInfo {
		res, err := c.Info(t.Context(), &abcitypes.RequestInfo{})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	if res := info(); res.LastBlockHeight != 0 || res.LastBlockAppHash != nil {
		t.Fatalf("before the first block: %+v", res)
	}
	res := c.block()
	c.finalize(batch(t, c.plan, 1, operation(t, "alice"))) // computed, not committed
	if got := info(); got.LastBlockHeight != 1 || !bytes.Equal(got.LastBlockAppHash, res.AppHash) {
		t.Fatalf("info %+v", got)
	}
}

func TestQueries(t *testing.T) {
	c := newCenter(t, newPlan(t), 0)
	for range 20 {
		c.block(batch(t, c.plan, 1, operation(t, strings.Repeat("u", int(c.height)+1))))
	}
	key := governance.CenterKey(op.HashCenter(c.plan.Nodes[0].DID))
	for _, q := range []struct {
		name string
		req  abcitypes.RequestQuery
		code uint32
	}{
		{"key", abcitypes.RequestQuery{Path: "/key", Data: key}, abci.QueryOK},
		{"key at a height", abcitypes.RequestQuery{Path: "/key", Data: key, Height: 19}, abci.QueryOK},
		{"proof", abcitypes.RequestQuery{Path: "/key", Data: key, Prove: true}, abci.QueryOK},
		{"proof of absence", abcitypes.RequestQuery{Path: "/key", Data: []byte("none"), Prove: true}, abci.QueryOK},
		{"height -1", abcitypes.RequestQuery{Path: "/key", Data: key, Height: -1}, abci.QueryHeight},
		{"future", abcitypes.RequestQuery{Path: "/key", Data: key, Height: 21}, abci.QueryFuture},
		{"pruned", abcitypes.RequestQuery{Path: "/key", Data: key, Height: 1}, abci.QueryPruned},
		{"no path", abcitypes.RequestQuery{Data: key}, abci.QueryPath},
		{"path traversal", abcitypes.RequestQuery{Path: "/key/../../etc/passwd", Data: key}, abci.QueryPath},
		{"peer filter", abcitypes.RequestQuery{Path: "/p2p/filter/addr/1.2.3.4"}, abci.QueryOK},
		{"no key", abcitypes.RequestQuery{Path: "/key"}, abci.QueryKey},
		{"key of a megabyte", abcitypes.RequestQuery{Path: "/key", Data: make([]byte, 1<<20)}, abci.QueryKey},
	} {
		res, err := c.Query(t.Context(), &q.req)
		if err != nil {
			t.Fatal(err)
		}
		if res.Code != q.code {
			t.Errorf("%s: code %d (%s), want %d", q.name, res.Code, res.Log, q.code)
		}
		if q.code == abci.QueryOK && q.req.Prove != (res.ProofOps != nil) {
			t.Errorf("%s: proof %v", q.name, res.ProofOps)
		}
		if q.code != abci.QueryOK && (res.Codespace != abci.QueryCodespace || res.Value != nil) {
			t.Errorf("%s: %+v", q.name, res)
		}
	}
}

func TestPeersAreTurnedAwayWhileTheNodeStops(t *testing.T) {
	c := newCenter(t, newPlan(t), 0)
	c.Quiesce()
	res, err := c.Query(t.Context(), &abcitypes.RequestQuery{Path: "/p2p/filter/id/abc"})
	if err != nil || res.Code != abci.QueryStopping {
		t.Fatalf("%+v %v", res, err)
	}
}

func TestSnapshotsAreNeitherOfferedNorTaken(t *testing.T) {
	c := newCenter(t, newPlan(t), 0)
	if res, err := c.ListSnapshots(t.Context(), &abcitypes.RequestListSnapshots{}); err != nil || len(res.Snapshots) != 0 {
		t.Errorf("%v %v", res, err)
	}
	offer, err := c.OfferSnapshot(t.Context(), &abcitypes.RequestOfferSnapshot{Snapshot: &abcitypes.Snapshot{Height: 1}})
	if err != nil || offer.Result != abcitypes.ResponseOfferSnapshot_REJECT {
		t.Errorf("%v %v", offer, err)
	}
	apply, err := c.ApplySnapshotChunk(t.Context(), &abcitypes.RequestApplySnapshotChunk{})
	if err != nil || apply.Result != abcitypes.ResponseApplySnapshotChunk_ABORT {
		t.Errorf("%v %v", apply, err)
	}
}

func TestStorageFaultStopsTheNodeWithANamedError(t *testing.T) {
	c := newCenter(t, newPlan(t), 0)
	c.block()
	if err := c.db.Close(); err != nil {
		t.Log(err) // open snapshots
	}
	c.db = nil
	tx := batch(t, c.plan, 1, operation(t, "alice"))
	_, err := c.FinalizeBlock(t.Context(), &abcitypes.RequestFinalizeBlock{Height: 2, Time: c.now, Txs: [][]byte{tx}})
	if err == nil {
		_, err = c.Commit(t.Context(), &abcitypes.RequestCommit{})
	}
	fault, ok := errors.AsType[*abci.FatalError](err)
	if !ok || fault.Height != 2 {
		t.Fatalf("error %v", err)
	}
	if c.fatal == nil {
		t.Fatal("the node was not told")
	}
	if accepted := c.process(tx); accepted {
		t.Fatal("proposal accepted without a state") // and no error: CometBFT would panic
	}
}

func TestMempoolCodes(t *testing.T) {
	c := newCenter(t, newPlan(t), 0)
	insert := func(tx []byte) uint32 {
		res, err := c.InsertTx(t.Context(), &abcitypes.RequestInsertTx{Tx: tx})
		if err != nil {
			t.Fatal(err)
		}
		check, err := c.CheckTx(t.Context(), &abcitypes.RequestCheckTx{Tx: tx})
		if err != nil || check.Code != res.Code {
			t.Fatalf("CheckTx %v %v, InsertTx %d", check, err, res.Code)
		}
		return res.Code
	}
	if code := insert(batch(t, c.plan, 1, operation(t, "alice"))); code != abcitypes.CodeTypeOK {
		t.Errorf("good batch: %d", code)
	}
	if code := insert([]byte("x")); code != uint32(exec.CodeBatchMalformed) {
		t.Errorf("junk: %d", code)
	}
	stranger := *c.plan
	stranger.Nodes = append(stranger.Nodes[:0:0], stranger.Nodes...)
	stranger.Nodes[1].DID = "did:hanse:abci-test:stranger"
	if code := insert(batch(t, &stranger, 1, operation(t, "alice"))); code != abcitypes.CodeTypeRetry+uint32(exec.CodeUnknownSponsor) {
		t.Errorf("unknown sponsor: %d", code)
	}
}

func FuzzQuery(f *testing.F) {
	f.Add("/key", []byte("g/params"), int64(0), true)
	f.Add("/key/../x", []byte{}, int64(-1), false)
	f.Add("", bytes.Repeat([]byte("k"), 2000), int64(1<<62), true)
	c := newCenter(f, newPlan(f), 0)
	f.Fuzz(func(t *testing.T, path string, key []byte, height int64, prove bool) {
		res, err := c.Query(t.Context(), &abcitypes.RequestQuery{Path: path, Data: key, Height: height, Prove: prove})
		if err != nil || res.Code == abci.QueryInternal {
			t.Fatalf("%+v %v", res, err)
		}
	})
}
