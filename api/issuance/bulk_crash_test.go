package issuance_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app/op"
)

// dyingStore is that of a process that dies at its write of a part number at: before it is made, or after.
type dyingStore struct {
	issuance.Store
	at    int
	after bool
	mu    sync.Mutex
	dead  chan struct{}
}

func (d *dyingStore) PutPart(ctx context.Context, old op.ID, p issuance.JobPart, j issuance.Job) error {
	d.mu.Lock()
	d.at--
	last := d.at < 0
	d.mu.Unlock()
	if !last || d.after {
		if err := d.Store.PutPart(ctx, old, p, j); err != nil || !last {
			return err
		}
	}
	d.mu.Lock()
	select {
	case <-d.dead:
	default:
		close(d.dead)
	}
	d.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

// fourParts issues two credentials of two issuers and returns what changes both statuses of each: four lists, four operations.
func (c *center) fourParts(t testing.TB, s *issuance.Service) (changes []issuance.Change, entries []issuance.Entry) {
	t.Helper()
	for _, issuer := range []string{"demo", "eddsa-jcs-2022"} {
		for n := range 2 {
			id := fmt.Sprintf("urn:uuid:%s-%d", issuer, n)
			entries = append(entries, c.issue(t, s, issuer, id).Entries...)
			for _, purpose := range []string{issuance.Suspension, issuance.Revocation} {
				changes = append(changes, issuance.Change{CredentialID: id, Purpose: purpose, Value: 1})
			}
		}
	}
	return changes, entries
}

// wantAll checks that a job made every change once.
func (c *center) wantAll(t testing.TB, j issuance.Job, entries []issuance.Entry) {
	t.Helper()
	same(t, []int{j.Total, j.Done, j.Failed, len(j.Operations)}, []int{8, 8, 0, 4})
	seen := map[op.ID]bool{}
	for _, o := range j.Operations {
		seen[o] = true
	}
	same(t, len(seen), 4)
	for _, e := range entries {
		same(t, c.bit(t, e), byte(1))
	}
}

// A job of four operations writes eight times: each operation before it is sent, and that it is done.
func TestABulkChangeSurvivesDyingAtEveryWrite(t *testing.T) {
	for at := range 8 {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("write %d, after it %v", at, after), func(t *testing.T) {
				c := newCenter(t)
				store := sqlite{}.Open(t, c.place)
				dying := &dyingStore{Store: store, at: at, after: after, dead: make(chan struct{})}
				first := c.startOver(t, dying)
				changes, entries := c.fourParts(t, first)
				job, _, err := first.SetStatusBulk(t.Context(), issuance.BulkRequest{Request: []byte("r"), Changes: changes})
				must(t, err)
				select {
				case <-dying.dead:
				case <-time.After(20 * time.Second):
					t.Fatal("the process did not die")
				}
				must(t, first.Close())
				c.wantAll(t, finished(t, c.start(t), job.ID), entries)
			})
		}
	}
}

// Several processes over one store work on the same job without undoing each other's notes.
func TestSeveralReplicasFinishOneJob(t *testing.T) {
	for range 5 {
		c := newCenter(t)
		store := sqlite{}.Open(t, c.place)
		first := c.startOver(t, store)
		changes, entries := c.fourParts(t, first)
		must(t, first.Close())
		c.league.SetQuorum(t, false)
		second := c.startWithoutWork(t, store)
		job, _, err := second.SetStatusBulk(t.Context(), issuance.BulkRequest{Request: []byte("r"), Changes: changes})
		must(t, err)
		var replicas []*issuance.Service
		for n := range 3 {
			c.options.Replica = fmt.Sprintf("api-%d", n)
			replicas = append(replicas, c.start(t))
		}
		c.league.SetQuorum(t, true)
		c.wantAll(t, finished(t, replicas[0], job.ID), entries)
	}
}
