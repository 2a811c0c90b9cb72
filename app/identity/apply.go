package identity

import (
	"strconv"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// Authorize asks for control of the DID by the keys and controllers in the body itself.
func (c *Create) Authorize(env *exec.Env) error {
	if err := c.checkLimits(env.Params); err != nil {
		return err
	}
	if err := c.checkDeclaration(env.Params, nil, true); err != nil {
		return err
	}
	return authorize(env, &authority{
		did: c.did, threshold: c.threshold, own: c.control, controllers: eligible(c.document, c.did, env.League),
	})
}

// Apply writes version 1. CodeExists if the DID was ever created, CodeDeactivated if it is gone for good.
func (c *Create) Apply(env *exec.Env) error { return c.write(env, env.Op.ID) }

// ApplyMandate writes version 1 of a creation that no operation of its own carries but a proposal of the league does, as a
// genesis does before the first block: nobody signs it. Errors are those of Apply.
func (c *Create) ApplyMandate(env *exec.Env, m exec.Mandate) error { return c.write(env, m.ID) }

// taken is why a DID that has a record cannot be created.
func (r *Record) taken() error {
	if r.Deactivated {
		return exec.Errorf(exec.CodeDeactivated, "%s: deactivated", r.DID)
	}
	return exec.Errorf(exec.CodeExists, "%s: exists", r.DID)
}

func (c *Create) write(env *exec.Env, id op.ID) error {
	present, err := Get(env.Store, c.did)
	if err != nil {
		return err
	}
	if present != nil {
		return present.taken()
	}
	r := c.record(env.Block)
	r.VersionID = versionID(1, id.String())
	if err := put(env.Store, Key(r.DID), r); err != nil {
		return err
	}
	emit(env, "did.created", r)
	return nil
}

// record makes version 1 of what t asks for, without a version id.
func (t *target) record(b exec.Block) *Record {
	return &Record{
		DID: t.did, N: 1, Document: t.document, Threshold: t.threshold, Next: t.next, Recovery: t.recovery,
		Created: b.Time, Updated: b.Time, Height: b.Height,
	}
}

func versionID(n int64, id string) string { return strconv.FormatInt(n, 10) + "-" + id }

// Authorize asks for present control; where the update changes control of a pre-rotated DID, for next keys instead.
func (u *Update) Authorize(env *exec.Env) error {
	r, err := active(env.Store, u.did)
	if err != nil {
		return err
	}
	if err := u.checkLimits(env.Params); err != nil {
		return err
	}
	if err := u.checkDeclaration(env.Params, r.Recovery, false); err != nil {
		return err
	}
	u.present = r
	a := r.authority(env.League)
	if len(r.Next) > 0 {
		if err := u.prerotate(r, a); err != nil {
			return err
		}
	}
	return authorize(env, a)
}

func (u *Update) prerotate(r *Record, a *authority) error {
	own, err := decodeKeys(a.methods)
	if err != nil {
		return err
	}
	if !u.changesControl(r, own) {
		return nil
	}
	a.reveal(r, u.control)
	return u.checkNext(r, a.revealed)
}

// Apply supersedes the present version. CodeVersionMismatch if `prev` is not its id. While a recovery is pending the new
// version says so.
func (u *Update) Apply(env *exec.Env) error {
	if err := checkPrev(u.present, u.prev); err != nil {
		return err
	}
	pending, err := PendingOf(env.Store, u.did)
	if err != nil {
		return err
	}
	r := u.target.record(env.Block)
	r.RecoveryFrom = u.present.recoveryFrom(env.Block.Time, u.recovery)
	if pending != nil {
		r.During = pending.ID.String()
	}
	return supersede(env, u.present, r, env.Op.ID, "did.updated")
}

// Authorize asks for present control, or for next keys where the DID is pre-rotated. CodeRecoveryPending while somebody
// says that present control is lost: what is deactivated could not be recovered.
func (d *Deactivate) Authorize(env *exec.Env) error {
	r, err := active(env.Store, d.did)
	if err != nil {
		return err
	}
	pending, err := PendingOf(env.Store, d.did)
	if err != nil {
		return err
	}
	if pending != nil {
		return exec.Errorf(exec.CodeRecoveryPending, "%s: recovery %s is pending until %d: cancel it first", d.did, pending.ID, pending.Due)
	}
	d.present = r
	a := r.authority(env.League)
	if len(r.Next) > 0 {
		a.reveal(r, d.keys)
	}
	return authorize(env, a)
}

// Apply writes the last version, which has no document.
func (d *Deactivate) Apply(env *exec.Env) error {
	if err := checkPrev(d.present, d.prev); err != nil {
		return err
	}
	r := &Record{
		DID: d.did, Threshold: d.present.Threshold, Updated: env.Block.Time, Height: env.Block.Height, Deactivated: true,
	}
	return supersede(env, d.present, r, env.Op.ID, "did.deactivated")
}

// checkPrev compares the version that an operation names with the present one.
func checkPrev(present *Record, prev string) error {
	if prev != present.VersionID {
		return exec.Errorf(exec.CodeVersionMismatch, "prev %q: present version is %q", prev, present.VersionID).At("/body/prev")
	}
	return nil
}

// supersede replaces present by r, which operation id makes: it keeps the old version under its number, writes the new one.
func supersede(env *exec.Env, present, r *Record, id op.ID, event string, more ...exec.Attribute) error {
	r.N, r.Created = present.N+1, present.Created
	r.VersionID = versionID(r.N, id.String())
	r.Recovered = max(r.Recovered, present.Recovered)
	old := *present
	old.NextVersion, old.NextUpdate = r.VersionID, r.Updated
	if err := put(env.Store, VersionKey(old.DID, old.N), &old); err != nil {
		return err
	}
	if err := put(env.Store, Key(r.DID), r); err != nil {
		return err
	}
	emit(env, event, r, more...)
	return nil
}

func emit(env *exec.Env, event string, r *Record, more ...exec.Attribute) {
	env.Emit(exec.Event{
		Type:       event,
		Subjects:   []string{exec.SubjectDID(r.DID)},
		Attributes: append([]exec.Attribute{{Name: "versionId", Value: r.VersionID}}, more...),
	})
}
