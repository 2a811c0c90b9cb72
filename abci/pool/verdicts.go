package pool

import (
	"sync"
	"sync/atomic"

	"github.com/hanse-id/hanse/app/op"
)

const verdictShards = 64

// Verdicts is a bounded, sharded cache of signature verdicts (`ledger.md` 3). It is safe for concurrent use.
// Each shard has two generations: when the young one is full the old one is dropped, so an entry that is asked
// for survives and memory never exceeds twice the capacity. Bad verdicts have an eighth of the room to
// themselves: a flood of bad signatures does not push out good ones.
type Verdicts struct {
	shards       [verdictShards]verdictShard
	hits, misses atomic.Int64
}

var _ op.Verdicts = (*Verdicts)(nil)

type verdictShard struct {
	mu        sync.Mutex
	good, bad generations[op.VerdictKey]
}

// generations is a set with at most 2·limit members; the oldest go.
type generations[K comparable] struct {
	limit      int
	young, old map[K]struct{}
}

// NewVerdicts returns a cache of about n verdicts (default 131,072; a key takes about 60 bytes).
func NewVerdicts(n int) *Verdicts {
	if n <= 0 {
		n = 1 << 17
	}
	perShard := max(n/verdictShards/2, 8)
	v := &Verdicts{}
	for i := range v.shards {
		v.shards[i].good.limit = perShard
		v.shards[i].bad.limit = max(perShard/8, 1)
	}
	return v
}

// Get returns the verdict of a question, if it is remembered.
func (v *Verdicts) Get(key op.VerdictKey) (ok, known bool) {
	s := v.shard(key)
	s.mu.Lock()
	ok = s.good.has(key)
	known = ok || s.bad.has(key)
	s.mu.Unlock()
	if known {
		v.hits.Add(1)
	} else {
		v.misses.Add(1)
	}
	return ok, known
}

// Put remembers a verdict.
func (v *Verdicts) Put(key op.VerdictKey, ok bool) {
	s := v.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ok {
		s.good.add(key)
	} else {
		s.bad.add(key)
	}
}

// Len is the number of verdicts held.
func (v *Verdicts) Len() int {
	n := 0
	for i := range v.shards {
		s := &v.shards[i]
		s.mu.Lock()
		n += len(s.good.young) + len(s.good.old) + len(s.bad.young) + len(s.bad.old)
		s.mu.Unlock()
	}
	return n
}

// Stats returns how often Get knew and did not know.
func (v *Verdicts) Stats() (hits, misses int64) { return v.hits.Load(), v.misses.Load() }

// shard spreads by the first byte: keys are SHA-256 values.
func (v *Verdicts) shard(key op.VerdictKey) *verdictShard {
	return &v.shards[key[0]%verdictShards]
}

func (g *generations[K]) has(key K) bool {
	if _, ok := g.young[key]; ok {
		return true
	}
	if _, ok := g.old[key]; ok {
		g.add(key)
		return true
	}
	return false
}

func (g *generations[K]) add(key K) {
	if len(g.young) >= g.limit {
		g.old, g.young = g.young, nil
	}
	if g.young == nil {
		g.young = make(map[K]struct{}, g.limit)
	}
	g.young[key] = struct{}{}
}
