package identity

import (
	"strconv"

	"github.com/hanse-id/hanse/app/exec"
)

// Authorize asks for control of the DID by the keys and controllers in the body itself.
func (c *Create) Authorize(env *exec.Env) error {
	if err := c.checkLimits(env.Params); err != nil {
		return err
	}
	return authorize(env, &authority{
		did: c.did, threshold: c.threshold, own: c.control, controllers: eligible(c.document, c.did, env.League),
	})
}

// Apply writes version 1. CodeExists if the DID was ever created, CodeDeactivated if it is gone for good.
func (c *Create) Apply(env *exec.Env) error {
	present, err := Get(env.Store, c.did)
	if err != nil {
		return err
	}
	if present != nil {
		return present.taken()
	}
	return c.write(env)
}

func (r *Record) taken() error {
	if r.Deactivated {
		return exec.Errorf(exec.CodeDeactivated, "%s: deactivated", r.DID)
	}
	return exec.Errorf(exec.CodeExists, "%s: exists", r.DID)
}

func (c *Create) write(env *exec.Env) error {
	r := c.record(env)
	if err := put(env.Store, Key(r.DID), r); err != nil {
		return err
	}
	emit(env, "did.created", r)
	return nil
}

// record makes version 1 of what t asks for, without a version id where there is no operation (genesis).
func (t *target) record(env *exec.Env) *Record {
	r := &Record{
		DID: t.did, N: 1, Document: t.document, Threshold: t.threshold, Next: t.next, Recovery: t.recovery,
		Created: env.Block.Time, Updated: env.Block.Time, Height: env.Block.Height,
	}
	if env.Op != nil {
		r.VersionID = versionID(1, env.Op.ID.String())
	}
	return r
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
	changes, err := u.changesControl(r, own)
	if err != nil || !changes {
		return err
	}
	a.reveal(r, u.control)
	return u.checkNext(r, a.revealed)
}

// Apply supersedes the present version. CodeVersionMismatch if `prev` is not its id.
func (u *Update) Apply(env *exec.Env) error {
	r := u.target.record(env)
	r.Created = u.present.Created
	return supersede(env, u.present, r, u.prev, "did.updated")
}

// Authorize asks for present control, or for next keys where the DID is pre-rotated.
func (d *Deactivate) Authorize(env *exec.Env) error {
	r, err := active(env.Store, d.did)
	if err != nil {
		return err
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
	r := &Record{
		DID: d.did, Threshold: d.present.Threshold, Created: d.present.Created,
		Updated: env.Block.Time, Height: env.Block.Height, Deactivated: true,
	}
	return supersede(env, d.present, r, d.prev, "did.deactivated")
}

// supersede replaces present by r: compare prev, keep the old version under its number, write the new one.
func supersede(env *exec.Env, present, r *Record, prev, event string) error {
	if prev != present.VersionID {
		return exec.Errorf(exec.CodeVersionMismatch, "prev %q: present version is %q", prev, present.VersionID).At("/body/prev")
	}
	r.N = present.N + 1
	r.VersionID = versionID(r.N, env.Op.ID.String())
	old := *present
	old.NextVersion, old.NextUpdate = r.VersionID, r.Updated
	if err := put(env.Store, VersionKey(old.DID, old.N), &old); err != nil {
		return err
	}
	if err := put(env.Store, Key(r.DID), r); err != nil {
		return err
	}
	emit(env, event, r)
	return nil
}

func emit(env *exec.Env, event string, r *Record) {
	env.Emit(exec.Event{
		Type:       event,
		Subjects:   []string{exec.SubjectDID(r.DID)},
		Attributes: []exec.Attribute{{Name: "versionId", Value: r.VersionID}},
	})
}
