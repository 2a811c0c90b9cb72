package trust

import (
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// grantAction is the action of the rule table under which centers accredit of their own right.
const grantAction = "trust.accredit"

// walk evaluates chains of accreditations at one instant for one resource. What chains share is read once.
type walk struct {
	r        exec.Reader
	league   string // as an authority
	at       int64
	resource governance.Resource
	rules    *governance.Rules
	known    []*Accreditation // read already
	links    map[op.ID]*link
	active   map[did.DID]bool
	centers  map[did.DID]*governance.Center
	reads    int // accreditations
}

func newWalk(r exec.Reader, league string, at int64, resource governance.Resource) *walk {
	return &walk{
		r: r, league: governance.LeagueURI(league), at: at, resource: resource,
		links: map[op.ID]*link{}, active: map[did.DID]bool{}, centers: map[did.DID]*governance.Center{},
	}
}

// link is an accreditation in its chain. why says what is wrong with it or, where nothing is, with those above it.
type link struct {
	hop    Hop
	up     *link // its parent's; nil where it is the root, or wrong itself
	member *Hop  // of a root: the center's membership
	why    Why   // "": it holds
	detail string
}

// climb evaluates a and everything above it, as far as the first that does not hold.
func (w *walk) climb(a *Accreditation) (*link, error) { return w.climbFrom(a, 1) }

func (w *walk) climbFrom(a *Accreditation, level int) (*link, error) {
	if known, ok := w.links[a.ID]; ok {
		return known, nil
	}
	if level > maxLevel {
		return nil, fmt.Errorf("accreditation %s: more than %d on its path", a.ID, maxLevel)
	}
	l := &link{hop: a.hop(w.at)}
	if err := w.climbOn(a, l, level); err != nil {
		return nil, err
	}
	w.links[a.ID] = l
	return l, nil
}

func (w *walk) climbOn(a *Accreditation, l *link, level int) error {
	if err := w.judge(a, l); err != nil || l.why != "" {
		return err
	}
	if a.Parent == nil {
		return w.root(a, l)
	}
	parent, err := w.read(*a.Parent)
	if err != nil {
		return err
	}
	if l.up, err = w.climbFrom(parent, level+1); err != nil {
		return err
	}
	l.why, l.detail = l.up.why, l.up.detail
	return nil
}

func (w *walk) read(id op.ID) (*Accreditation, error) {
	for _, a := range w.known {
		if a.ID == id {
			return a, nil
		}
	}
	w.reads++
	return must(w.r, id)
}

// judge looks at one accreditation alone.
func (w *walk) judge(a *Accreditation, l *link) error {
	switch {
	case l.hop.State != Active:
		l.why, l.detail = NotInForce, fmt.Sprintf("accreditation %s: %s", a.ID, l.hop.State)
	case !a.Resource.Covers(w.resource):
		l.why, l.detail = OutOfScope, fmt.Sprintf("accreditation %s: for %s", a.ID, a.Resource)
	case a.Authority != w.league:
		good, err := w.speaks(did.DID(a.Authority), a.Parent == nil)
		if err == nil && !good {
			l.why, l.detail = AuthorityGone, fmt.Sprintf("authority %s: deactivated, or no active center any more", a.Authority)
		}
		return err
	}
	return nil
}

// speaks reports whether an authority's DID was active at the instant and, if it was a center's, whether the center was an
// active member: one that is suspended or was removed says nothing any more, whoever accredited it. Membership itself is
// looked at by root.
func (w *walk) speaks(authority did.DID, root bool) (bool, error) {
	if good, err := w.isActive(authority); err != nil || !good {
		return false, err
	}
	if root {
		return true, nil
	}
	c, err := w.center(authority)
	return c == nil || c.Status == governance.Active, err
}

// isActive reports whether a DID was not deactivated at the instant. Other leagues' and methods' DIDs are not known to be.
func (w *walk) isActive(d did.DID) (bool, error) {
	if d.Method() != did.HanseMethod {
		return true, nil
	}
	if good, ok := w.active[d]; ok {
		return good, nil
	}
	life, err := identity.LifeOf(w.r, d)
	if err != nil {
		return false, err
	}
	good := life.Ended == 0 || w.at < life.Ended
	w.active[d] = good
	return good, nil
}

// center reads the version of a center's record at the instant, one that says it was removed included; nil if it was none yet.
func (w *walk) center(d did.DID) (*governance.Center, error) {
	if d.Method() != did.HanseMethod {
		return nil, nil
	}
	if c, ok := w.centers[d]; ok {
		return c, nil
	}
	c, err := centerAt(w.r, d, w.at)
	if err != nil {
		return nil, err
	}
	w.centers[d] = c
	return c, nil
}

// centerAt is governance.At with removed centers.
func centerAt(r exec.Reader, d did.DID, at int64) (*governance.Center, error) {
	present, err := governance.Get(r, d)
	if err != nil || present == nil || present.Since <= at {
		return present, err
	}
	if c, err := governance.At(r, d, at); err != nil || c != nil {
		return c, err
	}
	if present.N == 1 {
		return nil, nil
	}
	first, err := governance.DecodeCenter(r.Get(governance.CenterVersionKey(op.HashCenter(d), 1)))
	if err != nil || first.Since > at {
		return nil, err
	}
	return &governance.Center{DID: d, Name: present.Name, Status: governance.Removed}, nil
}

// root looks at what the top of a chain stands on: the league, or a center's own right.
func (w *walk) root(a *Accreditation, l *link) error {
	if a.Authority == w.league {
		return nil
	}
	member, why, err := w.ownRight(did.DID(a.Authority))
	if err != nil {
		return err
	}
	l.member = member
	if why != "" {
		l.why, l.detail = why, fmt.Sprintf("center %s: %s", a.Authority, why.ofCenter())
	}
	return nil
}

func (w Why) ofCenter() string {
	if w == RuleMissing {
		return "the rule table gives it no right of its own for this"
	}
	return "no active member of the league"
}

// ownRight looks at the right to accredit that the rule table gives a center: its membership as a hop (nil if it never was
// a center), and what is missing.
func (w *walk) ownRight(d did.DID) (*Hop, Why, error) {
	c, err := w.center(d)
	if err != nil || c == nil {
		return nil, AuthorityGone, err
	}
	h := &Hop{
		Authority: w.league, Subject: d, Action: Accredit, Resource: w.resource, State: centerState(c.Status),
		ValidFrom: c.Standing, Height: c.StandingHeight,
	}
	if h.State != Active {
		return h, AuthorityGone, nil
	}
	if w.rules == nil {
		if w.rules, err = governance.RulesAt(w.r, w.at); err != nil {
			return nil, "", err
		}
	}
	resource, ok := own(w.rules, w.resource)
	if !ok {
		return h, RuleMissing, nil
	}
	h.Resource = resource
	return h, "", nil
}

// own finds what in the rule table gives centers the right to accredit for a resource of their own.
func own(rules *governance.Rules, resource governance.Resource) (governance.Resource, bool) {
	rule := rules.Rule(grantAction, governance.RoleCenter)
	if rule == nil {
		return "", false
	}
	for _, covering := range rule.Resources {
		if covering.Covers(resource) {
			return covering, true
		}
	}
	return "", false
}

func centerState(s governance.CenterStatus) State {
	switch s {
	case governance.Active:
		return Active
	case governance.Suspended:
		return Suspended
	}
	return Revoked
}

// path is the answer that a link gives, from its own hop upwards.
func (l *link) path(at int64) *Path {
	p := &Path{Held: l.why == "", Why: l.why, Detail: l.detail, At: at}
	for ; l != nil; l = l.up {
		p.Hops = append(p.Hops, l.hop)
		if l.member != nil {
			p.Hops = append(p.Hops, *l.member)
		}
	}
	return p
}

// center is the center in which the path ends; "" where it ends at the league itself.
func (l *link) center() did.DID {
	for ; l != nil; l = l.up {
		if l.member != nil {
			return l.member.Subject
		}
	}
	return ""
}
