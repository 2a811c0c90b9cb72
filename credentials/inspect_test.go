package credentials

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/keys"
)

func TestInspectExplainsEveryFormWithoutVerifying(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		c := degree(issuer.DID, map[string]any{
			"issuer": map[string]any{"id": issuer.DID.String(), "name": "University"},
			"credentialStatus": map[string]any{
				"type": EntryType, "statusPurpose": "revocation", "statusListIndex": "7", "statusListCredential": listURL}})
		i, err := Inspect(issue(t, issuer, c).Body, nil)
		if err != nil {
			t.Fatal(err)
		}
		if i.Form != string(issuer.Form) || i.Issuer != issuer.DID.String() || i.IssuerName != "University" || len(i.Types) != 2 ||
			len(i.Status) != 1 || i.Status[0].Index != "7" || len(i.Proofs) != 1 || i.Proofs[0].Method != issuer.Method || len(i.Warnings) != 0 {
			t.Errorf("inspection is %+v", i)
		}
		var text bytes.Buffer
		if err := i.Text(&text); err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"Nothing below was verified", issuer.Method, "ExampleDegreeCredential", "did:example:alice", "entry 7 of " + listURL, "2030-01-01"} {
			if !strings.Contains(text.String(), word) {
				t.Errorf("text lacks %q:\n%s", word, text.String())
			}
		}
		if _, err := json.Marshal(i); err != nil {
			t.Error(err)
		}
	})
}

func TestInspectSaysWhatToBewareOf(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	for name, test := range map[string]struct{ input, form, warning string }{
		"unsecured":   {string(toJSON(t, degree(issuer.DID, nil))), "unsecured", "not secured"},
		"expired":     {string(toJSON(t, degree(issuer.DID, map[string]any{"validFrom": nil, "validUntil": "2020-01-01T00:00:00Z"}))), "unsecured", "no longer valid"},
		"alg none":    {token(t, issuer, headerOf(t, issuer, map[string]any{"alg": "none"}), payloadOf(t, issuer, nil)), "vc+jwt", "algorithm not allowed"},
		"jwk":         {token(t, issuer, headerOf(t, issuer, map[string]any{"jwk": map[string]any{}}), payloadOf(t, issuer, nil)), "vc+jwt", "jwk is not used"},
		"no kid":      {token(t, issuer, headerOf(t, issuer, map[string]any{"kid": nil}), payloadOf(t, issuer, nil)), "vc+jwt", "no kid"},
		"model":       {token(t, issuer, headerOf(t, issuer, nil), payloadOf(t, issuer, map[string]any{"issuer": nil})), "vc+jwt", "data model: /issuer"},
		"undefined":   {token(t, issuer, headerOf(t, issuer, nil), payloadOf(t, issuer, map[string]any{"colour": "x"})), "vc+jwt", "member colour"},
		"cryptosuite": {string(toJSON(t, degree(issuer.DID, map[string]any{"proof": map[string]any{"type": "DataIntegrityProof", "cryptosuite": "bbs-2023", "verificationMethod": "x", "proofPurpose": "assertionMethod", "proofValue": "z"}}))), "bbs-2023", "not supported"},
	} {
		i, err := Inspect([]byte(test.input), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if i.Form != test.form || !strings.Contains(strings.Join(i.Warnings, "\n"), test.warning) {
			t.Errorf("%s: form %q, warnings %q", name, i.Form, i.Warnings)
		}
	}
	for _, input := range []string{"", "x", "[]", "{", "a.b.c"} {
		if _, err := Inspect([]byte(input), nil); err == nil {
			t.Errorf("%q was explained", input)
		}
	}
}

func TestInspectTextObeysNoTerminalSequence(t *testing.T) {
	i, err := Inspect(toJSON(t, degree("did:example:a", map[string]any{"id": "urn:\x1b[2Ja\u202eb", "issuer": map[string]any{"id": "did:example:a", "name": "\x1b]0;x\x07\r\n"}})), nil)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := i.Text(&text); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(text.String(), "\x1b\x07\r\u202e") {
		t.Errorf("text is %q", text.String())
	}
}

func TestInspectionTellsWhatIsClaimed(t *testing.T) {
	document := []byte(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"did:example:a",
		"credentialSubject":{"id":"did:example:ada","degree":{"name":"Bachelor\u001b[2J","years":[3,true]}}}`)
	i, err := Inspect(document, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []InspectedClaim{
		{Path: "/credentialSubject/degree/name", Value: `"Bachelor\u001b[2J"`},
		{Path: "/credentialSubject/degree/years/0", Value: "3"},
		{Path: "/credentialSubject/degree/years/1", Value: "true"},
	}
	if d := cmp.Diff(want, i.Claims); d != "" {
		t.Error(d)
	}
	var text strings.Builder
	if err := i.Text(&text); err != nil || !strings.Contains(text.String(), "/credentialSubject/degree/years/0 3") || strings.Contains(text.String(), "\x1b") {
		t.Errorf("%v:\n%s", err, &text)
	}
	many := map[string]any{"credentialSubject": map[string]any{"list": make([]any, 10*maxClaims)}}
	for n := range many["credentialSubject"].(map[string]any)["list"].([]any) {
		many["credentialSubject"].(map[string]any)["list"].([]any)[n] = strings.Repeat("x", 10*maxClaimBytes)
	}
	i = &Inspection{}
	i.describe(many)
	if len(i.Claims) > maxClaims+1 || len(i.Claims[0].Value) > maxClaimBytes+len("…") {
		t.Errorf("%d claims, of %d bytes", len(i.Claims), len(i.Claims[0].Value))
	}
}
