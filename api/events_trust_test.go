package api

import (
	"testing"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app/trust"
)

func TestEventsOfTheLeagueAreSelectedBySubject(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	person := d.league.Create(t)
	dinant := d.league.Members[3]
	first := d.league.Accredit(t, d.aachen, person.DID, trust.Issue, diploma, nil)
	d.league.Decide(t, "center.suspend", map[string]any{"center": string(dinant.DID)})
	d.league.Decide(t, "params.change", map[string]any{"params": map[string]any{"maxKeys": int64(7)}})
	d.league.Revoke(t, d.aachen, first, trust.Withdrawn)

	// What a block does itself (executing what passed in it, for one) stands before what its operations do.
	for query, want := range map[string][]string{
		"subject=accreditation/" + first.String():       {"trust.accredited", "trust.revoked"},
		"subject=trust/" + string(person.DID):           {"trust.accredited", "trust.revoked"},
		"did=" + string(person.DID):                     {"did.created", "trust.accredited", "trust.revoked"},
		"did=" + string(dinant.DID):                     {"center.suspended"},
		"subject=proposal/1":                            {"proposal.opened", "proposal.voted", "proposal.voted", "proposal.executed", "proposal.voted", "proposal.passed"},
		"subject=params":                                {"params.changed"},
		"subject=params&type=proposal.*,params.changed": {"params.changed"},
	} {
		t.Run(query, func(t *testing.T) {
			messages, end := listen(t, d.center, "/v1/events?after=1-0&"+query, "")
			defer end()
			for _, kind := range want {
				if m := receive(t, messages); m.event != kind {
					t.Fatalf("event %s, want %s", m.event, kind)
				}
			}
		})
	}
	for _, query := range []string{"subject=proposal/", "subject=weather", "subject=params,x"} {
		if problem := d.client.Get(t, "/v1/events?"+query).WantProblem(t, 400, "invalid-parameter"); problem["parameter"] != "subject" {
			t.Errorf("%s: %v", query, problem)
		}
	}
}
