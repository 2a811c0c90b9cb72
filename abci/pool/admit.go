package pool

import (
	"context"
	"errors"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// admitOne verifies one operation and puts it into the open group. Until its signatures are verified it is known
// by the hash of its envelope only: a bad twin must not stand in the way of the good one. Then its id counts.
func (p *Pool) admitOne(ctx context.Context, c candidate) (*admission, error) {
	if c.err != nil {
		p.metrics.refused(c.err.Code)
		return settled(app.Submission{Error: c.err}), nil
	}
	p.mu.Lock()
	if twin := p.verifying[c.hash]; twin != nil {
		p.mu.Unlock()
		return twin, nil
	}
	if p.entries[c.op.ID] == nil && len(p.entries) >= p.limits.PendingOps {
		full := refusal(exec.CodePoolFull, "%d operations wait for a block", len(p.entries))
		p.mu.Unlock()
		p.metrics.refused(full.Code)
		return settled(app.Submission{ID: c.op.ID, Error: full}), nil
	}
	a := &admission{done: make(chan struct{})}
	p.verifying[c.hash] = a
	now := p.now()
	p.mu.Unlock()

	refused, err := p.check(ctx, c.op, now)

	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.verifying, c.hash)
	a.sub = app.Submission{ID: c.op.ID, Error: refused}
	switch {
	case err != nil:
		// Whoever waits for this admission is told to come again; the caller sees err.
		a.sub.Error = refusal(exec.CodeNotReady, "the operation was not checked: %v", err)
	case refused == nil:
		a.group, a.sub.Error = p.join(c.op)
	case refused.Code == exec.CodeDuplicate:
		a.sub.Error = nil // committed already: the first receipt stands
	}
	if a.sub.Error != nil {
		p.metrics.refused(a.sub.Error.Code)
	}
	close(a.done)
	return a, err
}

func settled(sub app.Submission) *admission {
	a := &admission{done: make(chan struct{}), sub: sub}
	close(a.done)
	return a
}

// check asks the state machine. An operation that is too early is checked as of the moment at which it no longer
// is, so that nothing unverified waits; it may be early by one window at most.
func (p *Pool) check(ctx context.Context, o *op.Operation, now int64) (*exec.Error, error) {
	release, err := p.slot(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	window := p.window()
	if o.Exp > now+2*window {
		return refusal(exec.CodeTooEarly, "exp is more than two windows (%d s) away", 2*window).At("/exp"), nil
	}
	return p.admissible(o, max(now, o.Exp-window))
}

func (p *Pool) admissible(o *op.Operation, now int64) (*exec.Error, error) {
	err := p.cfg.Machine.Admit(o, now)
	if err == nil {
		return nil, nil
	}
	if typed, ok := errors.AsType[*exec.Error](err); ok {
		return typed, nil
	}
	return nil, err
}

func (p *Pool) window() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rules.Params.WindowSeconds
}

// join puts a verified operation into the open group, or finds the group it is in. Called with mu held.
func (p *Pool) join(o *op.Operation) (*group, *exec.Error) {
	if e := p.entries[o.ID]; e != nil {
		return e.group, nil
	}
	switch {
	case p.stop.Err() != nil:
		return nil, refusal(exec.CodeNotReady, "the node is stopping")
	case len(p.entries) >= p.limits.PendingOps || p.bytes+len(o.Envelope) > p.limits.PendingBytes:
		return nil, refusal(exec.CodePoolFull, "%d operations wait for a block", len(p.entries))
	case int64(p.perDID[counted(o)]) >= p.rules.Params.OpsPerDIDHour:
		return nil, refusal(exec.CodeOverQuota, "%d operations of %s wait for a block", p.perDID[o.By], o.By)
	}
	e := &entry{id: o.ID, by: counted(o), exp: o.Exp, envelope: o.Envelope}
	p.enlist(e)
	e.group = p.place(e)
	return e.group, nil
}
