package trust_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// findWithin answers a question and fails the test if that took more than so many reads and keys.
func (w *world) findWithin(t *testing.T, q trust.Question, gets, keys int) *trust.Path {
	t.Helper()
	c := &counting{Reader: w.store}
	p, err := trust.Find(c, w.time, q)
	w.must(err)
	if c.gets > gets || c.keys > keys {
		t.Errorf("%d reads, %d keys", c.gets, c.keys)
	}
	return p
}

// crowd accredits subject to issue by n agencies that one authority made.
func (w *world) crowd(t *testing.T, n int, by, subject string) (parent string) {
	mill := w.give("c1", by, trust.Accredit, "prefix:Example", nil, depth(2))
	for i := range n {
		name := fmt.Sprint("agency-", i)
		w.know(name, did.DID(apptest.Key(name).Public().DIDKey()))
		a := w.give(by, name, trust.Accredit, degree, mill, nil)
		o := w.give2(name, subject, degree, a.String())
		w.must(o)
	}
	return mill.String()
}

// A crowd of agencies cannot hide a path that is nearer to the league, and what it costs to ask is bounded.
func TestACrowdOfCandidatesIsBounded(t *testing.T) {
	w := newLargeWorld(t, 4, "prefix:Example")
	for _, name := range []string{"mill", "issuer", "university", "faculty", "institute", "chair"} {
		w.create(name)
	}
	mill := w.crowd(t, 3000, "mill", "issuer")
	w.pass(10)
	q := trust.Question{Subject: w.dids["issuer"], Action: trust.Issue, Resource: degree}
	if p := w.findWithin(t, q, 30, 1100); !p.Held {
		t.Errorf("before: %s", p.Why)
	}
	w.do("trust.revoke", "c1", body{"accreditation": mill})
	p := w.findWithin(t, q, 8000, 20000)
	if p.Held || p.Why != trust.Undecided || len(p.Hops) == 0 {
		t.Errorf("none of the crowd holds: %+v", p)
	}

	// Three hops up, as far as the crowd, an honest path may be among those that are not looked at: the answer is no, and says why.
	u := w.give("c2", "university", trust.Accredit, degree, nil, depth(2))
	f := w.give("university", "faculty", trust.Accredit, degree, u, depth(1))
	w.must(w.give2("university", "issuer", degree, u.String()))
	if p := w.findWithin(t, q, 30, 1100); !p.Held || w.route(p) != "issuer < university < c2 < league" {
		t.Errorf("nearer to the league than the crowd: %+v", p)
	}
	past := q
	past.At = w.time - 5
	if p := w.findWithin(t, past, 30, 20000); !p.Held {
		t.Errorf("when the crowd still held: %s", p.Why)
	}
	w.do("trust.revoke", "university", body{"accreditation": w.last("university", "issuer")})
	w.must(w.give2("faculty", "issuer", degree, f.String()))
	if p := w.findWithin(t, q, 8000, 20000); !p.Held && p.Why != trust.Undecided {
		t.Errorf("in the crowd: %+v", p)
	}
	// The league ends the matter for any one of them.
	if _, err := w.decide("trust.accredit", body{"subject": string(w.dids["issuer"]), "action": "issue", "resource": degree}); err != nil {
		t.Fatal(err)
	}
	if p := w.findWithin(t, q, 30, 1100); !p.Held || len(p.Hops) != 1 || p.Hops[0].Authority != governance.LeagueURI("test") {
		t.Errorf("by the league: %+v", p)
	}
	w.sound(t)
}

// give2 accredits to issue under a parent, without an end.
func (w *world) give2(by, subject, resource, parent string) error {
	_, err := w.accredit(by, subject, trust.Issue, resource, w.id(parent), nil)
	return err
}

// last is the id of what an authority gave a subject last.
func (w *world) last(authority, subject string) string {
	page, _, err := trust.OfSubject(w.store, w.dids[subject], 0, 10_000)
	w.must(err)
	id := ""
	for _, a := range page {
		if a.Authority == string(w.dids[authority]) {
			id = a.ID.String()
		}
	}
	return id
}

// One authority that gives, revokes and gives again makes no answer dearer, now or for the past.
func TestRepetitionIsBounded(t *testing.T) {
	w := newLargeWorld(t, 1, "prefix:")
	w.create("issuer")
	const rounds = 2000
	for range rounds {
		id := w.give("c1", "issuer", trust.Issue, degree, nil, nil)
		w.pass(1)
		w.do("trust.revoke", "c1", body{"accreditation": id.String()})
		w.pass(1)
	}
	q := trust.Question{Subject: w.dids["issuer"], Action: trust.Issue, Resource: degree}
	for _, at := range []int64{worldStart, worldStart + 1, worldStart + 1000, worldStart + 1001, w.time - 2, w.time - 1, w.time} {
		q.At = at
		if p := w.findWithin(t, q, 20, 40); p.Held != ((at-worldStart)%2 == 0 && at < w.time) {
			t.Errorf("at %+d: %+v", at-worldStart, p)
		}
	}
	w.sound(t)
}

// However many prefixes a subject holds, only those of the type asked for are looked at, and they are found by jumping.
func TestDeclaredPrefixesAreFoundByJumping(t *testing.T) {
	w := newLargeWorld(t, 1, "prefix:")
	w.create("issuer")
	text := "Example" + strings.Repeat("x", 200)
	for i := range 2000 {
		w.give("c1", "issuer", trust.Issue, fmt.Sprintf("prefix:Exa%06d", i), nil, nil)
		w.give("c1", "issuer", trust.Issue, fmt.Sprintf("prefix:Examples%06d", i), nil, nil)
	}
	q := trust.Question{Subject: w.dids["issuer"], Action: trust.Issue, Resource: governance.TypeResource(text)}
	if p := w.findWithin(t, q, 20, 20); p.Held {
		t.Errorf("held: %+v", p)
	}
	for n := len(text); n > 0; n -= 50 {
		id := w.give("c1", "issuer", trust.Issue, "prefix:"+text[:n], nil, nil)
		if p := w.findWithin(t, q, 20, 40); !p.Held {
			t.Errorf("prefix of %d: %s", n, p.Why)
		}
		w.do("trust.revoke", "c1", body{"accreditation": id.String()})
	}
	w.give("c1", "issuer", trust.Issue, "prefix:", nil, nil)
	if p := w.find(q); !p.Held {
		t.Errorf("every type: %s", p.Why)
	}
	schema := trust.Question{Subject: q.Subject, Action: trust.Issue, Resource: governance.Resource("schema:" + digestOf("x"))}
	if p := w.find(schema); p.Held {
		t.Error("a schema is no type")
	}
	if _, err := w.accredit("c1", "issuer", trust.Issue, string(schema.Resource), nil, nil); exec.CodeOf(err) != exec.CodeNotPermitted {
		t.Errorf("a schema of a right to types: %v", err)
	}
	// As many prefixes of one text as there can be.
	for n := range 249 {
		w.give("c1", "issuer", trust.Verify, "prefix:"+strings.Repeat("y", n+1), nil, body{"validFrom": w.time + 100})
	}
	all := trust.Question{Subject: q.Subject, Action: trust.Verify, Resource: governance.TypeResource(strings.Repeat("y", 250))}
	if p := w.findWithin(t, all, 3000, 3000); p.Held || p.Why != trust.NotInForce {
		t.Errorf("got %+v", p)
	}
	w.sound(t)
}
