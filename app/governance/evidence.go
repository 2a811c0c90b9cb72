package governance

import (
	"errors"
	"strconv"

	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did"
)

// Misbehaved records consensus evidence (double signing) against a validator key (multikey), past keys included, and
// suspends its center where the rule table says so. Evidence that the set cannot bear to act on — it would be empty, or lose
// more than a third at once — or the league, which needs one center that sponsors, is recorded all the same, and it is for
// the centers to decide.
func Misbehaved(env *exec.Env, validator string) error {
	event := exec.Event{Type: "validator.misbehaved", Attributes: []exec.Attribute{{Name: "validator", Value: validator}}}
	d, err := ValidatorOf(env.Store, validator)
	if err != nil || d == "" {
		env.Emit(event)
		return err
	}
	old, err := Get(env.Store, d)
	if err != nil || old == nil {
		return err
	}
	next := *old
	next.Evidence, next.Cause = old.Evidence+1, causeEvidence
	event.Subjects = []string{exec.SubjectCenter(d)}
	event.Attributes = append(event.Attributes, exec.Attribute{Name: "evidence", Value: strconv.FormatInt(next.Evidence, 10)})
	env.Emit(event)
	name, err := sanction(env, old, &next)
	if err != nil {
		return err
	}
	return replace(env, old, &next, name)
}

// sanction suspends next, if the rules ask for it and the validator set bears it, and names the event.
func sanction(env *exec.Env, old, next *Center) (event string, err error) {
	rules, err := PresentRules(env.Store)
	if err != nil {
		return "", err
	}
	if old.Status != Active || rules.Rule(Evidence, RoleLedger) == nil {
		return eventChanged, nil
	}
	suspended := *next
	suspended.Status = Suspended
	err = checkChange(env, old, &suspended)
	if _, refused := errors.AsType[*exec.Error](err); refused {
		return eventChanged, nil
	}
	if errors.Is(err, due.ErrLater) {
		_, err = due.Put(env.Store, env.Block.Time, DueKind, dueSuspend+"/"+string(old.DID))
		return eventChanged, err
	}
	if err != nil {
		return "", err
	}
	next.Status = Suspended
	return eventSuspended, nil
}

// fireSuspension suspends a center by evidence of an earlier block, if there is still reason and room for it.
func fireSuspension(env *exec.Env, d did.DID) error {
	old, err := Get(env.Store, d)
	if err != nil || old == nil || old.Status != Active {
		return err
	}
	rules, err := PresentRules(env.Store)
	if err != nil || rules.Rule(Evidence, RoleLedger) == nil {
		return err
	}
	next := *old
	next.Status, next.Cause = Suspended, causeEvidence
	err = checkChange(env, old, &next)
	if _, refused := errors.AsType[*exec.Error](err); refused {
		return nil
	}
	if err != nil {
		return err
	}
	return replace(env, old, &next, eventSuspended)
}
