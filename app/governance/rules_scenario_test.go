package governance_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
)

func TestParameters(t *testing.T) {
	scenario(t, "change in the next block", apptest.Options{}, `
		propose P as=center-1 kind=params.change maxOpenProposals=8
		vote P yes as=center-2
		{
			vote P yes as=center-3
			propose Q as=center-1 kind=params.change votingSeconds=60
			propose R as=center-1 kind=params.change votingSeconds=61
		}
		propose S as=center-1 kind=params.change votingSeconds=62 -> limit-exceeded   # one eighth of eight
	`)
	scenario(t, "are typed and bounded", apptest.Options{}, `
		propose P as=center-1 kind=params.change content={"params":{"windowSeconds":59}} -> malformed
		propose P as=center-1 kind=params.change content={"params":{"windowSeconds":86401}} -> malformed
		propose P as=center-1 kind=params.change content={"params":{"windowSeconds":"600"}} -> malformed
		propose P as=center-1 kind=params.change content={"params":{"windowsSeconds":600}} -> malformed
		propose P as=center-1 kind=params.change content={"params":{}} -> malformed
		propose P as=center-1 kind=params.change content={"params":[]} -> malformed
		propose P as=center-1 kind=params.change content={"params":{"maxKeys":9},"a":1} -> malformed
		propose P as=center-1 kind=params.change content={} -> malformed
		propose P as=center-1 kind=params.change voteNumerator=1 -> wrong-state        # of 3: below one half
		propose P as=center-1 kind=params.change voteNumerator=3 -> wrong-state        # of 3: nobody could decide
		propose P as=center-1 kind=params.change minCenters=9 maxCenters=8 -> wrong-state
		propose P as=center-1 kind=params.change voteNumerator=1 voteDenominator=2
	`)
	scenario(t, "of voting hold for proposals that come after", apptest.Options{}, `
		propose P as=center-1 kind=params.change maxKeys=9
		pass Q as=center-1,center-2,center-3 kind=params.change voteNumerator=3 voteDenominator=4
		vote P yes as=center-2
		vote P yes as=center-3
		state P executed
		propose R as=center-1 kind=params.change maxKeys=10
		vote R yes as=center-2
		vote R yes as=center-3
		state R open
		vote R yes as=center-4
		state R executed
	`)
}

func TestRules(t *testing.T) {
	scenario(t, "what has no row is not permitted", apptest.Options{}, `
		pass P as=center-1,center-2,center-3 kind=rules.change remove=center.remove,league;center.update,center
		propose Q as=center-1 kind=center.remove center=center-4 -> not-permitted
		change center-1 validator=v9 -> not-permitted
		propose R as=center-1 kind=rules.change remove=center.remove,league -> wrong-state
		propose R as=center-1 kind=rules.change remove=rules.change,league -> wrong-state
	`)
	scenario(t, "a row has its own threshold and delay", apptest.Options{}, `
		pass P as=center-1,center-2,center-3 kind=rules.change rules=center.suspend,league,3/4,100
		propose Q as=center-1 kind=center.suspend center=center-4
		vote Q yes as=center-2
		vote Q yes as=center-3
		state Q open
		vote Q yes as=center-4
		state Q passed
		time +98
		block
		state Q passed
		block
		state Q executed
		center center-4 suspended
	`)
	scenario(t, "a rule that goes stops what has passed and waits", apptest.Options{}, `
		pass P as=center-1,center-2,center-3 kind=rules.change rules=center.suspend,league,100
		pass Q as=center-1,center-2,center-3 kind=center.suspend center=center-4
		pass R as=center-1,center-2,center-3 kind=rules.change remove=center.suspend,league
		time +100
		block
		state Q failed:not-permitted
		center center-4 active
	`)
	scenario(t, "are read strictly", apptest.Options{}, `
		propose P as=center-1 kind=rules.change content={} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[1]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"x","role":"league"}]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"center.admit","role":"center"}]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"center.admit","role":"league","delay":0}]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"center.admit","role":"league","delay":-1}]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"center.admit","role":"league","delay":7776001}]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"center.admit","role":"league","numerator":1}]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"center.admit","role":"league","numerator":1,"denominator":3}]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"center.admit","role":"league","numerator":3,"denominator":3}]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"center.admit","role":"league","numerator":60,"denominator":101}]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"center.admit","role":"league","resources":["type:A"]}]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"trust.accredit","role":"center"}]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"trust.accredit","role":"center","resources":["A"]}]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"trust.accredit","role":"center","resources":["type:B","type:A"]}]} -> malformed
		propose P as=center-1 kind=rules.change content={"rules":[{"action":"evidence","role":"ledger","delay":5}]} -> malformed
		propose P as=center-1 kind=rules.change rules=center.admit,league remove=center.admit,league -> malformed
		propose P as=center-1 kind=rules.change rules=center.admit,league;center.admit,league -> malformed
		propose P as=center-1 kind=rules.change rules=trust.accredit,center,prefix:A|schema:sha256-abc|type:B remove=evidence,ledger
	`)
}

// The proposal shows old and new, and the table of every time stays readable.
func TestOldAndNewAreShown(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, `
		pass P as=center-1,center-2,center-3 kind=rules.change rules=sponsor.halt,league,3/4,60 remove=evidence,ledger
		pass Q as=center-1,center-2,center-3 kind=params.change maxKeys=9 maxServices=8
		time +1000
		pass R as=center-1,center-2,center-3 kind=rules.change rules=evidence,ledger
	`)
	view, err := s.App.View(0)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	r := view.Reader()
	before := func(name string) map[string]any {
		p, err := governance.GetProposal(r, s.Proposals[name])
		if err != nil {
			t.Fatal(err)
		}
		return p.Before
	}
	if diff := cmp.Diff(map[string]any{"params": map[string]any{"maxKeys": int64(20), "maxServices": int64(10)}}, before("Q")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"rules": []any{
		map[string]any{"action": "evidence", "role": "ledger"},
		map[string]any{"action": "sponsor.halt", "role": "league", "numerator": int64(1), "denominator": int64(2)},
	}}, before("P")); diff != "" {
		t.Error(diff)
	}
	for at, want := range map[int64]struct {
		n        int64
		evidence bool
		halt     int64
	}{
		-5: {1, true, 2}, 0: {1, true, 2}, apptest.Start - 1: {1, true, 2}, apptest.Start: {2, false, 4}, apptest.Start + 999: {2, false, 4},
		apptest.Start + 1002: {3, true, 4}, 1 << 50: {3, true, 4},
	} {
		rules, err := governance.RulesAt(r, at)
		if err != nil {
			t.Fatal(err)
		}
		if rules.N != want.n || (rules.Rule("evidence", governance.RoleLedger) != nil) != want.evidence ||
			rules.Rule("sponsor.halt", governance.RoleLeague).Denominator != want.halt {
			t.Errorf("at %d: %+v", at, rules)
		}
	}
	params, err := governance.Params(r)
	if err != nil || params.MaxKeys != 9 || params.MaxServices != 8 {
		t.Errorf("%+v (%v)", params, err)
	}
}

func TestUpgradePlans(t *testing.T) {
	scenario(t, "are made, cancelled and replaced", apptest.Options{}, `
		propose P as=center-1 kind=upgrade.plan name=two height=1 minVersion=2.0.0 -> wrong-state
		propose P as=center-1 kind=upgrade.plan name=two height=0 minVersion=2.0.0 -> malformed
		propose P as=center-1 kind=upgrade.plan name=two height=90 minVersion=2.0 -> malformed
		propose P as=center-1 kind=upgrade.plan name=two height=90 minVersion=v2.0.0 -> malformed
		propose P as=center-1 kind=upgrade.plan name=two height=90 minVersion=2.0.0-rc.1 -> malformed
		propose P as=center-1 kind=upgrade.plan name=two height=90 minVersion=02.0.0 -> malformed
		propose P as=center-1 kind=upgrade.plan name=Two height=90 minVersion=2.0.0 -> malformed
		propose P as=center-1 kind=upgrade.plan content={"name":"two","height":90,"minVersion":"2.0.0","digests":{"linux/amd64":"00"}} -> malformed
		propose P as=center-1 kind=upgrade.cancel name=two -> wrong-state
		pass P as=center-1,center-2,center-3 kind=upgrade.plan name=two height=15 minVersion=2.0.0
		propose Q as=center-1 kind=upgrade.plan name=three height=90 minVersion=3.0.0 -> exists
		propose Q as=center-1 kind=upgrade.cancel name=three -> wrong-state
		block
		block
		pass Q as=center-1,center-2,center-3 kind=upgrade.plan name=three height=90 minVersion=3.0.0
		pass R as=center-1,center-2,center-3 kind=upgrade.cancel name=three
		propose S as=center-1 kind=upgrade.cancel name=two -> wrong-state
	`)
	scenario(t, "that come too late fail", apptest.Options{}, `
		propose P as=center-1 kind=upgrade.plan name=two height=4 minVersion=2.0.0
		vote P yes as=center-2
		block
		vote P yes as=center-3
		state P failed:wrong-state
	`)
}

func TestPlansHaveDigests(t *testing.T) {
	digest := strings.Repeat("ab", 32)
	s := apptest.Run(t, apptest.Options{}, `
		pass P as=center-1,center-2,center-3 kind=upgrade.plan content={"name":"two","height":9,"minVersion":"2.0.0","digests":{"linux/amd64":"`+digest+`"}}
	`)
	view, err := s.App.View(0)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	plan, err := governance.PresentPlan(view.Reader())
	if err != nil {
		t.Fatal(err)
	}
	want := &governance.Plan{Name: "two", Height: 9, MinVersion: "2.0.0", Digests: map[string]string{"linux/amd64": digest}, Proposal: 1}
	if diff := cmp.Diff(want, plan); diff != "" {
		t.Error(diff)
	}
}

func TestProposals(t *testing.T) {
	scenario(t, "unknown kinds and contents", apptest.Options{}, `
		propose P as=center-1 kind=center.promote center=center-4 -> unknown-type
		propose P as=center-1 kind=league.propose center=center-4 -> unknown-type
		propose P as=center-1 kind=center.suspend content={} -> malformed
		propose P as=center-1 kind=center.suspend content={"center":"center-4"} -> malformed
		propose P as=center-1 kind=center.suspend content={"center":7} -> malformed
		propose P as=center-1 kind=center.admit content={"center":{}} -> malformed
		propose P as=center-1 kind=center.admit content={} -> malformed
		propose P as=center-1 kind=center.suspend center=nobody -> unknown-center
	`)
	scenario(t, "are bounded, in all and by center", apptest.Options{Centers: 5, Params: func(p *exec.Params) { p.MaxOpenProposals = 9 }}, `
		propose P1 as=center-1 kind=params.change maxKeys=9
		propose P2 as=center-1 kind=params.change maxKeys=8
		propose P3 as=center-1 kind=params.change maxKeys=7 -> limit-exceeded
		withdraw P1 as=center-1
		propose P4 as=center-1 kind=params.change maxKeys=7
		propose P5 as=center-2 kind=params.change maxKeys=7
		propose P6 as=center-2 kind=params.change maxKeys=6
		propose P7 as=center-3 kind=params.change maxKeys=6
		propose P8 as=center-3 kind=params.change maxKeys=6
		propose P9 as=center-4 kind=params.change maxKeys=6
		propose P10 as=center-4 kind=params.change maxKeys=6
		propose P11 as=center-5 kind=params.change maxKeys=6
		propose P12 as=center-5 kind=params.change maxKeys=6 -> limit-exceeded
		withdraw P10 as=center-4
		propose P12 as=center-5 kind=params.change maxKeys=6
	`)
}
