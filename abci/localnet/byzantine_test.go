package localnet_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	abcitypes "github.com/cometbft/cometbft/abci/types"
	"github.com/klauspost/compress/zstd"

	"github.com/hanse-id/hanse/abci/localnet"
	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// byzantine is a center that gossips and proposes whatever it likes. Its sponsor key is genuine.
type byzantine struct {
	abcitypes.Application
	t        testing.TB
	plan     localnet.NodePlan
	league   string
	bomb     []byte // a frame that decompresses to far more than it says
	mu       sync.Mutex
	seen     [][]byte // transactions of earlier blocks, to replay
	twins    [][]byte // operations with bad signatures
	gossiped atomic.Int64
	proposed atomic.Int64
}

func newByzantine(t testing.TB, plan localnet.NodePlan, league string) *byzantine {
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &byzantine{t: t, plan: plan, league: league, bomb: enc.EncodeAll(make([]byte, 32<<20), nil)}
}

// seal makes a batch of envelopes with the center's own key.
func (b *byzantine) seal(envelopes ...[]byte) []byte {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:])
	tx, err := op.SealBatch(context.Background(), b.league, b.plan.DID, nonce, time.Now().Unix()+60, envelopes, b.plan.Sponsor)
	if err != nil {
		b.t.Error(err)
	}
	return tx
}

// sealFrame makes a batch of a frame that no honest center would make.
func (b *byzantine) sealFrame(frame []byte, count, rawLen uint32) []byte {
	const header = 3 + 32 + 32 + 16 + 8
	tx := bytes.Clone(b.seal([]byte("x"))[:header])
	tx = binary.BigEndian.AppendUint32(tx, count)
	tx = binary.BigEndian.AppendUint32(tx, rawLen)
	tx = append(tx, frame...)
	signature, err := b.plan.Sponsor.Sign(context.Background(), tx)
	if err != nil {
		b.t.Error(err)
	}
	return append(tx, signature...)
}

// garbage is one round of everything that must not matter.
func (b *byzantine) garbage() [][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	txs := [][]byte{
		b.sealFrame(b.bomb, 1, 1<<20),
		b.sealFrame([]byte("no frame"), 1, 8),
		b.seal([]byte("no operation"), bytes.Repeat([]byte("["), 20_000)),
		[]byte("no batch"),
	}
	if len(b.twins) > 0 {
		txs = append(txs, b.seal(b.twins...))
	}
	return append(txs, b.seen...)
}

// ReapTxs gossips honest batches and garbage.
func (b *byzantine) ReapTxs(ctx context.Context, req *abcitypes.RequestReapTxs) (*abcitypes.ResponseReapTxs, error) {
	res, err := b.Application.ReapTxs(ctx, req)
	if err != nil || ctx.Err() != nil {
		return res, err
	}
	garbage := b.garbage()
	b.gossiped.Add(int64(len(garbage)))
	res.Txs = append(res.Txs, garbage...)
	time.Sleep(50 * time.Millisecond) // a flood beyond this is the transport's business
	return res, nil
}

// PrepareProposal proposes what no block may contain.
func (b *byzantine) PrepareProposal(_ context.Context, req *abcitypes.RequestPrepareProposal) (*abcitypes.ResponsePrepareProposal, error) {
	b.proposed.Add(1)
	txs := b.garbage()
	switch req.Height % 3 {
	case 0:
		txs = txs[:1]
	case 1: // more than the ledger parameters allow, within what CometBFT allows
		junk := make([]byte, 400<<10)
		_, _ = rand.Read(junk)
		var size int64
		for txs = nil; size+int64(len(junk))+1024 < req.MaxTxBytes; size += int64(len(junk)) + 1024 {
			txs = append(txs, b.sealFrame(junk, 1, 1<<20))
		}
	}
	return &abcitypes.ResponsePrepareProposal{Txs: txs}, nil
}

// ProcessProposal accepts everything.
func (b *byzantine) ProcessProposal(context.Context, *abcitypes.RequestProcessProposal) (*abcitypes.ResponseProcessProposal, error) {
	return &abcitypes.ResponseProcessProposal{Status: abcitypes.ResponseProcessProposal_ACCEPT}, nil
}

// FinalizeBlock collects transactions to replay.
func (b *byzantine) FinalizeBlock(ctx context.Context, req *abcitypes.RequestFinalizeBlock) (*abcitypes.ResponseFinalizeBlock, error) {
	b.mu.Lock()
	for _, tx := range req.Txs {
		if len(b.seen) < 10 {
			b.seen = append(b.seen, bytes.Clone(tx))
		}
	}
	b.mu.Unlock()
	return b.Application.FinalizeBlock(ctx, req)
}

// twin returns an operation with the same payload and a bad signature.
func twin(t *testing.T, envelope []byte) []byte {
	t.Helper()
	o, err := op.Decode(envelope)
	if err != nil {
		t.Fatal(err)
	}
	bad := o.Signatures[0]
	bad.Value = bytes.Clone(bad.Value)
	bad.Value[5] ^= 1
	forged, err := op.Assemble(o.Payload, []op.Signature{bad})
	if err != nil {
		t.Fatal(err)
	}
	return forged
}

func TestByzantineCenterChangesNothingForTheOthers(t *testing.T) {
	const league, evil = "byzantine", 3
	var villain *byzantine
	plan, err := localnet.Prepare(t.TempDir(), localnet.Manifest{League: league, Centers: 4})
	if err != nil {
		t.Fatal(err)
	}
	villain = newByzantine(t, plan.Nodes[evil], league)
	var honest [][]byte
	for i := range 12 {
		envelope := create(t, league, fmt.Sprint("honest-", i))
		honest = append(honest, envelope)
		villain.twins = append(villain.twins, twin(t, envelope))
	}
	net, err := localnet.Start(bounded(t), plan, localnet.Options{
		Logger: testLogger(),
		Configure: func(i int, c *node.Config) {
			if i == evil {
				c.Intercept = func(a abcitypes.Application) abcitypes.Application { villain.Application = a; return villain }
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := net.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := localnet.Ready(bounded(t), net.Centers()[:evil]); err != nil {
		t.Fatal(err)
	}
	for i, envelope := range honest {
		commit(t, net.Center(i%evil), envelope)
	}
	// A forged operation that only the villain offers has no outcome.
	forged := twin(t, create(t, league, "victim"))
	subs, err := net.Center(0).Submit(bounded(t), [][]byte{forged})
	if err != nil || subs[0].Error == nil || subs[0].Error.Code != exec.CodeBadSignature {
		t.Fatalf("forged operation: %+v %v", subs, err)
	}
	if r, err := net.Center(0).Receipt(bounded(t), subs[0].ID); err != nil || r.State != app.Unknown {
		t.Fatalf("receipt %+v %v", r, err)
	}
	for i := range evil {
		if err := net.Node(i).Err(); err != nil {
			t.Errorf("center %d stopped: %v", i, err)
		}
	}
	t.Logf("%d pieces of garbage gossiped, %d garbage proposals", villain.gossiped.Load(), villain.proposed.Load())
	if villain.gossiped.Load() == 0 || villain.proposed.Load() == 0 {
		t.Error("the villain did nothing")
	}
	agree(t, net.Centers())
}
