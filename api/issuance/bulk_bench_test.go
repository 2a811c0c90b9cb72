package issuance_test

import (
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/issuance"
)

// BenchmarkBulkStatus changes 100,000 statuses in one request: what a caller waits for, and until the ledger has all.
func BenchmarkBulkStatus(b *testing.B) {
	c := newCenter(b)
	c.options.Lease = issuance.MinListSize
	store := sqlite{}.Open(b, c.place)
	s := c.startOver(b, store)
	list, _, err := s.EnsureList(b.Context(), "demo", "revocation")
	must(b, err)
	changes := c.records(b, store, list.ID, 0, issuance.MaxBulk)
	for b.Loop() { // the first time changes all; later ones find that all of it holds
		begun := time.Now()
		job, _, err := s.SetStatusBulk(b.Context(), issuance.BulkRequest{Request: []byte("r"), Changes: changes})
		must(b, err)
		accepted := time.Since(begun)
		done := finished(b, s, job.ID)
		if done.Done != issuance.MaxBulk {
			b.Fatalf("%d done, %d failed: %+v", done.Done, done.Failed, done.Failures)
		}
		b.ReportMetric(accepted.Seconds(), "s-accepted")
		b.ReportMetric(float64(len(done.Operations)), "operations")
	}
}
