package pool

import (
	"github.com/hanse-id/hanse/app/op"
)

// verifyAhead is how many operations, and openAhead how many bytes of them, are opened before their signatures are
// verified together.
const (
	verifyAhead = 1024
	openAhead   = 8 << 20
)

// openBatches is the goroutine that opens peers' batches and verifies their signatures, many at once and across batches.
func (p *Pool) openBatches() {
	for {
		work := p.takeUnopened()
		if len(work) == 0 {
			select {
			case <-p.stop.Done():
				return
			case <-p.backlog:
			}
			continue
		}
		p.openAll(work)
		if p.stop.Err() != nil {
			return
		}
	}
}

// takeUnopened takes batches that may hold up to about verifyAhead operations, one of each center in turn: a center that
// sends batches that are dear to verify delays its own only.
func (p *Pool) takeUnopened() []*batch {
	p.mu.Lock()
	defer p.mu.Unlock()
	var work []*batch
	ops, bytes := 0, 0
	for found := true; found; {
		found = false
		for _, from := range p.peers {
			b := from.nextUnopened()
			if b == nil {
				continue
			}
			found = true
			work = append(work, b)
			ops, bytes = ops+b.count, bytes+b.raw
			if ops >= verifyAhead || bytes >= openAhead {
				return work
			}
		}
	}
	return work
}

func (p *Pool) openAll(work []*batch) {
	contents := make([][]*op.Operation, len(work))
	sound := make([]bool, len(work))
	var checks []op.Check
	for i, b := range work {
		contents[i], sound[i] = p.contents(b.tx)
		for _, o := range contents[i] {
			checks = append(checks, p.cfg.Machine.Checks(o)...)
		}
	}
	p.metrics.verified.Add(float64(verifyWith(background(), p.cfg.Verdicts, checks)))
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, b := range work {
		p.opened(b, contents[i], sound[i])
	}
	p.cfg.Work()
}

// contents lists the operations of a batch; those that do not decode are left out (executing the batch answers for
// them). sound is false where the frame itself is bad.
func (p *Pool) contents(tx []byte) (ops []*op.Operation, sound bool) {
	all, err := p.cfg.Machine.Open(tx)
	if err != nil {
		return nil, false
	}
	for _, o := range all {
		if o != nil {
			ops = append(ops, o)
		}
	}
	return ops, true
}

// opened files what is in a batch. One that does not open, or holds no operation at all, is never proposed.
// Called with mu held.
func (p *Pool) opened(b *batch, ops []*op.Operation, sound bool) {
	if p.batches[b.hash] != b {
		return
	}
	if !sound || len(ops) == 0 {
		p.metrics.unsound.Inc()
		p.log.Warn("center sponsored a batch that holds no operation", "center", p.rules.Centers[b.center].Name)
		p.removePeer(b)
		return
	}
	b.opened, b.live = true, len(ops)
	b.ids = make([]op.ID, len(ops))
	for i, o := range ops {
		b.ids[i] = o.ID
		b.notBefore = max(b.notBefore, o.Exp-p.rules.Params.WindowSeconds)
		p.carried[o.ID] = append(p.carried[o.ID], b)
	}
}

// Foresee opens and verifies the batches of a proposal that did not come by gossip, without keeping them, so that
// their verdicts are known when the block is executed. It returns at once; one proposal at a time is foreseen.
func (p *Pool) Foresee(txs [][]byte) {
	var unknown [][]byte
	p.mu.Lock()
	for _, tx := range txs {
		if b := p.batches[hashOf(tx)]; b == nil || !b.opened {
			unknown = append(unknown, tx)
		}
	}
	p.mu.Unlock()
	if len(unknown) == 0 || !p.foreseeing.CompareAndSwap(false, true) {
		return
	}
	p.running.Go(func() {
		defer p.foreseeing.Store(false)
		p.VerifyBatches(unknown)
	})
}

// Unverified filters the transactions whose operations the pool has not opened and verified yet.
func (p *Pool) Unverified(txs [][]byte) [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	var rest [][]byte
	for _, tx := range txs {
		if b := p.batches[hashOf(tx)]; b == nil || !b.opened {
			rest = append(rest, tx)
		}
	}
	return rest
}

// VerifyBatches verifies the signatures in batches, in parallel, into the verdict cache. What cannot be opened is
// left to execution, which answers with codes.
func (p *Pool) VerifyBatches(txs [][]byte) {
	var checks []op.Check
	for _, tx := range txs {
		if p.stop.Err() != nil {
			return
		}
		ops, _ := p.contents(tx)
		for _, o := range ops {
			checks = append(checks, p.cfg.Machine.Checks(o)...)
		}
		if len(checks) >= verifyAhead {
			p.metrics.verified.Add(float64(Verify(p.cfg.Verdicts, checks)))
			checks = checks[:0]
		}
	}
	p.metrics.verified.Add(float64(Verify(p.cfg.Verdicts, checks)))
}
