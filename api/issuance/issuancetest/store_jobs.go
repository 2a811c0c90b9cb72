package issuancetest

import (
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app/op"
)

func aJob(name string) (issuance.Job, []issuance.JobPart) {
	j := issuance.Job{ID: name, Principal: "p", Issuer: "demo", Request: [32]byte{1}, State: issuance.JobRunning, Created: time.Unix(100, 0).UTC(), Total: 2}
	return j, []issuance.JobPart{
		{Job: name, Part: 0, List: op.ID{7}, Changes: []issuance.JobChange{{Change: 0, Index: 5, Value: 1, Purpose: "revocation"}}},
		{Job: name, Part: 1, List: op.ID{8}, Changes: []issuance.JobChange{{Change: 1, Index: 6, Value: 2}}},
	}
}

func testJobs(t *testing.T, b Backend) {
	s, ctx := open(t, b), t.Context()
	one, parts := aJob("one")
	held, err := s.AddJob(ctx, one, parts)
	must(t, err)
	same(t, held, (*issuance.Job)(nil))
	got, err := s.Job(ctx, "one")
	must(t, err)
	same(t, got, one)
	open, err := s.JobParts(ctx, "one")
	must(t, err)
	same(t, open, parts)
	two, more := aJob("two") // the same request of the same principal, without a key
	held, err = s.AddJob(ctx, two, more)
	must(t, err)
	same(t, held, &one)
	two.Keyed = true
	held, err = s.AddJob(ctx, two, more)
	must(t, err)
	same(t, held, (*issuance.Job)(nil))
	three, more := aJob("two")
	held, err = s.AddJob(ctx, three, more)
	must(t, err)
	same(t, held, &two)
	ids, err := s.OpenJobs(ctx)
	must(t, err)
	same(t, ids, []string{"one", "two"})
	_, err = s.Job(ctx, "three")
	want(t, err, issuance.ErrNotFound)
}

func testJobProgress(t *testing.T, b Backend) {
	place := b.Place(t)
	s, ctx := b.Open(t, place), t.Context()
	j, parts := aJob("one")
	_, err := s.AddJob(ctx, j, parts)
	must(t, err)
	p := parts[0]
	p.Operation, p.Envelope, p.Expires, p.Attempts = op.ID{9}, []byte("op"), 120, 1
	must(t, s.PutPart(ctx, op.ID{}, p, j))
	want(t, s.PutPart(ctx, op.ID{}, p, j), issuance.ErrExists)        // another process was faster
	want(t, s.PutPart(ctx, op.ID{}, parts[1], j), issuance.ErrExists) // with another part: j does not say what that did
	j.Revision++
	again := b.Open(t, place)
	open, err := again.JobParts(ctx, "one")
	must(t, err)
	same(t, open, []issuance.JobPart{p, parts[1]})
	p.Changes, p.Envelope, p.Done, p.Height = nil, nil, true, 3
	j.Done, j.Operations, j.Height = 1, []op.ID{p.Operation}, 3
	must(t, again.PutPart(ctx, p.Operation, p, j))
	j.Revision++
	q := parts[1]
	q.Changes, q.Done = nil, true
	j.Failed, j.Failures = 1, []issuance.JobFailure{{Change: 1, Reason: "final"}}
	j.State, j.Finished = issuance.JobDone, time.Unix(200, 0).UTC()
	must(t, s.PutPart(ctx, op.ID{}, q, j))
	j.Revision++
	want(t, s.PutPart(ctx, op.ID{}, q, j), issuance.ErrExists) // what is done stays done
	got, err := s.Job(ctx, "one")
	must(t, err)
	same(t, got, j)
	ids, err := s.OpenJobs(ctx)
	must(t, err)
	same(t, len(ids), 0)
	next, parts := aJob("next") // the same request, after the job was finished
	held, err := s.AddJob(ctx, next, parts)
	must(t, err)
	same(t, held, (*issuance.Job)(nil))
	must(t, s.ExpireJobs(ctx, time.Unix(200, 0)))
	_, err = s.Job(ctx, "one")
	must(t, err)
	must(t, s.ExpireJobs(ctx, time.Unix(201, 0)))
	_, err = s.Job(ctx, "one")
	want(t, err, issuance.ErrNotFound)
	_, err = s.Job(ctx, "next")
	must(t, err)
}

func testManyEntries(t *testing.T, b Backend) {
	s, ctx := open(t, b), t.Context()
	list := id(t)
	must(t, s.Complete(ctx, record("urn:1", issuance.Entry{Purpose: "revocation", List: list, Index: 1}, issuance.Entry{Purpose: "suspension", List: list, Index: 2}), nil))
	other := record("urn:1", issuance.Entry{Purpose: "revocation", List: list, Index: 3})
	other.Issuer = "another"
	must(t, s.Complete(ctx, other, nil))
	must(t, s.Complete(ctx, record("urn:2"), nil))
	ids := []string{"urn:1", "urn:2", "urn:nobody"}
	for range 600 { // more than one query
		ids = append(ids, "urn:1")
	}
	got, err := s.EntriesOf(ctx, ids)
	must(t, err)
	same(t, got, map[string]map[string][]issuance.Entry{
		"urn:1": {
			"demo":    {{Purpose: "revocation", List: list, Index: 1}, {Purpose: "suspension", List: list, Index: 2}},
			"another": {{Purpose: "revocation", List: list, Index: 3}},
		},
		"urn:2": {"demo": {}},
	})
}
