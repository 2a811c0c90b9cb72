package credentials

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did/keys"
)

// withheldSample has a member of every name by which a vc+sd-jwt can be refused.
func withheldSample(issuer *Issuer) map[string]any {
	entry := map[string]any{"id": listURL + "#7", "type": EntryType, "statusPurpose": "revocation", "statusListIndex": "7", "statusListCredential": listURL}
	return degree(issuer.DID, map[string]any{
		"credentialStatus": []any{entry}, "credentialSchema": map[string]any{"id": "https://example.com/s", "type": "Unknown"}, "termsOfUse": map[string]any{"type": "Unknown"},
		"iss": issuer.DID.String(), "iat": seconds(noon), "nbf": seconds(noon), "exp": seconds(noon.Add(time.Hour)),
		"cnf": map[string]any{"jwk": issuer.Signer.Public().JWK()}, "status": map[string]any{},
	})
}

var neverWithheld = []string{
	"/@context", "/@context/1", "/type", "/type/1", "/issuer", "/validFrom", "/validUntil", "/credentialStatus", "/credentialStatus/0",
	"/credentialStatus/0/statusListIndex", "/credentialSchema", "/credentialSchema/id", "/termsOfUse", "/iss", "/iat", "/nbf", "/exp", "/cnf", "/cnf/jwk", "/status",
}

func TestIssuersDoNotLetHoldersHideWhatRefusesThem(t *testing.T) {
	issuer := newIssuer(t, FormSDJWT, keys.EdDSA)
	for _, pointer := range neverWithheld {
		issuer.Disclosable = []string{pointer}
		refused(t, issuer, edited(withheldSample(issuer), map[string]any{"status": nil}), ProblemMalformed, "/"+firstToken(pointer))
		if FormSDJWT.MayWithhold(pointer) {
			t.Errorf("%s may be withheld", pointer)
		}
	}
	for form, pointer := range map[Form]string{FormSDJWT: "/credentialSubject/degree", FormSDJWTVC: "/given_name"} {
		if !form.MayWithhold(pointer) {
			t.Errorf("%s of a %s may not be withheld", pointer, form)
		}
	}
	if FormSDJWTVC.MayWithhold("/status/status_list") || FormJWT.MayWithhold("/credentialSubject") {
		t.Error("what cannot be withheld may be")
	}
}

// Another's software may have made it: the verifier refuses it whether it is shown or not.
func TestVerifiersRefuseWhatCouldHideARevocation(t *testing.T) {
	issuer := newIssuer(t, FormSDJWT, keys.EdDSA)
	for _, pointer := range neverWithheld {
		text, err := sdjwt.Issue(t.Context(), withheldSample(issuer), issuer.Signer,
			sdjwt.IssueOptions{Type: sdJWTType, KeyID: issuer.Method, Disclosable: []string{pointer}})
		if err != nil {
			t.Fatal(err)
		}
		report := verify(t, newVerifier(), []byte(text))
		if problem := want(t, report, CheckParse, Fail, ProblemCryptography).Problem; problem.Pointer != "/"+firstToken(pointer) {
			t.Errorf("%s is refused at %s", pointer, problem.Pointer)
		}
		if within := pointer != "/"+firstToken(pointer); within { // a digest inside of what is signed cannot be told from harmless ones
			hidden, err := parseSDJWT(t, text).Present(nil)
			if err != nil {
				t.Fatal(err)
			}
			want(t, verify(t, newVerifier(), []byte(hidden)), CheckParse, Fail, ProblemCryptography)
		}
	}
}

// A closed digest at the top may be of anything: a credential without status or end might have had them.
func TestClosedDigestsAtTheTopAreRemarkedUpon(t *testing.T) {
	issuer := newIssuer(t, FormSDJWT, keys.EdDSA)
	plain := degree(issuer.DID, map[string]any{"name": "Degree"})
	entry := map[string]any{"id": listURL + "#7", "type": EntryType, "statusPurpose": "revocation", "statusListIndex": "7", "statusListCredential": listURL}
	for name, test := range map[string]struct {
		credential map[string]any
		hide       string
		show       []string
		warned     bool
	}{
		"a name":               {plain, "/name", nil, true},
		"the status":           {edited(plain, map[string]any{"credentialStatus": entry}), "/credentialStatus", nil, true},
		"a name that is told":  {plain, "/name", []string{"/name"}, false},
		"a claim":              {plain, "/credentialSubject/degree", nil, false},
		"no refusal is hidden": {edited(plain, map[string]any{"credentialStatus": entry}), "/name", nil, false},
	} {
		text, err := sdjwt.Issue(t.Context(), test.credential, issuer.Signer, sdjwt.IssueOptions{Type: sdJWTType, KeyID: issuer.Method, Disclosable: []string{test.hide}})
		if err != nil {
			t.Fatal(err)
		}
		if text, err = parseSDJWT(t, text).Present(test.show); err != nil {
			t.Fatal(err)
		}
		check := want(t, verify(t, newVerifier(), []byte(text)), CheckDataModel, Pass, "")
		said, _ := json.Marshal(check.Warnings)
		if warned := len(check.Warnings) == 1 && check.Warnings[0].Title == "something may be withheld"; warned != test.warned {
			t.Errorf("%s: warnings %s", name, said)
		}
	}
}
