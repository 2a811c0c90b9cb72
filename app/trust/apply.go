package trust

import (
	"strconv"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/did"
)

// Authorize asks for control of the authority; of its own right, without a parent, that it is an active center to which
// the rule table gives it. CodeNotCenter, CodeNotPermitted.
func (g *Grant) Authorize(env *exec.Env) error {
	if g.parent == nil {
		if err := g.ownRight(env); err != nil {
			return err
		}
	}
	return identity.Authorize(env, g.by)
}

func (g *Grant) ownRight(env *exec.Env) error {
	if _, err := governance.RequireCenter(env.Store, g.by); err != nil {
		return err
	}
	rules, err := governance.PresentRules(env.Store)
	if err != nil {
		return err
	}
	if _, ok := own(rules, g.resource); !ok {
		return exec.Errorf(exec.CodeNotPermitted, "the rule table gives centers no right of their own for %s", g.resource).At("/body/resource")
	}
	return nil
}

// chainCost is what reading a chain of the greatest depth, each record as large as it may be, costs: as much as so many chunks of
// status lists (BenchmarkGrant). It is asked for before anything is read.
const chainCost = 8

// Chunks is what g costs of the parameter maxBlockChunks.
func (g *Grant) Chunks() int64 {
	if g.parent == nil {
		return 1
	}
	return chainCost
}

// Apply writes the accreditation. CodeUnknownDID, CodeDeactivated (subject), CodeUnknownGrant, CodeNotAuthorised (parent),
// CodePathBroken, CodeScopeExceeded, CodeCycle, CodeLimitExceeded, CodeExists, CodeWrongState (validUntil has passed).
func (g *Grant) Apply(env *exec.Env) error {
	a, parent, err := g.prepare(env)
	if err != nil {
		return err
	}
	a.ID = env.Op.ID
	return a.grant(env, parent)
}

// Check and Execute make a Grant what a proposal does.
func (g *Grant) Check(env *exec.Env) error {
	_, _, err := g.prepare(env)
	return err
}

// Execute writes the accreditation as the league's.
func (g *Grant) Execute(env *exec.Env, m exec.Mandate) error {
	a, _, err := g.prepare(env)
	if err != nil {
		return err
	}
	a.ID, a.Proposal = m.ID, m.Proposal
	return a.grant(env, nil)
}

// grant writes a new accreditation and counts it with its parent.
func (a *Accreditation) grant(env *exec.Env, parent *Accreditation) error {
	subjects := []string{exec.SubjectGrant(a.ID.String()), exec.SubjectTrust(a.Subject)}
	if parent != nil {
		parent.Given++
		if err := parent.put(env.Store); err != nil {
			return err
		}
		subjects = append(subjects, exec.SubjectGrant(parent.ID.String()))
	}
	env.Emit(exec.Event{Type: "trust.accredited", Subjects: subjects, Attributes: []exec.Attribute{
		{Name: "accreditation", Value: a.ID.String()}, {Name: "authority", Value: a.Authority}, {Name: "subject", Value: string(a.Subject)},
		{Name: "action", Value: string(a.Action)}, {Name: "resource", Value: string(a.Resource)},
	}})
	return a.add(env.Store)
}

// prepare makes the accreditation that g asks for out of the present state, but for its id. Nothing is written.
func (g *Grant) prepare(env *exec.Env) (a, parent *Accreditation, err error) {
	now := env.Block.Time
	a = &Accreditation{
		Authority: string(g.by), Subject: g.subject, Action: g.action, Resource: g.resource, Limits: g.limits, Parent: g.parent,
		ValidFrom: max(g.validFrom, now), ValidUntil: g.validUntil, Evidence: g.evidence, Framework: g.framework,
		Granted: now, Height: env.Block.Height, Level: 1,
	}
	if g.by == "" {
		a.Authority = governance.LeagueURI(env.League)
	}
	if a.ValidUntil != 0 && a.ValidUntil <= a.ValidFrom {
		return nil, nil, exec.Errorf(exec.CodeWrongState, "validUntil %d has passed, it is %d", a.ValidUntil, now).At(g.pointer + "/validUntil")
	}
	if a.Authority == string(a.Subject) {
		return nil, nil, exec.Errorf(exec.CodeCycle, "%s: accredits itself", g.subject).At(g.pointer + "/subject")
	}
	if g.parent != nil {
		if parent, err = g.under(env, a); err != nil {
			return nil, nil, err
		}
	}
	if a.Level > min(env.Params.MaxTrustDepth, maxLevel) {
		return nil, nil, exec.Errorf(exec.CodeLimitExceeded, "%d accreditations on the path, at most %d are allowed", a.Level, env.Params.MaxTrustDepth).At(g.pointer + "/parent")
	}
	if err := g.checkSubject(env); err != nil {
		return nil, nil, err
	}
	return a, parent, g.replace(env, a)
}

// checkSubject asks that a subject of this league is there and was not deactivated. Others are taken as they are.
func (g *Grant) checkSubject(env *exec.Env) error {
	pointer := g.pointer + "/subject"
	if league, _, err := did.SplitHanse(g.subject); err != nil || league != env.League {
		if g.subject.Method() == did.HanseMethod && err != nil {
			return exec.Errorf(exec.CodeUnknownDID, "%s: no DID that a league can have made", g.subject).At(pointer)
		}
		return nil
	}
	life, err := identity.LifeOf(env.Store, g.subject)
	switch {
	case err != nil:
		return err
	case !life.Known:
		return exec.Errorf(exec.CodeUnknownDID, "%s: not on the ledger", g.subject).At(pointer)
	case life.Ended != 0:
		return exec.Errorf(exec.CodeDeactivated, "%s: deactivated", g.subject).At(pointer)
	}
	return nil
}

// replace links the accreditation with the one that it follows, which must not stand any more.
func (g *Grant) replace(env *exec.Env, a *Accreditation) error {
	previous, err := latest(env.Store, a.Authority, a.Subject, a.Action, a.Resource)
	if err != nil || previous == nil {
		return err
	}
	if previous.standing(env.Block.Time) {
		return exec.Errorf(exec.CodeExists, "accreditation %s: stands for the same", previous.ID).At(g.pointer + "/subject")
	}
	a.Previous = &previous.ID
	return nil
}

// under places an accreditation under its parent: the authority's own, in force up to the league, and at least as wide.
func (g *Grant) under(env *exec.Env, a *Accreditation) (*Accreditation, error) {
	pointer := g.pointer + "/parent"
	parent, err := Get(env.Store, *g.parent)
	switch {
	case err != nil:
		return nil, err
	case parent == nil:
		return nil, exec.Errorf(exec.CodeUnknownGrant, "parent %s: no such accreditation", *g.parent).At(pointer)
	case string(parent.Subject) != a.Authority:
		return nil, exec.Errorf(exec.CodeNotAuthorised, "parent %s: is not %s's", parent.ID, a.Authority).At(pointer)
	}
	above, err := Above(env.Store, parent)
	if err != nil {
		return nil, err
	}
	if parent.Resource.Covers(a.Resource) { // else scope is what is wrong
		if err := inForce(env, parent, above, a.Resource); err != nil {
			return nil, err
		}
	}
	if err := a.narrows(parent); err != nil {
		return nil, err.At(g.pointer + err.Pointer)
	}
	if parent.Limits.Count != 0 && parent.Given >= parent.Limits.Count {
		return nil, exec.Errorf(exec.CodeScopeExceeded, "parent %s: all %d accreditations were given", parent.ID, parent.Limits.Count).At(pointer)
	}
	for _, b := range append(above, parent) {
		if b.Subject == a.Subject || b.Authority == string(a.Subject) {
			return nil, exec.Errorf(exec.CodeCycle, "%s: stands above itself by %s", a.Subject, b.ID).At(g.pointer + "/subject")
		}
	}
	a.Level = parent.Level + 1
	return parent, nil
}

// narrows says in what a is wider than parent allows: CodeScopeExceeded at the member, nil if in nothing.
func (a *Accreditation) narrows(parent *Accreditation) *exec.Error {
	wider := func(member, text string) *exec.Error {
		return exec.Errorf(exec.CodeScopeExceeded, "%s: %s parent %s", member[1:], text, parent.ID).At(member)
	}
	switch {
	case parent.Action != Accredit:
		return wider("/action", "cannot be given under "+string(parent.Action)+" of")
	case !parent.Resource.Covers(a.Resource):
		return wider("/resource", "not covered by "+string(parent.Resource)+" of")
	case a.ValidFrom < parent.ValidFrom:
		return wider("/validFrom", "before "+strconv.FormatInt(parent.ValidFrom, 10)+" of")
	case parent.ValidUntil != 0 && (a.ValidUntil == 0 || a.ValidUntil > parent.ValidUntil):
		return wider("/validUntil", "beyond "+strconv.FormatInt(parent.ValidUntil, 10)+" of")
	}
	if limit := a.Limits.wider(parent.Limits, a.Action); limit != "" {
		return wider("/limits/"+limit, "wider than that of")
	}
	return nil
}

// inForce asks that an accreditation, everything above it and its subject's own standing hold at block time for a resource:
// what its subject may act by. above is what stands above it. CodePathBroken.
func inForce(env *exec.Env, a *Accreditation, above []*Accreditation, resource governance.Resource) error {
	w := newWalk(env.Store, env.League, env.Block.Time, resource)
	w.known = above
	l, err := w.climb(a)
	if err != nil {
		return err
	}
	if l.why != "" {
		return exec.Errorf(exec.CodePathBroken, "%s", l.detail)
	}
	good, err := w.speaks(a.Subject, false)
	if err == nil && !good {
		err = exec.Errorf(exec.CodeNotCenter, "center %s: suspended or removed", a.Subject)
	}
	return err
}
