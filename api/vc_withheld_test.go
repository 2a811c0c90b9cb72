package api

import (
	"testing"
)

// Nobody issues over HTTP what its holder could hide a revocation of.
func TestStatusAndValidityAreNeverDisclosable(t *testing.T) {
	c := startIssuing(t)
	made := c.call(t, "PUT", "/v1/issuers/sd", map[string]any{"form": "vc+sd-jwt"}).Want(t, 201).JSON(t)
	credential := c.diploma("demo", "")
	credential["issuer"] = made["did"]
	const malformed = vocabulary + "#MALFORMED_VALUE_ERROR"
	for _, pointer := range []string{"/credentialStatus", "/credentialStatus/0", "/validUntil", "/issuer", "/cnf"} {
		body := map[string]any{"credential": credential, "options": map[string]any{"disclosable": []any{"/credentialSubject", pointer}}}
		if problem := c.call(t, "POST", "/credentials/issue", body).WantProblem(t, 422, malformed); problem["pointer"] != "/options/disclosable/1" {
			t.Errorf("%s: %v", pointer, problem)
		}
		template := map[string]any{"types": []any{"DegreeCredential"}, "disclosable": []any{pointer}}
		if answer := c.call(t, "PUT", "/v1/issuers/sd/templates/degree", template); answer.Status < 400 || answer.Status >= 500 {
			t.Errorf("%s: the template is answered with %d: %s", pointer, answer.Status, answer.Body)
		}
	}
	result := c.call(t, "POST", "/credentials/verify", map[string]any{"verifiableCredential": map[string]any{}, "options": map[string]any{"policy": map[string]any{"issuers": []any{}}}})
	if problem := result.WantProblem(t, 400, "invalid-member"); problem["pointer"] != "/options/policy/issuers" || problem["detail"] != "must not be empty" {
		t.Errorf("%v", problem)
	}
}
