package cache

import "sync/atomic"

// Stats is what the cache has counted since it was made, for metrics.
type Stats struct {
	L1Hits    uint64 // answered in process
	L2Hits    uint64 // answered by the shared cache
	Misses    uint64 // read from the ledger
	Rejected  uint64 // in L2, but not written by a replica of this center for that key
	Stale     uint64 // in L2 and genuine, but from before a change
	Discarded uint64 // read from the ledger, but lost a race with a change
	Errors    uint64 // L2 calls that failed
	Skipped   uint64 // L2 calls not made: cut off, or too many at once
	L1Bytes   uint64
	L1Entries int
	Shared    bool // an L2 is configured
	Available bool // it answers, as far as is known
}

type counters struct {
	l1Hits, l2Hits, misses, rejected, stale, discarded, errors, skipped atomic.Uint64
}

// Stats returns the counters.
func (c *Cache) Stats() Stats {
	return Stats{
		L1Hits:    c.count.l1Hits.Load(),
		L2Hits:    c.count.l2Hits.Load(),
		Misses:    c.count.misses.Load(),
		Rejected:  c.count.rejected.Load(),
		Stale:     c.count.stale.Load(),
		Discarded: c.count.discarded.Load(),
		Errors:    c.count.errors.Load(),
		Skipped:   c.count.skipped.Load(),
		L1Bytes:   c.l1.WeightedSize(),
		L1Entries: c.l1.EstimatedSize(),
		Shared:    c.l2 != nil,
		Available: c.l2 != nil && c.l2.available(),
	}
}
