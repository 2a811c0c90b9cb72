package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/resolve"
)

func TestTheTrustSourceIsAskedWhatThePolicyAsksFor(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		sri, other := sriPublishedV2, "sha256-"+strings.Repeat("A", 43)+"="
		schema := func(digest any) map[string]any {
			return map[string]any{"id": "https://a.example/schema", "type": "JsonSchema", "digestSRI": digest}
		}
		body := issue(t, issuer, degree(issuer.DID, map[string]any{
			"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2026-12-31T00:00:00Z",
			"credentialSchema": []any{schema(sri), schema(sri), schema(other), schema(sri + " " + other), schema("sha256-nonsense"), schema(sri + "?x"), schema(true), map[string]any{"id": "https://b.example/", "type": "JsonSchema"}},
		})).Body
		v := newVerifier()
		var asked []TrustQuery
		v.Trust = trustFunc(func(q TrustQuery) (TrustResult, error) {
			asked = append(asked, q)
			return TrustResult{Accredited: true}, nil
		})
		v.Policy = Policy{Centers: []did.DID{"did:hanse:test:a"}, MaxDepth: 3, Jurisdiction: "DE"}
		then := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		verifyWith(t, v, body, VerifyOptions{At: then})
		verifyWith(t, v, body, VerifyOptions{At: then, Policy: &Policy{MaxDepth: 1}})
		base := TrustQuery{Issuer: issuer.DID, Types: []string{baseType, "ExampleDegreeCredential"}, Schemas: []string{sri, other}, At: then, Validity: 364 * 24 * time.Hour}
		own, given := base, base
		own.Centers, own.MaxDepth, own.Jurisdiction = v.Policy.Centers, 3, "DE"
		given.MaxDepth, given.Narrowed = 1, true
		if d := cmp.Diff([]TrustQuery{own, given}, asked); d != "" {
			t.Error(d)
		}
	})
}

func TestValidityIsFromBeginningToEnd(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	for name, test := range map[string]struct {
		edits map[string]any
		want  time.Duration
	}{
		"both":                        {map[string]any{"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2026-01-01T00:01:00Z"}, time.Minute},
		"fractions count up":          {map[string]any{"validFrom": "2026-01-01T00:00:00.9Z", "validUntil": "2026-01-01T00:00:02Z"}, 2 * time.Second},
		"an instant":                  {map[string]any{"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"}, time.Second},
		"no end":                      {map[string]any{"validFrom": "2026-01-01T00:00:00Z", "validUntil": nil}, -1},
		"no beginning":                {map[string]any{"validFrom": nil, "validUntil": "2027-01-01T00:00:00Z"}, -1},
		"neither":                     {map[string]any{"validFrom": nil, "validUntil": nil}, -1},
		"claims say it":               {map[string]any{"validFrom": nil, "validUntil": nil, "nbf": int64(1_767_225_600), "exp": int64(1_767_225_660)}, time.Minute},
		"iat says it began":           {map[string]any{"validFrom": nil, "validUntil": nil, "iat": int64(1_767_225_600), "exp": int64(1_767_225_660)}, time.Minute},
		"the claim ends it earlier":   {map[string]any{"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2030-01-01T00:00:00Z", "exp": int64(1_767_225_660)}, time.Minute},
		"the claim ends it no sooner": {map[string]any{"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2026-01-01T00:01:00Z", "exp": int64(1_867_225_660)}, time.Minute},
	} {
		v := newVerifier()
		v.Trust = trustFunc(func(q TrustQuery) (TrustResult, error) {
			if q.Validity != test.want {
				t.Errorf("%s: %s, want %s", name, q.Validity, test.want)
			}
			return TrustResult{}, nil
		})
		verify(t, v, issue(t, issuer, degree(issuer.DID, test.edits)).Body)
	}
}

func TestAPathIsInTheReportWhetherItHoldsOrNot(t *testing.T) {
	issuer := newIssuer(t, FormEdDSAJCS, keys.EdDSA)
	body := issue(t, issuer, degree(issuer.DID, nil)).Body
	path := []TrustHop{
		{ID: "a1", Authority: "did:hanse:test:a", Subject: issuer.DID.String(), Action: "issue", Type: "ExampleDegreeCredential", State: "expired", ValidFrom: "2025-01-01T00:00:00Z", ValidUntil: "2026-01-01T00:00:00Z", Height: 7},
		{Authority: "urn:hanse:league:test", Subject: "did:hanse:test:a", Action: "accredit", State: "active", Height: 1},
	}
	evidence := Evidence{Source: "ledger", Height: 9, Age: 3}
	for _, accredited := range []bool{true, false} {
		for _, required := range []bool{true, false} {
			v := newVerifier()
			v.Trust = trustFunc(func(TrustQuery) (TrustResult, error) {
				return TrustResult{Accredited: accredited, Reason: "accreditation a1 is expired", Code: "accreditationInvalid", Path: path, Evidence: evidence}, nil
			})
			report := verifyWith(t, v, body, VerifyOptions{Policy: &Policy{RequireAccreditation: required}})
			outcome, problem, decision := Pass, "", Accept
			if !accredited {
				outcome, problem = Fail, ProblemNotAccredited
				if required {
					decision = Reject
				}
			}
			c := want(t, report, CheckAccreditation, outcome, problem)
			if d := cmp.Diff(path, c.Path); d != "" || *c.Evidence != evidence {
				t.Errorf("%s, evidence %+v", d, c.Evidence)
			}
			if (c.Code == "accreditationInvalid") == accredited || !accredited && c.Problem.Detail != "accreditation a1 is expired" {
				t.Errorf("%+v", c)
			}
			wantDecision(t, report, decision)
		}
	}
}

// A type that the policy does not take is an error whatever else it asks for, and nobody is asked about it.
func TestTypesThatThePolicyDoesNotTakeAreRefused(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		body := issue(t, issuer, degree(issuer.DID, nil)).Body
		for _, test := range []struct {
			types []string
			ok    bool
		}{{nil, true}, {[]string{"Other", "ExampleDegreeCredential"}, true}, {[]string{baseType}, true}, {[]string{"Other"}, false}, {[]string{"exampledegreecredential"}, false}} {
			v := newVerifier()
			asked := 0
			v.Trust = trustFunc(func(TrustQuery) (TrustResult, error) { asked++; return TrustResult{Accredited: true}, nil })
			v.Resolver = resolverFunc(func(ctx context.Context, id did.DID, at did.At) (did.Version, error) {
				asked++
				return resolve.Key{}.Resolve(ctx, id, at)
			})
			report := verifyWith(t, v, body, VerifyOptions{Policy: &Policy{Types: test.types}})
			if test.ok {
				wantDecision(t, report, Accept)
				continue
			}
			c := want(t, report, CheckAccreditation, Fail, ProblemNotAccepted)
			if c.Severity != SeverityError || c.Problem.Pointer != "/type" || asked != 0 {
				t.Errorf("%+v, asked %d", c, asked)
			}
			wantDecision(t, report, Reject)
		}
	})
}

func TestPoliciesAreChecked(t *testing.T) {
	many := slices.Repeat([]string{"https://a.example"}, maxOrigins+1)
	for name, test := range map[string]struct {
		policy Policy
		ok     bool
	}{
		"none":                {Policy{}, true},
		"everything":          {everyPolicy(), true},
		"center is no DID":    {Policy{Centers: []did.DID{"center-1"}}, false},
		"too many centers":    {Policy{Centers: make([]did.DID, maxPolicyItems+1)}, false},
		"type is empty":       {Policy{Types: []string{""}}, false},
		"type has a space":    {Policy{Types: []string{"A B"}}, false},
		"depth is negative":   {Policy{MaxDepth: -1}, false},
		"a country in words":  {Policy{Jurisdiction: "Germany"}, false},
		"lower case":          {Policy{Jurisdiction: "de"}, false},
		"subdivision is long": {Policy{Jurisdiction: "DE-ABCD"}, false},
		"subdivision missing": {Policy{Jurisdiction: "DE-"}, false},
		"domain has a path":   {Policy{LinkedDomains: []string{"https://a.example/x"}}, false},
		"too many domains":    {Policy{LinkedDomains: many}, false},
	} {
		if err := test.policy.Check(); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFirstSourceThatAccreditsAnswers(t *testing.T) {
	issuer := did.DID("did:example:a")
	list := AllowList{issuer: {"A"}}
	ledger := trustFunc(func(q TrustQuery) (TrustResult, error) {
		return TrustResult{Accredited: slices.Equal(q.Types, []string{baseType, "B"}), Code: "noAccreditation", Path: []TrustHop{{Authority: "ledger"}}}, nil
	})
	away := trustFunc(func(TrustQuery) (TrustResult, error) { return TrustResult{}, errors.New("away") })
	for _, test := range []struct {
		name    string
		source  TrustSource
		types   []string
		ok      bool
		failed  bool
		from    string // authority of the path
		refused string // code
	}{
		{"allow-list", FirstOf(list, ledger), []string{baseType, "A"}, true, false, "configuration", ""},
		{"allow-list before an outage", FirstOf(list, away), []string{baseType, "A"}, true, false, "configuration", ""},
		{"allow-list after an outage", FirstOf(away, list), []string{baseType, "A"}, true, false, "configuration", ""},
		{"ledger", FirstOf(list, ledger), []string{baseType, "B"}, true, false, "ledger", ""},
		{"neither: the last one's word and path", FirstOf(list, ledger), []string{baseType, "C"}, false, false, "ledger", "noAccreditation"},
		{"neither, the other way round", FirstOf(ledger, list), []string{baseType, "C"}, false, false, "", codeNotConfigured},
		{"one type each is not enough", FirstOf(list, ledger), []string{baseType, "A", "B"}, false, false, "ledger", "noAccreditation"},
		{"an outage hides what might be", FirstOf(list, away), []string{baseType, "C"}, false, true, "", ""},
		{"alone", FirstOf(nil, list, nil), []string{baseType, "A"}, true, false, "configuration", ""},
	} {
		result, err := test.source.Accredited(t.Context(), TrustQuery{Issuer: issuer, Types: test.types})
		from := ""
		if len(result.Path) > 0 {
			from = result.Path[0].Authority
		}
		if result.Accredited != test.ok || (err != nil) != test.failed || from != test.from || !test.ok && result.Code != test.refused {
			t.Errorf("%s: %+v %v", test.name, result, err)
		}
	}
	if FirstOf() != nil || FirstOf(nil) != nil {
		t.Error("no source is no source")
	}
}

// Who recovers an issuer disputes what its keys signed: neither accepted nor called forged, as of then; and as of now the recovered keys count.
func TestADisputedKeyIsIndeterminate(t *testing.T) {
	id := did.DID("did:hanse:test:abc")
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		issuer.DID, issuer.Method = id, id.String()+"#key-1"
		body := issue(t, issuer, degree(id, map[string]any{"credentialStatus": map[string]any{
			"type": EntryType, "statusPurpose": "revocation", "statusListIndex": "1", "statusListCredential": listURL}})).Body
		document := &did.Document{ID: id,
			VerificationMethod: []did.VerificationMethod{{ID: issuer.Method, Type: "Multikey", Controller: id, PublicKeyMultibase: issuer.Signer.Public().Multikey()}},
			Relationships:      map[did.Relationship][]did.Reference{did.AssertionMethod: {{URL: issuer.Method}}}}
		for name, test := range map[string]struct {
			version  did.Version
			outcome  Outcome
			warnings int
			decision Decision
		}{
			"disputed":                   {did.Version{Document: document, VersionID: "2-x", Disputed: "3-y"}, Indeterminate, 0, Undecided},
			"disputed, then deactivated": {did.Version{Document: document, VersionID: "2-x", Disputed: "3-y", Deactivated: true}, Indeterminate, 0, Undecided},
			"being recovered":            {did.Version{Document: document, Recovery: &did.Recovery{Base: "1-x", Due: noon}}, Pass, 1, Accept},
			"made during a recovery":     {did.Version{Document: document, During: "y"}, Pass, 1, Accept},
		} {
			v := newVerifier()
			v.Resolver = resolverFunc(func(context.Context, did.DID, did.At) (did.Version, error) { return test.version, nil })
			v.Status = statusFunc(func(StatusQuery) (StatusResult, error) { return StatusResult{}, nil })
			v.Domains = domainFunc(func(DomainQuery) (DomainResult, error) { return DomainResult{Linked: true}, nil })
			report := verifyWith(t, v, body, VerifyOptions{Policy: &Policy{LinkedDomains: []string{"https://a.example"}}})
			problem := ""
			if test.outcome != Pass {
				problem = ProblemDisputed
				want(t, report, CheckSignature, Skip, "")
				want(t, report, CheckStatus, Skip, "")
				want(t, report, CheckLinkedDomain, Skip, "")
			}
			c := want(t, report, CheckIssuer, test.outcome, problem)
			if len(c.Warnings) != test.warnings || test.outcome != Pass && c.Problem.Title != "issuer's key is disputed" {
				t.Errorf("%s: %+v", name, c)
			}
			wantDecision(t, report, test.decision)
		}
	})
}

func TestAStrangersPolicyAsksForNothingLess(t *testing.T) {
	own := Policy{
		RequireAccreditation: true, Centers: []did.DID{"did:hanse:test:a", "did:hanse:test:b"}, Types: []string{"A", "B"}, MaxDepth: 3,
		Jurisdiction: "DE-BY", RequireLinkedDomain: true, LinkedDomains: []string{"https://a.example", "https://b.example"},
		Forms: []Form{FormJWT, FormCOSE}, Algorithms: []keys.Algorithm{keys.EdDSA, keys.ES256}, Issuers: []string{"did:example:a", "did:example:b"},
		MaxStatusAge: time.Minute, RequireStatus: true, RequireHolder: true, RequireSchema: true, Schema: json.RawMessage(`{"a":1,"b":2}`),
	}
	for name, test := range map[string]struct {
		change func(*Policy)
		laxer  string // member that asks for less; empty: none does
	}{
		"the same": {func(*Policy) {}, ""},
		"fewer of everything": {func(p *Policy) {
			p.Centers, p.Types, p.LinkedDomains, p.MaxDepth = p.Centers[:1], p.Types[1:], p.LinkedDomains[1:], 1
			p.Forms, p.Algorithms, p.Issuers, p.MaxStatusAge = p.Forms[1:], p.Algorithms[:1], p.Issuers[:1], time.Second
		}, ""},
		"the same in other words": {func(p *Policy) { p.Schema = json.RawMessage(` {"b": 2, "a": 1}`) }, ""},
		"no status":               {func(p *Policy) { p.RequireStatus = false }, "requireStatus"},
		"no holder":               {func(p *Policy) { p.RequireHolder = false }, "requireHolderBinding"},
		"no known schema":         {func(p *Policy) { p.RequireSchema = false }, "requireSchema"},
		"another schema":          {func(p *Policy) { p.Schema = json.RawMessage(`{}`) }, "schema"},
		"no schema":               {func(p *Policy) { p.Schema = nil }, "schema"},
		"an older status":         {func(p *Policy) { p.MaxStatusAge *= 2 }, "maxStatusAge"},
		"a status of any age":     {func(p *Policy) { p.MaxStatusAge = 0 }, "maxStatusAge"},
		"another form":            {func(p *Policy) { p.Forms = []Form{FormSDJWT} }, "forms"},
		"any form":                {func(p *Policy) { p.Forms = nil }, "forms"},
		"another algorithm":       {func(p *Policy) { p.Algorithms = []keys.Algorithm{keys.ES384} }, "algorithms"},
		"any algorithm":           {func(p *Policy) { p.Algorithms = nil }, "algorithms"},
		"another issuer":          {func(p *Policy) { p.Issuers = append([]string{"did:example:c"}, p.Issuers...) }, "issuers"},
		"any issuer":              {func(p *Policy) { p.Issuers = nil }, "issuers"},
		"the whole country":       {func(p *Policy) { p.Jurisdiction = "DE" }, ""},
		"no accreditation":        {func(p *Policy) { p.RequireAccreditation = false }, "requireAccreditation"},
		"no linked domain":        {func(p *Policy) { p.RequireLinkedDomain = false }, "requireLinkedDomain"},
		"another center":          {func(p *Policy) { p.Centers = []did.DID{"did:hanse:test:a", "did:hanse:test:c"} }, "acceptedCenters"},
		"any center":              {func(p *Policy) { p.Centers = []did.DID{} }, "acceptedCenters"},
		"another type":            {func(p *Policy) { p.Types = []string{"C"} }, "types"},
		"any type":                {func(p *Policy) { p.Types = nil }, "types"},
		"another domain":          {func(p *Policy) { p.LinkedDomains = []string{"https://c.example"} }, "linkedDomains"},
		"a longer path":           {func(p *Policy) { p.MaxDepth = 4 }, "maxDepth"},
		"any path":                {func(p *Policy) { p.MaxDepth = 0 }, "maxDepth"},
		"another part of it":      {func(p *Policy) { p.Jurisdiction = "DE-BE" }, "jurisdiction"},
		"another country":         {func(p *Policy) { p.Jurisdiction = "D" }, "jurisdiction"},
		"anywhere in the country": {func(p *Policy) { p.Jurisdiction = "" }, "jurisdiction"},
	} {
		p := own
		test.change(&p)
		if err := p.Within(own); (err != nil) != (test.laxer != "") || err != nil && !strings.HasPrefix(err.Error(), test.laxer) {
			t.Errorf("%s: %v", name, err)
		}
		if err := p.Within(Policy{}); err != nil {
			t.Errorf("%s, where nothing is asked for: %v", name, err)
		}
	}
}

// A center's own list of trusted issuers is its business: it does not answer somebody who names the centers they trust.
func TestAnAllowListDoesNotOverruleWhatTheCallerAsksFor(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	body := issue(t, issuer, degree(issuer.DID, nil)).Body
	v := newVerifier()
	v.Trust = FirstOf(AllowList{issuer.DID: {"*"}}, trustFunc(func(TrustQuery) (TrustResult, error) {
		return TrustResult{Code: "noAccreditation"}, nil
	}))
	v.Policy = Policy{RequireAccreditation: true, MaxDepth: 2}
	for name, test := range map[string]struct {
		policy  *Policy
		outcome Outcome
		problem string
	}{
		"the center's policy":  {nil, Pass, ""},
		"nothing about paths":  {&Policy{RequireAccreditation: true, MaxDepth: 2, Types: []string{"ExampleDegreeCredential"}}, Pass, ""},
		"centers of their own": {&Policy{RequireAccreditation: true, MaxDepth: 2, Centers: []did.DID{"did:hanse:test:a"}}, Fail, ProblemNotAccredited},
		"a shorter path":       {&Policy{RequireAccreditation: true, MaxDepth: 1}, Fail, ProblemNotAccredited},
		"a jurisdiction":       {&Policy{RequireAccreditation: true, MaxDepth: 2, Jurisdiction: "DE"}, Fail, ProblemNotAccredited},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, verifyWith(t, v, body, VerifyOptions{Policy: test.policy}), CheckAccreditation, test.outcome, test.problem)
		})
	}
}

// everyPolicy is a policy that asks for everything.
func everyPolicy() Policy {
	return Policy{
		RequireAccreditation: true, Centers: []did.DID{"did:hanse:test:a"}, Types: []string{"T"}, MaxDepth: 4, Jurisdiction: "DE-BY",
		RequireLinkedDomain: true, LinkedDomains: []string{"https://a.example"},
		Forms: []Form{FormJWT, FormEdDSAJCS}, Algorithms: []keys.Algorithm{keys.EdDSA}, Issuers: []string{"did:hanse:test:a", "https://a.example"},
		MaxStatusAge: time.Minute, RequireStatus: true, RequireHolder: true, RequireSchema: true, Schema: json.RawMessage(`{"type":"object"}`),
	}
}
