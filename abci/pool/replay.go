package pool

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"
)

// replay takes up what the journal holds, in its order: outcomes are remembered, operations are admitted again. An
// operation that a block has settled meanwhile is dropped; one that can no longer be executed ends. One that ended may
// have been accepted again after that: the last record counts.
func (p *Pool) replay(records []record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	oldest := p.now() - int64(endedLifetime/time.Second)
	for _, r := range records {
		if r.Envelope != nil {
			p.resume(r.Envelope)
			continue
		}
		if e := p.entries[r.ID]; e != nil {
			p.forget(e)
		}
		if r.At >= oldest {
			p.ended.add(r.ID, ending{Code: r.Code, At: r.At}, false)
		}
	}
	if len(p.entries) > 0 {
		p.log.Info("operations resumed from the journal", "operations", len(p.entries))
	}
}

func (p *Pool) resume(envelope []byte) {
	c := decode(bytes.Clone(envelope)) // envelope is part of the whole journal
	if c.err != nil {
		p.log.Error("journal holds what is no operation", "err", c.err)
		return
	}
	o := c.op
	if p.entries[o.ID] != nil {
		return
	}
	e := &entry{id: o.ID, by: counted(o), exp: o.Exp, envelope: o.Envelope, journaled: true, recheck: true}
	p.enlist(e)
	p.wait(e, p.cfg.Now())
}

// compact rewrites a journal that is mostly settled. It runs in the goroutine that appends.
func (p *Pool) compact() {
	p.mu.Lock()
	size, wanted := p.journal.Size(), int64(p.bytes)
	if size < p.limits.JournalBytes || wanted > size/2 {
		p.mu.Unlock()
		return
	}
	records := p.ended.records(p.now() - int64(endedLifetime/time.Second))
	p.ended.takeUnsaved()
	live := slices.SortedFunc(maps.Values(p.entries), func(a, b *entry) int { return cmp.Compare(a.seq, b.seq) })
	for _, e := range live {
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

// saveEndings journals outcomes that no group of operations took along. It runs in the goroutine that appends.
func (p *Pool) saveEndings() {
	p.mu.Lock()
	records := p.ended.takeUnsaved()
	p.mu.Unlock()
	if err := p.journal.Append(records); err != nil {
		p.log.Error("operation pool cannot write its journal", "err", err)
		p.cfg.Fatal(err)
		p.stopping()
	}
}
