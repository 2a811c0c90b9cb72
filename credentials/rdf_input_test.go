package credentials

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/did/keys"
)

// rdfIssuers are issuers of the forms that sign what a document says.
func rdfIssuers(t *testing.T) []*Issuer {
	t.Helper()
	return []*Issuer{newIssuer(t, FormEdDSARDFC, keys.EdDSA), newIssuer(t, FormECDSARDFC, keys.ES384), newIssuer(t, FormECDSASD, keys.ES256)}
}

// poison is a credential with anonymous nodes that all know each other: nothing tells them apart but trying every order.
func poison(issuer *Issuer) map[string]any {
	var nodes []any
	for i := range 14 {
		var others []any
		for k := range 14 {
			if k != i {
				others = append(others, fmt.Sprintf("_:n%d", k))
			}
		}
		nodes = append(nodes, map[string]any{"id": fmt.Sprintf("_:n%d", i), "knows": others})
	}
	return degree(issuer.DID, map[string]any{
		"@context": []any{contextV2, map[string]any{"@vocab": "https://x.example/#", "knows": map[string]any{"@id": "https://x.example/#knows", "@type": "@id"},
			"party": map[string]any{"@id": "https://x.example/#party"}}},
		"party": nodes,
	})
}

// Reliability table 47: canonicalizing has a budget, when issuing and when verifying.
func TestPoisonGraphsAreRefusedSoon(t *testing.T) {
	for _, issuer := range rdfIssuers(t) {
		t.Run(string(issuer.Form), func(t *testing.T) {
			_, err := issuer.Issue(t.Context(), poison(issuer))
			if p, ok := errors.AsType[*ProblemError](err); !ok || !strings.Contains(p.Problem.Detail, "too hard") {
				t.Errorf("issuing: %v", err)
			}
			good := parseJSON(t, issue(t, issuer, degree(issuer.DID, nil)).Body)
			bad := poison(issuer)
			bad["proof"] = good["proof"]
			report := verify(t, newVerifier(), toJSON(t, bad))
			wantDecision(t, report, Reject)
			want(t, report, CheckSignature, Fail, ProblemCryptography)
		})
	}
}

// Reliability table 44: a member that no context defines would not be signed, at any depth.
func TestMembersWithoutMeaningAreNotSigned(t *testing.T) {
	for _, issuer := range rdfIssuers(t) {
		t.Run(string(issuer.Form), func(t *testing.T) {
			for name, edits := range map[string]map[string]any{
				"in the subject": {"@context": []any{contextV2}, "type": []any{baseType}, "credentialSubject": map[string]any{"id": "did:example:alice", "admin": true}},
				"in an object":   {"evidence": map[string]any{"type": "https://x.example/E", "id": "urn:a:b", "strength": "high"}, "@context": []any{contextV2}, "type": []any{baseType}, "credentialSubject": map[string]any{"id": "did:example:alice"}},
			} {
				c := degree(issuer.DID, edits)
				if _, err := issuer.Issue(t.Context(), c); err == nil {
					t.Errorf("%s: issued", name)
				}
				good := degree(issuer.DID, map[string]any{"@context": []any{contextV2}, "type": []any{baseType}, "credentialSubject": map[string]any{"id": "did:example:alice"}})
				c["proof"] = parseJSON(t, issue(t, issuer, good).Body)["proof"]
				wantDecision(t, verify(t, newVerifier(), toJSON(t, c)), Reject)
			}
		})
	}
}

// Reliability table 50: an id is one URL, in every object that has one.
func TestIDsThatAreNoOneURLAreRefused(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		for _, id := range []any{nil, true, json.Number("1"), "", []any{}, []any{issuer.DID.String()}, map[string]any{"id": issuer.DID.String()}} {
			for name, edits := range map[string]map[string]any{
				"issuer":            {"issuer": map[string]any{"id": id}},
				"credentialSubject": {"credentialSubject": map[string]any{"id": id, "alumniOf": "x"}},
				"credentialStatus":  {"credentialStatus": map[string]any{"id": id, "type": "X"}},
			} {
				c := degree(issuer.DID, edits)
				if err := issuer.CheckIssuable(c); err == nil {
					t.Errorf("%s with id %v can be issued", name, id)
				}
				if secured, possible := secureAnyway(t, issuer, c); possible {
					wantDecision(t, verify(t, newVerifier(), secured.Body), Reject)
				}
			}
		}
	})
}
