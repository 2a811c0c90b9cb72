package api

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/credentials"
)

// diploma issues a credential of type Diploma as a party.
func (d *diet) diploma(t *testing.T, issuer ledgertest.Party) any {
	t.Helper()
	i := &credentials.Issuer{DID: issuer.DID, Method: issuer.KID().String(), Form: credentials.FormJWT, Signer: issuer.Signer, Now: d.clock.Now}
	secured, err := i.Issue(t.Context(), map[string]any{
		"@context": []any{"https://www.w3.org/ns/credentials/v2", map[string]any{"Diploma": "https://terms.example/Diploma"}},
		"type":     []any{"VerifiableCredential", "Diploma"}, "issuer": string(issuer.DID), "validFrom": instant(d.clock.Now()),
		"credentialSubject": map[string]any{"id": "did:example:ada"},
	})
	ok(t, err)
	return secured.Body
}

// verify verifies with a full report and returns the result and one check of it.
func (d *diet) verify(t *testing.T, credential any, check credentials.CheckID, options map[string]any) (result, found map[string]any) {
	t.Helper()
	all := map[string]any{"report": "full", "returnProblemDetails": true}
	for name, value := range options {
		all[name] = value
	}
	result = d.client.Post(t, "/credentials/verify", map[string]any{"verifiableCredential": credential, "options": all}).Want(t, 200).JSON(t)
	for _, item := range result["report"].(map[string]any)["checks"].([]any) {
		if c := item.(map[string]any); c["id"] == string(check) {
			return result, c
		}
	}
	t.Fatalf("no check %s in %v", check, result)
	return nil, nil
}

var required = map[string]any{"policy": map[string]any{"requireAccreditation": true}}

func requiredAt(at time.Time) map[string]any {
	return map[string]any{"policy": required["policy"], "at": instant(at)}
}

func TestAVerificationShowsThePathOfTheIssuer(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.accredit(t)
	diploma, mill := d.diploma(t, d.university), d.diploma(t, d.league.Create(t))

	result, check := d.verify(t, diploma, credentials.CheckAccreditation, required)
	if result["verified"] != true || check["outcome"] != "pass" || check["severity"] != "error" {
		t.Errorf("accredited: %v", result)
	}
	var hops []any
	for _, item := range check["path"].([]any) {
		hop := item.(map[string]any)
		hops = append(hops, []any{hop["id"], hop["authority"], hop["subject"], hop["type"], hop["state"]})
	}
	want := []any{
		[]any{d.toUniverse.String(), string(d.ministry.DID), string(d.university.DID), "type:Diploma", "active"},
		[]any{d.toMinistry.String(), string(d.aachen.DID), string(d.ministry.DID), "type:Diploma", "active"},
		[]any{nil, "urn:hanse:league:test", string(d.aachen.DID), "prefix:", "active"},
	}
	if diff := cmp.Diff(want, hops); diff != "" {
		t.Error(diff)
	}
	evidence := check["evidence"].(map[string]any)
	if evidence["source"] != "ledger" || evidence["height"] != float64(d.head(t)) {
		t.Errorf("evidence %v", evidence)
	}

	result, check = d.verify(t, mill, credentials.CheckAccreditation, required)
	if result["verified"] != false || check["outcome"] != "fail" || check["code"] != "noAccreditation" {
		t.Errorf("a diploma mill: %v", result)
	}
	result, check = d.verify(t, mill, credentials.CheckAccreditation, nil)
	if result["verified"] != true || check["outcome"] != "fail" || check["severity"] != "warning" || len(result["problemDetails"].([]any)) == 0 {
		t.Errorf("without a policy it is a warning: %v", result)
	}
	older := d.client.Post(t, "/vc-api/credentials/verify", map[string]any{"verifiableCredential": mill, "options": required}).Want(t, 400).JSON(t)
	if older["verified"] != false {
		t.Errorf("older dialect: %v", older)
	}
}

func TestAPolicyNarrowsWhatIsAccepted(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.accredit(t)
	d.league.Act(t, d.brugge, "trust.recognise", map[string]any{"of": string(d.aachen.DID), "accepted": false, "resources": []any{"prefix:"}})
	diploma := d.diploma(t, d.university)
	for name, test := range map[string]struct {
		policy   map[string]any
		verified bool
		code     any
	}{
		"the center of the path":   {map[string]any{"acceptedCenters": []any{string(d.aachen.DID)}}, true, nil},
		"another center":           {map[string]any{"acceptedCenters": []any{string(d.brugge.DID)}}, false, "centerNotAccepted"},
		"one that recognises it":   {map[string]any{"acceptedCenters": []any{string(d.league.Members[2].DID)}}, true, nil},
		"deep enough":              {map[string]any{"maxDepth": 2}, true, nil},
		"too deep":                 {map[string]any{"maxDepth": 1}, false, "pathTooLong"},
		"a type of it":             {map[string]any{"types": []any{"Licence", "Diploma"}}, true, nil},
		"another type":             {map[string]any{"types": []any{"Licence"}}, false, nil},
		"a jurisdiction":           {map[string]any{"jurisdiction": "DE"}, true, nil}, // nobody limited it
		"no accreditation needed":  {map[string]any{"requireAccreditation": false, "maxDepth": 1}, true, "pathTooLong"},
		"a linked domain, no help": {map[string]any{"requireLinkedDomain": true, "linkedDomains": []any{"https://university.example"}}, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if _, given := test.policy["requireAccreditation"]; !given {
				test.policy["requireAccreditation"] = true
			}
			result, check := d.verify(t, diploma, credentials.CheckAccreditation, map[string]any{"policy": test.policy})
			if result["verified"] != test.verified || check["code"] != test.code {
				t.Errorf("%v", result)
			}
		})
	}
}

func TestAPolicyIsReadExactly(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.accredit(t)
	diploma := d.diploma(t, d.university)
	for name, test := range map[string]struct {
		policy  any
		pointer string
	}{
		"no object":         {[]any{}, "/options/policy"},
		"a typo":            {map[string]any{"requireAccredited": true}, "/options/policy/requireAccredited"},
		"no flag":           {map[string]any{"requireAccreditation": "yes"}, "/options/policy/requireAccreditation"},
		"no DID":            {map[string]any{"acceptedCenters": []any{string(d.aachen.DID), "aachen"}}, "/options/policy/acceptedCenters/1"},
		"no list":           {map[string]any{"types": "Diploma"}, "/options/policy/types"},
		"an empty type":     {map[string]any{"types": []any{""}}, "/options/policy/types/0"},
		"depth zero":        {map[string]any{"maxDepth": 0}, "/options/policy/maxDepth"},
		"half a depth":      {map[string]any{"maxDepth": 1.5}, "/options/policy/maxDepth"},
		"no jurisdiction":   {map[string]any{"jurisdiction": "Hanse"}, "/options/policy"},
		"a path, no origin": {map[string]any{"linkedDomains": []any{"https://a.example/x"}}, "/options/policy"},
	} {
		t.Run(name, func(t *testing.T) {
			body := map[string]any{"verifiableCredential": diploma, "options": map[string]any{"policy": test.policy}}
			for _, path := range []string{"/credentials/verify", "/vc-api/credentials/verify"} {
				if problem := d.client.Post(t, path, body).WantProblem(t, 400, "invalid-member"); problem["pointer"] != test.pointer {
					t.Errorf("pointer %v", problem["pointer"])
				}
			}
		})
	}
	own := d.Server.opts.Verifier
	own.Policy = credentials.Policy{RequireAccreditation: true, MaxDepth: 1}
	if result, check := d.verify(t, diploma, credentials.CheckAccreditation, nil); result["verified"] != false || check["code"] != "pathTooLong" {
		t.Errorf("the center's own policy: %v", result)
	}
	own.Policy.MaxDepth = 3
	strict := map[string]any{"policy": map[string]any{"maxDepth": 1}}
	if result, check := d.verify(t, diploma, credentials.CheckAccreditation, strict); result["verified"] != false || check["severity"] != "error" {
		t.Errorf("what a policy leaves out is as the center has it: %v", result)
	}
	for _, loose := range []map[string]any{{"maxDepth": 4}, {"requireAccreditation": false}} {
		body := map[string]any{"verifiableCredential": diploma, "options": map[string]any{"policy": loose}}
		if problem := d.client.Post(t, "/credentials/verify", body).WantProblem(t, 400, "invalid-member"); problem["pointer"] != "/options/policy" {
			t.Errorf("%v asks for less than the center: %v", loose, problem)
		}
	}
}

func TestWhatWasIssuedBeforeARevocationStaysAsTheReasonSays(t *testing.T) {
	for reason, stays := range map[trust.Reason]bool{trust.Withdrawn: true, trust.Fraud: false} {
		t.Run(string(reason), func(t *testing.T) {
			d := startDiet(t, ledgertest.Options{})
			early := d.clock.Now().Add(-time.Hour)
			d.pass(t, time.Hour)
			d.accredit(t)
			diploma := d.diploma(t, d.university)
			before := d.pass(t, 24*time.Hour)
			d.pass(t, 24*time.Hour)
			d.league.Revoke(t, d.aachen, d.toMinistry, reason)
			later := d.pass(t, time.Hour)

			if result, check := d.verify(t, diploma, credentials.CheckAccreditation, required); result["verified"] != false || check["code"] != "accreditationInvalid" {
				t.Errorf("now: %v", result)
			}
			if result, _ := d.verify(t, diploma, credentials.CheckAccreditation, requiredAt(before)); result["verified"] != stays {
				t.Errorf("before the revocation: %v", result)
			}
			if result, _ := d.verify(t, diploma, credentials.CheckAccreditation, requiredAt(later)); result["verified"] != false {
				t.Errorf("after the revocation: %v", result)
			}
			if _, check := d.verify(t, diploma, credentials.CheckAccreditation, requiredAt(early)); check["outcome"] != "fail" {
				t.Errorf("before anybody was accredited: %v", check)
			}
		})
	}
}

func TestASuspensionHoldsWhileItLasts(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.accredit(t)
	diploma := d.diploma(t, d.university)
	d.pass(t, time.Hour)
	d.league.Act(t, d.ministry, "trust.suspend", map[string]any{"accreditation": d.toUniverse.String()})
	during := d.pass(t, time.Hour)
	if result, _ := d.verify(t, diploma, credentials.CheckAccreditation, required); result["verified"] != false {
		t.Errorf("suspended: %v", result)
	}
	d.pass(t, time.Hour)
	d.league.Act(t, d.ministry, "trust.reinstate", map[string]any{"accreditation": d.toUniverse.String()})
	d.pass(t, time.Hour)
	if result, _ := d.verify(t, diploma, credentials.CheckAccreditation, required); result["verified"] != true {
		t.Errorf("reinstated: %v", result)
	}
	if result, _ := d.verify(t, diploma, credentials.CheckAccreditation, requiredAt(during)); result["verified"] != false {
		t.Errorf("as of the suspension: %v", result)
	}
}

func TestWithoutLedgerAnIssuerIsNeitherAccreditedNorNot(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.accredit(t)
	diploma := d.diploma(t, d.university)
	d.league.SetDown(true)
	result, check := d.verify(t, diploma, credentials.CheckAccreditation, required)
	if result["verified"] != false || check["outcome"] != "indeterminate" || result["report"].(map[string]any)["decision"] != "indeterminate" {
		t.Errorf("%v", result)
	}
}

func TestTheCopyOfAnAccreditationHasTheStatusOfIt(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.accredit(t)
	var record *trust.Accreditation
	ok(t, d.league.Read(t.Context(), reading(d.toUniverse, &record)))
	issuer := &credentials.Issuer{DID: d.aachen.DID, Method: d.aachen.KID().String(), Form: credentials.FormJWT, Signer: d.aachen.Signer, Now: d.clock.Now}
	copied, err := issuer.IssueAccreditation(t.Context(), copyOf(record), "https://center.example")
	ok(t, err)
	wider := copyOf(record)
	wider.Resource = "prefix:"
	forged, err := issuer.IssueAccreditation(t.Context(), wider, "https://center.example")
	ok(t, err)
	unknown := copyOf(record)
	unknown.ID = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
	foreign, err := issuer.IssueAccreditation(t.Context(), unknown, "https://center.example")
	ok(t, err)

	// A copy says nothing that the ledger does not: every active center may sign it.
	if result, check := d.verify(t, copied.Body, credentials.CheckStatus, required); result["verified"] != true || check["outcome"] != "pass" {
		t.Errorf("in force: %v", result)
	}
	if result, check := d.verify(t, forged.Body, credentials.CheckStatus, nil); result["verified"] != false || check["outcome"] != "fail" {
		t.Errorf("another right than the ledger has: %v", result)
	}
	if _, check := d.verify(t, foreign.Body, credentials.CheckStatus, nil); check["outcome"] != "indeterminate" {
		t.Errorf("of another ledger: %v", check)
	}
	before := d.pass(t, time.Hour)
	d.pass(t, time.Hour)
	d.league.Revoke(t, d.aachen, d.toMinistry, trust.Withdrawn)
	if result, check := d.verify(t, copied.Body, credentials.CheckStatus, nil); result["verified"] != false || check["outcome"] != "fail" {
		t.Errorf("below a revoked accreditation: %v", result)
	}
	if result, _ := d.verify(t, copied.Body, credentials.CheckStatus, map[string]any{"at": instant(before)}); result["verified"] != true {
		t.Errorf("before the revocation: %v", result)
	}
	d.league.SetDown(true)
	if _, check := d.verify(t, copied.Body, credentials.CheckStatus, nil); check["outcome"] == "fail" || check["outcome"] == "pass" {
		t.Errorf("without ledger: %v", check)
	}
}
