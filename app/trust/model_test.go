package trust_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

var (
	modelCenters   = []string{"c1", "c2", "c3", "c4"}
	modelSubjects  = []string{"s1", "s2", "s3", "s4", "s5"}
	modelResources = []string{"type:A", "type:AB", "type:ABC", "type:B", "prefix:", "prefix:A", "prefix:AB", "schema:" + digestOf("A")}
	modelActions   = []string{"accredit", "accredit", "issue", "verify"}
	modelCountries = []string{"", "", "DE", "DE-BY", "DE FR", "FR-75"}
)

// answer is one that was given, and what has happened since.
type answer struct {
	q     plainQuestion
	held  bool
	given int // changes so far
}

// run is a world and its model side by side.
type run struct {
	*world
	t       *rapid.T
	m       *plain
	changes []int64 // from which time on each change counts
	answers []answer
	named   map[string]*plainGrant
}

// In no state that can be reached does Find say that a right is held without an unbroken path in scope and in force, and where
// there is one, it finds it: now, at any time before, and again later, unless something was changed from that time on.
func TestFindFollowsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &run{world: newWorld(t, len(modelCenters), "prefix:A", "type:B"), t: t, named: map[string]*plainGrant{}}
		r.m = &plain{
			centers: map[string][]moment{}, rules: []moment{{0, "prefix:A type:B"}}, ends: map[string]int64{}, recognition: true,
		}
		for _, c := range modelCenters {
			r.m.centers[c] = []moment{{0, "active"}}
		}
		for _, s := range modelSubjects {
			r.create(s)
		}
		r.know("league", did.DID(governance.LeagueURI("test")))
		steps := map[string]func(){
			"grant": r.grant, "under": r.grantUnder, "renew": r.renew, "league": r.grantOfLeague, "change": r.change, "center": r.center, "rule": r.rule,
			"deactivate": r.leave, "recognise": r.recognise, "time": r.wait,
		}
		names := strings.Fields("grant grant under under under under renew renew league change change change recognise recognise time time center rule deactivate")
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			steps[rapid.SampledFrom(names).Draw(t, "step")]()
			for range 4 {
				r.question()
			}
		}
		r.everything()
		r.again()
		trust.Check(r.store, func(err error) { t.Fatal(err) })
	})
}

func (r *run) pick(list []string, label string) string {
	return rapid.SampledFrom(list).Draw(r.t, label)
}

func (r *run) changed(from int64) { r.changes = append(r.changes, from) }

func (r *run) wait() { r.pass(rapid.Int64Range(1, 8).Draw(r.t, "seconds")) }

// draw makes a grant that may be refused.
func (r *run) draw(by string, parent *plainGrant) (*plainGrant, body) {
	g := &plainGrant{
		by: by, to: r.pick(slices.Concat(modelSubjects, modelCenters[:1]), "to"), action: r.pick(modelActions, "action"),
		resource: r.pick(modelResources, "resource"), parent: parent, granted: r.time, from: r.time, countries: r.pick(modelCountries, "countries"),
		validity: rapid.SampledFrom([]int64{0, 0, 5, 9}).Draw(r.t, "validity"),
	}
	if parent != nil && rapid.IntRange(0, 3).Draw(r.t, "modest") > 0 { // most of the time, something that parent allows
		g.countries, g.validity, g.until = parent.countries, parent.validity, parent.until
		if !plainCovers(parent.resource, g.resource) {
			g.resource = parent.resource
		}
	}
	l := body{}
	if g.countries != "" {
		list := []any{}
		for _, c := range strings.Fields(g.countries) {
			list = append(list, c)
		}
		l["jurisdictions"] = list
	}
	if g.validity != 0 {
		l["validity"] = g.validity
	}
	if g.action == "accredit" {
		g.depth = rapid.Int64Range(0, 3).Draw(r.t, "depth")
		g.count = rapid.SampledFrom([]int64{0, 0, 0, 1, 3}).Draw(r.t, "count")
		if parent != nil && parent.count != 0 && rapid.Bool().Draw(r.t, "counted") {
			g.count = 1
		}
		l["depth"], l["count"] = g.depth, g.count
	}
	b := body{"subject": string(r.dids[g.to]), "action": g.action, "resource": g.resource, "limits": l}
	if rapid.IntRange(0, 4).Draw(r.t, "later") == 0 {
		from := r.time + rapid.Int64Range(-5, 5).Draw(r.t, "from")
		b["validFrom"] = from
		g.from = max(from, r.time)
	}
	if rapid.IntRange(0, 2).Draw(r.t, "ends") == 0 {
		g.until = g.from + rapid.Int64Range(1, 20).Draw(r.t, "until")
	}
	if g.until != 0 {
		b["validUntil"] = g.until
	}
	return g, b
}

func (r *run) decided(what string, g *plainGrant, id op.ID, err error) {
	why := r.m.mayGive(g, r.time, r.params.MaxTrustDepth)
	if g.until != 0 && (g.until <= r.time || g.until <= g.from) && why == "" {
		why = "passed"
	}
	if (why == "") != (err == nil) {
		r.t.Fatalf("%s %+v: %v, the model says %q", what, g, err, why)
	}
	if err != nil {
		return
	}
	g.id = id.String()
	if g.parent != nil {
		g.parent.given++
	}
	r.m.grants = append(r.m.grants, g)
	r.changed(r.time)
}

func (r *run) grant() {
	g, b := r.draw(r.pick(slices.Concat(modelCenters, modelSubjects[:1]), "by"), nil)
	id, err := r.try("trust.accredit", g.by, b)
	r.decided("grant", g, id, err)
}

func (r *run) grantOfLeague() {
	g, b := r.draw("league", nil)
	id, err := r.decide("trust.accredit", b)
	r.decided("grant of the league", g, id, err)
}

func (r *run) grantUnder() {
	var parents []*plainGrant
	for _, g := range r.m.grants {
		if g.action == "accredit" || rapid.IntRange(0, 5).Draw(r.t, "odd") == 0 {
			parents = append(parents, g)
		}
	}
	if len(parents) == 0 {
		return
	}
	parent := rapid.SampledFrom(parents).Draw(r.t, "parent")
	by := parent.to
	if rapid.IntRange(0, 9).Draw(r.t, "another's") == 0 {
		by = r.pick(modelSubjects, "by")
	}
	g, b := r.draw(by, parent)
	b["parent"] = parent.id
	id, err := r.try("trust.accredit", by, b)
	r.decided("grant under", g, id, err)
}

// renew gives once more what has ended, perhaps.
func (r *run) renew() {
	if len(r.m.grants) == 0 {
		return
	}
	old := rapid.SampledFrom(r.m.grants).Draw(r.t, "renewed")
	g, b := r.draw(old.by, old.parent)
	g.to, g.action, g.resource, g.depth, g.count = old.to, old.action, old.resource, old.depth, old.count
	b["subject"], b["action"], b["resource"] = string(r.dids[g.to]), g.action, g.resource
	l := b["limits"].(body)
	if delete(l, "depth"); g.depth != 0 {
		l["depth"] = g.depth
	}
	if delete(l, "count"); g.count != 0 {
		l["count"] = g.count
	}
	if old.by == "league" {
		id, err := r.decide("trust.accredit", b)
		r.decided("renew", g, id, err)
		return
	}
	if old.parent != nil {
		b["parent"] = old.parent.id
	}
	id, err := r.try("trust.accredit", old.by, b)
	r.decided("renew", g, id, err)
}

func (r *run) change() {
	if len(r.m.grants) == 0 {
		return
	}
	g := rapid.SampledFrom(r.m.grants).Draw(r.t, "grant")
	who := r.pick(slices.Concat(modelCenters[:2], modelSubjects[:2], []string{"league"}), "who")
	if rapid.IntRange(0, 4).Draw(r.t, "entitled") > 0 {
		who = rapid.SampledFrom(g.chain()).Draw(r.t, "by").by
	}
	state := r.pick([]string{"suspended", "active", "revoked"}, "state")
	if who == g.to && g.rank(who) < 0 {
		return // giving up: alter_test.go
	}
	kind := map[string]string{"suspended": "trust.suspend", "active": "trust.reinstate", "revoked": "trust.revoke"}[state]
	b := body{"accreditation": g.id}
	from := r.time
	if state == "revoked" {
		switch rapid.IntRange(0, 3).Draw(r.t, "from") {
		case 0:
			b["reason"] = r.pick([]string{"fraud", "keyCompromise"}, "reason")
			from = min(g.from, r.time)
		case 1:
			from = rapid.Int64Range(min(g.from, r.time), r.time).Draw(r.t, "since")
			b["from"] = from
		}
	}
	var err error
	if who == "league" {
		_, err = r.decide(kind, b)
	} else {
		_, err = r.try(kind, who, b)
	}
	if may := r.m.mayChange(g, who, state, r.time); may != (err == nil) {
		r.t.Fatalf("%s of %+v by %s at %d: %v, the model says %v", kind, g, who, r.time, err, may)
	}
	if err == nil {
		g.events = append(g.events, event{time: r.time, state: state, by: who, revokedFrom: from})
		r.changed(from)
	}
}

func (r *run) center() {
	name := r.pick(modelCenters, "center")
	kind := r.pick([]string{"center.suspend", "center.suspend", "center.reinstate", "center.reinstate", "center.reinstate", "center.remove"}, "kind")
	status := map[string]string{"center.suspend": "suspended", "center.reinstate": "active", "center.remove": "removed"}[kind]
	if _, err := r.decide(kind, body{"center": string(r.dids[name])}); err == nil {
		r.m.centers[name] = append(r.m.centers[name], moment{r.time, status})
		r.changed(r.time)
	}
}

func (r *run) rule() {
	if rapid.Bool().Draw(r.t, "not now") {
		return
	}
	var list []any
	var texts []string
	for _, res := range modelResources {
		if rapid.Bool().Draw(r.t, res) {
			list, texts = append(list, res), append(texts, res)
		}
	}
	content := body{"rules": []any{}, "remove": []any{body{"action": "trust.accredit", "role": "center"}}}
	if len(list) > 0 {
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		content = body{"rules": []any{body{"action": "trust.accredit", "role": "center", "resources": list}}}
	}
	if _, err := r.decide("rules.change", content); err == nil {
		r.m.rules = append(r.m.rules, moment{r.time, strings.Join(texts, " ")})
		r.changed(r.time)
	} else if valueAt(r.m.rules, r.time) != strings.Join(texts, " ") && len(list) > 0 {
		r.t.Fatalf("rules: %v", err)
	}
}

func (r *run) leave() {
	if rapid.IntRange(0, 3).Draw(r.t, "really") > 0 {
		return
	}
	name := r.pick(slices.Concat(modelSubjects, modelCenters), "who")
	if _, gone := r.m.ends[name]; gone {
		return
	}
	r.deactivate(name)
	r.m.ends[name] = r.time
	r.changed(r.time)
}

func (r *run) recognise() {
	by, of := r.pick(modelCenters, "by"), r.pick(modelCenters, "of")
	s := statement{time: r.time, by: by, of: of, accepted: rapid.Bool().Draw(r.t, "accepted"), resource: r.pick(modelResources, "resource")}
	_, err := r.try("trust.recognise", by, body{"of": string(r.dids[of]), "accepted": s.accepted, "resources": []any{s.resource}})
	may := by != of && valueAt(r.m.centers[by], r.time) == "active" && !r.m.gone(by, r.time)
	if may != (err == nil) {
		r.t.Fatalf("%s recognises %s: %v", by, of, err)
	}
	if err == nil {
		r.m.statements = append(r.m.statements, s)
		r.changed(r.time)
	}
}

// question asks something at random, now or in the past.
func (r *run) question() {
	q := plainQuestion{
		to: r.pick(slices.Concat(modelSubjects, modelCenters[:2]), "to"), action: r.pick(modelActions, "action"),
		resource: r.pick(modelResources, "resource"), at: rapid.Int64Range(worldStart-1, r.time).Draw(r.t, "at"),
	}
	if len(r.m.grants) > 0 && rapid.IntRange(0, 2).Draw(r.t, "aimed") > 0 {
		g := rapid.SampledFrom(r.m.grants).Draw(r.t, "about")
		q.to, q.action = g.to, g.action
		if rapid.Bool().Draw(r.t, "exactly") {
			q.resource = g.resource
		}
	}
	if rapid.Bool().Draw(r.t, "now") {
		q.at = r.time
	}
	switch rapid.IntRange(0, 8).Draw(r.t, "more") {
	case 0:
		q.country = r.pick([]string{"DE", "DE-BY", "FR", "FR-75"}, "country")
	case 1:
		q.validity = rapid.SampledFrom([]int64{-1, 5, 7, 20}).Draw(r.t, "validity")
	case 2:
		q.maxDepth = rapid.Int64Range(1, 3).Draw(r.t, "maxDepth")
	case 3:
		q.through = r.pick(slices.Concat(modelCenters, modelSubjects, []string{"league"}), "through")
	case 4, 5:
		q.center = r.pick(modelCenters, "center")
	}
	held := r.compare(q)
	r.answers = append(r.answers, answer{q: q, held: held, given: len(r.changes)})
}

// compare asks both and returns what they say.
func (r *run) compare(q plainQuestion) bool {
	asked := trust.Question{
		Subject: r.dids[q.to], Action: trust.Action(q.action), Resource: governance.Resource(q.resource), At: q.at,
		Jurisdiction: q.country, Validity: q.validity, MaxDepth: q.maxDepth,
	}
	if q.through != "" {
		asked.Authority = string(r.dids[q.through])
	}
	if q.center != "" {
		asked.Centers = []did.DID{r.dids[q.center]}
	}
	p := r.find(asked)
	want := r.m.held(q)
	if p.Held != want {
		r.t.Fatalf("at %d of %d, %+v: held %v (%s, %s), the model says %v\n%s", q.at, r.time, q, p.Held, p.Why, r.route(p), want, r.m)
	}
	r.coherent(q, p)
	return p.Held
}

// coherent asks of a path that its hops join, and of a refusal that its last hop is to blame.
func (r *run) coherent(q plainQuestion, p *trust.Path) {
	for i, h := range p.Hops {
		if i > 0 && p.Hops[i-1].Authority != string(h.Subject) {
			r.t.Fatalf("%+v: hop %d does not join", q, i)
		}
		if (p.Held || i < len(p.Hops)-1) && h.State != trust.Active {
			r.t.Fatalf("%+v: hop %d is %s", q, i, h.State)
		}
	}
	if p.Held && (len(p.Hops) == 0 || p.Hops[len(p.Hops)-1].Authority != string(r.dids["league"])) {
		r.t.Fatalf("%+v: the path does not end at the league: %s", q, r.route(p))
	}
	if p.Held != (p.Why == "") {
		r.t.Fatalf("%+v: held %v, why %q", q, p.Held, p.Why)
	}
}

// everything compares every right at a few instants.
func (r *run) everything() {
	for _, at := range []int64{worldStart, (worldStart + r.time) / 2, r.time} {
		for _, to := range slices.Concat(modelSubjects, modelCenters) {
			for _, action := range modelActions[1:] {
				for _, resource := range modelResources {
					r.compare(plainQuestion{to: to, action: action, resource: resource, at: at})
				}
			}
		}
	}
	for _, g := range r.m.grants {
		p, err := trust.PathOf(r.store, r.time, *r.id(g.id), 0)
		r.must(err)
		if want := r.m.good(g, g.resource, r.time) && !r.m.gone(g.to, r.time) && !r.m.silent(g.to, r.time); p.Held != want {
			r.t.Fatalf("path of %+v: %v (%s), the model says %v", g, p.Held, p.Why, want)
		}
	}
}

// again asks every question once more: the answer is the same unless something was changed since that counts from that time on.
func (r *run) again() {
	for _, a := range r.answers {
		held := r.compare(a.q)
		touched := slices.ContainsFunc(r.changes[a.given:], func(from int64) bool { return from <= a.q.at })
		if held != a.held && !touched {
			r.t.Fatalf("%+v: was %v, is %v, and nothing changed from then on", a.q, a.held, held)
		}
	}
}

// String shows the model where a test fails.
func (m *plain) String() string {
	var b strings.Builder
	for _, g := range m.grants {
		fmt.Fprintf(&b, "%s → %s %s %s (from %d until %d, under %v) %+v\n", g.by, g.to, g.action, g.resource, g.from, g.until, g.parent != nil, g.events)
	}
	fmt.Fprintf(&b, "centers %v rules %v left %v\n", m.centers, m.rules, m.ends)
	return b.String()
}

// The model itself knows what a refusal is: the codes that the model's words stand for.
func TestTheModelIsNoEasierThanTheRules(t *testing.T) {
	w := newWorld(t, 1, "prefix:")
	w.create("a")
	id := w.give("c1", "a", trust.Accredit, "type:A", nil, nil)
	_, err := w.accredit("a", "c1", trust.Issue, "type:A", id, nil)
	m := &plain{centers: map[string][]moment{"c1": {{0, "active"}}}, rules: []moment{{0, "prefix:"}}}
	parent := &plainGrant{by: "c1", to: "a", action: "accredit", resource: "type:A", from: worldStart}
	if why := m.mayGive(&plainGrant{by: "a", to: "c1", action: "issue", resource: "type:A", from: worldStart, parent: parent}, worldStart, 8); why != "cycle" || exec.CodeOf(err) != exec.CodeCycle {
		t.Errorf("%q, %v", why, err)
	}
}
