package issuance

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
)

// The pauses of a job whose operations are not taken at present.
const (
	firstPause = 200 * time.Millisecond
	longPause  = 30 * time.Second
)

// bulkWork works on jobs one after the other, oldest first, until the service closes. One that cannot go on at present (no quorum, a
// quota that is used up, a full pool) is left for the others and tried again after a pause that grows.
func (s *Service) bulkWork() {
	pause := firstPause
	for s.background.Err() == nil {
		left, err := s.workOnce(s.background)
		switch {
		case err != nil && s.background.Err() == nil:
			s.opts.Log.Warn("bulk status changes wait", "error", err)
			pause = min(2*pause, longPause)
		case left:
			pause = min(2*pause, longPause)
		default:
			pause = firstPause
		}
		wait := time.Minute // nothing to do: a sweep once in a while
		if left || err != nil {
			wait = pause/2 + rand.N(pause)
		}
		timer := time.NewTimer(wait)
		select {
		case <-s.background.Done():
		case <-s.bulk:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// wakeBulk says that there is a new job.
func (s *Service) wakeBulk() {
	select {
	case s.bulk <- struct{}{}:
	default:
	}
}

// workOnce works on every unfinished job once. left says that one is not finished.
func (s *Service) workOnce(ctx context.Context) (left bool, err error) {
	if err := s.store.ExpireJobs(ctx, s.opts.Now().Add(-jobLife)); err != nil {
		return false, err
	}
	open, err := s.store.OpenJobs(ctx)
	if err != nil {
		return false, err
	}
	var errs []error
	for _, id := range open {
		finished, err := s.workOn(ctx, id)
		left = left || !finished
		errs = append(errs, err)
	}
	return left, errors.Join(errs...)
}

// workOn brings the open parts of a job onto the ledger, some operations at a time so that they share blocks.
func (s *Service) workOn(ctx context.Context, id string) (finished bool, err error) {
	j, err := s.store.Job(ctx, id)
	if err != nil {
		return false, err
	}
	parts, err := s.store.JobParts(ctx, id)
	if err != nil {
		return false, err
	}
	w := &jobWork{Service: s, job: &j, parts: parts, failed: map[int]bool{}}
	for _, f := range j.Failures {
		w.failed[f.Change] = true
	}
	for len(w.parts) > 0 {
		before := len(w.parts)
		err = w.round(ctx, w.parts[:min(len(w.parts), bulkInFlight)])
		w.parts = slices.DeleteFunc(w.parts, func(p JobPart) bool { return p.Done })
		switch {
		case errors.Is(w.lost, ErrExists): // another process works on it too: its writes are looked at next time
			return false, nil
		case err != nil || len(w.parts) == before:
			return false, err
		}
	}
	return true, nil
}

// jobWork is one pass over a job.
type jobWork struct {
	*Service
	job    *Job
	parts  []JobPart    // not done
	failed map[int]bool // changes
	lost   error        // of a write that was not made: what is known here is not what is stored, and nothing more is written
}

// put stores a part whose operation was old, and how far the job is with it: what is neither failed nor in an open part is done.
func (w *jobWork) put(ctx context.Context, old op.ID, p *JobPart) error {
	if w.lost != nil {
		return w.lost
	}
	open, left := map[int]bool{}, 0
	for n := range w.parts {
		if !w.parts[n].Done {
			left++
		}
		for _, c := range w.parts[n].Changes {
			if !w.failed[c.Change] {
				open[c.Change] = true
			}
		}
	}
	w.job.Done = w.job.Total - w.job.Failed - len(open)
	if left == 0 {
		w.job.State, w.job.Finished = JobDone, w.opts.Now().UTC().Truncate(time.Second)
	}
	if w.lost = w.store.PutPart(ctx, old, *p, *w.job); w.lost != nil {
		return w.lost
	}
	w.job.Revision++
	return nil
}

// round makes one operation of each part, sends them together and sees what becomes of them.
func (w *jobWork) round(ctx context.Context, parts []JobPart) error {
	var sent []int
	var envelopes [][]byte
	for n := range parts {
		if err := w.ready(ctx, &parts[n]); err != nil {
			return err
		}
		if !parts[n].Done {
			sent, envelopes = append(sent, n), append(envelopes, parts[n].Envelope)
		}
	}
	if len(sent) == 0 {
		return nil
	}
	submissions, err := w.ledger.Submit(ctx, envelopes)
	if err != nil {
		return unavailable("the ledger takes no operations at present", err)
	}
	if len(submissions) != len(sent) {
		return errors.New("issuance: the ledger answered other operations than it was sent")
	}
	var errs []error
	for i, n := range sent {
		errs = append(errs, w.settle(ctx, &parts[n], submissions[i]))
	}
	return errors.Join(errs...)
}

// ready gives a part an operation that can still be committed. What the list says already, or never will, is taken out first.
func (w *jobWork) ready(ctx context.Context, p *JobPart) error {
	if p.Operation != (op.ID{}) {
		head, err := w.ledger.Head(ctx)
		if err != nil {
			return unavailable("the ledger cannot be read", err)
		}
		if head.Time < p.Expires {
			return nil
		}
		receipt, err := w.receipt(ctx, p.Operation)
		if err != nil {
			return unavailable("the ledger cannot be read", err)
		}
		if receipt.State == app.Committed {
			return w.committed(ctx, p, receipt)
		}
	}
	list, err := readList(ctx, w.ledger, p.List)
	if err != nil {
		return err
	}
	if err := w.sift(ctx, list, p); err != nil {
		return err
	}
	if w.opts.Now().Sub(w.job.Created) > jobPatience {
		w.giveUp(p, "the ledger did not take the change within a day")
	}
	if len(p.Changes) == 0 {
		return w.finish(ctx, p, 0)
	}
	o, err := w.setOperation(ctx, list, p.targets(list))
	if err != nil {
		return err
	}
	old := p.Operation
	p.Operation, p.Envelope, p.Expires = o.ID, o.Envelope, o.Exp
	return w.put(ctx, old, p)
}

// receipt asks what became of an operation that can no longer be committed.
func (w *jobWork) receipt(ctx context.Context, id op.ID) (app.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return w.ledger.Wait(ctx, id)
}

func (p JobPart) targets(list *status.List) []target {
	all := make([]target, len(p.Changes))
	for n, c := range p.Changes {
		all[n] = target{change: c.Change, list: list, index: c.Index, value: c.Value, purpose: c.Purpose}
	}
	return all
}

// sift takes out of a part what holds already, and what can no longer be.
func (w *jobWork) sift(ctx context.Context, list *status.List, p *JobPart) error {
	bits, _, err := w.ledger.Bits(ctx, p.List, timeNow)
	if err != nil {
		return unavailable("a status list cannot be read", err)
	}
	var kept []JobChange
	for n, t := range p.targets(list) {
		switch t.against(entryAt(bits, list.Bits, t.index)) {
		case holds:
		case irreversible:
			w.failChange(t.change, "a revocation is never undone")
		default:
			kept = append(kept, p.Changes[n])
		}
	}
	p.Changes = kept
	return nil
}

// failChange counts a change as failed, once: the copies of a credential are one change.
func (w *jobWork) failChange(change int, why string) {
	if !w.failed[change] {
		w.failed[change] = true
		w.job.fail(JobFailure{Change: change, Reason: why})
	}
}

// giveUp fails everything that is left of a part.
func (w *jobWork) giveUp(p *JobPart, why string) {
	for _, c := range p.Changes {
		w.failChange(c.Change, why)
	}
	p.Changes = nil
}

// settle waits for the operation of a part and takes note of what became of it.
func (w *jobWork) settle(ctx context.Context, p *JobPart, sent app.Submission) error {
	if refusal := sent.Error; refusal != nil && refusal.Code != exec.CodeDuplicate {
		if refusal.Code.Info().Retryable {
			return unavailable("the ledger takes no operations at present", refusal)
		}
		return w.refused(ctx, p, refusal.Code)
	}
	wait := operationLife + 10*time.Second
	if sent.NoQuorum {
		wait = noQuorumWait
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	receipt, err := w.ledger.Wait(waiting, p.Operation)
	switch {
	case err != nil:
		return unavailable("an operation is not committed yet", err)
	case receipt.State == app.Committed:
		return w.committed(ctx, p, receipt)
	case receipt.State == app.Rejected && receipt.Code.Info().Retryable:
		return unavailable("the ledger takes no operations at present", nil)
	case receipt.State == app.Rejected:
		return w.refused(ctx, p, receipt.Code)
	}
	return unavailable("an operation is not committed yet", nil)
}

// refused puts a part back to be looked at again: another request may have been first. What the ledger refuses again and again fails.
func (w *jobWork) refused(ctx context.Context, p *JobPart, code exec.Code) error {
	old := p.Operation
	p.Operation, p.Envelope, p.Expires = op.ID{}, nil, 0
	if p.Attempts++; p.Attempts >= maxAttempts {
		w.giveUp(p, "the ledger refused the change: "+code.Info().Name)
		return w.finishFrom(ctx, old, p, 0)
	}
	return w.put(ctx, old, p)
}

// committed takes note of a part that the ledger has.
func (w *jobWork) committed(ctx context.Context, p *JobPart, receipt app.Receipt) error {
	w.job.Operations = append(w.job.Operations, p.Operation)
	w.job.Height = max(w.job.Height, receipt.Height)
	return w.finish(ctx, p, receipt.Height)
}

func (w *jobWork) finish(ctx context.Context, p *JobPart, height int64) error {
	return w.finishFrom(ctx, p.Operation, p, height)
}

// finishFrom stores that nothing of a part is left to do.
func (w *jobWork) finishFrom(ctx context.Context, old op.ID, p *JobPart, height int64) error {
	p.Changes, p.Envelope, p.Done, p.Height = nil, nil, true, height
	return w.put(ctx, old, p)
}
