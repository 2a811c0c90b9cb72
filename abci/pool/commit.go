package pool

import (
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
)

// Block is what the pool learns of a committed block.
type Block struct {
	Txs     [][]byte       // as decided
	Results []app.TxResult // one a transaction; nil if the block was executed by an earlier process
	Summary app.Summary
}

// Committed ends what a block settled. Consumed operations have a receipt; an operation that a block refused
// without consuming it is looked at again; what has expired ends.
func (p *Pool) Committed(b Block) {
	rules, err := p.newRules(b.Summary)
	p.mu.Lock()
	defer p.mu.Unlock()
	defer signal(p.wake)
	defer signal(p.outbox)
	if err != nil {
		p.log.Error("ledger rules cannot be read", "err", err)
	} else if rules != nil {
		p.adopt(*rules)
	}
	p.tell(b.Summary.Head)
	for _, tx := range b.Txs {
		if own := p.batches[hashOf(tx)]; own != nil && own.own {
			p.moved, p.passed = p.head.Height, max(p.passed, own.seq)
		}
	}
	for _, done := range b.Summary.Ops {
		if done.Consumed {
			p.consumed(done)
		}
	}
	for i, tx := range b.Txs {
		hash := hashOf(tx)
		p.settled.add(hash)
		if i < len(b.Results) {
			p.refusedIn(hash, b.Results[i])
		}
		p.removeBatch(hash)
	}
	p.expire(b.Summary.Time)
}

// newRules reads the rules if a block may have changed them.
func (p *Pool) newRules(s app.Summary) (*Rules, error) {
	if !changesRules(s.Changed) && s.Height > 1 {
		return nil, nil
	}
	rules, err := p.cfg.Rules()
	return &rules, err
}

// consumed ends an operation that has a receipt now. Called with mu held.
func (p *Pool) consumed(done app.OpResult) {
	if e := p.entries[done.ID]; e != nil {
		p.forget(e)
		p.metrics.committed.Inc()
	}
	carriers := p.carried[done.ID]
	delete(p.carried, done.ID)
	for _, b := range carriers {
		if b.live--; b.live <= 0 {
			p.removeBatch(b.hash)
		}
	}
}

// refusedIn looks again at our operations that a block refused without consuming them. Called with mu held.
func (p *Pool) refusedIn(hash [32]byte, result app.TxResult) {
	for _, r := range result.Ops {
		e := p.entries[r.ID]
		if e == nil || !e.journaled || r.Consumed || r.Code == exec.OK {
			continue // not ours, or on its way into the journal still: it is offered anyway
		}
		if r.Code == exec.CodeDuplicate { // committed between its admission and its listing here
			p.forget(e)
			continue
		}
		if e.batch != nil && e.batch.hash == hash {
			e.batch = nil
		}
		if e.batch == nil {
			e.recheck = true
			e.tries++
			p.wait(e, p.cfg.Now().Add(time.Second))
		}
	}
	b := p.batches[hash]
	if b == nil || !b.own {
		return
	}
	// Whatever is left of the batch was in a batch that the block refused as a whole.
	for _, e := range b.entries {
		if p.entries[e.id] == e && e.batch == b {
			e.batch = nil
			e.tries++
			p.wait(e, p.cfg.Now().Add(time.Second))
		}
	}
}

// removeBatch drops a batch, ours or not. Called with mu held.
func (p *Pool) removeBatch(hash [32]byte) {
	b := p.batches[hash]
	switch {
	case b == nil:
	case b.own:
		p.removeOwn(b)
	default:
		p.removePeer(b)
	}
}

// expire ends what can never be executed any more: block time never goes back. Called with mu held.
func (p *Pool) expire(blockTime int64) {
	if blockTime == p.expired {
		return
	}
	p.expired = blockTime
	for _, e := range p.entries {
		if e.journaled && e.exp <= blockTime {
			p.end(e, exec.CodeExpired)
		}
	}
	for _, b := range p.batches {
		if !b.own && b.notAfter <= blockTime {
			p.removePeer(b)
		}
	}
}

// settle deals with an entry that the state machine refused: what may change waits, a duplicate has its receipt
// already, the rest ends. By the local clock nothing expires, only by block time. Called with mu held.
func (p *Pool) settle(e *entry, code exec.Code) {
	switch {
	case code == exec.CodeDuplicate:
		p.forget(e)
	case code.Info().Retryable, code == exec.CodeExpired && e.exp > p.head.Time:
		p.wait(e, p.cfg.Now().Add(time.Second))
	default:
		p.end(e, code)
	}
}
