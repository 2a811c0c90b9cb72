package app

import (
	"errors"

	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
)

// calendar serves what is due, in order, at most as many items as a parameter says: what is left is due in the next block.
// An item that fails never stops a block: it changes nothing but its own record. Before and after, votes are counted anew if
// another number of centers is active. A block in which nothing is due writes nothing.
func (x *execution) calendar() {
	x.act(governance.Settle)
	items, err := due.Until(x.state, x.block.Time, x.params.BeginBlockItems)
	intact(err)
	for _, item := range items {
		x.serve(item)
	}
	x.act(governance.Settle)
}

// serve does what one item is about, in an overlay of its own.
func (x *execution) serve(item due.Item) {
	err := x.try(func(env *exec.Env) error {
		due.Drop(env.Store, item)
		return fire(env, item)
	})
	if err == nil || errors.Is(err, due.ErrLater) {
		return
	}
	code := codeOf(err)
	x.act(func(env *exec.Env) error {
		due.Drop(env.Store, item)
		return failed(env, item, code)
	})
}

// act is try for what cannot fail by anything that a message contains.
func (x *execution) act(do func(*exec.Env) error) { intact(x.try(do)) }

// try lets the league act: what it wrote and its events count if it succeeds, and are dropped if not.
func (x *execution) try(do func(*exec.Env) error) error {
	env := x.env(nil)
	overlay := x.state.Overlay()
	env.Store = overlay
	if err := do(env); err != nil {
		return err
	}
	overlay.Merge()
	x.result.Events = append(x.result.Events, env.Events()...)
	return nil
}

// misbehaviour hands consensus evidence to governance. Votes are counted anew at once, not with every vote of the block.
func (x *execution) misbehaviour(validators []string) {
	for _, key := range validators {
		x.act(func(env *exec.Env) error { return governance.Misbehaved(env, key) })
	}
	x.act(governance.Settle)
}
