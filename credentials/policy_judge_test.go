package credentials

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/hanse-id/hanse/did/keys"
)

// withStatus is a credential with a place in a status list.
func withStatus(issuer *Issuer) map[string]any {
	return degree(issuer.DID, map[string]any{"credentialStatus": map[string]any{
		"type": EntryType, "statusPurpose": "revocation", "statusListIndex": "1", "statusListCredential": listURL}})
}

func TestFormsThatThePolicyDoesNotTakeAreRefused(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		body := issue(t, issuer, degree(issuer.DID, nil)).Body
		var others []Form
		for _, form := range Forms() {
			if form != issuer.Form {
				others = append(others, form)
			}
		}
		wantDecision(t, verifyWith(t, newVerifier(), body, VerifyOptions{Policy: &Policy{Forms: []Form{issuer.Form}}}), Accept)
		report := verifyWith(t, newVerifier(), body, VerifyOptions{Policy: &Policy{Forms: others}})
		want(t, report, CheckAlgorithm, Fail, ProblemNotAccepted)
		want(t, report, CheckIssuer, Skip, "")
		wantDecision(t, report, Reject)
	})
}

func TestAlgorithmsThatThePolicyDoesNotTakeAreRefused(t *testing.T) {
	all := []keys.Algorithm{keys.EdDSA, keys.ES256, keys.ES384, keys.ES256K}
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		body := issue(t, issuer, degree(issuer.DID, nil)).Body
		for _, alg := range all {
			report := verifyWith(t, newVerifier(), body, VerifyOptions{Policy: &Policy{Algorithms: []keys.Algorithm{alg}}})
			if alg == issuer.Signer.Public().Algorithm() {
				wantDecision(t, report, Accept)
				continue
			}
			want(t, report, CheckAlgorithm, Fail, ProblemNotAccepted)
			want(t, report, CheckSignature, Skip, "")
			wantDecision(t, report, Reject)
		}
	})
}

func TestIssuersThatThePolicyDoesNotTakeAreRefused(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		body := issue(t, issuer, degree(issuer.DID, nil)).Body
		v, asked := newVerifier(), 0
		v.Trust = trustFunc(func(TrustQuery) (TrustResult, error) {
			asked++
			return TrustResult{Accredited: true}, nil
		})
		report := verifyWith(t, v, body, VerifyOptions{Policy: &Policy{Issuers: []string{"did:example:a", "https://a.example"}}})
		if c := want(t, report, CheckAccreditation, Fail, ProblemNotAccepted); c.Problem.Pointer != "/issuer" || c.Severity != SeverityError || asked != 0 {
			t.Errorf("%+v, asked %d", c, asked)
		}
		wantDecision(t, report, Reject)
		wantDecision(t, verifyWith(t, v, body, VerifyOptions{Policy: &Policy{Issuers: []string{issuer.DID.String()}}}), Accept)
	})
}

func TestAStatusThatThePolicyAsksForMustBeThere(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		for name, test := range map[string]struct {
			credential map[string]any
			outcome    Outcome
			problem    string
		}{
			"none":            {degree(issuer.DID, nil), Fail, ProblemNotAccepted},
			"of unknown type": {degree(issuer.DID, map[string]any{"credentialStatus": map[string]any{"type": "RevocationList2020Status", "id": "https://a.example/1"}}), Fail, ProblemNotAccepted},
			"known":           {withStatus(issuer), Pass, ""},
		} {
			t.Run(name, func(t *testing.T) {
				secured, possible := secureAnyway(t, issuer, test.credential) // an unknown type may be an undefined term
				if !possible {
					t.Skip("canonical RDF cannot be made of it")
				}
				v := newVerifier()
				v.Status = statusFunc(func(StatusQuery) (StatusResult, error) { return StatusResult{}, nil })
				for _, checks := range [][]string{nil, {ChecksProof}} {
					report := verifyWith(t, v, secured.Body, VerifyOptions{Policy: &Policy{RequireStatus: true}, Checks: checks})
					if model, _ := report.Check(CheckDataModel); model.Outcome != Pass {
						t.Skip("the data model refuses it")
					}
					want(t, report, CheckStatus, test.outcome, test.problem)
				}
			})
		}
	})
}

func TestAStatusIsNoOlderThanThePolicyTakes(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		entry := func(index string) map[string]any {
			return map[string]any{"type": EntryType, "statusPurpose": "revocation", "statusListIndex": index, "statusListCredential": listURL}
		}
		body := issue(t, issuer, degree(issuer.DID, map[string]any{"credentialStatus": []any{entry("1"), entry("2")}})).Body
		for name, test := range map[string]struct {
			ages     [2]int64 // of the two entries
			value    uint64
			outcome  Outcome
			problem  string
			decision Decision
		}{
			"fresh":               {[2]int64{0, 60}, 0, Pass, "", Accept},
			"one is old":          {[2]int64{0, 61}, 0, Indeterminate, ProblemStatusRetrieval, Undecided},
			"the other is old":    {[2]int64{61, 0}, 0, Indeterminate, ProblemStatusRetrieval, Undecided},
			"old, and revoked":    {[2]int64{61, 61}, 1, Fail, ProblemStatusVerification, Reject},
			"fresh, and it fails": {[2]int64{0, 0}, 1, Fail, ProblemStatusVerification, Reject},
		} {
			t.Run(name, func(t *testing.T) {
				v := newVerifier()
				v.Status = statusFunc(func(q StatusQuery) (StatusResult, error) {
					return StatusResult{Value: test.value, Evidence: Evidence{Source: "a", Age: test.ages[q.Entry.Index-1]}}, nil
				})
				report := verifyWith(t, v, body, VerifyOptions{Policy: &Policy{MaxStatusAge: time.Minute}, Checks: []string{ChecksProof}})
				want(t, report, CheckStatus, test.outcome, test.problem)
				wantDecision(t, report, test.decision)
			})
		}
	})
}

func TestWithoutAStatusNoAgeIsAskedFor(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	report := verifyWith(t, newVerifier(), issue(t, issuer, degree(issuer.DID, nil)).Body, VerifyOptions{Policy: &Policy{MaxStatusAge: time.Minute}})
	want(t, report, CheckStatus, Skip, "")
	wantDecision(t, report, Accept)
}

func TestAHolderThatThePolicyAsksForMustPresent(t *testing.T) {
	for _, form := range Forms() {
		issuer := newIssuer(t, form, form.Algorithms()[0])
		body := issue(t, issuer, sample(issuer)).Body
		wantDecision(t, verify(t, newVerifier(), body), Accept)
		report := verifyWith(t, newVerifier(), body, VerifyOptions{Policy: &Policy{RequireHolder: true}})
		if c := want(t, report, CheckHolder, Fail, ProblemNotAccepted); c.Severity != SeverityError {
			t.Errorf("%s: %+v", form, c)
		}
		wantDecision(t, report, Reject)
	}
}

func TestAPolicyNamesOnlyWhatThereIs(t *testing.T) {
	for name, test := range map[string]struct {
		policy Policy
		ok     bool
	}{
		"forms":                  {Policy{Forms: Forms()}, true},
		"unknown form":           {Policy{Forms: []Form{"vc+jwe"}}, false},
		"no form":                {Policy{Forms: []Form{""}}, false},
		"too many forms":         {Policy{Forms: make([]Form, maxPolicyItems+1)}, false},
		"algorithms":             {Policy{Algorithms: []keys.Algorithm{keys.EdDSA, keys.ES256, keys.ES384, keys.ES256K}}, true},
		"unknown algorithm":      {Policy{Algorithms: []keys.Algorithm{"RS256"}}, false},
		"none":                   {Policy{Algorithms: []keys.Algorithm{"none"}}, false},
		"issuers":                {Policy{Issuers: []string{"did:web:a.example", "https://a.example/issuer"}}, true},
		"issuer without scheme":  {Policy{Issuers: []string{"a.example"}}, false},
		"issuer over http":       {Policy{Issuers: []string{"http://a.example"}}, false},
		"issuer with a password": {Policy{Issuers: []string{"https://a:b@a.example"}}, false},
		"negative age":           {Policy{MaxStatusAge: -1}, false},
		"schema":                 {Policy{Schema: json.RawMessage(`{"type":"object"}`)}, true},
		"schema is a list":       {Policy{Schema: json.RawMessage(`[]`)}, false},
		"schema is no JSON":      {Policy{Schema: json.RawMessage(`{`)}, false},
		"schema is too large":    {Policy{Schema: make([]byte, maxOwnSchema+1)}, false},
	} {
		if err := test.policy.Check(); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
