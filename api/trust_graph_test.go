package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
)

// forest grants three levels below aachen, one right by the league, and one by a center that holds a right of another.
func (d *diet) forest(t *testing.T) (all []any) {
	t.Helper()
	d.accredit(t)
	add := func(id op.ID) op.ID {
		all = append(all, id.String())
		return id
	}
	add(d.toMinistry)
	add(d.toUniverse)
	under := func(id op.ID) map[string]any { return map[string]any{"parent": id.String()} }
	deep := add(d.league.Accredit(t, d.aachen, d.university.DID, trust.Accredit, diploma, map[string]any{"limits": map[string]any{"depth": int64(1)}}))
	school := d.league.Create(t)
	faculty := add(d.league.Accredit(t, d.university, school.DID, trust.Accredit, diploma, under(deep)))
	for _, subject := range []string{"did:web:a.example", "did:web:b.example", "did:web:c.example"} {
		add(d.league.Act(t, school, "trust.accredit", map[string]any{"subject": subject, "action": "issue", "resource": string(diploma), "parent": faculty.String()}))
	}
	toBrugge := add(d.league.Decide(t, "trust.accredit", map[string]any{
		"subject": string(d.brugge.DID), "action": "accredit", "resource": "type:Licence", "limits": map[string]any{"depth": int64(1)},
	}).ID)
	add(d.league.Act(t, d.brugge, "trust.accredit", map[string]any{"subject": "did:web:d.example", "action": "issue", "resource": "type:Licence", "parent": toBrugge.String()}))
	return all
}

// edges reads a graph page by page.
func (d *diet) edges(t *testing.T, next string) (ids []any, members int) {
	t.Helper()
	for next != "" {
		page := d.get(t, next)
		nodes := map[any]bool{}
		for _, item := range page["nodes"].([]any) {
			nodes[item.(map[string]any)["id"]] = true
		}
		for _, item := range page["edges"].([]any) {
			edge := item.(map[string]any)
			if !nodes[edge["from"]] || !nodes[edge["to"]] {
				t.Errorf("edge %v without its nodes", edge)
			}
			if edge["action"] == "member" {
				members++
				continue
			}
			ids = append(ids, edge["id"])
		}
		next, _ = page["next"].(string)
	}
	return ids, members
}

func TestTheGraphHasEveryAccreditationOnceWhateverThePages(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	want := d.forest(t)
	sortTexts(want)
	whole, members := d.edges(t, "/v1/trust/graph")
	if members != 4 {
		t.Errorf("%d members", members)
	}
	for _, limit := range []string{"1", "2", "3", "5", "8", "9"} {
		got, _ := d.edges(t, "/v1/trust/graph?limit="+limit)
		if diff := cmp.Diff(whole, got); diff != "" {
			t.Errorf("limit %s: another order: %s", limit, diff)
		}
	}
	sortTexts(whole)
	if diff := cmp.Diff(want, whole); diff != "" {
		t.Error(diff)
	}
}

func TestAGraphMayBeginAtOneParty(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.forest(t)
	for root, want := range map[string]int{"aachen": 7, string(d.aachen.DID): 7, string(d.university.DID): 4, "brugge": 1, "cork": 0, "did:web:nobody.example": 0} {
		for _, limit := range []string{"1", "100"} {
			if got, members := d.edges(t, target("/v1/trust/graph", "root", root, "limit", limit)); len(got) != want || members != 0 {
				t.Errorf("%s, limit %s: %d edges, %d members, want %d", root, limit, len(got), members, want)
			}
		}
	}
	graph := d.get(t, "/v1/trust/graph", "root", "urn:hanse:league:test")
	kinds := map[string]int{}
	for _, item := range graph["nodes"].([]any) {
		kinds[item.(map[string]any)["kind"].(string)]++
	}
	if diff := cmp.Diff(map[string]int{"league": 1, "center": 4, "did": 7}, kinds); diff != "" {
		t.Error(diff)
	}
	elsewhere := target("/v1/trust/graph", "root", "brugge", "after", d.toUniverse.String())
	d.client.Get(t, elsewhere).WantProblem(t, 400, "invalid-parameter")
}
