package client_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api"
	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

// startLeague serves a center of a league of three.
func startLeague(t *testing.T) (*ledgertest.Ledger, *client.Client) {
	t.Helper()
	league := ledgertest.New(t, ledgertest.Options{Centers: []string{"aachen", "brugge", "cork"}})
	server, err := api.New(api.Options{
		League: league.League, PublicURL: "https://center.example", Ledger: league, Version: "1.2.3",
		Resolver: resolve.NewRouter(map[string]did.Resolver{"hanse": resolve.NewHanse(league.League, league)}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Drain)
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	return league, client.New(listening.URL, client.Options{})
}

func TestTheLeagueItsCentersAndDecisionsAreRead(t *testing.T) {
	league, c := startLeague(t)
	decided := league.Decide(t, "center.suspend", map[string]any{"center": string(league.Members[2].DID)})
	open := league.Propose(t, league.Center, "center.remove", map[string]any{"center": string(league.Members[2].DID)})

	l, err := c.League(t.Context())
	if err != nil || l.League != "test" || l.Profile != governance.Hybrid || l.Centers != 3 || l.Active != 2 || l.Version != "1.2.3" ||
		l.Rules.N != 1 || len(l.Rules.Rules) == 0 || l.Upgrade != nil {
		t.Errorf("league %+v, %v", l, err)
	}
	params, err := c.Params(t.Context())
	if err != nil || params["maxTrustDepth"] != 8 {
		t.Errorf("parameters %v, %v", params, err)
	}
	centers, err := c.Centers(t.Context(), true)
	if err != nil || len(centers) != 3 || centers[2].Name != "cork" || centers[2].Status != governance.Suspended || centers[2].Cause != "proposal/1" {
		t.Errorf("centers %+v, %v", centers, err)
	}
	center, err := c.Center(t.Context(), "cork")
	if err != nil || center.DID != league.Members[2].DID || len(center.History) != 2 {
		t.Errorf("center %+v, %v", center, err)
	}
	var problem *client.Problem
	if _, err := c.Center(t.Context(), "dinant"); !errors.As(err, &problem) || problem.Status != http.StatusNotFound || problem.Code == 0 {
		t.Errorf("error %v", err)
	}
	page, err := c.Proposals(t.Context(), "", 0, 1)
	if err != nil || len(page.Items) != 1 || page.Items[0].Number != open || page.Next != "2" {
		t.Errorf("proposals %+v, %v", page, err)
	}
	page, err = c.Proposals(t.Context(), "executed", open, 0)
	if err != nil || len(page.Items) != 1 || page.Items[0].Number != decided.Number || page.Next != "" {
		t.Errorf("proposals %+v, %v", page, err)
	}
	proposal, err := c.Proposal(t.Context(), decided.Number)
	if err != nil || proposal.State != governance.Executed || len(proposal.Votes) != 3 || proposal.Votes[0].Name == "" ||
		proposal.Tally.Needed != 3 || string(proposal.Content) != `{"center":"`+string(league.Members[2].DID)+`"}` {
		t.Errorf("proposal %+v, %v", proposal, err)
	}
}

func TestRightsAreReadWithTheirPaths(t *testing.T) {
	league, c := startLeague(t)
	ministry, university := league.Create(t), league.Create(t)
	const resource = "type:Diploma"
	upper := league.Accredit(t, league.Center, ministry.DID, trust.Accredit, resource, nil)
	lower := league.Accredit(t, ministry, university.DID, trust.Issue, resource, map[string]any{"parent": upper.String()})
	other := league.Accredit(t, league.Members[1], university.DID, trust.Verify, resource, nil)

	var all []op.ID
	q := client.AccreditationQuery{Subject: string(university.DID), Limit: 1}
	for {
		page, err := c.Accreditations(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Items {
			all = append(all, a.ID)
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if diff := cmp.Diff([]op.ID{lower, other}, all); diff != "" {
		t.Error(diff)
	}
	page, err := c.Accreditations(t.Context(), client.AccreditationQuery{
		Parent: upper.String(), Authority: string(ministry.DID), Action: trust.Issue, Resource: resource,
	})
	if err != nil || len(page.Items) != 1 || page.Items[0].ID != lower || *page.Items[0].Parent != upper {
		t.Errorf("page %+v, %v", page, err)
	}
	right, err := c.Accreditation(t.Context(), lower)
	if err != nil || !right.Held || right.State != trust.Active || len(right.Path) != 2 || right.Path[0].AuthorityName != "aachen" {
		t.Errorf("right %+v, %v", right, err)
	}
	path, err := c.TrustPath(t.Context(), client.PathQuery{Issuer: string(university.DID), Type: "Diploma", Centers: []string{"aachen", "brugge"}, MaxDepth: 2})
	if err != nil || !path.Held || len(path.Hops) != 3 || *path.Hops[0].ID != lower || path.Hops[2].ID != nil {
		t.Errorf("path %+v, %v", path, err)
	}
	path, err = c.TrustPath(t.Context(), client.PathQuery{Issuer: string(ministry.DID), Resource: resource, Action: trust.Issue})
	if err != nil || path.Held || path.Why != trust.NoAccreditation {
		t.Errorf("path %+v, %v", path, err)
	}
	if _, err := c.TrustPath(t.Context(), client.PathQuery{Issuer: string(ministry.DID)}); err == nil {
		t.Error("a question without a resource is answered")
	}

	edges := 0
	graph, err := c.TrustGraph(t.Context(), "", 2)
	for ; err == nil; graph, err = c.TrustGraphAfter(t.Context(), "", graph.Next, 2) {
		edges += len(graph.Edges)
		if graph.Next == "" {
			break
		}
	}
	if err != nil || edges != 3+3 {
		t.Errorf("%d edges, %v", edges, err)
	}
}

func TestSchemasRecognitionsAndRecoveriesAreRead(t *testing.T) {
	league, c := startLeague(t)
	const digest = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	league.Act(t, league.Center, "schema.register", map[string]any{"digest": digest, "id": "urn:x:y", "version": "1", "type": "Diploma"})
	schema, err := c.Schema(t.Context(), digest)
	if err != nil || schema.Type != "Diploma" || schema.Status != trust.SchemaActive || schema.Owner != league.Center.DID {
		t.Errorf("schema %+v, %v", schema, err)
	}
	schemas, err := c.Schemas(t.Context(), client.SchemaQuery{Type: "Diploma"})
	if err != nil || len(schemas.Items) != 1 {
		t.Errorf("schemas %+v, %v", schemas, err)
	}
	league.Act(t, league.Center, "trust.recognise", map[string]any{"of": string(league.Members[1].DID), "accepted": true, "resources": []any{"prefix:"}})
	recognitions, err := c.Recognitions(t.Context(), client.RecognitionQuery{By: string(league.Center.DID)})
	if err != nil || len(recognitions.Items) != 1 || recognitions.Items[0].OfName != "brugge" || !recognitions.Items[0].Accepted {
		t.Errorf("recognitions %+v, %v", recognitions, err)
	}
	var problem *client.Problem
	if _, err := c.Recovery(t.Context(), league.Create(t).DID); !errors.As(err, &problem) || problem.Status != http.StatusNotFound {
		t.Errorf("error %v", err)
	}
}
