package issuance_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/hanse-id/hanse/api/issuance"
)

// BenchmarkIssue issues over the service, each answer on stable storage; the control beside it is one raw Ed25519
// signature over as many bytes.
func BenchmarkIssue(b *testing.B) {
	c := newCenter(b)
	s := c.start(b)
	must(b, s.Prepare(b.Context()))
	for _, name := range []string{"demo", "eddsa-jcs-2022"} {
		credential := degree(c.did(name), "")
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Issue(b.Context(), name, credential, issuance.IssueOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"-parallel", func(b *testing.B) {
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := s.Issue(b.Context(), name, credential, issuance.IssueOptions{}); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
	b.Run("control-sign", func(b *testing.B) {
		_, key, err := ed25519.GenerateKey(nil)
		must(b, err)
		message := make([]byte, 900)
		for b.Loop() {
			ed25519.Sign(key, message)
		}
	})
}

// BenchmarkDraw takes persisted indices; one sync to disk is shared by 32.
func BenchmarkDraw(b *testing.B) {
	store := sqlite{}.Open(b, sqlite{}.Place(b))
	n := int64(0)
	for b.Loop() {
		some := make([]int64, 32)
		for i := range some {
			some[i] = n
			n++
		}
		if _, err := store.Draw(b.Context(), [32]byte{1}, some); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/index")
}
