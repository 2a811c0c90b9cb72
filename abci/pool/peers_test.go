package pool

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

func TestPeersBatchIsVerifiedBehindAndProposed(t *testing.T) {
	f := newFixture(t, Limits{})
	tx := f.batch(f.otherBy, f.operation(time.Minute), f.signed(time.Minute, newSigner(t, "stranger")))
	if code, _ := f.pool.Insert(tx); code != exec.OK {
		t.Fatalf("code %d", code)
	}
	eventually(t, "batch is proposed", func() bool { return len(f.candidates()) == 1 })
	if n := f.machine.verdicts.Len(); n != 2 {
		t.Fatalf("%d verdicts, want a good one and a bad one", n)
	}
	if code, _ := f.pool.Insert(tx); code != exec.OK {
		t.Fatalf("again: code %d", code)
	}
	f.commit(time.Second, tx)
	if len(f.candidates()) != 0 {
		t.Fatal("committed batch is proposed")
	}
}

func TestPeersBatchRefusals(t *testing.T) {
	f := newFixture(t, Limits{})
	good := f.batch(f.otherBy, f.operation(time.Minute))
	unknown := bytes.Clone(good)
	unknown[3+32] ^= 1 // center
	future := bytes.Clone(good)
	binary.BigEndian.PutUint64(future[3+32+32+16:], uint64(f.now().Unix()+3600))
	past := bytes.Clone(good)
	binary.BigEndian.PutUint64(past[3+32+32+16:], uint64(f.now().Unix()-3600))
	forged := bytes.Clone(good)
	forged[len(forged)-1] ^= 1
	league := bytes.Clone(good)
	league[3] ^= 1
	for _, c := range []struct {
		name  string
		tx    []byte
		code  exec.Code
		retry bool
	}{
		{"empty", nil, exec.CodeBatchMalformed, false},
		{"one byte", []byte{1}, exec.CodeBatchMalformed, false},
		{"above the format's limit", make([]byte, op.MaxBatchBytes+1), exec.CodeBatchMalformed, false},
		{"unknown sponsor", unknown, exec.CodeUnknownSponsor, true},
		{"not yet valid", future, exec.CodeBatchExpired, true},
		{"expired", past, exec.CodeBatchExpired, false},
		{"forged", forged, exec.CodeSponsorSig, false},
		{"another league", league, exec.CodeBatchMalformed, false},
		{"signed by another center's key", f.batch(f.sponsor, f.operation(time.Minute)), exec.CodeSponsorSig, false},
	} {
		if code, retry := f.pool.Insert(c.tx); code != c.code || retry != c.retry {
			t.Errorf("%s: code %d retry %v, want %d %v", c.name, code, retry, c.code, c.retry)
		}
	}
}

func TestHaltedSponsorMayComeBack(t *testing.T) {
	f := newFixture(t, Limits{})
	f.stop()
	h := op.HashCenter(f.other)
	halted := f.machine.centers[h]
	halted.Halted = true
	f.machine.centers[h] = halted
	f.start()
	code, retry := f.pool.Insert(f.batch(f.otherBy, f.operation(time.Minute)))
	if code != exec.CodeSponsorHalted || !retry {
		t.Fatalf("code %d retry %v", code, retry)
	}
}

// sealRaw makes a batch with any compressed frame, as a dishonest center could.
func (f *fixture) sealRaw(frame []byte, count, rawLen uint32) []byte {
	f.t.Helper()
	good := f.batch(f.otherBy, f.operation(time.Minute))
	const header = 3 + 32 + 32 + 16 + 8
	tx := bytes.Clone(good[:header])
	tx = binary.BigEndian.AppendUint32(tx, count)
	tx = binary.BigEndian.AppendUint32(tx, rawLen)
	tx = append(tx, frame...)
	signature, err := f.otherBy.Sign(f.t.Context(), tx)
	if err != nil {
		f.t.Fatal(err)
	}
	return append(tx, signature...)
}

func TestBombFromACenterIsDropped(t *testing.T) {
	f := newFixture(t, Limits{})
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	bomb := f.sealRaw(enc.EncodeAll(make([]byte, 64<<20), nil), 1, 1<<20)
	junk := f.sealRaw([]byte("no zstd frame at all"), 1, 20)
	empty := f.sealRaw(enc.EncodeAll(nil, nil), 0, 0)
	for _, tx := range [][]byte{bomb, junk, empty} {
		_, _ = f.pool.Insert(tx)
	}
	honest := f.batch(f.otherBy, f.operation(time.Minute))
	_, _ = f.pool.Insert(honest)
	eventually(t, "only the honest batch is left", func() bool {
		f.pool.mu.Lock()
		defer f.pool.mu.Unlock()
		b := f.pool.batches[hashOf(honest)]
		return len(f.pool.batches) == 1 && b != nil && b.opened
	})
	if got := f.candidates(); len(got) != 1 || !bytes.Equal(got[0], honest) {
		t.Fatalf("%d candidates", len(got))
	}
}

func TestMemoryOfACenterIsBounded(t *testing.T) {
	f := newFixture(t, Limits{PeerBatches: 3})
	for i := range 5 {
		code, retry := f.pool.Insert(f.batch(f.otherBy, f.operation(time.Minute)))
		if full := i >= 3; full && (code != exec.CodePoolFull || !retry) || !full && code != exec.OK {
			t.Fatalf("batch %d: code %d retry %v", i, code, retry)
		}
	}
	f.commit(61 * time.Second) // notAfter has passed
	f.commit(time.Second)
	if code, _ := f.pool.Insert(f.batch(f.otherBy, f.operation(time.Minute))); code != exec.OK {
		t.Fatalf("code %d after the old ones expired", code)
	}
}

func TestOperationThatAnotherCenterCarriesWaitsForIt(t *testing.T) {
	f := newFixture(t, Limits{Reoffer: 500 * time.Millisecond})
	envelope := f.operation(time.Minute)
	tx := f.batch(f.otherBy, envelope)
	_, _ = f.pool.Insert(tx)
	eventually(t, "peer's batch is opened", func() bool { return len(f.candidates()) == 1 })
	f.submit(envelope)
	if got := f.candidates(); len(got) != 1 || !bytes.Equal(got[0], tx) {
		t.Fatalf("%d candidates", len(got))
	}
	f.advance(time.Second)
	eventually(t, "we offer it ourselves", func() bool { return len(f.pool.Reap(t.Context(), 0)) == 1 })
	if got := f.candidates(); len(got) != 1 {
		t.Fatalf("%d candidates: the same operation would be in a block twice", len(got))
	}
	f.commit(time.Second, tx)
	if f.pool.Pending() != 0 || len(f.candidates()) != 0 {
		t.Fatal("committed operation is still offered")
	}
}

func TestCentersTakeTurns(t *testing.T) {
	f := newFixture(t, Limits{BatchOps: 1})
	for range 3 {
		f.submit(f.operation(time.Minute))
		_, _ = f.pool.Insert(f.batch(f.otherBy, f.operation(time.Minute)))
	}
	eventually(t, "all are candidates", func() bool { return len(f.candidates()) == 6 })
	last := op.CenterHash{}
	for i, tx := range f.candidates() {
		h, err := op.DecodeHeader(tx)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && h.Center == last {
			t.Fatalf("center twice in a row at %d", i)
		}
		last = h.Center
	}
	if got := f.pool.Candidates(1, f.now().Unix(), 10); len(got) != 0 {
		t.Fatalf("%d candidates in ten bytes", len(got))
	}
}

func TestUnknownBatchesOfAProposalAreForeseen(t *testing.T) {
	f := newFixture(t, Limits{})
	tx := f.batch(f.otherBy, f.operation(time.Minute))
	if got := f.pool.Unverified([][]byte{tx}); len(got) != 1 {
		t.Fatalf("%d unverified", len(got))
	}
	f.pool.Foresee([][]byte{tx})
	eventually(t, "its signature is verified", func() bool { return f.machine.verdicts.Len() == 1 })
}

func TestGossipIsBounded(t *testing.T) {
	f := newFixture(t, Limits{BatchOps: 1, GossipBytes: 1500})
	for range 6 {
		f.submit(f.operation(10 * time.Minute / 2))
	}
	var reaped [][]byte
	reap := func() { reaped = append(reaped, f.pool.Reap(t.Context(), 0)...) }
	eventually(t, "all are sealed", func() bool { return len(f.candidates()) == 6 })
	reap()
	first := len(reaped)
	if first == 0 || first == 6 {
		t.Fatalf("%d batches at once", first)
	}
	f.commit(time.Second, reaped...)
	reap()
	if len(reaped) <= first {
		t.Fatal("nothing more after a block made room")
	}
}
