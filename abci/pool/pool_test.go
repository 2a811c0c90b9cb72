package pool

import (
	"bytes"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

func TestAcceptedOperationIsJournaledBeforeTheAnswer(t *testing.T) {
	f := newFixture(t, Limits{})
	envelope := f.operation(time.Minute)
	if got := codes(f.submit(envelope)); got != "ok " {
		t.Fatalf("submission: %s", got)
	}
	data, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, envelope) {
		t.Fatal("operation is not in the journal")
	}
	r, ok := f.pool.Receipt(idOf(t, envelope))
	if !ok || r.State != app.Accepted {
		t.Fatalf("receipt %+v %v", r, ok)
	}
}

func TestOperationsArriveInABatchAndEndWithTheBlock(t *testing.T) {
	f := newFixture(t, Limits{})
	var envelopes [][]byte
	for range 10 {
		envelopes = append(envelopes, f.operation(time.Minute))
	}
	f.submit(envelopes...)
	var txs [][]byte
	eventually(t, "batch is reaped", func() bool {
		txs = append(txs, f.pool.Reap(t.Context(), 0)...)
		n := 0
		for _, tx := range txs {
			ops := opened(tx)
			n += len(ops)
		}
		return n == 10
	})
	if got := f.candidates(); len(got) != len(txs) {
		t.Fatalf("%d candidates, %d reaped", len(got), len(txs))
	}
	f.commit(time.Second, txs...)
	if n := f.pool.Pending(); n != 0 {
		t.Fatalf("%d operations pending", n)
	}
	if got := f.candidates(); len(got) != 0 {
		t.Fatalf("%d candidates after the block", len(got))
	}
}

func TestSameOperationTwiceIsOneEntry(t *testing.T) {
	f := newFixture(t, Limits{})
	envelope := f.operation(time.Minute)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if subs, err := f.pool.Submit(t.Context(), [][]byte{envelope, envelope}); err != nil || codes(subs) != "ok ok " {
				t.Errorf("%v %v", codes(subs), err)
			}
		})
	}
	wg.Wait()
	if n := f.pool.Pending(); n != 1 {
		t.Fatalf("%d entries", n)
	}
	txs := f.pool.Reap(t.Context(), 0)
	f.commit(time.Second, txs...)
	if got := codes(f.submit(envelope)); got != "ok " {
		t.Fatalf("committed operation again: %s", got)
	}
	if n := f.pool.Pending(); n != 0 {
		t.Fatalf("%d entries after a repeat", n)
	}
}

func TestBadTwinDoesNotStandInTheWay(t *testing.T) {
	f := newFixture(t, Limits{})
	good := f.operation(time.Minute)
	o, err := op.Decode(good)
	if err != nil {
		t.Fatal(err)
	}
	forged := o.Signatures[0]
	forged.Value = bytes.Clone(forged.Value)
	forged.Value[3] ^= 1
	twin, err := op.Assemble(o.Payload, []op.Signature{forged})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.submit(twin); got[0].Error == nil || got[0].Error.Code != exec.CodeBadSignature || got[0].ID != o.ID {
		t.Fatalf("twin: %+v", got)
	}
	if got := codes(f.submit(good, twin)); got != "ok 9 " {
		t.Fatalf("good, then twin: %s", got)
	}
}

func TestRefusalsSayWhichEnvelope(t *testing.T) {
	f := newFixture(t, Limits{})
	stranger := newSigner(t, "stranger")
	got := f.submit(f.operation(time.Minute), []byte("garbage"), f.operation(-time.Minute),
		f.signed(time.Minute, stranger), f.operation(time.Hour), nil)
	if c := codes(got); c != "ok 1 4 9 5 1 " {
		t.Fatalf("codes %s", c)
	}
}

func TestTooEarlyOperationWaits(t *testing.T) {
	f := newFixture(t, Limits{})
	envelope := f.operation(700 * time.Second) // window 600 s
	if got := codes(f.submit(envelope)); got != "ok " {
		t.Fatalf("submission: %s", got)
	}
	f.commit(time.Second)
	if got := f.candidates(); len(got) != 0 {
		t.Fatal("too early, but a candidate")
	}
	f.commit(110 * time.Second)
	eventually(t, "operation becomes a candidate", func() bool { return len(f.candidates()) == 1 })
}

func TestUncommittedBatchIsOfferedAgainWithAnotherEnvelope(t *testing.T) {
	f := newFixture(t, Limits{Reoffer: 100 * time.Millisecond})
	f.submit(f.operation(5 * time.Minute))
	var first, second [][]byte
	eventually(t, "first offer", func() bool { first = f.pool.Reap(t.Context(), 0); return len(first) == 1 })
	for range reofferHeights + 1 {
		f.commit(time.Second)
	}
	eventually(t, "second offer", func() bool { second = f.pool.Reap(t.Context(), 0); return len(second) == 1 })
	if bytes.Equal(first[0], second[0]) {
		t.Fatal("same bytes again")
	}
	f.commit(time.Second, first[0]) // the first envelope is committed after all
	if n := f.pool.Pending(); n != 0 {
		t.Fatalf("%d pending", n)
	}
	if got := f.candidates(); len(got) != 0 {
		t.Fatal("second envelope is still proposed")
	}
}

func TestOperationRefusedByABlockIsLookedAtAgain(t *testing.T) {
	f := newFixture(t, Limits{})
	retry, final := f.operation(5*time.Minute), f.operation(5*time.Minute)
	f.submit(retry, final)
	f.machine.refuse[idOf(t, retry)] = exec.CodeTooEarly
	f.machine.refuse[idOf(t, final)] = exec.CodeNotAuthorised
	txs := f.pool.Reap(t.Context(), 0)
	f.commit(time.Second, txs...)
	if len(f.candidates()) != 0 {
		t.Fatal("refused operations are proposed at once")
	}
	f.advance(2 * time.Second)
	eventually(t, "both are offered again", func() bool {
		n := 0
		for _, tx := range f.candidates() {
			ops := opened(tx)
			n += len(ops)
		}
		return n == 2 // the machine admits both again
	})
}

func TestExpiredOperationEndsWithAKnownOutcomeAlsoAfterARestart(t *testing.T) {
	f := newFixture(t, Limits{})
	doomed, later := f.operation(10*time.Second), f.operation(5*time.Minute)
	f.submit(doomed, later)
	f.commit(11 * time.Second)
	check := func() {
		t.Helper()
		r, ok := f.pool.Receipt(idOf(t, doomed))
		if !ok || r.State != app.Rejected || r.Code != exec.CodeExpired {
			t.Fatalf("receipt %+v %v", r, ok)
		}
		if r, ok := f.pool.Receipt(idOf(t, later)); !ok || r.State != app.Accepted {
			t.Fatalf("receipt %+v %v", r, ok)
		}
	}
	check()
	if len(f.ended) != 1 || f.ended[0] != idOf(t, doomed) {
		t.Fatalf("ended: %v", f.ended)
	}
	f.submit(f.operation(time.Minute)) // the ending is written with the next group
	f.stop()
	f.start()
	check()
}

func TestJournalIsResumedAfterARestart(t *testing.T) {
	f := newFixture(t, Limits{})
	committed, pending, expiring := f.operation(5*time.Minute), f.operation(5*time.Minute), f.operation(20*time.Second)
	f.submit(committed, pending, expiring)
	f.stop()
	f.machine.consumed[idOf(t, committed)] = true // by a block that we see only after the restart
	f.start()
	eventually(t, "pending operations are offered", func() bool {
		n := 0
		for _, tx := range f.candidates() {
			ops := opened(tx)
			n += len(ops)
		}
		return n == 2 && f.pool.Pending() == 2
	})
	f.commit(30 * time.Second)
	if r, ok := f.pool.Receipt(idOf(t, expiring)); !ok || r.Code != exec.CodeExpired {
		t.Fatalf("receipt %+v %v", r, ok)
	}
}

func TestLocalClockDoesNotExpireOperationsOfAStalledLeague(t *testing.T) {
	f := newFixture(t, Limits{})
	envelope := f.operation(time.Minute)
	f.submit(envelope)
	f.stop()
	f.advance(10 * time.Minute) // no block came meanwhile: block time decides
	f.start()
	f.advance(5 * time.Second)
	if r, ok := f.pool.Receipt(idOf(t, envelope)); !ok || r.State != app.Accepted {
		t.Fatalf("receipt %+v %v", r, ok)
	}
	f.commit(time.Second)
	if r, _ := f.pool.Receipt(idOf(t, envelope)); r.Code != exec.CodeExpired {
		t.Fatalf("receipt %+v", r)
	}
}

func TestPoolIsBounded(t *testing.T) {
	f := newFixture(t, Limits{PendingOps: 5})
	var envelopes [][]byte
	for range 7 {
		envelopes = append(envelopes, f.operation(time.Minute))
	}
	if got := codes(f.submit(envelopes...)); got != "ok ok ok ok ok 60 60 " {
		t.Fatalf("codes %s", got)
	}
}

func TestOneDIDCannotFillThePool(t *testing.T) {
	f := newFixture(t, Limits{})
	f.stop()
	f.machine.params.OpsPerDIDHour = 2
	f.start()
	if got := codes(f.submit(f.operation(time.Minute), f.operation(time.Minute), f.operation(time.Minute))); got != "ok ok 7 " {
		t.Fatalf("codes %s", got)
	}
	// Its recovery, and a veto, find room all the same.
	recovery := [][]byte{f.typed("did.recover", time.Minute, f.user), f.typed("did.recover.cancel", time.Minute, f.user)}
	for range 2 { // the second time from the journal
		if got := codes(f.submit(recovery...)); got != "ok ok " {
			t.Fatalf("codes %s", got)
		}
		f.stop()
		f.start()
	}
}

func TestStopAnswersEveryoneWhoWaits(t *testing.T) {
	f := newFixture(t, Limits{BatchDelay: time.Hour})
	errs := make(chan error)
	for range 3 {
		envelope := f.operation(time.Minute)
		go func() {
			_, err := f.pool.Submit(t.Context(), [][]byte{envelope})
			errs <- err
		}()
	}
	eventually(t, "operations wait", func() bool { return f.pool.Pending() == 3 })
	p := f.pool
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	f.pool = nil
	for range 3 {
		if err := <-errs; !errors.Is(err, ErrStopped) {
			t.Fatalf("error %v", err)
		}
	}
}

func TestUnwritableJournalStopsTheNodeAndAcceptsNothing(t *testing.T) {
	f := newFixture(t, Limits{})
	if err := f.pool.journal.file.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := f.pool.Submit(t.Context(), [][]byte{f.operation(time.Minute)})
	if err == nil {
		t.Fatal("accepted without a journal")
	}
	eventually(t, "node is told", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.fatal != nil })
	if n := f.pool.Pending(); n != 0 {
		t.Fatalf("%d pending", n)
	}
	_ = f.pool.Stop()
	f.pool = nil
}

func TestBlockTimeCountsWhereTheLocalClockIsWrong(t *testing.T) {
	f := newFixture(t, Limits{})
	for i := range 5 {
		f.advance(time.Second)
		f.machine.mu.Lock()
		f.machine.head.Height++
		f.machine.head.Time = f.now().Unix() - 3600 // the league's clock is an hour behind ours
		head := f.machine.head
		f.machine.mu.Unlock()
		f.pool.Committed(Block{Summary: app.Summary{Head: head}})
		f.pool.mu.Lock()
		behind := f.now().Unix() - f.pool.now()
		f.pool.mu.Unlock()
		if wrong := i >= persistent-1; wrong != (behind > 3000) {
			t.Fatalf("after %d strange blocks: %d s behind the local clock", i+1, behind)
		}
	}
}
