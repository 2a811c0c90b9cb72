package pool

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// Gossip may bring a batch after the block that took it: it must neither take up room nor keep the league awake.
func TestBatchOfACommittedBlockIsNotKept(t *testing.T) {
	f := newFixture(t, Limits{})
	tx := f.batch(f.otherBy, f.operation(time.Minute))
	f.commit(time.Second, tx)
	if code, retry := f.pool.Insert(tx); code != exec.OK || retry {
		t.Fatalf("code %d retry %v", code, retry)
	}
	f.pool.mu.Lock()
	defer f.pool.mu.Unlock()
	if len(f.pool.batches) != 0 {
		t.Fatal("it is kept")
	}
}

func TestPoolSaysWhenThereIsWorkForABlock(t *testing.T) {
	f := newFixture(t, Limits{})
	if f.pool.Waiting() {
		t.Fatal("work in an empty pool")
	}
	f.submit(f.operation(time.Minute))
	eventually(t, "own batch is work", f.pool.Waiting)
	eventually(t, "consensus is told", func() bool { return f.works.Load() > 0 })
	f.commit(time.Second, f.candidates()...)
	if f.pool.Waiting() {
		t.Fatal("work after it was committed")
	}
	told := f.works.Load()
	theirs := f.batch(f.otherBy, f.operation(time.Minute))
	_, _ = f.pool.Insert(theirs)
	eventually(t, "a peer's batch is work", f.pool.Waiting)
	eventually(t, "consensus is told", func() bool { return f.works.Load() > told })
	f.commit(time.Second, theirs)
	// An operation that is too early is no work yet.
	f.submit(f.operation(time.Duration(f.machine.params.WindowSeconds+30) * time.Second))
	if f.pool.Waiting() {
		t.Fatal("an operation that must wait is work")
	}
}

// A center with a backlog of batches that are dear to verify delays its own only.
func TestPeersBatchesAreOpenedInTurn(t *testing.T) {
	dear, cheap := &peer{batches: map[[32]byte]*batch{}}, &peer{batches: map[[32]byte]*batch{}}
	add := func(to *peer, n byte, count int) *batch {
		b := &batch{hash: [32]byte{n}, count: count}
		to.batches[b.hash], to.unopened = b, append(to.unopened, b)
		return b
	}
	for i := range byte(50) {
		add(dear, i, verifyAhead/2)
	}
	honest := add(cheap, 100, 1)
	p := &Pool{peers: map[op.CenterHash]*peer{{1}: dear, {2}: cheap}}
	for range 2 {
		for _, b := range p.takeUnopened() {
			if b == honest {
				return
			}
		}
	}
	t.Fatal("the honest center waits for the other")
}

func TestOpeningIsBoundedByBytes(t *testing.T) {
	from := &peer{batches: map[[32]byte]*batch{}}
	for i := range byte(50) {
		b := &batch{hash: [32]byte{i}, count: 1, raw: openAhead / 4}
		from.batches[b.hash], from.unopened = b, append(from.unopened, b)
	}
	p := &Pool{peers: map[op.CenterHash]*peer{{1}: from}}
	if n := len(p.takeUnopened()); n != 4 {
		t.Fatalf("%d batches at once", n)
	}
}

func TestFullPoolVerifiesNothing(t *testing.T) {
	f := newFixture(t, Limits{PendingOps: 1})
	first := f.operation(time.Minute)
	f.submit(first)
	before := f.machine.verdicts.Len()
	var flood [][]byte
	for range 40 {
		flood = append(flood, f.operation(time.Minute))
	}
	for _, s := range f.submit(flood...) {
		if s.Error == nil || s.Error.Code != exec.CodePoolFull {
			t.Fatalf("%+v", s)
		}
	}
	if n := f.machine.verdicts.Len(); n != before {
		t.Fatalf("%d signatures verified for nothing", n-before)
	}
	if got := codes(f.submit(first)); got != "ok " {
		t.Fatal("what was accepted is no longer known:", got)
	}
}

// What a block refused while it was on its way into the journal is offered all the same.
func TestOperationThatABlockRefusesBeforeItIsJournaledIsOffered(t *testing.T) {
	f := newFixture(t, Limits{BatchDelay: 200 * time.Millisecond})
	envelope := f.operation(time.Minute)
	done := make(chan struct{})
	go func() { defer close(done); f.submit(envelope) }()
	eventually(t, "it waits for its group", func() bool { return f.pool.Pending() == 1 })
	f.machine.mu.Lock()
	f.machine.refuse[idOf(t, envelope)] = exec.CodeOverQuota
	f.machine.mu.Unlock()
	f.commit(0, f.batch(f.otherBy, envelope))
	<-done
	eventually(t, "it is offered", func() bool {
		got := f.candidates()
		return len(got) == 1 && bytes.Equal(opened(got[0])[0].Envelope, envelope)
	})
}

func TestStoppedPoolAsksTheMachineNothing(t *testing.T) {
	f := newFixture(t, Limits{})
	p := f.pool
	f.stop()
	asked := f.machine.admitted
	if _, err := p.Submit(t.Context(), [][]byte{f.operation(time.Minute)}); !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	if f.machine.admitted != asked {
		t.Fatal("the state machine was asked")
	}
}

// Under a backlog batches wait for their turn: sealing them anew would only add to it. One that later ones passed is lost.
func TestBacklogIsNotOfferedAgainWhileItMoves(t *testing.T) {
	f := newFixture(t, Limits{BatchOps: 1, Reoffer: time.Second})
	var txs [][]byte
	for i := range 10 {
		f.submit(f.operation(10 * time.Minute / 2))
		eventually(t, "it is sealed", func() bool { return len(f.candidates()) == i+1 })
	}
	txs = f.candidates()
	for i := range 6 {
		f.commit(2*time.Second, txs[i])
	}
	f.pool.mu.Lock()
	f.pool.requeueStale()
	waiting, passed := f.pool.own.Len(), f.pool.passed
	f.pool.mu.Unlock()
	if waiting != 4 {
		t.Fatalf("%d of 4 batches wait for their turn", waiting)
	}
	if passed == 0 {
		t.Fatal("progress is not seen")
	}
	f.commit(2*time.Second, txs[9])
	eventually(t, "passed batches are sealed anew", func() bool {
		got := f.candidates()
		return len(got) > 0 && !bytes.Equal(got[0], txs[6])
	})
}
