package trust

import (
	"slices"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
)

// Authorize asks for control of whoever acts.
func (x *Alter) Authorize(env *exec.Env) error { return identity.Authorize(env, x.by) }

// Chunks is what x costs of the parameter maxBlockChunks: how long the chain is that it reads is not known before.
func (x *Alter) Chunks() int64 { return chainCost }

// Apply records the change. CodeUnknownGrant, CodeNotAuthorised, CodeNotCenter and CodePathBroken (who acts has no say),
// CodeWrongState, CodeIrreversible, CodeLimitExceeded.
func (x *Alter) Apply(env *exec.Env) error {
	a, change, err := x.prepare(env)
	if err != nil {
		return err
	}
	change.ID = env.Op.ID
	return a.change(env, change)
}

// Check and Execute make an Alter what a proposal does.
func (x *Alter) Check(env *exec.Env) error {
	_, _, err := x.prepare(env)
	return err
}

// Execute records the change as the league's.
func (x *Alter) Execute(env *exec.Env, m exec.Mandate) error {
	a, change, err := x.prepare(env)
	if err != nil {
		return err
	}
	change.ID = m.ID
	return a.change(env, change)
}

func (a *Accreditation) change(env *exec.Env, c *Change) error {
	a.Changes = append(slices.Clone(a.Changes), *c)
	kind := map[State]string{Suspended: "trust.suspended", Active: "trust.reinstated", Revoked: "trust.revoked"}[c.State]
	attributes := []exec.Attribute{{Name: "accreditation", Value: a.ID.String()}, {Name: "by", Value: c.By}}
	if c.Reason != "" {
		attributes = append(attributes, exec.Attribute{Name: "reason", Value: string(c.Reason)})
	}
	env.Emit(exec.Event{
		Type: kind, Subjects: []string{exec.SubjectGrant(a.ID.String()), exec.SubjectTrust(a.Subject)}, Attributes: attributes,
	})
	return a.put(env.Store)
}

// prepare makes the change that x asks for out of the present state, but for its id. Nothing is written.
func (x *Alter) prepare(env *exec.Env) (*Accreditation, *Change, error) {
	a, err := Get(env.Store, x.id)
	if err != nil {
		return nil, nil, err
	}
	if a == nil {
		return nil, nil, exec.Errorf(exec.CodeUnknownGrant, "accreditation %s: no such accreditation", x.id).At(x.pointer + "/accreditation")
	}
	above, err := Above(env.Store, a)
	if err != nil {
		return nil, nil, err
	}
	c := &Change{State: x.state, Time: env.Block.Time, Height: env.Block.Height, By: string(x.by), Reason: x.reason, Note: x.note}
	if x.by == "" {
		c.By = governance.LeagueURI(env.League)
	}
	if err := x.mayAct(env, a, above); err != nil {
		return nil, nil, err
	}
	if err := x.follows(env, a, above, c.By); err != nil {
		return nil, nil, err
	}
	if x.state == Revoked {
		if c.From, err = x.invalidity(env, a); err != nil {
			return nil, nil, err
		}
	}
	return a, c, nil
}

// The places of who acts on an accreditation, from below: its subject, its authority, authorities above it, the league.
const (
	ofNobody    = -2
	ofSubject   = -1
	ofAuthority = 0
	ofLeague    = maxLevel + 1
)

// place finds who acts: authority is 0, the authority of the parent 1, and so on up.
func (a *Accreditation) place(env *exec.Env, above []*Accreditation, by string) int {
	switch by {
	case governance.LeagueURI(env.League):
		return ofLeague
	case a.Authority:
		return ofAuthority
	case string(a.Subject):
		return ofSubject
	}
	for i, b := range above {
		if b.Authority == by {
			return i + 1
		}
	}
	return ofNobody
}

// mayAct asks that who acts has a say, and is in force itself: a suspended authority can no more undo than it can do.
func (x *Alter) mayAct(env *exec.Env, a *Accreditation, above []*Accreditation) error {
	if x.by == "" {
		return nil
	}
	place := a.place(env, above, string(x.by))
	switch {
	case place == ofNobody:
		return exec.Errorf(exec.CodeNotAuthorised, "%s: neither gave accreditation %s nor stands above it", x.by, a.ID).At("/by")
	case place == ofSubject:
		if x.state != Revoked || x.reason != Cessation || x.dated {
			return exec.Errorf(exec.CodeNotAuthorised, "%s: may give up its accreditation from now on, for %s, no more", x.by, Cessation).At("/by")
		}
		return nil
	case place == len(above): // the root's
		_, err := governance.RequireCenter(env.Store, x.by)
		return err
	}
	return inForce(env, above[place], above[place+1:], a.Resource)
}

// follows asks that the change leads on from the present state. A suspension is lifted by who pronounced it or stands above
// that, and may be pronounced once more by someone above, who then has the say over it.
func (x *Alter) follows(env *exec.Env, a *Accreditation, above []*Accreditation, by string) error {
	pointer := x.pointer + "/accreditation"
	state, last := a.StateAt(env.Block.Time), a.lastChange()
	suspended := last != nil && last.State == Suspended
	switch {
	case a.Revocation() != nil && x.state == Active:
		return exec.Errorf(exec.CodeIrreversible, "accreditation %s: a revocation is final", a.ID).At(pointer)
	case a.Revocation() != nil:
		return exec.Errorf(exec.CodeWrongState, "accreditation %s: revoked already", a.ID).At(pointer)
	case x.state == Revoked:
		return nil
	case state == Expired:
		return exec.Errorf(exec.CodeWrongState, "accreditation %s: expired", a.ID).At(pointer)
	case x.state == Active && !suspended:
		return exec.Errorf(exec.CodeWrongState, "accreditation %s: not suspended", a.ID).At(pointer)
	case len(a.Changes) >= maxChanges-1, x.state == Suspended && len(a.Changes) >= maxChanges-2:
		return exec.Errorf(exec.CodeLimitExceeded, "accreditation %s: changed %d times, it can only be revoked", a.ID, len(a.Changes)).At(pointer)
	}
	if !suspended {
		return nil
	}
	mine, theirs := a.place(env, above, by), a.place(env, above, last.By)
	if x.state == Suspended && mine <= theirs {
		return exec.Errorf(exec.CodeWrongState, "accreditation %s: suspended already", a.ID).At(pointer)
	}
	if x.state == Active && mine < theirs {
		return exec.Errorf(exec.CodeNotAuthorised, "%s: suspended by %s, who stands above", a.ID, last.By).At(pointer)
	}
	return nil
}

// invalidity is from when on a revoked accreditation does not hold: as asked for, not before it was valid and not after now;
// else from the beginning where its reason says that nothing stays accepted, from now on where it does not.
func (x *Alter) invalidity(env *exec.Env, a *Accreditation) (int64, error) {
	now := env.Block.Time
	first := min(a.ValidFrom, now)
	switch {
	case x.dated && (x.from < first || x.from > now):
		return 0, exec.Errorf(exec.CodeWrongState, "from %d: not within %d and %d", x.from, first, now).At(x.pointer + "/from")
	case x.dated:
		return x.from, nil
	case x.reason == KeyCompromise || x.reason == Fraud:
		return first, nil
	}
	return now, nil
}
