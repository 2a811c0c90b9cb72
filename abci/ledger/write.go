package ledger

import (
	"context"
	"errors"

	"github.com/hanse-id/hanse/abci/pool"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// Submit admits operations (envelopes) to the pool and journals them; one Submission each, in order. An error means
// that nothing can be said of them; a *exec.Error with CodeNotReady that the node does not take operations now:
// it is stopped, or its state is too old to judge them.
func (l *Local) Submit(ctx context.Context, envelopes [][]byte) ([]app.Submission, error) {
	if err := l.usable(ctx); err != nil {
		return nil, unready(err)
	}
	if l.status().CatchingUp {
		return nil, exec.Errorf(exec.CodeNotReady, "the node is catching up with the league")
	}
	subs, err := l.pool.Submit(ctx, envelopes)
	return subs, unready(err)
}

func unready(err error) error {
	for _, unready := range [...]error{ErrStopped, pool.ErrStopped, pool.ErrNoSponsor, pool.ErrNotMember, pool.ErrHalted} {
		if errors.Is(err, unready) {
			return exec.Errorf(exec.CodeNotReady, "%v", err)
		}
	}
	return err
}

// Receipt says what is known of an operation: its receipt, or accepted, or ended without one, or unknown.
func (l *Local) Receipt(ctx context.Context, id op.ID) (receipt app.Receipt, err error) {
	// The pool is asked first: what leaves it between the two questions is in the state by then.
	pooled, known := l.pool.Receipt(id)
	err = l.Read(ctx, func(v *app.View) error {
		receipt, err = v.Receipt(ctx, id)
		return err
	})
	if err == nil && receipt.State == app.Unknown && known {
		return pooled, nil
	}
	return receipt, err
}

// Wait blocks until the operation has a final receipt or ctx ends; then it returns what is known, without error.
func (l *Local) Wait(ctx context.Context, id op.ID) (app.Receipt, error) {
	woken, release := l.feed.subscribe(id)
	defer release()
	for {
		// What is known is read even where ctx has ended.
		receipt, err := l.Receipt(context.WithoutCancel(ctx), id)
		if err != nil || receipt.State == app.Committed || receipt.State == app.Rejected {
			return receipt, err
		}
		select {
		case <-woken:
		case <-ctx.Done():
			return receipt, nil
		case <-l.feed.closed:
			return receipt, nil
		}
	}
}

// Watch calls fn for every block committed after the call, in order, until ctx ends; it returns why it ended. fn
// must not block: a watcher that falls behind thousands of blocks gets ErrSlow.
func (l *Local) Watch(ctx context.Context, fn func(app.Summary)) error {
	return l.feed.watch(ctx, fn)
}
