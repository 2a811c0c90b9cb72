package trust_test

import (
	"fmt"
	"testing"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

type body = map[string]any

// Scope only narrows: in every limit, what is not limited where the parent is, or more than the parent has, is refused.
func TestScopeOnlyNarrows(t *testing.T) {
	parent := body{
		"validFrom": int64(worldStart + 10), "validUntil": int64(worldStart + 1000),
		"limits": body{"jurisdictions": []any{"DE", "FR-75"}, "validity": int64(100), "depth": int64(2), "count": int64(9)},
	}
	all := body{"jurisdictions": []any{"DE-BY", "FR-75"}, "validity": int64(100), "depth": int64(1), "count": int64(9)}
	but := func(name string, value any) body {
		l := body{}
		for k, v := range all {
			l[k] = v
		}
		if l[name] = value; value == nil {
			delete(l, name)
		}
		return l
	}
	for name, c := range map[string]struct {
		action   trust.Action
		resource string
		limits   body
		until    int64
		want     exec.Code
	}{
		"the same":               {trust.Accredit, "prefix:Example", all, 1000, exec.OK},
		"less":                   {trust.Accredit, degree, body{"jurisdictions": []any{"DE"}, "validity": int64(1), "count": int64(1)}, 500, exec.OK},
		"to issue":               {trust.Issue, degree, body{"jurisdictions": []any{"DE"}, "validity": int64(1)}, 500, exec.OK},
		"wider prefix":           {trust.Accredit, "prefix:Exam", all, 1000, exec.CodeScopeExceeded},
		"every type":             {trust.Accredit, "prefix:", all, 1000, exec.CodeScopeExceeded},
		"another type":           {trust.Accredit, "type:Degree", all, 1000, exec.CodeScopeExceeded},
		"a schema":               {trust.Accredit, "schema:" + digestOf("x"), all, 1000, exec.CodeScopeExceeded},
		"everywhere":             {trust.Accredit, degree, but("jurisdictions", nil), 1000, exec.CodeScopeExceeded},
		"elsewhere too":          {trust.Accredit, degree, but("jurisdictions", []any{"DE", "IT"}), 1000, exec.CodeScopeExceeded},
		"the country of a part":  {trust.Accredit, degree, but("jurisdictions", []any{"FR"}), 1000, exec.CodeScopeExceeded},
		"unlimited validity":     {trust.Accredit, degree, but("validity", nil), 1000, exec.CodeScopeExceeded},
		"longer validity":        {trust.Accredit, degree, but("validity", int64(101)), 1000, exec.CodeScopeExceeded},
		"as deep":                {trust.Accredit, degree, but("depth", int64(2)), 1000, exec.CodeScopeExceeded},
		"any number":             {trust.Accredit, degree, but("count", nil), 1000, exec.CodeScopeExceeded},
		"more":                   {trust.Accredit, degree, but("count", int64(10)), 1000, exec.CodeScopeExceeded},
		"longer":                 {trust.Accredit, degree, all, 1001, exec.CodeScopeExceeded},
		"for ever":               {trust.Accredit, degree, all, 0, exec.CodeScopeExceeded},
		"verify, with no limits": {trust.Verify, degree, nil, 1000, exec.CodeScopeExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1, "prefix:")
			w.create("university")
			w.create("issuer")
			u := w.give("c1", "university", trust.Accredit, "prefix:Example", nil, parent)
			w.pass(20)
			more := body{}
			if c.limits != nil {
				more["limits"] = c.limits
			}
			if c.until != 0 {
				more["validUntil"] = worldStart + c.until
			}
			if _, err := w.accredit("university", "issuer", c.action, c.resource, u, more); exec.CodeOf(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			w.sound(t)
		})
	}
}

func TestGrantsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		try  func(w *world, u string) error
		want exec.Code
	}{
		"by nobody's right": {func(w *world, _ string) error { return w.tryGive("university", "issuer", degree, "", nil) }, exec.CodeNotCenter},
		"beyond the rule":   {func(w *world, _ string) error { return w.tryGive("c1", "issuer", "type:Other", "", nil) }, exec.CodeNotPermitted},
		"of a prefix wider": {func(w *world, _ string) error { return w.tryGive("c1", "issuer", "prefix:", "", nil) }, exec.CodeNotPermitted},
		"to itself":         {func(w *world, _ string) error { return w.tryGive("c1", "c1", degree, "", nil) }, exec.CodeCycle},
		"to itself, under":  {func(w *world, u string) error { return w.tryGive("university", "university", degree, u, nil) }, exec.CodeCycle},
		"to one above":      {func(w *world, u string) error { return w.tryGive("university", "c1", degree, u, nil) }, exec.CodeCycle},
		"under another's":   {func(w *world, u string) error { return w.tryGive("issuer", "agency", degree, u, nil) }, exec.CodeNotAuthorised},
		"under nothing": {func(w *world, _ string) error {
			return w.tryGive("university", "issuer", degree, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", nil)
		}, exec.CodeUnknownGrant},
		"to who never was": {func(w *world, u string) error {
			w.know("ghost", did.DID("did:hanse:test:zQmYwAPJzv5CZsnAzt8auVZRn1Kj6bq8ANjC8Gs8Uqv7FRK"))
			return w.tryGive("university", "ghost", degree, u, nil)
		}, exec.CodeUnknownDID},
		"to who left": {func(w *world, u string) error {
			w.deactivate("issuer")
			return w.tryGive("university", "issuer", degree, u, nil)
		}, exec.CodeDeactivated},
		"by who left": {func(w *world, u string) error {
			w.deactivate("university")
			return w.tryGive("university", "issuer", degree, u, nil)
		}, exec.CodeDeactivated},
		"under what is suspended": {func(w *world, u string) error {
			w.do("trust.suspend", "c1", body{"accreditation": u})
			return w.tryGive("university", "issuer", degree, u, nil)
		}, exec.CodePathBroken},
		"under what was revoked": {func(w *world, u string) error {
			w.do("trust.revoke", "c1", body{"accreditation": u})
			return w.tryGive("university", "issuer", degree, u, nil)
		}, exec.CodePathBroken},
		"under what expired": {func(w *world, u string) error {
			w.pass(500)
			return w.tryGive("university", "issuer", degree, u, nil)
		}, exec.CodePathBroken},
		"under what a suspended center gave": {func(w *world, u string) error {
			_, err := w.decide("center.suspend", body{"center": string(w.dids["c1"])})
			w.must(err)
			return w.tryGive("university", "issuer", degree, u, nil)
		}, exec.CodePathBroken},
		"twice": {func(w *world, u string) error {
			w.must(w.tryGive("university", "issuer", degree, u, body{"validUntil": w.time + 10}))
			return w.tryGive("university", "issuer", degree, u, body{"validUntil": w.time + 20})
		}, exec.CodeExists},
		"twice, suspended": {func(w *world, u string) error {
			w.do("trust.suspend", "c1", body{"accreditation": u})
			return w.tryAccredit("c1", "university", degree, body{"validUntil": w.time + 100})
		}, exec.CodeExists},
		"what has passed": {func(w *world, u string) error {
			return w.tryGive("university", "issuer", degree, u, body{"validUntil": w.time})
		}, exec.CodeWrongState},
		"more than allowed": {func(w *world, u string) error {
			for n := range 2 {
				w.create(fmt.Sprint("issuer-", n))
				w.must(w.tryGive("university", fmt.Sprint("issuer-", n), degree, u, nil))
			}
			return w.tryGive("university", "issuer", degree, u, nil)
		}, exec.CodeScopeExceeded},
		"accredit without depth": {func(w *world, u string) error {
			_, err := w.accredit("university", "issuer", trust.Accredit, degree, w.id(u), body{"validUntil": w.time + 10, "limits": body{"count": int64(1)}})
			return err
		}, exec.CodeScopeExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 4, "prefix:Example")
			for _, name := range []string{"university", "issuer", "agency"} {
				w.create(name)
			}
			u := w.give("c1", "university", trust.Accredit, degree, nil, body{"validUntil": int64(worldStart + 500), "limits": body{"count": int64(2)}})
			err := c.try(w, u.String())
			if exec.CodeOf(err) != c.want {
				t.Errorf("got %v (%s), want %s", err, exec.CodeOf(err), c.want)
			}
			if p := w.ask("issuer", trust.Issue, degree, 0); p.Held && name != "twice" {
				t.Errorf("holds it nevertheless: %s", w.route(p))
			}
			w.sound(t)
		})
	}
}

func TestBodiesHaveAForm(t *testing.T) {
	good := func() body {
		return body{
			"subject": "did:web:a.example", "action": "accredit", "resource": "prefix:Ex", "validFrom": int64(5), "validUntil": int64(9),
			"limits":   body{"jurisdictions": []any{"GB-ENG", "DE"}, "validity": int64(1), "depth": int64(15), "count": int64(3)},
			"evidence": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "framework": "https://a.example/framework?v=1#s",
		}
	}
	w := newWorld(t, 1, "prefix:Ex")
	w.time = 6
	if _, err := w.try("trust.accredit", "c1", good()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(body){
		"no subject":            func(b body) { delete(b, "subject") },
		"subject is no DID":     func(b body) { b["subject"] = "a.example" },
		"subject is the league": func(b body) { b["subject"] = "urn:hanse:league:test" },
		"no action":             func(b body) { delete(b, "action") },
		"another action":        func(b body) { b["action"] = "revoke" },
		"no resource":           func(b body) { delete(b, "resource") },
		"a pattern":             func(b body) { b["resource"] = "type:Ex*" },
		"no kind":               func(b body) { b["resource"] = "Ex" },
		"a short digest":        func(b body) { b["resource"] = "schema:sha256-AAAA" },
		"unpadded digest":       func(b body) { b["resource"] = "schema:" + digestOf("x")[:50] },
		"parent is no id":       func(b body) { b["parent"] = "x" },
		"times as text":         func(b body) { b["validFrom"] = "5" },
		"time zero":             func(b body) { b["validFrom"] = int64(0) },
		"until before from":     func(b body) { b["validUntil"] = int64(5) },
		"evidence is no hash":   func(b body) { b["evidence"] = "x" },
		"framework is no URL":   func(b body) { b["framework"] = "http://a.example" },
		"framework with a gap":  func(b body) { b["framework"] = "https://a.example/ x" },
		"another member":        func(b body) { b["proposal"] = int64(1) },
		"another limit":         func(b body) { b["limits"].(body)["power"] = int64(1) },
		"limits are no object":  func(b body) { b["limits"] = []any{} },
		"a country twice":       func(b body) { b["limits"].(body)["jurisdictions"] = []any{"DE", "DE"} },
		"a country in full":     func(b body) { b["limits"].(body)["jurisdictions"] = []any{"Germany"} },
		"in lower case":         func(b body) { b["limits"].(body)["jurisdictions"] = []any{"de"} },
		"a long part":           func(b body) { b["limits"].(body)["jurisdictions"] = []any{"DE-ABCD"} },
		"an empty part":         func(b body) { b["limits"].(body)["jurisdictions"] = []any{"DE-"} },
		"negative validity":     func(b body) { b["limits"].(body)["validity"] = int64(-1) },
		"negative count":        func(b body) { b["limits"].(body)["count"] = int64(-1) },
		"too deep":              func(b body) { b["limits"].(body)["depth"] = int64(16) },
		"depth to issue":        func(b body) { b["action"] = "issue" },
	} {
		b := good()
		change(b)
		if _, err := w.try("trust.accredit", "c1", b); exec.CodeOf(err) != exec.CodeMalformed {
			t.Errorf("%s: %v", name, err)
		}
		if name == "parent is no id" {
			continue // the league's have no parent at all
		}
		if _, err := w.decide("trust.accredit", b); exec.CodeOf(err) != exec.CodeMalformed {
			t.Errorf("%s, by proposal: %v", name, err)
		}
	}
	b := good()
	b["parent"] = b["evidence"]
	if _, err := w.decide("trust.accredit", b); exec.CodeOf(err) != exec.CodeMalformed {
		t.Errorf("a parent of the league's own: %v", err)
	}
}

// A chain is as long as the parameter allows, whatever depths were granted.
func TestDepthIsBounded(t *testing.T) {
	w := newWorld(t, 1, "prefix:")
	var parent = w.give("c1", w.named(0), trust.Accredit, degree, nil, depth(15))
	for n := 1; n < int(w.params.MaxTrustDepth); n++ {
		parent = w.give(w.named(n-1), w.named(n), trust.Accredit, degree, parent, depth(int64(15-n)))
	}
	last := int(w.params.MaxTrustDepth)
	if _, err := w.accredit(w.named(last-1), w.named(last), trust.Issue, degree, parent, nil); exec.CodeOf(err) != exec.CodeLimitExceeded {
		t.Errorf("one more: %v", err)
	}
	q := trust.Question{Subject: w.dids[w.named(last-1)], Action: trust.Accredit, Resource: degree}
	if p := w.find(q); !p.Held || len(p.Hops) != last+1 {
		t.Errorf("the last: %+v", p)
	}
	q.MaxDepth = int64(last) - 1
	if p := w.find(q); p.Held || p.Why != trust.TooDeep {
		t.Errorf("a shorter path asked for: %+v", p)
	}
	w.params.MaxTrustDepth = 3 // what was given under the old parameter stands
	if p := w.find(trust.Question{Subject: q.Subject, Action: q.Action, Resource: q.Resource}); !p.Held {
		t.Errorf("after the parameter changed: %+v", p)
	}
	w.sound(t)
}

func TestWhatEndedIsFollowedByANewOne(t *testing.T) {
	w := newWorld(t, 1, "prefix:")
	w.create("issuer")
	first := w.give("c1", "issuer", trust.Issue, degree, nil, body{"validUntil": int64(worldStart + 10)})
	w.pass(10)
	second := w.give("c1", "issuer", trust.Issue, degree, nil, body{"validFrom": w.time + 5})
	w.pass(5)
	w.do("trust.revoke", "c1", body{"accreditation": second.String()})
	third := w.give("c1", "issuer", trust.Issue, degree, nil, nil) // in the same second
	for at, want := range map[int64]string{
		worldStart - 1: "", worldStart: first.String(), worldStart + 9: first.String(), worldStart + 10: "", worldStart + 14: "",
		worldStart + 15: third.String(), worldStart + 500: third.String(),
	} {
		p := w.ask("issuer", trust.Issue, degree, at)
		if p.Held {
			if got := p.Hops[0].ID.String(); got != want {
				t.Errorf("at %d: got %s, want %s", at, got, want)
			}
		} else if want != "" {
			t.Errorf("at %d: %s", at, p.Why)
		}
	}
	a, err := trust.Get(w.store, *third)
	w.must(err)
	if a.Previous == nil || *a.Previous != *second {
		t.Errorf("previous: %v", a.Previous)
	}
	w.sound(t)
}
