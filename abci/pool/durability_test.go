package pool

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// A state machine refused the operation for good; then the client made good what was missing and sent the same bytes.
func TestOperationAcceptedAgainAfterItEndedSurvivesARestart(t *testing.T) {
	f := newFixture(t, Limits{})
	envelope := f.operation(5 * time.Minute)
	id := idOf(t, envelope)
	f.submit(envelope)
	f.pool.mu.Lock()
	f.pool.end(f.pool.entries[id], exec.CodeNotAuthorised)
	f.pool.mu.Unlock()
	if r, _ := f.pool.Receipt(id); r.State != app.Rejected {
		t.Fatalf("receipt %+v", r)
	}
	if got := codes(f.submit(envelope)); got != "ok " {
		t.Fatal(got)
	}
	f.stop()
	f.start()
	if r, ok := f.pool.Receipt(id); !ok || r.State != app.Accepted {
		t.Fatalf("receipt %+v %v: an acknowledged operation is lost", r, ok)
	}
	eventually(t, "it is offered", func() bool { return len(f.candidates()) == 1 })
}

func TestEndingIsJournaledWithoutAnotherOperation(t *testing.T) {
	f := newFixture(t, Limits{})
	envelope := f.operation(5 * time.Minute)
	id := idOf(t, envelope)
	f.submit(envelope)
	f.pool.mu.Lock()
	f.pool.end(f.pool.entries[id], exec.CodeNotAuthorised)
	f.pool.mu.Unlock()
	f.stop()
	f.start()
	if r, ok := f.pool.Receipt(id); !ok || r.State != app.Rejected || r.Code != exec.CodeNotAuthorised {
		t.Fatalf("receipt %+v %v", r, ok)
	}
	if n := f.pool.Pending(); n != 0 {
		t.Fatalf("%d pending: an outcome that was told is taken back", n)
	}
}

func TestOrderSurvivesRestartAndRewrite(t *testing.T) {
	f := newFixture(t, Limits{BatchOps: 1, JournalBytes: 1})
	var want, got []op.ID
	for range 20 {
		envelope := f.operation(5 * time.Minute)
		f.submit(envelope)
		want = append(want, idOf(t, envelope))
	}
	settled := f.operation(5 * time.Minute)
	f.submit(settled)
	f.stop()
	f.limits.BatchOps = 400
	f.start()
	var txs [][]byte
	eventually(t, "all are sealed", func() bool {
		txs, got = f.candidates(), nil
		for _, tx := range txs {
			for _, o := range opened(tx) {
				got = append(got, o.ID)
			}
		}
		return len(got) == 21
	})
	want = append(want, idOf(t, settled))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	f.pool.mu.Lock()
	f.pool.bytes = 0 // as if nothing were pending: the journal is worth rewriting
	f.pool.mu.Unlock()
	size := f.pool.journal.Size()
	signal(f.pool.wake)
	eventually(t, "it is rewritten", func() bool { return f.pool.journal.Size() < size })
	f.stop()
	var journaled []op.ID
	for _, r := range read(t, f.path) {
		journaled = append(journaled, idOf(t, r.Envelope))
	}
	if diff := cmp.Diff(want, journaled); diff != "" {
		t.Fatal(diff)
	}
	f.start()
}

// After a rename whose directory could not be synced the open file may have no name: what is written there is lost.
func TestNothingIsAppendedAfterAFailedRewrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "journal")
	j, _, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := os.Mkdir(path+".new", 0o700); err != nil { // cannot be opened as a file
		t.Fatal(err)
	}
	var failed *JournalError
	if err := j.Rewrite(groups[0]); !errors.As(err, &failed) {
		t.Fatal(err)
	}
	if err := j.Append(groups[0]); !errors.As(err, &failed) {
		t.Fatal("appended after a failure:", err)
	}
	if err := os.Remove(path + ".new"); err != nil {
		t.Fatal(err)
	}
	if err := j.Rewrite(groups[0]); !errors.As(err, &failed) {
		t.Fatal("rewritten after a failure:", err)
	}
}

func TestCutTailIsCounted(t *testing.T) {
	path, _ := journalWith(t, groups...)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data[:len(data)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	j, _, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if j.cut == 0 {
		t.Fatal("nothing says that the tail was cut")
	}
}

func TestManyResumedOperationsAreOfferedWhileNewOnesAreTaken(t *testing.T) {
	f := newFixture(t, Limits{})
	var envelopes [][]byte
	for range reviveOps + 100 {
		envelopes = append(envelopes, f.operation(5*time.Minute))
	}
	f.submit(envelopes...)
	f.stop()
	f.start()
	f.submit(f.operation(5 * time.Minute))
	eventually(t, "all are offered", func() bool {
		n := 0
		for _, tx := range f.candidates() {
			n += len(opened(tx))
		}
		return n == reviveOps+101
	})
}
