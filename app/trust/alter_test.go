package trust_test

import (
	"strings"
	"testing"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
)

// chain is c1 > university > faculty > issuer, and what a test knows of it.
type chain struct {
	*world
	u, f, i *op.ID
}

func newChain(t *testing.T) *chain {
	w := newWorld(t, 4, "prefix:Example")
	for _, name := range []string{"university", "faculty", "issuer", "stranger"} {
		w.create(name)
	}
	c := &chain{world: w}
	c.u = w.give("c1", "university", trust.Accredit, degree, nil, depth(1))
	c.f = w.give("university", "faculty", trust.Accredit, degree, c.u, nil)
	c.i = w.give("faculty", "issuer", trust.Issue, degree, c.f, nil)
	w.pass(100)
	return c
}

// change tries to alter what the issuer holds; reason may be empty.
func (c *chain) change(kind, by, reason string, more body) error {
	b := body{"accreditation": c.i.String()}
	if reason != "" {
		b["reason"] = reason
	}
	for k, v := range more {
		b[k] = v
	}
	_, err := c.try("trust."+kind, by, b)
	return err
}

func (c *chain) state(at int64) trust.State {
	a, err := trust.Get(c.store, *c.i)
	c.must(err)
	return a.StateAt(at)
}

func TestWhoHasASay(t *testing.T) {
	for _, kind := range []string{"suspend", "revoke"} {
		for by, want := range map[string]exec.Code{
			"faculty": exec.OK, "university": exec.OK, "c1": exec.OK,
			"c2": exec.CodeNotAuthorised, "stranger": exec.CodeNotAuthorised, "issuer": exec.CodeNotAuthorised,
		} {
			c := newChain(t)
			if err := c.change(kind, by, "", nil); exec.CodeOf(err) != want {
				t.Errorf("%s by %s: %v, want %s", kind, by, err, want)
			}
			if held := c.ask("issuer", trust.Issue, degree, 0).Held; held != (want != exec.OK) {
				t.Errorf("%s by %s: held %v", kind, by, held)
			}
		}
	}
}

func TestTheLeagueHasASayInEverything(t *testing.T) {
	c := newChain(t)
	for _, step := range []struct {
		kind string
		want exec.Code
	}{
		{"trust.suspend", exec.OK}, {"trust.suspend", exec.CodeWrongState}, {"trust.reinstate", exec.OK}, {"trust.reinstate", exec.CodeWrongState},
		{"trust.revoke", exec.OK}, {"trust.revoke", exec.CodeWrongState}, {"trust.reinstate", exec.CodeIrreversible}, {"trust.suspend", exec.CodeWrongState},
	} {
		if _, err := c.decide(step.kind, body{"accreditation": c.i.String()}); exec.CodeOf(err) != step.want {
			t.Errorf("%s: %v, want %s", step.kind, err, step.want)
		}
	}
	c.sound(t)
}

// Who suspended, or stands above that, lifts a suspension: nobody below undoes what was decided above.
func TestASuspensionIsLiftedFromAboveOnly(t *testing.T) {
	c := newChain(t)
	for n, step := range []struct {
		kind, by string
		want     exec.Code
	}{
		{"suspend", "faculty", exec.OK},
		{"reinstate", "issuer", exec.CodeNotAuthorised},
		{"reinstate", "university", exec.OK},
		{"suspend", "university", exec.OK},
		{"suspend", "university", exec.CodeWrongState},
		{"suspend", "faculty", exec.CodeWrongState},
		{"reinstate", "faculty", exec.CodeNotAuthorised},
		{"suspend", "c1", exec.OK}, // takes the say over it
		{"reinstate", "university", exec.CodeNotAuthorised},
		{"reinstate", "c1", exec.OK},
		{"reinstate", "c1", exec.CodeWrongState},
	} {
		if err := c.change(step.kind, step.by, "", nil); exec.CodeOf(err) != step.want {
			t.Errorf("step %d: %s by %s: %v, want %s", n, step.kind, step.by, err, step.want)
		}
	}
	if _, err := c.decide("trust.suspend", body{"accreditation": c.i.String()}); err != nil {
		t.Error(err)
	}
	if err := c.change("reinstate", "c1", "", nil); exec.CodeOf(err) != exec.CodeNotAuthorised {
		t.Errorf("what the league suspended: %v", err)
	}
	c.sound(t)
}

// Who is not in force itself can neither save nor destroy what it gave.
func TestAnAuthorityOutOfForceHasNoSay(t *testing.T) {
	c := newChain(t)
	c.do("trust.suspend", "c1", body{"accreditation": c.u.String()})
	for _, by := range []string{"university", "faculty"} {
		if err := c.change("revoke", by, "fraud", nil); exec.CodeOf(err) != exec.CodePathBroken {
			t.Errorf("revoked by %s: %v", by, err)
		}
	}
	if err := c.change("revoke", "c1", "", nil); err != nil {
		t.Errorf("by the center: %v", err)
	}
}

func TestASubjectGivesUpFromNowOn(t *testing.T) {
	c := newChain(t)
	for name, try := range map[string]func() error{
		"without the reason":    func() error { return c.change("revoke", "issuer", "", nil) },
		"for fraud":             func() error { return c.change("revoke", "issuer", "fraud", nil) },
		"from earlier on":       func() error { return c.change("revoke", "issuer", "cessationOfOperation", body{"from": c.time - 1}) },
		"for a while":           func() error { return c.change("suspend", "issuer", "cessationOfOperation", nil) },
		"another's, as subject": func() error { return c.change("revoke", "stranger", "cessationOfOperation", nil) },
	} {
		if err := try(); exec.CodeOf(err) != exec.CodeNotAuthorised {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.change("revoke", "issuer", "cessationOfOperation", nil); err != nil {
		t.Fatal(err)
	}
	if c.ask("issuer", trust.Issue, degree, 0).Held || !c.ask("issuer", trust.Issue, degree, c.time-1).Held {
		t.Error("not from now on")
	}
}

// The reason, or the authority, says whether what was issued before stays accepted (reliability.md (3) 58, RFC 5280, 5.3.2).
func TestARevocationSaysFromWhenOn(t *testing.T) {
	const given, now = worldStart, worldStart + 100
	for name, c := range map[string]struct {
		reason string
		from   int64
		want   exec.Code
		first  int64 // at which it does not hold any more
	}{
		"unspecified":          {"", 0, exec.OK, now},
		"superseded":           {"superseded", 0, exec.OK, now},
		"affiliation":          {"affiliationChanged", 0, exec.OK, now},
		"withdrawn":            {"privilegeWithdrawn", 0, exec.OK, now},
		"cessation":            {"cessationOfOperation", 0, exec.OK, now},
		"compromise":           {"keyCompromise", 0, exec.OK, given},
		"fraud":                {"fraud", 0, exec.OK, given},
		"compromise since":     {"keyCompromise", now - 10, exec.OK, now - 10},
		"withdrawn as of then": {"privilegeWithdrawn", now - 10, exec.OK, now - 10},
		"fraud, from now on":   {"fraud", now, exec.OK, now},
		"before it was given":  {"fraud", given - 1, exec.CodeWrongState, 0},
		"in the future":        {"superseded", now + 1, exec.CodeWrongState, 0},
		"negative":             {"superseded", -1, exec.CodeMalformed, 0},
		"no such reason":       {"boredom", 0, exec.CodeMalformed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			ch := newChain(t)
			more := body{"note": "see protocol 7"}
			if c.from != 0 {
				more["from"] = c.from
			}
			if err := ch.change("revoke", "university", c.reason, more); exec.CodeOf(err) != c.want {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if c.want != exec.OK {
				return
			}
			for _, at := range []int64{given, now - 11, now - 10, now - 1, now, now + 5} {
				held := ch.ask("issuer", trust.Issue, degree, at).Held
				if held != (at < c.first) {
					t.Errorf("at %+d: held %v", at-now, held)
				}
			}
			a, err := trust.Get(ch.store, *ch.i)
			ch.must(err)
			if r := a.Revocation(); r == nil || r.Note != "see protocol 7" || r.By != string(ch.dids["university"]) {
				t.Errorf("revocation: %+v", r)
			}
			ch.sound(t)
		})
	}
}

// What happened while it was suspended is not accepted, also after it was lifted.
func TestASuspensionLeavesAGap(t *testing.T) {
	c := newChain(t)
	start := c.time
	c.must(c.change("suspend", "faculty", "affiliationChanged", nil))
	c.pass(10)
	c.must(c.change("reinstate", "faculty", "", nil))
	c.pass(10)
	for at, want := range map[int64]trust.State{
		worldStart - 1: trust.NotYet, start - 1: trust.Active, start: trust.Suspended, start + 9: trust.Suspended, start + 10: trust.Active,
	} {
		if got := c.state(at); got != want {
			t.Errorf("at %+d: %s, want %s", at-start, got, want)
		}
		if held := c.ask("issuer", trust.Issue, degree, at).Held; held != (want == trust.Active) {
			t.Errorf("at %+d: held %v", at-start, held)
		}
	}
	if p := c.ask("issuer", trust.Issue, degree, start); p.Hops[0].Reason != trust.Affiliation {
		t.Errorf("reason: %+v", p.Hops[0])
	}
}

// Who suspends last can still reinstate, and after that there is still room to revoke.
func TestChangesAreBoundedAndTheLastSuspensionCanBeLifted(t *testing.T) {
	for name, first := range map[string][]string{
		"an even number": nil,
		"an odd number":  {"suspend faculty", "suspend university", "reinstate university"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChain(t)
			for _, line := range first {
				kind, by, _ := strings.Cut(line, " ")
				c.must(c.change(kind, by, "", nil))
			}
			var err error
			for err == nil {
				if err = c.change("suspend", "faculty", "", nil); err == nil {
					c.must(c.change("reinstate", "faculty", "", nil))
				}
			}
			if exec.CodeOf(err) != exec.CodeLimitExceeded {
				t.Errorf("got %v", err)
			}
			c.must(c.change("revoke", "faculty", "", nil))
			a, err := trust.Get(c.store, *c.i)
			c.must(err)
			if want := 15 + len(first)%2; len(a.Changes) != want {
				t.Errorf("%d changes, want %d", len(a.Changes), want)
			}
			c.sound(t)
		})
	}
}

func TestAlterationsHaveAForm(t *testing.T) {
	c := newChain(t)
	unknown := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for name, try := range map[string]struct {
		kind string
		body body
		want exec.Code
	}{
		"of nothing":                   {"trust.revoke", body{"accreditation": unknown}, exec.CodeUnknownGrant},
		"without one":                  {"trust.revoke", body{}, exec.CodeMalformed},
		"suspended from then on":       {"trust.suspend", body{"accreditation": c.i.String(), "from": c.time}, exec.CodeMalformed},
		"reinstated for a reason":      {"trust.reinstate", body{"accreditation": c.i.String(), "reason": "fraud"}, exec.CodeMalformed},
		"a long note":                  {"trust.suspend", body{"accreditation": c.i.String(), "note": strings.Repeat("x", 257)}, exec.CodeMalformed},
		"a note that steers terminals": {"trust.suspend", body{"accreditation": c.i.String(), "note": "\x1b[2J"}, exec.CodeMalformed},
		"another member":               {"trust.suspend", body{"accreditation": c.i.String(), "x": int64(1)}, exec.CodeMalformed},
		"reinstated, not suspended":    {"trust.reinstate", body{"accreditation": c.i.String()}, exec.CodeWrongState},
	} {
		if _, err := c.try(try.kind, "faculty", try.body); exec.CodeOf(err) != try.want {
			t.Errorf("%s: %v, want %s", name, err, try.want)
		}
		if _, err := c.decide(try.kind, try.body); exec.CodeOf(err) != try.want {
			t.Errorf("%s, by proposal: %v, want %s", name, err, try.want)
		}
	}
	if _, err := c.decide("trust.forgive", body{}); exec.CodeOf(err) != exec.CodeUnknownType {
		t.Errorf("another kind: %v", err)
	}
}

func TestAnExpiredOneCanOnlyBeRevoked(t *testing.T) {
	w := newWorld(t, 1, "prefix:")
	w.create("issuer")
	i := w.give("c1", "issuer", trust.Issue, degree, nil, body{"validUntil": int64(worldStart + 10)}).String()
	w.pass(20)
	if _, err := w.try("trust.suspend", "c1", body{"accreditation": i}); exec.CodeOf(err) != exec.CodeWrongState {
		t.Errorf("suspended: %v", err)
	}
	w.do("trust.revoke", "c1", body{"accreditation": i, "reason": "fraud"})
	if w.ask("issuer", trust.Issue, degree, worldStart+5).Held {
		t.Error("held before the fraud was found")
	}
	w.sound(t)
}

// A later one that starts in the future can be taken back before it starts.
func TestWhatHasNotBegunCanBeRevoked(t *testing.T) {
	for _, reason := range []string{"superseded", "fraud"} {
		w := newWorld(t, 1, "prefix:")
		w.create("issuer")
		i := w.give("c1", "issuer", trust.Issue, degree, nil, body{"validFrom": int64(worldStart + 10)}).String()
		w.do("trust.revoke", "c1", body{"accreditation": i, "reason": reason})
		for _, at := range []int64{0, worldStart + 9, worldStart + 10, worldStart + 50} {
			if w.ask("issuer", trust.Issue, degree, at).Held {
				t.Errorf("held at %d", at)
			}
		}
		w.sound(t)
	}
}
