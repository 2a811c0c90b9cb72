package issuance_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// finished waits until a job is done.
func finished(t testing.TB, s *issuance.Service, id string) issuance.Job {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		j, err := s.BulkJob(t.Context(), id)
		must(t, err)
		if j.State == issuance.JobDone {
			return j
		}
		if time.Now().After(deadline) {
			t.Fatalf("the job is not done: %+v", j)
		}
		time.Sleep(2 * time.Millisecond) // polling a condition
	}
}

// records stores credentials "urn:uuid:0"… with an entry each, as if they had been issued, and returns a change for each.
func (c *center) records(t testing.TB, store issuance.Store, list op.ID, from, count int) []issuance.Change {
	t.Helper()
	var work sync.WaitGroup
	changes := make([]issuance.Change, count)
	for n := range count {
		id := fmt.Sprintf("urn:uuid:%d", from+n)
		changes[n] = issuance.Change{CredentialID: id, Purpose: "revocation", Value: 1}
		work.Go(func() {
			r := issuance.Record{Issuer: "demo", ID: id, Form: "vc+jwt", Digest: "d", Issued: time.Unix(1, 0),
				Entries: []issuance.Entry{{Purpose: "revocation", List: list, Index: int64(from + n)}}}
			if err := store.Complete(context.Background(), r, nil); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	return changes
}

// ones counts the set entries of a list of one bit.
func (c *center) ones(t testing.TB, list op.ID) (n int) {
	t.Helper()
	bits, _, err := c.league.Bits(t.Context(), list, time.Time{})
	must(t, err)
	for _, b := range bits {
		for ; b != 0; b &= b - 1 {
			n++
		}
	}
	return n
}

func TestManyStatusesAreChangedWithFewOperations(t *testing.T) {
	c := newCenter(t)
	c.options.Lease = 32_768
	store := sqlite{}.Open(t, c.place)
	s := c.startOver(t, store)
	list, _, err := s.EnsureList(t.Context(), "demo", "revocation")
	must(t, err)
	const many = 12_000
	changes := c.records(t, store, list.ID, 0, many)
	changes = append(changes, issuance.Change{CredentialID: "urn:uuid:nobody", Purpose: "revocation", Value: 1},
		issuance.Change{CredentialID: "urn:uuid:0", Purpose: "suspension", Value: 1},
		issuance.Change{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 0})
	request := issuance.BulkRequest{Principal: "p", Key: "k", Issuer: "demo", Request: []byte("body"), Changes: changes}
	job, created, err := s.SetStatusBulk(t.Context(), request)
	must(t, err)
	same(t, created, true)
	done := finished(t, s, job.ID)
	same(t, []int{done.Total, done.Done, done.Failed}, []int{many + 3, many, 3})
	same(t, len(done.Operations), 3) // 5,400 an operation
	same(t, c.ones(t, list.ID), many)
	same(t, done.Height > 0, true)
	same(t, []int{done.Failures[0].Change, done.Failures[1].Change, done.Failures[2].Change}, []int{many, many + 1, many + 2})
	again, created, err := s.SetStatusBulk(t.Context(), request)
	must(t, err)
	same(t, created, false)
	same(t, again, done)
	request.Request = []byte("another body")
	_, _, err = s.SetStatusBulk(t.Context(), request)
	want(t, err, issuance.ErrKeyReused)
	request.Principal = "another"
	other, created, err := s.SetStatusBulk(t.Context(), request)
	must(t, err)
	same(t, created, true)
	same(t, len(finished(t, s, other.ID).Operations), 0) // all of it holds already
}

func TestABulkChangeGoesOnAfterARestart(t *testing.T) {
	c := newCenter(t)
	store := sqlite{}.Open(t, c.place)
	first := c.startOver(t, store)
	list, _, err := first.EnsureList(t.Context(), "demo", "revocation")
	must(t, err)
	changes := c.records(t, store, list.ID, 0, 6_000)
	c.league.SetQuorum(t, false)
	job, _, err := first.SetStatusBulk(t.Context(), issuance.BulkRequest{Request: []byte("r"), Changes: changes})
	must(t, err)
	same(t, job.State, issuance.JobRunning)
	same(t, job.Done, 0)
	same, created, err := first.SetStatusBulk(t.Context(), issuance.BulkRequest{Request: []byte("r"), Changes: changes})
	must(t, err)
	if created || same.ID != job.ID {
		t.Fatalf("the same request made job %s beside %s", same.ID, job.ID)
	}
	must(t, first.Close())
	second := c.start(t)
	c.league.SetQuorum(t, true)
	done := finished(t, second, job.ID)
	if done.Done != 6_000 || done.Failed != 0 || c.ones(t, list.ID) != 6_000 {
		t.Fatalf("%+v, %d set", done, c.ones(t, list.ID))
	}
	_, created, err = second.SetStatusBulk(t.Context(), issuance.BulkRequest{Request: []byte("r"), Changes: changes})
	must(t, err)
	if !created {
		t.Fatal("without a key, a request after the job was finished is a new one")
	}
}

// A job that a crash interrupted between the commit and its note of it does not set again what somebody has lifted since.
func TestAResumedJobDoesNotOverwriteLaterChanges(t *testing.T) {
	c := newCenter(t)
	store := sqlite{}.Open(t, c.place)
	forgetful := &forgetfulStore{Store: store}
	first := c.startOver(t, forgetful)
	c.issue(t, first, "demo", "urn:uuid:1")
	suspension := []issuance.Change{{CredentialID: "urn:uuid:1", Purpose: "suspension", Value: 1}}
	job, _, err := first.SetStatusBulk(t.Context(), issuance.BulkRequest{Request: []byte("r"), Changes: suspension})
	must(t, err)
	forgetful.waitForLoss(t)
	must(t, first.Close())
	second := c.startWithoutWork(t, store)
	_, err = second.SetStatus(t.Context(), issuance.Change{CredentialID: "urn:uuid:1", Purpose: "suspension", Value: 0})
	must(t, err)
	must(t, second.Close())
	third := c.startOver(t, store)
	done := finished(t, third, job.ID)
	same(t, done.Done, 1)
	kept, err := third.Credential(t.Context(), "", "urn:uuid:1")
	must(t, err)
	at := slices.IndexFunc(kept.Entries, func(e issuance.Entry) bool { return e.Purpose == "suspension" })
	same(t, c.bit(t, kept.Entries[at]), byte(0))
}

// startWithoutWork runs a service whose jobs rest: the league sees no work of theirs.
func (c *center) startWithoutWork(t testing.TB, store issuance.Store) *issuance.Service {
	return c.startOver(t, restingStore{store})
}

// restingStore shows no jobs.
type restingStore struct{ issuance.Store }

func (restingStore) OpenJobs(context.Context) ([]string, error) { return nil, nil }

// forgetfulStore loses that a part is done, as a crash before the write would.
type forgetfulStore struct {
	issuance.Store
	lost sync.Once
	done chan struct{}
	mu   sync.Mutex
}

func (f *forgetfulStore) signal() chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done == nil {
		f.done = make(chan struct{})
	}
	return f.done
}

func (f *forgetfulStore) PutPart(ctx context.Context, old op.ID, p issuance.JobPart, j issuance.Job) error {
	if p.Done {
		f.lost.Do(func() { close(f.signal()) })
		<-ctx.Done()
		return ctx.Err()
	}
	return f.Store.PutPart(ctx, old, p, j)
}

func (f *forgetfulStore) waitForLoss(t testing.TB) {
	t.Helper()
	select {
	case <-f.signal():
	case <-time.After(20 * time.Second):
		t.Fatal("no part was done")
	}
}

func TestWhatALedgerRefusesForNowIsTriedAgain(t *testing.T) {
	c := newCenter(t)
	busy := &busyLedger{Ledger: c.league, refusals: 2}
	c.options.Ledger = busy
	s := c.start(t)
	c.issue(t, s, "demo", "urn:uuid:1")
	busy.begin()
	job, _, err := s.SetStatusBulk(t.Context(), issuance.BulkRequest{Request: []byte("r"), Changes: []issuance.Change{{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 1}}})
	must(t, err)
	same(t, finished(t, s, job.ID).Done, 1)
	same(t, busy.left(), 0)
}

// busyLedger refuses status changes some times, as a full pool does.
type busyLedger struct {
	issuance.Ledger
	mu       sync.Mutex
	on       bool
	refusals int
}

func (b *busyLedger) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on = true
}

func (b *busyLedger) left() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refusals
}

func (b *busyLedger) Submit(ctx context.Context, envelopes [][]byte) ([]app.Submission, error) {
	b.mu.Lock()
	refuse := b.on && b.refusals > 0
	if refuse {
		b.refusals--
	}
	b.mu.Unlock()
	if !refuse {
		return b.Ledger.Submit(ctx, envelopes)
	}
	out := make([]app.Submission, len(envelopes))
	for n := range out {
		out[n].Error = &exec.Error{Code: exec.CodePoolFull}
	}
	return out, nil
}

// Another request that revokes first makes one change of a job impossible, not the others of its operation.
func TestOneImpossibleChangeDoesNotSpoilItsOperation(t *testing.T) {
	c := newCenter(t)
	store := sqlite{}.Open(t, c.place)
	s := c.startOver(t, store)
	_, _, err := s.EnsureList(t.Context(), "demo", "status")
	want(t, err, issuance.ErrRequest) // demo keeps one list per purpose
	list, _, err := s.EnsureList(t.Context(), "demo", "revocation")
	must(t, err)
	changes := c.records(t, store, list.ID, 0, 3)
	changes[1].Value = 0 // before the commit, another request revokes it
	_, err = s.SetStatus(t.Context(), issuance.Change{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 1})
	must(t, err)
	job, _, err := s.SetStatusBulk(t.Context(), issuance.BulkRequest{Request: []byte("r"), Changes: changes})
	must(t, err)
	done := finished(t, s, job.ID)
	same(t, []int{done.Done, done.Failed}, []int{2, 1})
	same(t, done.Failures, []issuance.JobFailure{{Change: 1, Reason: "a revocation is never undone"}})
	same(t, c.ones(t, list.ID), 3)
}

func TestBulkRequestsAreRefused(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	for name, r := range map[string]issuance.BulkRequest{
		"nothing":    {},
		"too much":   {Changes: make([]issuance.Change, issuance.MaxBulk+1)},
		"a long key": {Key: strings.Repeat("k", 256), Changes: make([]issuance.Change, 1)},
	} {
		if _, _, err := s.SetStatusBulk(t.Context(), r); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	_, err := s.BulkJob(t.Context(), "nothing")
	want(t, err, issuance.ErrNotFound)
}

// One issuer's job cannot reach another's credentials, by id or by place.
func TestABulkChangeStaysWithItsIssuer(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	theirs := entryFor(t, c.issue(t, s, "eddsa-jcs-2022", "urn:uuid:theirs"), "revocation")
	ours := entryFor(t, c.issue(t, s, "demo", "urn:uuid:ours"), "revocation")
	job, _, err := s.SetStatusBulk(t.Context(), issuance.BulkRequest{Issuer: "demo", Request: []byte("r"), Changes: []issuance.Change{
		{CredentialID: "urn:uuid:theirs", Purpose: "revocation", Value: 1},
		{CredentialID: "urn:uuid:theirs", Issuer: "eddsa-jcs-2022", Purpose: "revocation", Value: 1},
		{List: listURL(theirs), Index: theirs.Index, Value: 1},
		{CredentialID: "urn:uuid:theirs", List: listURL(theirs), Index: theirs.Index, Value: 1},
		{CredentialID: "urn:uuid:ours", List: listURL(theirs), Index: theirs.Index, Value: 1},
		{CredentialID: "urn:uuid:ours", List: listURL(ours), Index: ours.Index, Purpose: "revocation", Value: 1},
	}})
	must(t, err)
	done := finished(t, s, job.ID)
	same(t, []int{done.Done, done.Failed}, []int{1, 5})
	same(t, c.bit(t, theirs), byte(0))
	same(t, c.bit(t, ours), byte(1))
}
