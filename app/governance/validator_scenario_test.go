package governance_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
)

// powers is a genesis of centers with these powers.
func powers(list ...int64) apptest.Options {
	return apptest.Options{Centers: len(list), Genesis: func(g *app.Genesis) {
		for i, p := range list {
			g.Centers[i].Power = p
		}
	}}
}

func TestValidatorBounds(t *testing.T) {
	scenario(t, "a center with 34 % of the power cannot be removed", powers(34, 22, 22, 22), `
		propose P as=center-2 kind=center.remove center=center-1 -> validator-bound
		propose P as=center-2 kind=center.suspend center=center-1 -> validator-bound
		propose P as=center-2 kind=center.rotate center=center-1 validator=v9 -> validator-bound
		change center-1 validator=v9 -> validator-bound
		pass P as=center-2,center-3,center-4 kind=sponsor.halt center=center-1
		center center-1 halted
	`)
	scenario(t, "one with exactly a third can", powers(10, 10, 10), `
		pass P as=center-1,center-2,center-3 kind=center.remove center=center-3
		power center-3 0
		propose Q as=center-1 kind=center.remove center=center-2 -> validator-bound
	`)
	scenario(t, "two leave in two blocks", apptest.Options{Centers: 5}, `
		propose P as=center-1 kind=center.remove center=center-4
		propose Q as=center-1 kind=center.remove center=center-5
		vote P yes as=center-2
		vote Q yes as=center-2
		vote P yes as=center-3
		vote Q yes as=center-3
		{
			vote P yes as=center-4
			vote Q yes as=center-4
		}
		state P executed
		state Q passed            # waits: together they have more than a third
		center center-5 active
		block
		state Q executed
		power center-5 0
	`)
	scenario(t, "a rotation beside a removal waits for nobody: it is refused and can be sent again", apptest.Options{Centers: 4}, `
		propose P as=center-1 kind=center.remove center=center-4
		vote P yes as=center-2
		{
			change center-1 validator=v9
			change center-2 validator=v8 -> validator-bound
			vote P yes as=center-3
		}
		state P passed
		power key:v9 10
		block
		state P executed
		change center-2 validator=v8
		power key:v8 10
	`)
	scenario(t, "leagues of one and two replace a key at a time", apptest.Options{Centers: 2}, `
		{
			change center-1 validator=v9
			change center-2 validator=v8 -> validator-bound
		}
		change center-2 validator=v8
		power key:v8 10
		power key:v9 10
		propose P as=center-1 kind=center.remove center=center-2 -> validator-bound
	`)
	scenario(t, "a league of one replaces its key", apptest.Options{Centers: 1}, `
		change center-1 validator=v9
		power key:v9 10
		power key:center-1-v 0
		change center-1 validator=center-1-v -> key-reused
	`)
	scenario(t, "no admission gives a third", apptest.Options{}, `
		propose P as=center-1 kind=center.admit center=center-5 power=21 -> validator-bound
		propose P as=center-1 kind=center.admit center=center-5 power=20 -> validator-bound
		pass P as=center-1,center-2,center-3 kind=center.admit center=center-5 power=19
		power center-5 19
	`)
	scenario(t, "powers have bounds", apptest.Options{}, `
		propose P as=center-1 kind=center.admit center=center-5 power=0 -> malformed
		propose P as=center-1 kind=center.admit center=center-5 power=-1 -> malformed
		propose P as=center-1 kind=center.admit center=center-5 power=1099511627777 -> malformed
	`)
}

func TestKeys(t *testing.T) {
	scenario(t, "a center rotates its own validator key alone", apptest.Options{}, `
		change center-1 validator=v9
		power key:v9 10
		power key:center-1-v 0
		change center-1 validator=v8 prev=1 -> version-mismatch
		change center-1 validator=v9 -> key-reused
		change center-1 validator=center-1-v -> key-reused
		change center-2 validator=v9 -> key-reused
		change center-2 validator=center-1-v -> key-reused
		change center-2 validator=center-3-s -> key-reused
		change center-2 validator=center-2 -> key-reused       # a key of its DID
		change center-2 sponsors=v9 -> key-reused
		change center-2 validator=p1 -> malformed              # P-256
		change center-2 by center-2 -> malformed               # nothing to change
	`)
	scenario(t, "sponsor keys come and go, and never come back", apptest.Options{}, `
		change center-2 sponsors=center-2-s,s8
		change center-2 sponsors=s8
		change center-2 sponsors=s8,center-2-s -> key-reused
		change center-3 sponsors=center-2-s -> key-reused
		change center-2 sponsors=s8,s8 -> malformed
		change center-2 sponsors=s1,s2,s3,s4,s5,s6,s7,s8,s9 -> malformed
		change center-2 api=https://b.example
		change center-2 api=ftp://b.example -> malformed
	`)
	scenario(t, "the league gives a center a key after loss", apptest.Options{}, `
		propose P as=center-1 kind=center.rotate center=center-4 validator=center-3-v -> key-reused
		propose P as=center-1 kind=center.rotate center=center-4 validator=p1 -> malformed
		propose P as=center-1 kind=center.rotate center=nobody validator=v9 -> unknown-center
		pass P as=center-1,center-2,center-3 kind=center.rotate center=center-4 validator=v9
		power key:v9 10
		power key:center-4-v 0
	`)
	scenario(t, "two give the same key in one block", apptest.Options{Centers: 7}, `
		propose P as=center-1 kind=center.rotate center=center-4 validator=v9
		vote P yes as=center-2
		vote P yes as=center-3
		vote P yes as=center-4
		{
			vote P yes as=center-5
			change center-6 validator=v9
		}
		state P failed:key-reused
		power key:v9 10
	`)
}

func TestAdmission(t *testing.T) {
	all := "center-1,center-2,center-3"
	scenario(t, "a fifth center", apptest.Options{}, `
		pass P as=`+all+` kind=center.admit center=center-5
		center center-5 active
		power center-5 10
		propose Q as=center-5 kind=center.suspend center=center-4
		tally Q yes=1 voters=5
		change center-5 api=https://five.example
		propose R as=center-1 kind=center.admit center=center-5 -> exists
	`)
	scenario(t, "whose DID exists", apptest.Options{}, `
		create center-5 keys=center-5 by center-5
		pass P as=`+all+` kind=center.admit center=center-5
		update center-5 keys=x5 by center-5
		change center-5 api=https://five.example by x5
	`)
	scenario(t, "whose DID is deactivated", apptest.Options{}, `
		create center-5 keys=center-5 by center-5
		deactivate center-5 by center-5
		propose P as=center-1 kind=center.admit center=center-5 -> deactivated
	`)
	scenario(t, "names and keys of others", apptest.Options{}, `
		propose P as=center-1 kind=center.admit center=center-5 name=center-4 -> exists
		propose P as=center-1 kind=center.admit center=center-5 validator=center-4-v -> key-reused
		propose P as=center-1 kind=center.admit center=center-5 validator=center-4-s -> key-reused
		propose P as=center-1 kind=center.admit center=center-5 sponsors=center-4-s -> key-reused
		propose P as=center-1 kind=center.admit center=center-5 sponsors=center-5-v -> malformed
		propose P as=center-1 kind=center.admit center=center-5 validator=center-5 -> key-reused
		propose P as=center-1 kind=center.admit center=center-5 name=Five -> malformed
	`)
	scenario(t, "one that was removed comes back with new keys and its own name", apptest.Options{}, `
		pass P as=`+all+` kind=center.remove center=center-4
		propose Q as=center-1 kind=center.admit center=center-4 -> key-reused
		pass Q as=`+all+` kind=center.admit center=center-4 validator=v9 sponsors=s9
		center center-4 active
		power key:v9 10
		power key:center-4-v 0
	`)
	scenario(t, "the name of one that was removed is free", apptest.Options{}, `
		pass P as=`+all+` kind=center.remove center=center-4
		pass Q as=`+all+` kind=center.admit center=center-5 name=center-4
		propose R as=center-1 kind=center.admit center=center-4 validator=v9 sponsors=s9 -> exists
		pass R as=`+all+` kind=center.admit center=center-4 name=four validator=v9 sponsors=s9
	`)
	scenario(t, "the league is full", apptest.Options{Params: func(p *exec.Params) { p.MaxCenters = 4 }}, `
		propose P as=center-1 kind=center.admit center=center-5 -> limit-exceeded
	`)
	scenario(t, "two pass in one block, and there is room for one", apptest.Options{Params: func(p *exec.Params) { p.MaxCenters = 5 }}, `
		propose P as=center-1 kind=center.admit center=center-5
		propose Q as=center-1 kind=center.admit center=center-6
		vote P yes as=center-2
		vote Q yes as=center-2
		{
			vote P yes as=center-3
			vote Q yes as=center-3
		}
		state P executed
		state Q failed:limit-exceeded
	`)
}

func TestEvidence(t *testing.T) {
	scenario(t, "suspends by rule", apptest.Options{}, `
		evidence center-4
		center center-4 suspended
		power center-4 0
		pass P as=center-1,center-2,center-3 kind=center.reinstate center=center-4
		center center-4 active
	`)
	scenario(t, "of a past key too", apptest.Options{}, `
		change center-4 validator=v9
		evidence key:center-4-v
		center center-4 suspended
		power key:v9 0
	`)
	scenario(t, "of a key that nobody has", apptest.Options{}, `
		evidence key:v9
		center center-1 active
	`)
	scenario(t, "where the rules do not ask for it, is only counted", apptest.Options{}, `
		pass P as=center-1,center-2,center-3 kind=rules.change remove=evidence,ledger
		evidence center-4
		center center-4 active
	`)
	scenario(t, "never empties the set", apptest.Options{Centers: 1}, `
		evidence center-1
		center center-1 active
		power center-1 10
	`)
	scenario(t, "never takes more than a third at once", powers(34, 22, 22, 22), `
		evidence center-1
		center center-1 active
	`)
	scenario(t, "of two centers suspends the second in the next block", apptest.Options{}, `
		evidence center-3,center-4
		center center-3 suspended
		center center-4 active
		block
		center center-4 suspended
		evidence center-2
		center center-2 active      # of two left nobody goes
	`)
	scenario(t, "the suspension that waited has no reason any more", apptest.Options{Centers: 7}, `
		evidence center-5,center-6,center-7
		center center-7 active
		block
		center center-7 suspended
		center center-6 suspended
	`)
}

// What evidence says is counted in the record, whatever the rules make of it, and every version has its cause.
func TestHistoryOfACenter(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, `
		change center-4 validator=v9
		evidence center-4
		pass P as=center-1,center-2,center-3 kind=center.reinstate center=center-4
		pass Q as=center-1,center-2,center-3 kind=center.remove center=center-4
		evidence key:center-4-v
	`)
	view, err := s.App.View(0)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	versions, err := governance.History(view.Reader(), s.DIDs["center-4"])
	if err != nil {
		t.Fatal(err)
	}
	type brief struct {
		n        int64
		since    int64
		until    int64
		status   governance.CenterStatus
		cause    string
		evidence int64
	}
	var got []brief
	for _, c := range versions {
		got = append(got, brief{c.N, c.Since, c.Until, c.Status, c.Cause, c.Evidence})
	}
	at := func(n int64) int64 { return apptest.Start + n }
	want := []brief{
		{1, 0, at(0), governance.Active, "genesis", 0},
		{2, at(0), at(1), governance.Active, "center", 0},
		{3, at(1), at(2), governance.Suspended, "evidence", 1},
		{4, at(2), at(3), governance.Active, "proposal/1", 1},
		{5, at(3), at(4), governance.Removed, "proposal/2", 1},
		{6, at(4), 0, governance.Removed, "evidence", 2},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(brief{})); diff != "" {
		t.Error(diff)
	}
	for n, status := range []governance.CenterStatus{governance.Active, governance.Suspended, governance.Active, ""} {
		c, err := governance.At(view.Reader(), s.DIDs["center-4"], at(int64(n)))
		if err != nil {
			t.Fatal(err)
		}
		if c == nil && status != "" || c != nil && c.Status != status {
			t.Errorf("at %d: %+v, want %q", n, c, status)
		}
	}
	if c, err := governance.At(view.Reader(), s.DIDs["center-4"], -1); err != nil || c != nil {
		t.Errorf("before genesis: %+v (%v)", c, err)
	}
	for key, name := range map[string]string{"center-4-v": "center-4", "v9": "center-4", "center-1-v": "center-1"} {
		d, err := governance.ValidatorOf(view.Reader(), apptest.Key(key).Public().Multikey())
		if err != nil || d != s.DIDs[name] {
			t.Errorf("%s: %s (%v)", key, d, err)
		}
	}
	keys, err := governance.ValidatorKeys(view.Reader())
	if err != nil || len(keys) != 5 {
		t.Errorf("%d keys (%v)", len(keys), err)
	}
}
