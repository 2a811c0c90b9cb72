package app_test

import (
	stdecdsa "crypto/ecdsa"
	stded25519 "crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"math/big"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// worst is a way to make a block expensive: operations with so many signatures by a DID that has so many keys of one kind
// ("p": P-256). The DID is registered in an earlier block, or (fresh) by the block's own first operation, so that hints,
// which know committed state only, cannot find its keys and everything is verified in Execute, serially.
type worst struct {
	kind             string
	keys, signatures int
	fresh            bool
}

func (w worst) String() string {
	return fmt.Sprintf("%s/keys=%d/signatures=%d/hinted=%t", apptest.Key(w.kind).Public().Algorithm(), w.keys, w.signatures, !w.fresh)
}

// block fills a block up to the default limits. Its operations are small, authorised, and fail in Apply, so that signatures
// are what they cost. It returns how many signatures there are.
func (w worst) block(b *testing.B) (*apptest.League, app.BlockInput, int) {
	b.Helper()
	l := apptest.New(b, apptest.Options{Params: func(p *exec.Params) { p.OpsPerDIDHour = 1 << 30 }})
	var names []string
	for i := range w.keys {
		names = append(names, fmt.Sprintf("%s%c", w.kind, 'a'+i))
	}
	body := map[string]any{"document": apptest.Document(names...), "salt": apptest.Salt(w.kind)}
	id, err := op.CreatedDID(apptest.Name, body)
	if err != nil {
		b.Fatal(err)
	}
	signers := apptest.Signed(id, names[:w.signatures]...)
	registration := l.Sign(l.Draft("did.create", id, body), signers[0])
	var pending [][]byte
	if w.fresh {
		l.Block()
		pending = append(pending, registration)
	} else {
		l.Do(registration)
	}
	txs := w.fill(l, pending, func() []byte {
		return l.Sign(l.Draft("did.deactivate", id, map[string]any{"prev": ""}), signers...)
	})
	count := 0
	for _, tx := range txs {
		ops, err := l.App.Open(tx)
		if err != nil {
			b.Fatal(err)
		}
		for _, o := range ops {
			count += len(o.Signatures)
		}
	}
	return l, l.Input(txs...), count
}

// fill makes batches of what more returns, beginning with pending, and keeps what a block may contain.
func (w worst) fill(l *apptest.League, pending [][]byte, more func() []byte) [][]byte {
	p := l.Genesis.Params
	size := int64(4 + len(more()))
	total := min(p.MaxBlockOps, p.MaxBlockRaw/size)
	perBatch := min(p.MaxBatchOps, p.MaxBatchRaw/size, p.MaxBatchBytes/size, p.MaxCenterBlockRaw/size/4)
	var txs [][]byte
	for n := range total {
		pending = append(pending, more())
		if int64(len(pending)) >= perBatch || n == total-1 {
			txs = append(txs, l.Batch(len(txs)%4, pending...))
			pending = nil
		}
	}
	return l.App.Prepare(app.Proposal{Height: 2, Time: l.Time, Txs: txs})
}

// onTwoCores calls work for halves of n.
func onTwoCores(n int, work func(from, to int)) {
	var wg sync.WaitGroup
	wg.Go(func() { work(0, n/2) })
	wg.Go(func() { work(n/2, n) })
	wg.Wait()
}

// cpu is the processor time that this process has used: unlike the clock, it hardly depends on what else runs.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// finalize does what a node does with a decided block that it sees for the first time: open its batches, verify in parallel
// what committed state gives hints for, and execute. It returns what that takes on two idle cores.
func finalize(b *testing.B, l *apptest.League, in app.BlockInput) time.Duration {
	start := cpu(b)
	verdicts := &memory{}
	a, err := app.New(l.Store, app.Options{Verdicts: verdicts})
	if err != nil {
		b.Fatal(err)
	}
	var checks []op.Check
	for _, tx := range in.Txs {
		ops, err := a.Open(tx)
		if err != nil {
			b.Fatal(err)
		}
		for _, o := range ops {
			checks = append(checks, a.Checks(o)...)
		}
	}
	opened := cpu(b)
	onTwoCores(len(checks), func(from, to int) {
		for i, ok := range op.VerifyAll(checks[from:to]) {
			verdicts.Put(checks[from+i].CacheKey(), ok)
		}
	})
	verified := cpu(b)
	r, err := a.Execute(in)
	if err != nil {
		b.Fatal(err)
	}
	for _, receipt := range r.Receipts {
		if receipt.Code != exec.CodeVersionMismatch && receipt.Code != exec.OK {
			b.Fatalf("receipt: %s", receipt.Code)
		}
	}
	return opened - start + (verified-opened)/2 + cpu(b) - verified
}

// BenchmarkWorstBlock is what exec.DefaultParams bounds: a block of nothing but verdict cache misses, from decided bytes to
// an app hash. ms/block is processor time, halved where two cores share the work: what it takes on two idle cores. The
// control beside it is the standard library's verification of as many signatures over messages of 300 bytes.
func BenchmarkWorstBlock(b *testing.B) {
	for _, kind := range []string{"e", "p"} {
		for _, w := range []worst{{kind, 1, 1, false}, {kind, 1, 1, true}, {kind, 16, 16, false}, {kind, 16, 16, true}, {kind, 20, 1, false}} {
			b.Run(w.String(), func(b *testing.B) {
				l, in, count := w.block(b)
				var took time.Duration
				for b.Loop() {
					took += finalize(b, l, in)
				}
				b.StopTimer()
				reportBlock(b, took, count)
				verify, start := rawVerify(b, kind), cpu(b)
				onTwoCores(count, func(from, to int) {
					for range to - from {
						verify()
					}
				})
				b.ReportMetric(float64((cpu(b)-start).Milliseconds())/2, "control-ms")
			})
		}
	}
}

func reportBlock(b *testing.B, took time.Duration, signatures int) {
	b.ReportMetric(float64(took.Milliseconds())/float64(b.N), "ms/block")
	b.ReportMetric(float64(signatures), "signatures")
}

// rawVerify is one verification by the standard library.
func rawVerify(b *testing.B, kind string) func() {
	b.Helper()
	key, message := apptest.Key(kind), make([]byte, 300)
	s, err := op.Sign(b.Context(), message, apptest.KID(did.DID("did:hanse:test:x"), "k"), key)
	if err != nil {
		b.Fatal(err)
	}
	public := key.Public().Bytes()
	if key.Public().Algorithm() == keys.EdDSA {
		return func() { stded25519.Verify(public, s.Input, s.Value) }
	}
	ecdsaKey := key.Public().ECDSA()
	digest := sha256.Sum256(s.Input)
	r, t := new(big.Int).SetBytes(s.Value[:32]), new(big.Int).SetBytes(s.Value[32:])
	return func() { stdecdsa.Verify(ecdsaKey, digest[:], r, t) }
}

// BenchmarkWorstStatus executes the block that touches the most chunks of status lists: one operation for each of as many
// full lists as the default limit of chunks lets through, half of them by each of two centers. The control writes as many
// records of a chunk's size and commits to them.
func BenchmarkWorstStatus(b *testing.B) {
	s := apptest.Run(b, apptest.Options{}, "create A keys=a1 by a1")
	chunks := s.Genesis.Params.MaxListSize / status.ChunkEntries
	lists := s.Genesis.Params.MaxBlockChunks / chunks
	var byCenter [2][][]byte
	for i := range lists {
		s.Play(fmt.Sprintf("list L%d owner=A size=%d by a1\nlease L%d count=%d by o1", i, chunks*status.ChunkEntries, i, chunks*status.ChunkEntries))
		set := map[string]any{}
		for c := range chunks {
			set[fmt.Sprint(c*status.ChunkEntries)] = int64(1)
		}
		body := map[string]any{"list": s.Lists[fmt.Sprintf("L%d", i)].String(), "set": set}
		byCenter[i%2] = append(byCenter[i%2], s.Sign(s.Draft("status.set", s.DIDs["A"], body), apptest.Operator("o1")))
	}
	in := s.Input(s.Batch(0, byCenter[0]...), s.Batch(1, byCenter[1]...))
	start := cpu(b)
	for b.Loop() {
		r, err := s.App.Execute(in)
		if err != nil || int64(len(r.Receipts)) != lists {
			b.Fatalf("%d receipts of %d (%v)", len(r.Receipts), lists, err)
		}
	}
	b.StopTimer()
	reportBlock(b, cpu(b)-start, int(lists))
	start = cpu(b)
	block := s.Store.Begin()
	for i := range 2 * chunks * lists {
		block.Set(fmt.Appendf(nil, "s/x/%d", i), make([]byte, 1+status.ChunkEntries/8))
	}
	block.Root()
	b.ReportMetric(float64((cpu(b) - start).Milliseconds()), "control-ms")
}
