package pool

import (
	"runtime"
	"sync"

	"github.com/hanse-id/hanse/app/op"
)

// verifyChunk is how many signatures are verified in one Ed25519 batch: the cost of each falls until about here.
const verifyChunk = 512

// Verify computes the verdicts of checks that the cache does not know, in parallel, and remembers them.
// It returns how many it computed.
func Verify(verdicts op.Verdicts, checks []op.Check) int {
	return verifyWith(runtime.GOMAXPROCS(0), verdicts, checks)
}

// background is how many processors verifying ahead of need may take: consensus, whose every message passes through
// several goroutines, must not queue behind it.
func background() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// verifyWith is Verify on n processors.
func verifyWith(n int, verdicts op.Verdicts, checks []op.Check) int {
	misses := make([]op.Check, 0, len(checks))
	names := make([]op.VerdictKey, 0, len(checks))
	for _, c := range checks {
		key := c.CacheKey()
		if _, known := verdicts.Get(key); !known {
			misses = append(misses, c)
			names = append(names, key)
		}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, n)
	for start := 0; start < len(misses); start += verifyChunk {
		end := min(start+verifyChunk, len(misses))
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			for i, ok := range op.VerifyAll(misses[start:end]) {
				verdicts.Put(names[start+i], ok)
			}
		})
	}
	wg.Wait()
	return len(misses)
}
