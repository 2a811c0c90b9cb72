package api

import (
	"strings"
	"testing"
)

func TestTheOlderDialectAnswers200OnlyForWhatIsVerified(t *testing.T) {
	c := startIssuing(t)
	id := "urn:uuid:1"
	credential := c.issue(t, "eddsa-jcs-2022", id)
	body := map[string]any{"verifiableCredential": credential, "options": map[string]any{"checks": []string{"proof"}}}
	good := c.client.Post(t, "/vc-api/credentials/verify", body).Want(t, 200).JSON(t)
	if good["verified"] != true || !contains(good["checks"], "proof") {
		t.Errorf("result %v", good)
	}
	c.setStatus(t, id, "revocation", true).Want(t, 200)
	body["options"] = map[string]any{}
	revoked := c.client.Post(t, "/vc-api/credentials/verify", body).Want(t, 400)
	if got := revoked.JSON(t); got["verified"] != false || got["errors"] == nil || revoked.Header.Get("Content-Type") != mediaJSON {
		t.Errorf("result %v as %s", got, revoked.Header.Get("Content-Type"))
	}
	c.client.Post(t, "/credentials/verify", map[string]any{"verifiableCredential": credential}).Want(t, 200)
}

func contains(list any, text string) bool {
	for _, one := range each(list) {
		if one == text {
			return true
		}
	}
	return false
}

func TestTheOlderDialectIgnoresWhatItDoesNotKnowWithAWarning(t *testing.T) {
	c := startIssuing(t)
	body := map[string]any{"credential": c.diploma("demo", ""), "options": map[string]any{"type": "Ed25519Signature2020", "nonsense\x1b[31m": 1}, "extra": true}
	answer := c.call(t, "POST", "/vc-api/issuers/demo/credentials/issue", body).Want(t, 201)
	warnings := strings.Join(answer.Header.Values("Warning"), "\n")
	for _, want := range []string{"/extra", "/options/nonsense", "/options/type"} {
		if !strings.Contains(warnings, want) {
			t.Errorf("warnings %q lack %s", warnings, want)
		}
	}
	if strings.Contains(warnings, "\x1b") {
		t.Error("a control character came back in a header")
	}
	verify := map[string]any{"verifiableCredential": answer.JSON(t)["verifiableCredential"], "options": map[string]any{"nonsense": 1}}
	result := c.client.Post(t, "/vc-api/credentials/verify", verify).Want(t, 200).JSON(t)
	if !contains(result["warnings"], "ignored: /options/nonsense") {
		t.Errorf("result %v", result)
	}
}

func TestTheOlderDialectHoldsAProofAgainstWhatIsExpected(t *testing.T) {
	c := startIssuing(t)
	di, jwt := c.issue(t, "eddsa-jcs-2022", ""), c.issue(t, "demo", "")
	for name, test := range map[string]struct {
		credential any
		options    map[string]any
		status     int
	}{
		"the purpose it has":          {di, map[string]any{"expectedProofPurpose": "assertionMethod", "type": "DataIntegrityProof", "created": "2020-01-01T00:00:00Z"}, 200},
		"another purpose":             {di, map[string]any{"expectedProofPurpose": "authentication"}, 400},
		"a challenge it has not":      {di, map[string]any{"challenge": "c"}, 400},
		"a domain it has not":         {di, map[string]any{"domain": "d.example"}, 400},
		"a challenge to a JWT":        {jwt, map[string]any{"challenge": "c"}, 400},
		"a challenge that is no text": {di, map[string]any{"challenge": 1}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			c.client.Post(t, "/vc-api/credentials/verify", map[string]any{"verifiableCredential": test.credential, "options": test.options}).Want(t, test.status)
		})
	}
}

func TestTheOlderDialectTakesAStatusInside(t *testing.T) {
	c := startIssuing(t)
	credential := c.issue(t, "demo", "urn:uuid:1")
	body := map[string]any{"credentialId": "urn:uuid:1", "credentialStatus": []any{map[string]any{"type": "StatusList2021Entry", "statusPurpose": "revocation", "status": "1"}}}
	c.call(t, "POST", "/vc-api/credentials/status", body).Want(t, 200)
	c.call(t, "POST", "/credentials/status", body).Want(t, 400)
	wantDecision(t, c.verify(t, credential, nil), false, "")
}
