package cache

import (
	"hash/maphash"
	"sync/atomic"
)

// shards is how many floors there are (2 MiB of them). Subjects that share one invalidate each other: that costs a
// read, and is rare as long as the changes within an entry's time to live are few against the shards.
const shards = 1 << 18

// floors remembers the height of the last change seen, by shard of subjects.
type floors struct {
	seed   maphash.Seed
	shards []atomic.Int64
}

func newFloors(start int64) *floors {
	f := &floors{seed: maphash.MakeSeed(), shards: make([]atomic.Int64, shards)}
	f.raiseAll(start)
	return f
}

func (f *floors) of(subject string) *atomic.Int64 {
	return &f.shards[maphash.String(f.seed, subject)%shards]
}

func (f *floors) raiseAll(height int64) {
	for i := range f.shards {
		raise(&f.shards[i], height)
	}
}

// raise never lowers: blocks may be reported twice, or out of order.
func raise(floor *atomic.Int64, height int64) {
	for {
		now := floor.Load()
		if now >= height || floor.CompareAndSwap(now, height) {
			return
		}
	}
}
