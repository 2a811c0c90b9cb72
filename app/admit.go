package app

import (
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
)

// Admit says whether an operation may enter a pool now: Validate, expiry, duplicate, Authorize and quota over committed
// state at block time now (unix seconds). Verdicts it needs are taken from, and added to, Options.Verdicts. An
// *exec.Error carries the code; CodeDuplicate means committed already: there is a receipt. Any other error: unavailable.
func (a *App) Admit(o *op.Operation, now int64) (err error) {
	defer storageFault(&err)
	state, done, err := a.committed()
	if err != nil {
		return err
	}
	defer done()
	if known, err := a.hasReceipt(state, o.ID); err != nil {
		return err
	} else if known {
		return exec.Errorf(exec.CodeDuplicate, "%s: has a receipt", o.ID)
	}
	env, err := a.hypothetical(state, o, now)
	if err != nil {
		return err
	}
	_, err = authorize(env, false)
	return err
}

// hasReceipt also finds operations that were committed longer ago than the replay window.
func (a *App) hasReceipt(state exec.Reader, id op.ID) (bool, error) {
	if a.isConsumed(id) {
		return true, nil
	}
	index, ok := state.(indexed)
	if !ok {
		return false, nil // genesis
	}
	r, err := readReceipt(index, id)
	return r != nil, err
}

// hypothetical makes an Env for the next block at block time now. It writes nothing.
func (a *App) hypothetical(state exec.Reader, o *op.Operation, now int64) (*exec.Env, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.head.League == "" {
		return nil, governance.ErrNoLeague
	}
	return &exec.Env{
		Block: exec.Block{Height: a.head.Height + 1, Time: now}, Store: readOnly{state}, Params: a.params,
		League: a.head.League, Op: o, Verify: a.verify,
	}, nil
}

// Checks lists the signature questions of an operation as far as committed state answers them (hints for parallel
// verification ahead of Execute, whose result does not depend on them). None if it would be refused before any signature.
func (a *App) Checks(o *op.Operation) (checks []op.Check) {
	var err error
	defer storageFault(&err)
	state, done, err := a.committed()
	if err != nil {
		return nil
	}
	defer done()
	env, err := a.hypothetical(state, o, 0)
	if err != nil {
		return nil
	}
	env.Verify = func(c op.Check) bool {
		checks = append(checks, c)
		return true
	}
	action, err := validate(o)
	if err != nil || o.League != env.League {
		return nil
	}
	if err := action.Authorize(env); err != nil && len(checks) == 0 {
		return nil
	}
	return checks
}
