package app_test

import (
	"fmt"
	"testing"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/op"
)

const benchOps = 2000

// benchBlock is a block of creations in batches of 400, with its signature checks.
func benchBlock(b *testing.B, l *apptest.League) (app.BlockInput, []op.Check) {
	b.Helper()
	var txs [][]byte
	var checks []op.Check
	for first := 0; first < benchOps; first += 400 {
		var envelopes [][]byte
		for i := range 400 {
			e := create(l, fmt.Sprintf("a%d", first+i))
			envelopes = append(envelopes, e)
			checks = append(checks, l.App.Checks(l.Decode(e))...)
		}
		txs = append(txs, l.Batch(0, envelopes...))
	}
	return l.Input(txs...), checks
}

// Executing a block of 2,000 creations, root included, with verdicts known beforehand (as abci makes it) and not; beside
// it the raw signature checks alone, one by one and batched.
func BenchmarkExecute(b *testing.B) {
	execute := func(b *testing.B, verdicts op.Verdicts) {
		l := apptest.New(b, apptest.Options{Verdicts: verdicts})
		in, checks := benchBlock(b, l)
		for _, c := range checks {
			if verdicts != nil {
				verdicts.Put(c.CacheKey(), true)
			}
		}
		for b.Loop() {
			r, err := l.App.Execute(in)
			if err != nil || len(r.Receipts) != benchOps {
				b.Fatalf("%d receipts (%v)", len(r.Receipts), err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/benchOps, "µs/op-of-block")
	}
	verify := func(b *testing.B, f func([]op.Check)) {
		_, checks := benchBlock(b, apptest.New(b, apptest.Options{}))
		for b.Loop() {
			f(checks)
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/benchOps, "µs/op-of-block")
	}
	b.Run("verdicts known", func(b *testing.B) { execute(b, &memory{}) })
	b.Run("control: verify batched", func(b *testing.B) { verify(b, func(c []op.Check) { op.VerifyAll(c) }) })
	b.Run("verdicts unknown", func(b *testing.B) { execute(b, nil) })
	b.Run("control: verify one by one", func(b *testing.B) {
		verify(b, func(checks []op.Check) {
			for _, c := range checks {
				c.Verify()
			}
		})
	})
}
