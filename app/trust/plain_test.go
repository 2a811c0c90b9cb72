package trust_test

import (
	"strings"

	"github.com/hanse-id/hanse/app/trust"
)

// plain is the model: everything that happened, in lists, and answers by brute force over all of it. It shares nothing with
// the package but names of states and actions.
type plain struct {
	grants      []*plainGrant
	centers     map[string][]moment // status of a center from a time on; "active" from the start
	rules       []moment            // resources of the centers' own right, joined by spaces
	ends        map[string]int64    // deactivation of a DID
	statements  []statement
	recognition bool // by default
}

type moment struct {
	time  int64
	value string
}

type plainGrant struct {
	id, by, to, action, resource string // by: a name, or "league"
	parent                       *plainGrant
	granted, from, until         int64
	countries                    string // joined by spaces; "": everywhere
	validity, depth, count       int64
	given                        int64
	events                       []event
}

type event struct {
	time        int64
	state, by   string
	revokedFrom int64
}

type statement struct {
	time     int64
	by, of   string
	accepted bool
	resource string
}

func valueAt(list []moment, t int64) string {
	value := ""
	for _, m := range list {
		if m.time <= t {
			value = m.value
		}
	}
	return value
}

func plainCovers(wide, narrow string) bool {
	if wide == narrow {
		return true
	}
	if !strings.HasPrefix(wide, "prefix:") || strings.HasPrefix(narrow, "schema:") {
		return false
	}
	return strings.HasPrefix(narrow[strings.Index(narrow, ":")+1:], wide[len("prefix:"):])
}

func (g *plainGrant) stateAt(t int64) trust.State {
	if t < g.from {
		return trust.NotYet
	}
	state := trust.Active
	for _, e := range g.events {
		if e.state == "revoked" && t >= e.revokedFrom {
			return trust.Revoked
		}
	}
	if g.until != 0 && t >= g.until {
		return trust.Expired
	}
	for _, e := range g.events {
		if e.time <= t && e.state != "revoked" {
			state = trust.State(e.state)
		}
	}
	return state
}

func (g *plainGrant) revoked() bool {
	return len(g.events) > 0 && g.events[len(g.events)-1].state == "revoked"
}

func (g *plainGrant) suspender() string {
	if len(g.events) > 0 && g.events[len(g.events)-1].state == "suspended" {
		return g.events[len(g.events)-1].by
	}
	return ""
}

// chain is g and what is above it.
func (g *plainGrant) chain() (list []*plainGrant) {
	for ; g != nil; g = g.parent {
		list = append(list, g)
	}
	return list
}

func (m *plain) gone(name string, t int64) bool {
	end, ended := m.ends[name]
	return ended && t >= end
}

// silent says that a center is none that could speak at t.
func (m *plain) silent(name string, t int64) bool {
	history, center := m.centers[name]
	return center && valueAt(history, t) != "active"
}

func (m *plain) ownRight(name, resource string, t int64) bool {
	if valueAt(m.centers[name], t) != "active" || m.gone(name, t) {
		return false
	}
	for _, r := range strings.Fields(valueAt(m.rules, t)) {
		if plainCovers(r, resource) {
			return true
		}
	}
	return false
}

// good says that g and everything above it is in force at t for a resource.
func (m *plain) good(g *plainGrant, resource string, t int64) bool {
	if g.stateAt(t) != trust.Active || !plainCovers(g.resource, resource) {
		return false
	}
	if g.by == "league" {
		return true
	}
	if m.gone(g.by, t) || m.silent(g.by, t) {
		return false
	}
	if g.parent == nil {
		return m.ownRight(g.by, resource, t)
	}
	return m.good(g.parent, resource, t)
}

// plainQuestion is a question in the model's words.
type plainQuestion struct {
	to, action, resource string
	at                   int64
	country              string
	validity, maxDepth   int64
	through, center      string
}

// held answers by looking at every accreditation there is.
func (m *plain) held(q plainQuestion) bool {
	if m.gone(q.to, q.at) || m.silent(q.to, q.at) {
		return false
	}
	if q.action == "accredit" && m.ownRight(q.to, q.resource, q.at) && (q.through == "" || q.through == "league") && m.accepts(q, q.to) {
		return true
	}
	for _, g := range m.grants {
		if g.to == q.to && g.action == q.action && m.good(g, q.resource, q.at) && m.suits(q, g) {
			return true
		}
	}
	return false
}

func (m *plain) suits(q plainQuestion, g *plainGrant) bool {
	chain := g.chain()
	root := chain[len(chain)-1].by
	through := q.through == "" || q.through == "league"
	for _, h := range chain {
		through = through || h.by == q.through
		if q.country != "" && h.countries != "" && !within(h.countries, q.country) {
			return false
		}
		if q.validity != 0 && h.validity != 0 && (q.validity < 0 || q.validity > h.validity) {
			return false
		}
	}
	if q.maxDepth != 0 && int64(len(chain)) > q.maxDepth {
		return false
	}
	return through && (root == "league" || m.accepts(q, root))
}

func within(countries, country string) bool {
	for _, c := range strings.Fields(countries) {
		if c == country || strings.HasPrefix(country, c+"-") {
			return true
		}
	}
	return false
}

func (m *plain) accepts(q plainQuestion, root string) bool {
	if q.center == "" || q.center == root {
		return true
	}
	if valueAt(m.centers[q.center], q.at) != "active" {
		return false
	}
	var last *statement
	for i := range m.statements {
		if s := &m.statements[i]; s.by == q.center && s.of == root && s.time <= q.at {
			last = s
		}
	}
	if last != nil {
		covered := plainCovers(last.resource, q.resource)
		if last.accepted || covered {
			return last.accepted && covered
		}
	}
	return m.recognition && valueAt(m.centers[root], q.at) == "active"
}

// grants says whether an authority may give what g is at t, and why not.
func (m *plain) mayGive(g *plainGrant, t, maxDepth int64) string {
	switch {
	case g.by == g.to:
		return "itself"
	case m.gone(g.to, t):
		return "subject left"
	case g.by != "league" && (m.gone(g.by, t) || m.silent(g.by, t)):
		return "authority silent"
	}
	for _, other := range m.grants {
		if other.by == g.by && other.to == g.to && other.action == g.action && other.resource == g.resource &&
			!other.revoked() && (other.until == 0 || t < other.until) {
			return "stands"
		}
	}
	if g.parent == nil {
		if g.by == "league" || m.ownRight(g.by, g.resource, t) {
			return ""
		}
		return "no right of its own"
	}
	p := g.parent
	switch {
	case p.to != g.by:
		return "another's"
	case p.action != "accredit" || !m.good(p, g.resource, t):
		return "parent not in force"
	case p.until != 0 && (g.until == 0 || g.until > p.until) || g.from < p.from:
		return "longer"
	case g.action == "accredit" && g.depth >= p.depth:
		return "deeper"
	case p.validity != 0 && (g.validity == 0 || g.validity > p.validity):
		return "validity"
	case p.count != 0 && (p.given >= p.count || g.action == "accredit" && (g.count == 0 || g.count > p.count)):
		return "count"
	case p.countries != "" && g.countries == "":
		return "everywhere"
	case int64(len(g.chain())) > maxDepth:
		return "too deep"
	}
	for _, c := range strings.Fields(g.countries) {
		if p.countries != "" && !within(p.countries, c) {
			return "elsewhere"
		}
	}
	for _, h := range p.chain() {
		if h.by == g.to || h.to == g.to {
			return "cycle"
		}
	}
	return ""
}

// rank is how high somebody stands over g: 0 its authority, more above; -1 nobody.
func (g *plainGrant) rank(who string) int {
	if who == "league" {
		return 100
	}
	for i, h := range g.chain() {
		if h.by == who {
			return i
		}
	}
	return -1
}

// mayChange says whether somebody may suspend, reinstate ("active") or revoke g at t.
func (m *plain) mayChange(g *plainGrant, who, state string, t int64) bool {
	rank := g.rank(who)
	if rank < 0 || g.revoked() {
		return false
	}
	if who != "league" {
		chain := g.chain()
		if m.gone(who, t) || m.silent(who, t) {
			return false
		}
		if rank == len(chain)-1 && valueAt(m.centers[who], t) != "active" {
			return false
		}
		if rank < len(chain)-1 && !m.good(chain[rank+1], g.resource, t) {
			return false
		}
	}
	by := g.suspender()
	switch {
	case state == "revoked":
		return true
	case g.until != 0 && t >= g.until && t >= g.from:
		return false
	case len(g.events) >= 15 || state == "suspended" && len(g.events) >= 14:
		return false
	case state == "suspended":
		return by == "" || rank > g.rank(by)
	}
	return by != "" && rank >= g.rank(by)
}
