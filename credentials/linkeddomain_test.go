package credentials

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

func TestLinkedDomainsAreAskedForByPolicyOnly(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	body := issue(t, issuer, degree(issuer.DID, nil)).Body
	source := domainFunc(func(q DomainQuery) (DomainResult, error) {
		switch q.Origin {
		case "https://linked.example":
			return DomainResult{Linked: true, Evidence: Evidence{Source: string(q.Origin)}}, nil
		case "https://away.example":
			return DomainResult{}, errors.New("away")
		}
		return DomainResult{Reason: LinkNotNamed, Detail: "the DID configuration does not name the issuer"}, nil
	})
	const linked, other, away = "https://linked.example", "https://other.example", "https://away.example"
	for _, test := range []struct {
		name     string
		source   DomainSource
		policy   Policy
		outcome  Outcome
		problem  string
		severity Severity
		decision Decision
	}{
		{"not asked", source, Policy{}, Skip, "", SeverityWarning, Accept},
		{"linked", source, Policy{LinkedDomains: []string{linked}}, Pass, "", SeverityWarning, Accept},
		{"linked, as required", source, Policy{RequireLinkedDomain: true, LinkedDomains: []string{linked}}, Pass, "", SeverityError, Accept},
		{"one of several", source, Policy{RequireLinkedDomain: true, LinkedDomains: []string{away, other, "https://LINKED.example:443/"}}, Pass, "", SeverityError, Accept},
		{"another", source, Policy{LinkedDomains: []string{other}}, Fail, ProblemNotLinked, SeverityWarning, Accept},
		{"another, required", source, Policy{RequireLinkedDomain: true, LinkedDomains: []string{other}}, Fail, ProblemNotLinked, SeverityError, Reject},
		{"away, required", source, Policy{RequireLinkedDomain: true, LinkedDomains: []string{away}}, Indeterminate, ProblemUnavailable, SeverityError, Undecided},
		{"another and away: it might have been that", source, Policy{RequireLinkedDomain: true, LinkedDomains: []string{other, away}}, Indeterminate, ProblemUnavailable, SeverityError, Undecided},
		{"no source", nil, Policy{LinkedDomains: []string{linked}}, Indeterminate, ProblemUnavailable, SeverityWarning, Accept},
		{"no source, required", nil, Policy{RequireLinkedDomain: true}, Indeterminate, ProblemUnavailable, SeverityError, Undecided},
		{"the issuer names none", source, Policy{RequireLinkedDomain: true}, Fail, ProblemNotLinked, SeverityError, Reject},
		{"no origin", source, Policy{RequireLinkedDomain: true, LinkedDomains: []string{"linked.example"}}, Indeterminate, ProblemNotSupported, SeverityError, Undecided},
		{"too many", source, Policy{RequireLinkedDomain: true, LinkedDomains: slices.Repeat([]string{linked}, maxOrigins+1)}, Indeterminate, ProblemNotSupported, SeverityError, Undecided},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVerifier()
			v.Domains = test.source
			report := verifyWith(t, v, body, VerifyOptions{Policy: &test.policy})
			c := want(t, report, CheckLinkedDomain, test.outcome, test.problem)
			if c.Severity != test.severity || c.Outcome == Fail && c.Code != string(LinkNotNamed) || c.Outcome == Pass && (c.Note == "" || c.Evidence.Source != linked) {
				t.Errorf("%+v", c)
			}
			if n := len(test.policy.LinkedDomains); test.problem != "" && n > 1 && n <= maxOrigins && len(c.Warnings) != n-1 {
				t.Errorf("%d warnings: %+v", len(c.Warnings), c.Warnings)
			}
			wantDecision(t, report, test.decision)
			proofOnly := verifyWith(t, v, body, VerifyOptions{Policy: &test.policy, Checks: []string{ChecksProof}})
			if test.policy.RequireLinkedDomain {
				want(t, proofOnly, CheckLinkedDomain, test.outcome, test.problem)
				wantDecision(t, proofOnly, test.decision)
			} else {
				want(t, proofOnly, CheckLinkedDomain, Skip, "")
			}
		})
	}
}

// Nothing is fetched for a credential whose signature was not established, and everything is asked about one instant.
func TestADomainIsAskedAfterTheSignatureAndAboutTheSameInstant(t *testing.T) {
	issuer, mallory := newIssuer(t, FormJWT, keys.EdDSA), newIssuer(t, FormJWT, keys.EdDSA)
	v := newVerifier()
	var asked []DomainQuery
	v.Domains = domainFunc(func(q DomainQuery) (DomainResult, error) {
		asked = append(asked, q)
		return DomainResult{Linked: true}, nil
	})
	v.Policy = Policy{RequireLinkedDomain: true, LinkedDomains: []string{"https://a.example"}}
	report := verify(t, v, []byte(token(t, mallory, headerOf(t, issuer, nil), payloadOf(t, issuer, nil))))
	want(t, report, CheckSignature, Fail, ProblemCryptography)
	if want(t, report, CheckLinkedDomain, Skip, ""); len(asked) != 0 {
		t.Errorf("asked %v", asked)
	}
	then := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	wantDecision(t, verifyWith(t, v, issue(t, issuer, degree(issuer.DID, nil)).Body, VerifyOptions{At: then}), Accept)
	if d := cmp.Diff([]DomainQuery{{issuer.DID, "https://a.example", then}}, asked); d != "" {
		t.Error(d)
	}
}

func TestTheIssuersOwnDomainsAreAskedWhereThePolicyNamesNone(t *testing.T) {
	id := did.DID("did:hanse:test:abc")
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	issuer.DID, issuer.Method = id, id.String()+"#key-1"
	body := issue(t, issuer, degree(id, nil)).Body
	many := []any{}
	for _, c := range "abcdefghijkl" {
		many = append(many, "https://"+string(c)+".example")
	}
	for name, test := range map[string]struct {
		service did.Service
		asked   []string
	}{
		"a string":          {did.Service{Type: []string{"LinkedDomains"}, Endpoint: "https://a.example"}, []string{"https://a.example"}},
		"an object":         {did.Service{Type: []string{"X", "LinkedDomains"}, Endpoint: map[string]any{"origins": []any{"https://a.example/", "https://A.example", "https://b.example"}}}, []string{"https://a.example", "https://b.example"}},
		"a list":            {did.Service{Type: []string{"LinkedDomains"}, Endpoint: []any{"https://a.example", map[string]any{"origins": []any{"https://b.example"}}, true}}, []string{"https://a.example", "https://b.example"}},
		"no origins":        {did.Service{Type: []string{"LinkedDomains"}, Endpoint: []any{"file:///etc/passwd", "https://a.example/path", "http://a.example", map[string]any{"origins": "x"}}}, nil},
		"another service":   {did.Service{Type: []string{"Files"}, Endpoint: "https://a.example"}, nil},
		"more than it will": {did.Service{Type: []string{"LinkedDomains"}, Endpoint: map[string]any{"origins": many}}, []string{"https://a.example", "https://b.example", "https://c.example", "https://d.example", "https://e.example", "https://f.example", "https://g.example", "https://h.example"}},
	} {
		v := newVerifier()
		v.Policy.RequireLinkedDomain = true
		v.Resolver = resolverFunc(func(context.Context, did.DID, did.At) (did.Version, error) {
			return did.Version{Document: &did.Document{ID: id, Service: []did.Service{test.service},
				VerificationMethod: []did.VerificationMethod{{ID: issuer.Method, Type: "Multikey", Controller: id, PublicKeyMultibase: issuer.Signer.Public().Multikey()}},
				Relationships:      map[did.Relationship][]did.Reference{did.AssertionMethod: {{URL: issuer.Method}}}}}, nil
		})
		var asked []string
		v.Domains = domainFunc(func(q DomainQuery) (DomainResult, error) {
			asked = append(asked, string(q.Origin))
			return DomainResult{Reason: LinkNotNamed}, nil
		})
		want(t, verify(t, v, body), CheckLinkedDomain, Fail, ProblemNotLinked)
		if d := cmp.Diff(test.asked, asked); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
