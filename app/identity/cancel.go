package identity

import (
	"strconv"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

const maxReasonBytes = 1 << 10

// CancelRecovery is a validated did.recover.cancel: body {recovery, reason?, keys?}, by the DID, signed by its present
// control or by the recovery set that started it; where the league started it, by any one control key. recovery is the id
// of the operation that started it. On a pre-rotated DID present control is next control keys, revealed in keys as a
// deactivation does it. A value belongs to one execution.
type CancelRecovery struct {
	did    did.DID
	id     op.ID
	reason string
	keys   []controlKey // revealed

	pending *Pending // by Authorize
}

// ValidateCancel checks the bytes of a did.recover.cancel. Errors are *exec.Error.
func ValidateCancel(o *op.Operation) (*CancelRecovery, error) {
	m := object.New(o.Body, "/body")
	c := &CancelRecovery{did: o.By, id: readID(m, "recovery"), reason: m.OptString("reason")}
	if m.Has("reason") && (c.reason == "" || len(c.reason) > maxReasonBytes) {
		m.Fail("reason", "not 1 to "+strconv.Itoa(maxReasonBytes)+" bytes")
	}
	if err := inLeague(o); err != nil {
		return nil, err
	}
	c.keys = readRevealed(m, c.did)
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return c, nil
}

// Authorize asks for what CancelRecovery says. From the block on in which a recovery is due it is too late, even if other
// work of that block kept it waiting. Like a start, a cancellation is refused here or not at all.
func (c *CancelRecovery) Authorize(env *exec.Env) error {
	present, err := active(env.Store, c.did)
	if err != nil {
		return err
	}
	if c.pending, err = PendingOf(env.Store, c.did); err != nil {
		return err
	}
	switch {
	case c.pending == nil || c.pending.ID != c.id:
		return exec.Errorf(exec.CodeWrongState, "%s: recovery %s is not pending", c.did, c.id).At("/body/recovery")
	case env.Block.Time >= c.pending.Due:
		return exec.Errorf(exec.CodeWrongState, "%s: recovery %s took effect at %d", c.did, c.id, c.pending.Due).At("/body/recovery")
	}
	control := present.authority(env.League)
	if c.pending.League {
		control.threshold = 1
	} else if len(present.Next) > 0 {
		control.reveal(present, c.keys)
	}
	base, err := byID(env.Store, present, c.pending.Base)
	if err != nil {
		return err
	}
	if base.Recovery.delay(false) == 0 {
		return authorize(env, control)
	}
	return authorizeAny(env, control, base.recoverers())
}

// Apply ends the recovery.
func (c *CancelRecovery) Apply(env *exec.Env) error {
	c.pending.drop(env.Store)
	var more []exec.Attribute
	if c.reason != "" {
		more = append(more, exec.Attribute{Name: "reason", Value: c.reason})
	}
	c.pending.emit(env, eventCancelled, more...)
	return nil
}
