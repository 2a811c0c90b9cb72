package pool

import (
	"container/list"
	"time"

	"github.com/hanse-id/hanse/app/op"
)

// batch is a sealed batch that no block contains yet: our own or another center's.
type batch struct {
	hash      [32]byte
	tx        []byte
	center    op.CenterHash
	notBefore int64 // block time at which none of its operations is too early
	notAfter  int64
	height    int64 // of our head when it was sealed or came
	opened    bool  // its frame is sound and its operations are known

	own     bool
	entries []*entry      // own
	element *list.Element // own: in Pool.own
	sealed  time.Time     // own
	reaped  bool          // own: handed to gossip
	seq     uint64        // own: in the order they were sealed
	tries   int           // own: how often its operations were offered before

	count int     // others': operations, as the header says
	raw   int     // others': bytes of the opened frame, as the header says
	ids   []op.ID // others': its operations
	live  int     // operations without an outcome
}

// requeueStale takes up the operations of own batches that no block took for so long that their envelope is
// probably lost: gossip is one-shot, and a peer that was syncing or refused it never sees it again. They get a
// new envelope with a fresh nonce, because peers' seen-caches drop identical bytes. Called with mu held.
func (p *Pool) requeueStale() {
	now := p.cfg.Now()
	for el := p.own.Front(); el != nil; {
		b := el.Value.(*batch)
		el = el.Next()
		age := now.Sub(b.sealed)
		patience := min(p.limits.Reoffer<<min(b.tries, 8), maxReoffer)
		expiring := b.notAfter-p.now() < batchLifetime/4
		// While our batches are committed in turn, this one waits for its own; a later one before it means it was lost.
		since := max(b.height, p.moved)
		if b.seq < p.passed {
			since = b.height
		}
		stuck := age > patience && (p.head.Height >= since+reofferHeights || age > maxReoffer)
		if !stuck && !(expiring && age > p.limits.Reoffer) {
			continue
		}
		p.metrics.reoffered.Inc()
		entries := b.entries
		p.removeOwn(b)
		for _, e := range entries {
			if p.entries[e.id] == e && e.batch == b {
				e.batch = nil
				e.tries++
				p.ready = append(p.ready, e)
			}
		}
	}
}

// removeOwn drops an own batch. Called with mu held.
func (p *Pool) removeOwn(b *batch) {
	if b.element == nil {
		return
	}
	p.own.Remove(b.element)
	b.element = nil
	delete(p.batches, b.hash)
}
