package pool

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// seal is the goroutine that journals groups and makes batches of what is ready.
func (p *Pool) seal() {
	defer p.abandon()
	timer := time.NewTimer(tick)
	defer timer.Stop()
	for {
		p.mu.Lock()
		g, wait := p.takeGroup()
		p.mu.Unlock()
		if g != nil {
			if err := p.write(g); err != nil {
				p.log.Error("operation pool cannot write its journal", "err", err)
				p.cfg.Fatal(err)
				return
			}
		}
		p.revive()
		p.batchReady()
		p.compact()
		if g != nil {
			continue
		}
		if wait < 0 || wait > tick {
			wait = tick
		}
		timer.Reset(wait)
		select {
		case <-p.stop.Done():
			p.saveEndings()
			return
		case <-p.wake:
		case <-timer.C:
			p.saveEndings()
		}
	}
}

// abandon tells everyone whose operation was not journaled that it was not.
func (p *Pool) abandon() {
	p.stopping()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range p.closed {
		p.fail(g, ErrStopped)
	}
	if p.open != nil {
		p.fail(p.open, ErrStopped)
	}
	p.open, p.closed = nil, nil
}

// revive takes up what waited and what was offered long ago.
func (p *Pool) revive() {
	p.mu.Lock()
	due := p.takeDue(p.cfg.Now())
	p.requeueStale()
	var doubtful []*entry
	for _, e := range due {
		if e.recheck {
			doubtful = append(doubtful, e)
			continue
		}
		p.schedule(e)
	}
	p.mu.Unlock()
	if len(doubtful) == 0 {
		return
	}
	if !p.cfg.Current() { // its state is old: it cannot tell
		p.mu.Lock()
		defer p.mu.Unlock()
		p.later(doubtful)
		return
	}
	candidates := make([]candidate, len(doubtful))
	for i, e := range doubtful {
		candidates[i] = decode(e.envelope)
	}
	p.verify(candidates)
	for i, e := range doubtful {
		p.readmit(e, candidates[i])
	}
}

// readmit asks the state machine again about an entry that a block refused or a journal held.
func (p *Pool) readmit(e *entry, c candidate) {
	if c.err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.end(e, c.err.Code)
		return
	}
	refused, err := p.check(p.stop, c.op, p.lockedNow())
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.entries[e.id] != e {
		return
	}
	switch {
	case err != nil: // stopping, or the machine cannot say: later
		p.wait(e, p.cfg.Now().Add(time.Second))
	case refused == nil:
		e.recheck = false
		p.schedule(e)
	default:
		p.settle(e, refused.Code)
	}
}

func (p *Pool) lockedNow() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now()
}

// batchReady seals the ready entries, one batch after another. A center that may not sponsor keeps them: it may again, and
// block time ends what waits too long.
func (p *Pool) batchReady() {
	for p.stop.Err() == nil && p.sponsoring() == nil {
		p.mu.Lock()
		entries := p.pack()
		league, center := p.rules.League, p.self.DID
		notAfter := p.now() + min(batchLifetime, p.rules.Params.WindowSeconds/2)
		p.mu.Unlock()
		if len(entries) == 0 {
			return
		}
		tx, err := p.sign(league, center, notAfter, entries)
		p.mu.Lock()
		if err != nil {
			p.log.Warn("batch is not signed", "err", err, "operations", len(entries))
			p.later(entries)
		} else {
			p.publish(tx, center, notAfter, entries)
		}
		p.mu.Unlock()
	}
}

// pack takes entries from the ready queue, in order, up to the limits of a batch. Called with mu held.
func (p *Pool) pack() []*entry {
	params := p.rules.Params
	maxOps := min(int64(p.limits.BatchOps), params.MaxBatchOps)
	// Signatures and keys hardly compress: what fits raw fits encoded, with room for header and frame.
	maxBytes := min(int64(p.limits.BatchBytes), params.MaxBatchRaw, params.MaxBatchBytes-4096)
	var taken []*entry
	var bytes int64
	for len(p.ready) > 0 && int64(len(taken)) < maxOps {
		e := p.ready[0]
		size := int64(len(e.envelope)) + 4
		if p.entries[e.id] != e || e.batch != nil {
			p.ready = p.ready[1:]
			continue
		}
		if len(taken) > 0 && bytes+size > maxBytes {
			break
		}
		p.ready = p.ready[1:]
		taken = append(taken, e)
		bytes += size
	}
	if len(p.ready) == 0 {
		p.ready = nil
	}
	return taken
}

func (p *Pool) sign(league string, center did.DID, notAfter int64, entries []*entry) ([]byte, error) {
	envelopes := make([][]byte, len(entries))
	for i, e := range entries {
		envelopes[i] = e.envelope
	}
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails (crypto/rand)
	ctx, cancel := context.WithTimeout(p.stop, signTimeout)
	defer cancel()
	return op.SealBatch(ctx, league, center, nonce, notAfter, envelopes, p.cfg.Sponsor)
}

// publish makes a sealed batch available to gossip and to our own proposals. Called with mu held.
func (p *Pool) publish(tx []byte, center did.DID, notAfter int64, entries []*entry) {
	b := &batch{
		hash: sha256.Sum256(tx), tx: tx, own: true, opened: true, center: op.HashCenter(center),
		notAfter: notAfter, sealed: p.cfg.Now(), height: p.head.Height,
	}
	for _, e := range entries {
		if p.entries[e.id] != e {
			continue // ended while we signed
		}
		e.batch = b
		b.entries = append(b.entries, e)
		b.notBefore = max(b.notBefore, e.exp-p.rules.Params.WindowSeconds)
		b.tries = max(b.tries, e.tries)
	}
	if b.live = len(b.entries); b.live == 0 {
		return
	}
	p.seq++
	b.seq = p.seq
	b.element = p.own.PushBack(b)
	p.batches[b.hash] = b
	p.metrics.batches.Inc()
	signal(p.outbox)
	p.cfg.Work()
}

// later looks at entries again in a second. Called with mu held.
func (p *Pool) later(entries []*entry) {
	due := p.cfg.Now().Add(time.Second)
	for _, e := range entries {
		if p.entries[e.id] == e {
			p.wait(e, due)
		}
	}
}
