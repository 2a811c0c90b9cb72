package pool

import (
	"time"

	"github.com/hanse-id/hanse/app/exec"
)

// group is operations that are journaled together, with one fsync.
type group struct {
	opened  time.Time
	entries []*entry
	bytes   int
	done    chan struct{} // closed when the entries are on disk, or err says why not
	err     error
}

// place appends an entry to the open group and closes the group if it is full. Called with mu held.
func (p *Pool) place(e *entry) *group {
	if p.open == nil {
		p.open = &group{opened: p.cfg.Now(), done: make(chan struct{})}
		signal(p.wake)
	}
	g := p.open
	g.entries = append(g.entries, e)
	g.bytes += len(e.envelope) + 4
	if len(g.entries) >= p.limits.BatchOps || g.bytes >= p.limits.BatchBytes {
		p.closed = append(p.closed, g)
		p.open = nil
		signal(p.wake)
	}
	return g
}

// takeGroup returns the next group to journal, or how long until there may be one (negative: no group is open).
// Called with mu held.
func (p *Pool) takeGroup() (*group, time.Duration) {
	if len(p.closed) > 0 {
		g := p.closed[0]
		p.closed = p.closed[1:]
		return g, 0
	}
	if p.open == nil {
		return nil, -1
	}
	if rest := p.limits.BatchDelay - p.cfg.Now().Sub(p.open.opened); rest > 0 {
		return nil, rest
	}
	g := p.open
	p.open = nil
	return g, 0
}

// write journals a group and tells everyone who waits for it. From here on its operations are promised an outcome.
func (p *Pool) write(g *group) error {
	p.mu.Lock()
	records := p.ended.takeUnsaved()
	p.mu.Unlock()
	for _, e := range g.entries {
		records = append(records, record{Envelope: e.envelope})
	}
	start := p.cfg.Now()
	err := p.journal.Append(records)
	p.metrics.fsync.Observe(p.cfg.Now().Sub(start).Seconds())

	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.fail(g, err)
		return err
	}
	for _, e := range g.entries {
		e.journaled, e.group = true, nil
		p.schedule(e)
	}
	p.metrics.accepted.Add(float64(len(g.entries)))
	close(g.done)
	return nil
}

// fail ends a group that could not be journaled. Called with mu held.
func (p *Pool) fail(g *group, err error) {
	g.err = err
	for _, e := range g.entries {
		p.forget(e)
	}
	close(g.done)
}

// schedule puts a journaled entry where it is to be batched: now, or when it is no longer too early, or a while
// later if another center's batch carries it already. Called with mu held.
func (p *Pool) schedule(e *entry) {
	now := p.cfg.Now()
	early := e.exp - p.rules.Params.WindowSeconds - p.now()
	switch {
	case early > -readyMargin:
		p.wait(e, now.Add(time.Duration(early+readyMargin)*time.Second))
	case len(p.carried[e.id]) > 0 && e.tries == 0:
		e.tries++
		p.wait(e, now.Add(p.limits.Reoffer))
	default:
		p.ready = append(p.ready, e)
	}
}

// end gives an entry an outcome that is no receipt. Called with mu held.
func (p *Pool) end(e *entry, code exec.Code) {
	p.ended.add(e.id, ending{Code: code, At: p.now()}, true)
	p.forget(e)
	p.metrics.ended(code)
	p.cfg.Ended(e.id)
}
