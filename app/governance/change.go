package governance

import (
	"errors"
	"strconv"

	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// Events of centers; those that one place makes are named there.
const (
	eventSuspended = "center.suspended"
	eventChanged   = "center.changed"
)

// checkChange says whether the league may replace old by next: the validator set may become what that makes of it, in this
// block, and a center goes on sponsoring.
func checkChange(env *exec.Env, old, next *Center) error {
	_, _, later := setAfter(env, old, next)
	if later != nil && !errors.Is(later, due.ErrLater) {
		return later
	}
	if err := checkSponsors(env.Store, old, next); err != nil {
		return err // in the next block too
	}
	return later
}

// checkSponsors keeps one center whose batches the league takes: nothing else carries votes, so without it the league could
// never decide anything again. CodeCenterFloor.
func checkSponsors(r exec.Reader, old, next *Center) error {
	if !old.Sponsoring() || next.Sponsoring() {
		return nil
	}
	centers, err := Centers(r)
	if err != nil {
		return err
	}
	for i := range centers {
		if centers[i].DID != old.DID && centers[i].Sponsoring() {
			return nil
		}
	}
	return exec.Errorf(exec.CodeCenterFloor, "center %s: is the last whose batches the league takes", old.Name).At(contentPointer + "/center")
}

// setAfter reads the present set and makes the one that replacing old (nil: none) by next gives. Errors are those of
// validatorSet.check.
func setAfter(env *exec.Env, old, next *Center) (v validatorSet, set []Validator, err error) {
	if v, err = readValidators(env.Store); err != nil {
		return v, nil, err
	}
	set = v.now
	if old != nil && old.Status == Active {
		set = without(set, old.Validator)
	}
	if next.Status == Active {
		set = with(set, Validator{Key: next.Validator, Power: next.Power})
	}
	return v, set, v.check(env.Block.Height, set)
}

// replace supersedes version old of a center by next: it keeps the old one under its number, numbers and dates the new one,
// and brings counts and validator set in line. next.Cause says why.
func replace(env *exec.Env, old, next *Center, event string) error {
	superseded := *old
	superseded.Until = env.Block.Time
	if err := putCenter(env.Store, CenterVersionKey(op.HashCenter(old.DID), old.N), superseded); err != nil {
		return err
	}
	next.N = old.N + 1
	return install(env, old, next, event)
}

// install writes next as the present version of a center that was old (nil: none) before.
func install(env *exec.Env, old, next *Center, event string) error {
	next.Since, next.Height, next.Until = env.Block.Time, env.Block.Height, 0
	if old == nil || old.Status != next.Status {
		next.Standing, next.StandingHeight = next.Since, next.Height
	} else {
		next.Standing, next.StandingHeight = old.Standing, old.StandingHeight
	}
	v, set, err := setAfter(env, old, next)
	if err != nil {
		return err
	}
	if len(ValidatorDiff(v.now, set)) > 0 {
		changed := validatorSet{now: set, before: v.base(env.Block.Height), height: env.Block.Height}
		if err := putSet(env.Store, changed); err != nil {
			return err
		}
	}
	if err := PutCenter(env.Store, *next); err != nil {
		return err
	}
	if err := recordCounts(env.Store, old, next); err != nil {
		return err
	}
	env.Emit(exec.Event{
		Type:     event,
		Subjects: []string{exec.SubjectCenter(next.DID)},
		Attributes: []exec.Attribute{
			{Name: "version", Value: strconv.FormatInt(next.N, 10)}, {Name: "status", Value: string(next.Status)},
			{Name: "cause", Value: next.Cause},
		},
	})
	return nil
}

// recordCounts brings the counts in line, and asks for a recount of votes if another number of centers has one.
func recordCounts(s exec.Store, old, next *Center) error {
	n, err := readCounts(s)
	if err != nil {
		return err
	}
	before := n
	if old != nil {
		n = n.add(old, -1)
	}
	if n = n.add(next, 1); n == before {
		return nil
	}
	if n.active != before.active {
		s.Set([]byte(recountKey), []byte("{}"))
	}
	return n.put(s)
}

func (n counts) add(c *Center, sign int64) counts {
	switch c.Status {
	case Active:
		n.active, n.members = n.active+sign, n.members+sign
	case Suspended:
		n.members += sign
	}
	return n
}
