package governance

import (
	"fmt"
	"testing"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/exec/exectest"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// BenchmarkRecount counts again what is open after another number of centers became active: as many proposals as the default
// and the largest parameter allow, with a vote of each of 128 centers. The control decodes as many records of a vote's size.
func BenchmarkRecount(b *testing.B) {
	for _, open := range []int64{64, 256} {
		b.Run(fmt.Sprint(open), func(b *testing.B) {
			s := exectest.NewStore()
			votes := fill(b, s, open)
			env := &exec.Env{Store: discard{s}, Params: exec.DefaultParams(), League: "test"}
			b.ReportAllocs()
			for b.Loop() {
				s.Set([]byte(recountKey), []byte("{}"))
				if err := Settle(env); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/recount")
			b.StopTimer()
			start := b.Elapsed()
			b.StartTimer()
			for range votes {
				if _, err := jcs.ParseIntegers(s.Get(VoteKey(1, op.HashCenter(voter(1)))), jcs.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((b.Elapsed() - start).Milliseconds()), "control-ms")
		})
	}
}

func voter(i int) did.DID {
	return did.DID(fmt.Sprintf("did:hanse:test:QmbLxNNQiiKyHd99iqrM9qzH6C8iG2iZWJAAZW2bidw%03d", i))
}

func fill(b *testing.B, s exec.Store, open int64) (votes int) {
	b.Helper()
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	for i := range 128 {
		c := someCenter()
		c.DID, c.Status, c.Name = voter(i), Active, fmt.Sprint(i)
		must(PutCenter(s, c))
	}
	for n := int64(1); n <= open; n++ {
		p := someProposal()
		p.Number, p.State = n, Open
		must(p.put(s))
		for i := range 128 {
			v := &Vote{Center: voter(i), Choice: []Choice{Yes, No}[i%2], Time: 1, Height: 1}
			must(v.put(s, n))
			votes++
		}
	}
	return votes
}
