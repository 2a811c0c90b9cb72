package pool

import (
	"context"
	"time"
)

// gossip remembers what was handed to CometBFT's gossip lately, to bound what may pile up for slow peers.
type gossip struct {
	sent  []sending
	bytes int
}

type sending struct {
	batch *batch
	at    time.Time
}

// forget drops what is committed (or given up) or old.
func (g *gossip) forget(now time.Time) {
	kept := g.sent[:0]
	g.bytes = 0
	for _, s := range g.sent {
		if s.batch.element != nil && now.Sub(s.at) < gossipMemory {
			kept = append(kept, s)
			g.bytes += len(s.batch.tx)
		}
	}
	clear(g.sent[len(kept):])
	g.sent = kept
}

func (g *gossip) add(b *batch, now time.Time) {
	g.sent = append(g.sent, sending{b, now})
	g.bytes += len(b.tx)
}

// Reap returns own batches that were not handed out yet, waiting up to half a second for one: CometBFT sleeps
// before it asks, so asking must be what waits. Nil when ctx ends or the pool stops.
func (p *Pool) Reap(ctx context.Context, maxBytes uint64) [][]byte {
	timer := time.NewTimer(reapWait)
	defer timer.Stop()
	for {
		if txs := p.takeOutbox(maxBytes); len(txs) > 0 {
			return txs
		}
		select {
		case <-p.outbox:
		case <-timer.C:
			return p.takeOutbox(maxBytes)
		case <-ctx.Done():
			return nil
		case <-p.stop.Done():
			return nil
		}
	}
}

func (p *Pool) takeOutbox(maxBytes uint64) [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.cfg.Now()
	p.gossiped.forget(now)
	limit := uint64(reapBytes)
	if maxBytes > 0 {
		limit = min(limit, maxBytes)
	}
	var txs [][]byte
	var bytes uint64
	for el := p.own.Front(); el != nil; el = el.Next() {
		b := el.Value.(*batch)
		if b.reaped {
			continue
		}
		size := uint64(len(b.tx))
		if len(txs) > 0 && bytes+size > limit || p.gossiped.bytes+len(b.tx) > p.limits.GossipBytes {
			break
		}
		b.reaped = true
		p.gossiped.add(b, now)
		txs = append(txs, b.tx)
		bytes += size
	}
	return txs
}
