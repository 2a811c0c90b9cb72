package api

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/keys"
)

func TestTheLeagueSaysWhatItPromisesAndByWhichRules(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.league.Decide(t, "center.suspend", map[string]any{"center": string(d.league.Members[3].DID)})
	d.league.Decide(t, "upgrade.plan", map[string]any{
		"name": "second", "height": int64(1000), "minVersion": "2.0.0", "digests": map[string]any{"linux/amd64": strings.Repeat("ab", 32)},
	})
	answer := d.client.Get(t, "/v1/league").Want(t, 200)
	league := answer.JSON(t)
	for name, want := range map[string]any{"league": "test", "profile": "hybrid", "centers": 4.0, "active": 3.0, "version": "test"} {
		if league[name] != want {
			t.Errorf("%s is %v, want %v", name, league[name], want)
		}
	}
	if got := answer.Header.Get("X-Hanse-Height"); got != strconv.Itoa(int(league["height"].(float64))) {
		t.Errorf("height %q", got)
	}
	rules := league["rules"].(map[string]any)
	if rules["n"] != 1.0 || len(rules["rules"].([]any)) != len(governance.DefaultRules("prefix:")) {
		t.Errorf("rules %v", rules)
	}
	want := map[string]any{"name": "second", "height": 1000.0, "minVersion": "2.0.0", "digests": map[string]any{"linux/amd64": strings.Repeat("ab", 32)}, "proposal": 2.0}
	if diff := cmp.Diff(want, league["upgrade"]); diff != "" {
		t.Error(diff)
	}
	if params := d.get(t, "/v1/params"); params["maxTrustDepth"] != 8.0 {
		t.Errorf("parameters %v", params)
	}
}

func TestCentersAreListedWithWhatBecameOfThem(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	cork, dinant := d.league.Members[2], d.league.Members[3]
	d.pass(t, time.Hour)
	d.league.Decide(t, "center.suspend", map[string]any{"center": string(cork.DID)})
	d.league.Decide(t, "center.remove", map[string]any{"center": string(dinant.DID)})
	names := func(path string) (list []any) {
		for _, item := range d.get(t, path)["items"].([]any) {
			center := item.(map[string]any)
			list = append(list, center["name"].(string)+" "+center["status"].(string))
		}
		return list
	}
	if diff := cmp.Diff([]any{"aachen active", "brugge active", "cork suspended"}, names("/v1/centers")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{"aachen active", "brugge active", "cork suspended", "dinant removed"}, names("/v1/centers?all=true")); diff != "" {
		t.Error(diff)
	}
	for _, ref := range []string{"cork", string(cork.DID)} {
		center := d.get(t, "/v1/centers/"+ref, "proof", "true")
		if center["status"] != "suspended" || center["cause"] != "proposal/1" || center["since"] != instant(d.clock.Now()) || center["version"] != 2.0 {
			t.Errorf("center %v", center)
		}
		history := center["history"].([]any)
		if first := history[0].(map[string]any); len(history) != 2 || first["status"] != "active" || first["cause"] != "genesis" || first["until"] != center["since"] {
			t.Errorf("history %v", history)
		}
		record, err := governance.DecodeCenter(proved(t, center, governance.CenterKey(op.HashCenter(cork.DID))))
		if err != nil || record.Status != governance.Suspended {
			t.Errorf("proved record %+v, %v", record, err)
		}
	}
	if center := d.get(t, "/v1/centers/dinant"); center["status"] != "removed" || center["proof"] != nil {
		t.Errorf("former center %v", center)
	}
	d.client.Get(t, "/v1/centers/emden").WantProblem(t, 404, "unknown-center")
	d.client.Get(t, "/v1/centers/"+string(d.league.Create(t).DID)).WantProblem(t, 404, "unknown-center")
	d.client.Get(t, "/v1/centers/did:x").WantProblem(t, 400, "invalid-did")
}

func TestAProposalIsReadWithItsVotesAndTheirReasons(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	cork := d.league.Members[2]
	n := d.league.Propose(t, d.aachen, "params.change", map[string]any{"params": map[string]any{"maxKeys": int64(7)}})
	d.pass(t, time.Minute)
	d.league.Act(t, cork, "league.vote", map[string]any{"proposal": n, "choice": "no", "reason": "too few"})
	d.league.Vote(t, cork, n, governance.Abstain)
	d.league.Vote(t, d.brugge, n, governance.Yes)

	path := "/v1/proposals/" + strconv.FormatInt(n, 10)
	open := d.get(t, path, "proof", "true")
	wantTally := map[string]any{"yes": 2.0, "no": 0.0, "abstain": 1.0, "voters": 4.0, "needed": 3.0}
	if diff := cmp.Diff(wantTally, open["tally"]); diff != "" {
		t.Error(diff)
	}
	if open["state"] != "open" || open["kind"] != "params.change" || open["reason"] != "test" || open["proposer"] != string(d.aachen.DID) || open["passed"] != nil {
		t.Errorf("proposal %v", open)
	}
	before := map[string]any{"params": map[string]any{"maxKeys": 20.0}}
	if diff := cmp.Diff(before, open["before"]); diff != "" {
		t.Error(diff)
	}
	record, err := governance.DecodeProposal(proved(t, open, governance.ProposalKey(n)))
	if err != nil || record.Number != n || record.State != governance.Open || record.Yes != 2 {
		t.Errorf("proved proposal %+v, %v", record, err)
	}
	choices := map[string]any{}
	for _, item := range open["votes"].([]any) {
		vote := item.(map[string]any)
		choices[vote["name"].(string)] = vote["choice"]
		var center ledgertest.Party
		for i, name := range []string{"aachen", "brugge", "cork"} {
			if vote["name"] == name {
				center = d.league.Members[i]
			}
		}
		proven, err := governance.DecodeVote(proved(t, vote, governance.VoteKey(n, op.HashCenter(center.DID))))
		if err != nil || proven.Center != center.DID || string(proven.Choice) != vote["choice"] {
			t.Errorf("proved vote %+v, %v", proven, err)
		}
	}
	if diff := cmp.Diff(map[string]any{"aachen": "yes", "brugge": "yes", "cork": "abstain"}, choices); diff != "" {
		t.Error(diff)
	}

	d.league.Vote(t, d.league.Members[3], n, governance.Yes)
	done := d.get(t, path)
	if done["state"] != "executed" || done["passed"] != instant(d.clock.Now()) || done["ended"] != done["passed"] || done["proof"] != nil {
		t.Errorf("proposal %v", done)
	}
	if got := d.get(t, "/v1/params")["maxKeys"]; got != 7.0 {
		t.Errorf("maxKeys is %v", got)
	}
	for name, kind := range map[string]string{"99": "unknown-proposal", "0": "invalid-parameter", "-1": "invalid-parameter", "x": "invalid-parameter"} {
		status := map[string]int{"unknown-proposal": 404, "invalid-parameter": 400}[kind]
		d.client.Get(t, "/v1/proposals/"+name).WantProblem(t, status, kind)
	}
}

func TestProposalsAreListedNewestFirstInPages(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	for i := range 4 {
		d.league.Propose(t, d.aachen, "params.change", map[string]any{"params": map[string]any{"maxServices": int64(i + 1)}})
	}
	d.league.Act(t, d.aachen, "league.withdraw", map[string]any{"proposal": int64(2)})
	numbers, pages := d.pages(t, "/v1/proposals?limit=3", "number")
	if diff := cmp.Diff([]any{4.0, 3.0, 2.0, 1.0}, numbers); diff != "" || pages != 2 {
		t.Errorf("%d pages %s", pages, diff)
	}
	numbers, _ = d.pages(t, "/v1/proposals?state=open&limit=2", "number")
	if diff := cmp.Diff([]any{4.0, 3.0, 1.0}, numbers); diff != "" {
		t.Error(diff)
	}
	numbers, _ = d.pages(t, "/v1/proposals?state=withdrawn", "number")
	if diff := cmp.Diff([]any{2.0}, numbers); diff != "" {
		t.Error(diff)
	}
}

func TestAFailedProposalSaysWhy(t *testing.T) {
	params := exec.DefaultParams()
	params.MinCenters = 4
	d := startDiet(t, ledgertest.Options{Params: &params})
	control, sponsor := ledgertest.NewSigner(t, keys.EdDSA), ledgertest.NewSigner(t, keys.EdDSA)
	admitted := ledgertest.NewCenter(t, "emden", control.Public(), sponsor.Public())
	content := map[string]any{"center": map[string]any{
		"name": admitted.Name, "create": admitted.Create, "validator": admitted.Validator, "power": admitted.Power,
		"sponsors": []any{admitted.Sponsors[0]}, "api": admitted.API,
	}}
	d.league.Decide(t, "center.admit", content)
	if center := d.get(t, "/v1/centers/emden"); center["cause"] != "proposal/1" || center["status"] != "active" {
		t.Errorf("center %v", center)
	}
	removals := []int64{}
	for _, i := range []int{2, 3} { // both are possible now, and one of them is not after the other
		removals = append(removals, d.league.Propose(t, d.aachen, "center.remove", map[string]any{"center": string(d.league.Members[i].DID)}))
	}
	for _, n := range removals {
		d.league.VoteAll(t, n, governance.Yes)
	}
	failed := d.get(t, "/v1/proposals/3")
	if failed["state"] != "failed" || failed["failure"] != "center-floor" {
		t.Errorf("proposal %v", failed)
	}
}

func TestOnlyAHybridLeagueShowsItsLogToAnyone(t *testing.T) {
	for _, profile := range []governance.Profile{governance.Consortium, governance.Private, governance.Hybrid} {
		t.Run(string(profile), func(t *testing.T) {
			d := startDiet(t, ledgertest.Options{Profile: profile})
			person := d.league.Create(t)
			token := d.key(t, "write:/credentials/status")
			for _, path := range []string{"/" + string(person.DID) + "/log", "/export"} {
				anonymous, known := d.client.Get(t, path), d.client.WithToken(token).Get(t, path)
				known.Want(t, 200)
				if profile == governance.Hybrid {
					anonymous.Want(t, 200)
					continue
				}
				anonymous.WantProblem(t, 401, "unauthorised")
				if got := known.Header.Get("Cache-Control"); got != "private, no-cache" {
					t.Errorf("%s: cache control %q", path, got)
				}
			}
			if profile != governance.Hybrid {
				d.client.Get(t, "/export/stream").WantProblem(t, 401, "unauthorised")
			}
			d.client.Get(t, "/1.0/identifiers/"+string(person.DID)).Want(t, http.StatusOK) // one by one, records are public
			if got := d.get(t, "/v1/league")["profile"]; got != string(profile) {
				t.Errorf("profile %v", got)
			}
		})
	}
}
