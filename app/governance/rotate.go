package governance

import (
	"slices"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/did"
)

// rotate is the act center.rotate: content {center, validator}: the league gives a center that lost its validator key
// another one. With its DID keys a center does that alone (center.update); these in turn come back by did.recover.
type rotate struct {
	center    did.DID
	validator string
}

func readRotate(m *object.Reader) (Act, error) {
	a := &rotate{center: readDID(m, "center"), validator: m.String("validator")}
	if err := CheckKey(a.validator); err != nil {
		m.Fail("validator", err.Error())
	}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return a, nil
}

// Check asks for a member, a key that no center ever had, and a validator set that may change so much.
func (a *rotate) Check(env *exec.Env) error {
	_, _, err := a.plan(discarding(env))
	return err
}

// Execute writes the member's next version.
func (a *rotate) Execute(env *exec.Env, m exec.Mandate) error {
	old, next, err := a.plan(env)
	if err != nil {
		return err
	}
	next.Cause = causeProposal(m.Proposal)
	return replace(env, old, next, eventChanged)
}

// plan takes the key and makes the next version.
func (a *rotate) plan(env *exec.Env) (old, next *Center, err error) {
	if old, err = member(env.Store, a.center); err != nil {
		return nil, nil, err
	}
	changed := *old
	changed.Validator = a.validator
	if a.validator == old.Validator {
		return nil, nil, exec.Errorf(exec.CodeKeyReused, "%s: is the validator key already", a.validator).At(contentPointer + "/validator")
	}
	if err := claimKeys(env, old, &changed); err != nil {
		return nil, nil, err
	}
	return old, &changed, checkChange(env, old, &changed)
}

// claimKeys takes the keys of next that old has not: CodeKeyReused for one that any center ever had, or that stands in the
// center's own DID document.
func claimKeys(env *exec.Env, old, next *Center) error {
	var fresh []string
	if next.Validator != old.Validator {
		if err := claimKey(env.Store, next.Validator, next.DID, useValidator); err != nil {
			return err
		}
		fresh = append(fresh, next.Validator)
	}
	for _, key := range next.Sponsors {
		if slices.Contains(old.Sponsors, key) {
			continue
		}
		if err := claimKey(env.Store, key, next.DID, useSponsor); err != nil {
			return err
		}
		fresh = append(fresh, key)
	}
	return apartFromDID(env, next.DID, fresh)
}

// discarding is env with a Store whose writes go nowhere.
func discarding(env *exec.Env) *exec.Env {
	return &exec.Env{
		Block: env.Block, Store: discard{env.Store}, Params: env.Params, League: env.League, Op: env.Op, Verify: env.Verify,
	}
}
