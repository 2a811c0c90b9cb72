package pool

import (
	"time"

	"github.com/hanse-id/hanse/app/op"
)

// replay takes up what the journal holds: outcomes are remembered, operations are admitted again. An operation
// that a block has settled meanwhile is dropped; one that can no longer be executed ends.
func (p *Pool) replay(records []record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	oldest := p.now() - int64(endedLifetime/time.Second)
	settled := map[op.ID]bool{}
	for _, r := range records {
		if r.Envelope == nil {
			settled[r.ID] = true
			if r.At >= oldest {
				p.ended.add(r.ID, ending{Code: r.Code, At: r.At}, false)
			}
		}
	}
	for _, r := range records {
		if r.Envelope != nil {
			p.resume(r.Envelope, settled)
		}
	}
	if len(p.entries) > 0 {
		p.log.Info("operations resumed from the journal", "operations", len(p.entries))
	}
}

func (p *Pool) resume(envelope []byte, settled map[op.ID]bool) {
	c := decode(envelope)
	if c.err != nil {
		p.log.Error("journal holds what is no operation", "err", c.err)
		return
	}
	o := c.op
	if settled[o.ID] || p.entries[o.ID] != nil {
		return
	}
	e := &entry{id: o.ID, by: o.By, exp: o.Exp, envelope: o.Envelope, journaled: true, recheck: true}
	p.enlist(e)
	p.wait(e, p.cfg.Now())
}

// compact rewrites a journal that is mostly settled. It runs in the goroutine that appends.
func (p *Pool) compact() {
	p.mu.Lock()
	size, live := p.journal.Size(), int64(p.bytes)
	if size < p.limits.JournalBytes || live > size/2 {
		p.mu.Unlock()
		return
	}
	records := p.ended.records(p.now() - int64(endedLifetime/time.Second))
	p.ended.takeUnsaved()
	for _, e := range p.entries {
		if e.journaled {
			records = append(records, record{Envelope: e.envelope})
		}
	}
	p.mu.Unlock()
	if err := p.journal.Rewrite(records); err != nil {
		p.log.Error("operation pool cannot rewrite its journal", "err", err)
		p.cfg.Fatal(err)
		p.stopping()
	}
}
