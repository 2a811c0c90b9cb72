package pool

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/keys"
)

// admission is an envelope on its way into the pool; whoever sends the same bytes meanwhile waits for it.
type admission struct {
	done  chan struct{} // closed when sub and group are set
	sub   app.Submission
	group *group // that journals the operation; nil: refused, or known already
}

// Submit admits envelopes and journals what it admits, in one or a few groups. The answer has one submission an
// envelope, in order; Error nil means accepted (journaled), accepted before, or committed before. An error of
// Submit itself means that nothing can be said of any of them: ErrStopped, ErrNoSponsor, ErrNotMember, ErrHalted, a
// *JournalError, or ctx.
func (p *Pool) Submit(ctx context.Context, envelopes [][]byte) ([]app.Submission, error) {
	if err := p.sponsoring(); err != nil {
		return nil, err
	}
	noQuorum := !p.cfg.Quorum()
	admissions := make([]*admission, len(envelopes))
	decoded := p.decodeAll(envelopes)
	if err := p.prepare(ctx, decoded); err != nil {
		return nil, err
	}
	for i := range envelopes {
		a, err := p.admitOne(ctx, decoded[i])
		if err != nil {
			return nil, err
		}
		admissions[i] = a
	}
	subs := make([]app.Submission, len(envelopes))
	for i, a := range admissions {
		if err := p.await(ctx, a); err != nil {
			return nil, err
		}
		subs[i] = a.sub
		subs[i].NoQuorum = noQuorum && a.sub.Error == nil
	}
	return subs, nil
}

// sponsoring says why this node makes no batches; nil if it does.
func (p *Pool) sponsoring() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.cfg.Sponsor == nil:
		return ErrNoSponsor
	case p.self.DID == "":
		return ErrNotMember
	case p.self.Halted:
		return ErrHalted
	}
	return nil
}

// await returns when an admission's operation is on disk.
func (p *Pool) await(ctx context.Context, a *admission) error {
	select {
	case <-a.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if a.group == nil {
		return nil
	}
	select {
	case <-a.group.done:
		return a.group.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// candidate is a decoded envelope, or why it could not be decoded.
type candidate struct {
	hash [32]byte
	op   *op.Operation
	err  *exec.Error
}

func (p *Pool) decodeAll(envelopes [][]byte) []candidate {
	out := make([]candidate, len(envelopes))
	for i, envelope := range envelopes {
		out[i] = decode(envelope)
	}
	return out
}

// decode brings an envelope to the form that consensus takes. The hash is of that form.
func decode(envelope []byte) candidate {
	o, err := op.Decode(envelope)
	if err == nil && signedES256(o) {
		var normal []byte
		if normal, err = op.NormalizeS(envelope); err == nil && !bytes.Equal(normal, envelope) {
			o, err = op.Decode(normal)
		}
	}
	if err != nil {
		return candidate{err: malformed(err)}
	}
	return candidate{op: o, hash: sha256.Sum256(o.Envelope)}
}

func signedES256(o *op.Operation) bool {
	return slices.ContainsFunc(o.Signatures, func(s op.Signature) bool { return s.Alg == keys.ES256 })
}

func malformed(err error) *exec.Error {
	if bad, ok := errors.AsType[*op.Error](err); ok {
		return refusal(exec.CodeMalformed, "%s", bad.Reason).At(bad.Pointer)
	}
	return refusal(exec.CodeMalformed, "%v", err)
}

// prepare verifies the signatures of many operations at once, in parallel; admission then finds their verdicts. For few
// it does not pay: it validates each operation once more.
func (p *Pool) prepare(ctx context.Context, candidates []candidate) error {
	if len(candidates) < 32 {
		return nil
	}
	release, err := p.slot(ctx)
	if err != nil {
		return err
	}
	defer release()
	fresh := make([]candidate, 0, len(candidates))
	for _, c := range candidates {
		if c.op != nil && !p.accepted(c) && p.room(c.op.ID) {
			fresh = append(fresh, c)
		}
	}
	p.verify(fresh)
	return nil
}

// verify brings the verdicts of candidates into the cache.
func (p *Pool) verify(candidates []candidate) {
	var checks []op.Check
	for _, c := range candidates {
		if c.op != nil {
			checks = append(checks, p.cfg.Machine.Checks(c.op)...)
		}
	}
	p.metrics.verified.Add(float64(verifyWith(background(), p.cfg.Verdicts, checks)))
}

// room reports whether an operation could enter now: beyond it no signature is worth verifying.
func (p *Pool) room(id op.ID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.entries[id] != nil || len(p.entries) < p.limits.PendingOps
}

// slot takes one of the places of concurrent verification.
func (p *Pool) slot(ctx context.Context) (release func(), err error) {
	select {
	case p.admit <- struct{}{}:
		return func() { <-p.admit }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.stop.Done():
		return nil, ErrStopped
	}
}

// accepted reports whether exactly these bytes are journaled already.
func (p *Pool) accepted(c candidate) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.entries[c.op.ID]
	return e != nil && e.journaled && sha256.Sum256(e.envelope) == c.hash
}
