package trust_test

import (
	"testing"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

const degree = "type:ExampleDegree"

func depth(n int64) map[string]any { return map[string]any{"limits": map[string]any{"depth": n}} }

func TestAPathLeadsFromTheSubjectToTheLeague(t *testing.T) {
	w := newWorld(t, 4, "prefix:Example")
	for _, name := range []string{"university", "faculty", "issuer"} {
		w.create(name)
	}
	u := w.give("c1", "university", trust.Accredit, "prefix:Example", nil, depth(1))
	f := w.give("university", "faculty", trust.Accredit, "prefix:ExampleD", u, nil)
	w.pass(5)
	i := w.give("faculty", "issuer", trust.Issue, degree, f, nil)
	p := w.ask("issuer", trust.Issue, degree, 0)
	if want := "issuer < faculty < university < c1 < league"; !p.Held || w.route(p) != want {
		t.Fatalf("%v %s (%s), want %s", p.Held, w.route(p), p.Why, want)
	}
	if h := p.Hops[0]; *h.ID != *i || h.State != trust.Active || h.ValidFrom != w.time || h.Height != w.height {
		t.Errorf("first hop: %+v", h)
	}
	if h := p.Hops[3]; h.ID != nil || h.Action != trust.Accredit || h.Resource != "prefix:Example" || h.State != trust.Active {
		t.Errorf("membership: %+v", h)
	}
	if p := w.ask("issuer", trust.Issue, degree, worldStart); p.Held || p.Why != trust.NotInForce && p.Why != trust.NoAccreditation {
		t.Errorf("before it was given: %+v", p)
	}
	w.sound(t)
}

func TestTheRightToAccreditIsNotTheRightToIssue(t *testing.T) {
	w := newWorld(t, 4, "prefix:")
	w.create("university")
	w.give("c1", "university", trust.Accredit, degree, nil, nil)
	if p := w.ask("university", trust.Issue, degree, 0); p.Held || p.Why != trust.NoAccreditation {
		t.Errorf("got %+v", p)
	}
	if p := w.ask("c1", trust.Issue, degree, 0); p.Held || p.Why != trust.NoAccreditation {
		t.Errorf("got %+v", p)
	}
	if _, err := w.accredit("c1", "c1", trust.Issue, degree, nil, nil); exec.CodeOf(err) != exec.CodeCycle {
		t.Errorf("a center accredits itself: %v", err)
	}
}

func TestACenterHoldsTheRightThatTheRuleTableGivesIt(t *testing.T) {
	w := newWorld(t, 4, "prefix:Example")
	if p := w.ask("c1", trust.Accredit, degree, 0); !p.Held || w.route(p) != "c1 < league" {
		t.Errorf("got %+v", p)
	}
	if p := w.ask("c1", trust.Accredit, "type:Other", 0); p.Held || p.Why != trust.RuleMissing {
		t.Errorf("beyond the rule: %+v", p)
	}
	w.pass(10)
	if _, err := w.decide("center.suspend", map[string]any{"center": string(w.dids["c1"])}); err != nil {
		t.Fatal(err)
	}
	if p := w.ask("c1", trust.Accredit, degree, 0); p.Held || p.Why != trust.AuthorityGone || p.Hops[0].State != trust.Suspended {
		t.Errorf("suspended: %+v", p)
	}
	if p := w.ask("c1", trust.Accredit, degree, w.time-1); !p.Held {
		t.Errorf("before: %+v", p)
	}
}

func TestAnswersNameTheFirstHopThatDoesNotHold(t *testing.T) {
	for name, c := range map[string]struct {
		act   func(w *world, u, i string)
		why   trust.Why
		state trust.State
		hops  int
	}{
		"revoked itself": {func(w *world, _, i string) {
			w.do("trust.revoke", "university", map[string]any{"accreditation": i, "reason": "privilegeWithdrawn"})
		}, trust.NotInForce, trust.Revoked, 1},
		"suspended above": {func(w *world, u, _ string) {
			w.do("trust.suspend", "c1", map[string]any{"accreditation": u})
		}, trust.NotInForce, trust.Suspended, 2},
		"revoked above": {func(w *world, u, _ string) {
			w.do("trust.revoke", "c1", map[string]any{"accreditation": u})
		}, trust.NotInForce, trust.Revoked, 2},
		"expired above":    {func(w *world, _, _ string) { w.pass(1000) }, trust.NotInForce, trust.Expired, 1},
		"authority gone":   {func(w *world, _, _ string) { w.deactivate("university") }, trust.AuthorityGone, trust.Active, 1},
		"center's DID":     {func(w *world, _, _ string) { w.deactivate("c1") }, trust.AuthorityGone, trust.Active, 2},
		"subject gone":     {func(w *world, _, _ string) { w.deactivate("issuer") }, trust.SubjectGone, trust.Active, 1},
		"center suspended": {decideCenter("center.suspend"), trust.AuthorityGone, trust.Suspended, 3},
		"center removed":   {decideCenter("center.remove"), trust.AuthorityGone, trust.Revoked, 3},
		"rule withdrawn": {func(w *world, _, _ string) {
			_, err := w.decide("rules.change", map[string]any{"rules": []any{map[string]any{
				"action": "trust.accredit", "role": "center", "resources": []any{"type:Other"},
			}}})
			w.must(err)
		}, trust.RuleMissing, trust.Active, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 4, "prefix:Example")
			w.create("university")
			w.create("issuer")
			until := map[string]any{"validUntil": w.time + 500}
			u := w.give("c1", "university", trust.Accredit, degree, nil, until)
			i := w.give("university", "issuer", trust.Issue, degree, u, until)
			w.pass(5)
			c.act(w, u.String(), i.String())
			p := w.ask("issuer", trust.Issue, degree, 0)
			if p.Held || p.Why != c.why || len(p.Hops) != c.hops || p.Hops[len(p.Hops)-1].State != c.state || p.Detail == "" {
				t.Errorf("got %s with %d hops, last %+v; want %s with %d, %s", p.Why, len(p.Hops), p.Hops[len(p.Hops)-1], c.why, c.hops, c.state)
			}
			if p := w.ask("issuer", trust.Issue, degree, worldStart+4); !p.Held {
				t.Errorf("before that: %s", p.Why)
			}
			w.sound(t)
		})
	}
}

func decideCenter(kind string) func(w *world, u, i string) {
	return func(w *world, _, _ string) {
		_, err := w.decide(kind, map[string]any{"center": string(w.dids["c1"])})
		w.must(err)
	}
}

// What a captured center can do alone, and how the others stop it: DESIGN.md, "A captured center".
func TestACapturedCenterIsContained(t *testing.T) {
	w := newWorld(t, 4, "prefix:Example")
	for _, name := range []string{"mill", "agency", "good", "honest"} {
		w.create(name)
	}
	honest := w.give("c2", "honest", trust.Accredit, degree, nil, nil)
	w.give("honest", "good", trust.Issue, degree, honest, nil)
	league, err := w.decide("trust.accredit", map[string]any{"subject": string(w.dids["c1"]), "action": "accredit", "resource": "type:Passport"})
	w.must(err)

	// Alone it reaches what the rule table gives every center and what the league gave it, no further, and nothing of others.
	w.give("c1", "mill", trust.Issue, degree, nil, nil)
	w.give("c1", "mill", trust.Issue, "type:Passport", &league, nil)
	for what, attempt := range map[string]func() error{
		"beyond its own right": func() error {
			_, err := w.accredit("c1", "mill", trust.Issue, "type:License", nil, nil)
			return err
		},
		"under another's": func() error {
			_, err := w.accredit("c1", "mill", trust.Issue, degree, honest, nil)
			return err
		},
		"revoking another's": func() error {
			_, err := w.try("trust.revoke", "c1", map[string]any{"accreditation": honest.String()})
			return err
		},
	} {
		if err := attempt(); err == nil {
			t.Errorf("%s: done", what)
		}
	}

	// One proposal ends all of it, by evaluation; what others gave stands.
	w.pass(10)
	_, err = w.decide("center.suspend", map[string]any{"center": string(w.dids["c1"])})
	w.must(err)
	for _, resource := range []string{degree, "type:Passport"} {
		if p := w.ask("mill", trust.Issue, resource, 0); p.Held || p.Why != trust.AuthorityGone {
			t.Errorf("%s after the suspension: %+v", resource, p)
		}
	}
	if p := w.ask("good", trust.Issue, degree, 0); !p.Held {
		t.Errorf("another center's: %+v", p)
	}
	// It can neither go on nor destroy what it gave before it was captured.
	if _, err := w.accredit("c1", "agency", trust.Issue, degree, nil, nil); exec.CodeOf(err) != exec.CodeNotCenter {
		t.Errorf("suspended center accredits: %v", err)
	}
	if _, err := w.accredit("c1", "agency", trust.Issue, "type:Passport", &league, nil); exec.CodeOf(err) != exec.CodeNotCenter {
		t.Errorf("suspended center accredits for the league: %v", err)
	}
	mill := w.ask("mill", trust.Issue, degree, 0).Hops[0].ID.String()
	if _, err := w.try("trust.revoke", "c1", map[string]any{"accreditation": mill}); exec.CodeOf(err) != exec.CodeNotCenter {
		t.Errorf("suspended center revokes: %v", err)
	}
	// The league can say that it never held.
	if _, err := w.decide("trust.revoke", map[string]any{"accreditation": mill, "reason": "fraud"}); err != nil {
		t.Error(err)
	}
	if p := w.ask("mill", trust.Issue, degree, worldStart+1); p.Held {
		t.Error("held before the fraud was found")
	}
	w.sound(t)
}

func TestAVerifierChoosesWhoseWordCounts(t *testing.T) {
	w := newWorld(t, 4, "prefix:Example")
	w.create("issuer")
	w.give("c1", "issuer", trust.Issue, degree, nil, map[string]any{"limits": map[string]any{"jurisdictions": []any{"DE", "FR-75"}, "validity": int64(100)}})
	q := trust.Question{Subject: w.dids["issuer"], Action: trust.Issue, Resource: degree}
	asked := func(change func(*trust.Question)) trust.Question {
		changed := q
		change(&changed)
		return changed
	}
	league := governance.LeagueURI("test")
	for name, c := range map[string]struct {
		q    trust.Question
		want trust.Why
	}{
		"anybody":              {q, ""},
		"its center":           {asked(func(q *trust.Question) { q.Centers = append(q.Centers, w.dids["c1"]) }), ""},
		"a recognising center": {asked(func(q *trust.Question) { q.Centers = append(q.Centers, w.dids["c2"]) }), ""},
		"no center at all":     {asked(func(q *trust.Question) { q.Centers = append(q.Centers, w.dids["issuer"]) }), trust.NotRecognised},
		"by its authority":     {asked(func(q *trust.Question) { q.Authority = string(w.dids["c1"]) }), ""},
		"by the league":        {asked(func(q *trust.Question) { q.Authority = league }), ""},
		"by another":           {asked(func(q *trust.Question) { q.Authority = string(w.dids["c2"]) }), trust.OtherAuthority},
		"in the country":       {asked(func(q *trust.Question) { q.Jurisdiction = "DE" }), ""},
		"in a part of it":      {asked(func(q *trust.Question) { q.Jurisdiction = "DE-BY" }), ""},
		"in the part":          {asked(func(q *trust.Question) { q.Jurisdiction = "FR-75" }), ""},
		"in the whole":         {asked(func(q *trust.Question) { q.Jurisdiction = "FR" }), trust.OutOfScope},
		"elsewhere":            {asked(func(q *trust.Question) { q.Jurisdiction = "IT" }), trust.OutOfScope},
		"as long as allowed":   {asked(func(q *trust.Question) { q.Validity = 100 }), ""},
		"longer":               {asked(func(q *trust.Question) { q.Validity = 101 }), trust.OutOfScope},
		"without end":          {asked(func(q *trust.Question) { q.Validity = -1 }), trust.OutOfScope},
		"one deep":             {asked(func(q *trust.Question) { q.MaxDepth = 1 }), ""},
		"another type":         {asked(func(q *trust.Question) { q.Resource = "type:ExampleDegreeX" }), trust.NoAccreditation},
		"every type":           {asked(func(q *trust.Question) { q.Resource = "prefix:Example" }), trust.NoAccreditation},
	} {
		if p := w.find(c.q); p.Held != (c.want == "") || p.Why != c.want {
			t.Errorf("%s: got %v %s, want %q", name, p.Held, p.Why, c.want)
		}
	}
	w.do("trust.recognise", "c2", map[string]any{"of": string(w.dids["c1"]), "accepted": false, "resources": []any{"prefix:Example"}})
	if p := w.find(asked(func(q *trust.Question) { q.Centers = append(q.Centers, w.dids["c2"]) })); p.Why != trust.NotRecognised || len(p.Hops) != 2 {
		t.Errorf("not recognised: %+v", p)
	}
	w.sound(t)
}

func TestBadQuestionsAreRefused(t *testing.T) {
	w := newWorld(t, 1, "prefix:")
	good := trust.Question{Subject: w.dids["c1"], Action: trust.Issue, Resource: degree}
	for name, change := range map[string]func(*trust.Question){
		"no subject":   func(q *trust.Question) { q.Subject = "" },
		"no action":    func(q *trust.Question) { q.Action = "do" },
		"no resource":  func(q *trust.Question) { q.Resource = "ExampleDegree" },
		"a pattern":    func(q *trust.Question) { q.Resource = "type:Example*" },
		"before 1970":  func(q *trust.Question) { q.At = -1 },
		"a planet":     func(q *trust.Question) { q.Jurisdiction = "Earth" },
		"no validity":  func(q *trust.Question) { q.Validity = -2 },
		"negative":     func(q *trust.Question) { q.MaxDepth = -1 },
		"many centers": func(q *trust.Question) { q.Centers = append(q.Centers, make([]did.DID, 129)...) },
	} {
		q := good
		change(&q)
		if _, err := trust.Find(w.store, w.time, q); exec.CodeOf(err) != exec.CodeMalformed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A suspended center cannot use what others gave it, neither to issue nor to accredit.
func TestASuspendedSubjectHoldsNothing(t *testing.T) {
	w := newWorld(t, 4, "prefix:Example")
	for _, action := range []trust.Action{trust.Issue, trust.Accredit} {
		_, err := w.decide("trust.accredit", body{"subject": string(w.dids["c1"]), "action": string(action), "resource": "prefix:"})
		w.must(err)
	}
	w.pass(10)
	_, err := w.decide("center.suspend", body{"center": string(w.dids["c1"])})
	w.must(err)
	for _, action := range []trust.Action{trust.Issue, trust.Accredit} {
		if p := w.ask("c1", action, "type:Other", 0); p.Held || p.Why != trust.SubjectGone {
			t.Errorf("%s: %+v", action, p)
		}
		if p := w.ask("c1", action, "type:Other", w.time-1); !p.Held {
			t.Errorf("%s, before: %+v", action, p)
		}
	}
}
