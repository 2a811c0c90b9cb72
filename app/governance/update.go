package governance

import (
	"errors"

	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// Update is a validated center.update: body {prev, validator?, sponsors?, api?}, by the center itself; prev is the present
// version number of its record, at least one of the others is there. A new validator key takes effect at H+2.
type Update struct {
	by        did.DID
	prev      int64
	validator string   // "": as it is
	sponsors  []string // nil: as they are
	api       string   // "": as it is
}

// ValidateUpdate checks the bytes of a center.update. Errors are *exec.Error.
func ValidateUpdate(o *op.Operation) (*Update, error) {
	m := object.New(o.Body, "/body")
	u := &Update{
		by: o.By, prev: m.Int("prev"), validator: m.OptString("validator"), sponsors: m.OptStrings("sponsors"), api: m.OptString("api"),
	}
	if m.Has("validator") {
		if err := CheckKey(u.validator); err != nil {
			m.Fail("validator", err.Error())
		}
	}
	if m.Has("sponsors") {
		if err := CheckSponsors(u.sponsors); err != nil {
			m.Fail("sponsors", err.Error())
		}
	}
	if m.Has("api") {
		if err := CheckAPI(u.api); err != nil {
			m.Fail("api", err.Error())
		}
	}
	if !m.Has("validator") && !m.Has("sponsors") && !m.Has("api") {
		m.Fail("validator", "nothing to change: validator, sponsors or api expected")
	}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return u, nil
}

// Authorize asks for control of a member's DID. A suspended center may change its record too: a stolen validator key is
// replaced before it is reinstated.
func (u *Update) Authorize(env *exec.Env) error {
	c, err := Get(env.Store, u.by)
	if err != nil {
		return err
	}
	if c == nil || c.Status == Removed {
		return exec.Errorf(exec.CodeNotCenter, "%s: no center of the league", u.by)
	}
	return identity.Authorize(env, u.by)
}

// Apply writes the center's next version. CodeNotPermitted by the rule table, CodeVersionMismatch, CodeKeyReused,
// CodeValidatorBound where the set may not change so much in this block.
func (u *Update) Apply(env *exec.Env) error {
	rules, err := PresentRules(env.Store)
	if err != nil {
		return err
	}
	if _, err := rules.Permit("center.update", RoleCenter); err != nil {
		return err
	}
	old, err := Get(env.Store, u.by)
	if err != nil {
		return err
	}
	if old == nil || old.Status == Removed { // since Authorize, by an earlier operation of the block
		return exec.Errorf(exec.CodeNotCenter, "%s: no center of the league", u.by)
	}
	if u.prev != old.N {
		return exec.Errorf(exec.CodeVersionMismatch, "prev %d: the present version is %d", u.prev, old.N).At("/body/prev")
	}
	next := u.changed(old)
	if u.validator == old.Validator {
		return exec.Errorf(exec.CodeKeyReused, "%s: is the validator key already", u.validator).At("/body/validator")
	}
	if err := claimKeys(env, old, next); err != nil {
		return err
	}
	err = replace(env, old, next, eventChanged)
	if errors.Is(err, due.ErrLater) {
		return exec.Errorf(exec.CodeValidatorBound, "this block has changed the validator set too much already: try again").At("/body/validator")
	}
	return err
}

func (u *Update) changed(old *Center) *Center {
	next := *old
	next.Cause = causeCenter
	if u.validator != "" {
		next.Validator = u.validator
	}
	if u.sponsors != nil {
		next.Sponsors = u.sponsors
	}
	if u.api != "" {
		next.API = u.api
	}
	return &next
}
