package api

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// held is a credential as its holder has it.
func held(t *testing.T, form credentials.Form) json.RawMessage {
	t.Helper()
	key, err := keystore.GeneratePrivate(keys.ES256)
	ok(t, err)
	issuer := &credentials.Issuer{DID: did.DID(key.Public().DIDKey()), Method: key.Public().DIDKeyURL(), Form: form, Signer: key}
	secured, err := issuer.Issue(t.Context(), map[string]any{
		"@context": []any{"https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"},
		"type":     []any{"VerifiableCredential"}, "issuer": issuer.DID.String(),
		"credentialSubject": map[string]any{"id": "did:example:ada", "alumniOf": "University of Hamburg", "name": "Ada"},
	})
	ok(t, err)
	return secured.Body
}

func TestHoldersDeriveAndOthersVerify(t *testing.T) {
	c := startIssuing(t)
	for _, form := range []credentials.Form{credentials.FormECDSASD, credentials.FormSDJWT} {
		for _, dialect := range []string{"", "/vc-api"} {
			t.Run(string(form)+dialect, func(t *testing.T) {
				answer := c.client.Do(t, "POST", dialect+"/credentials/derive", map[string]any{
					"verifiableCredential": held(t, form), "options": map[string]any{"selectivePointers": []string{"/credentialSubject/name"}},
				}).Want(t, 201)
				if answer.Header.Get("Cache-Control") != cacheNever {
					t.Error("what a holder shows may be cached")
				}
				result := c.client.Do(t, "POST", "/credentials/verify", map[string]any{"verifiableCredential": answer.JSON(t)["verifiableCredential"]}).Want(t, 200)
				if result.JSON(t)["verified"] != true {
					t.Errorf("verified: %s", result.Body)
				}
				seen, err := credentials.Inspect([]byte(mustJSON(t, answer.JSON(t)["verifiableCredential"])), nil)
				ok(t, err)
				if text := mustJSON(t, seen); !strings.Contains(text, "Ada") || strings.Contains(text, "Hamburg") {
					t.Errorf("shown: %s", text)
				}
			})
		}
	}
}

func TestDerivingRefusesBadRequests(t *testing.T) {
	c := startIssuing(t)
	base := held(t, credentials.FormECDSASD)
	pointers := func(list ...any) map[string]any { return map[string]any{"selectivePointers": list} }
	for name, test := range map[string]struct {
		body    map[string]any
		kind    string
		pointer string
	}{
		"no credential":           {map[string]any{}, "invalid-member", "/verifiableCredential"},
		"a number":                {map[string]any{"verifiableCredential": 7}, "invalid-member", "/verifiableCredential"},
		"an unknown member":       {map[string]any{"verifiableCredential": base, "credential": 1}, "invalid-member", "/credential"},
		"an unknown option":       {map[string]any{"verifiableCredential": base, "options": map[string]any{"nonce": "x"}}, problemUnknownOption, "/options/nonce"},
		"pointers that are none":  {map[string]any{"verifiableCredential": base, "options": pointers(7)}, "invalid-member", "/options/selectivePointers"},
		"a pointer to nothing":    {map[string]any{"verifiableCredential": base, "options": pointers("/nothing")}, vocabulary + "#MALFORMED_VALUE_ERROR", "/verifiableCredential"},
		"a text that is no token": {map[string]any{"verifiableCredential": "x"}, vocabulary + "#PARSING_ERROR", "/verifiableCredential"},
		"no proof":                {map[string]any{"verifiableCredential": map[string]any{}}, vocabulary + "#MALFORMED_VALUE_ERROR", "/verifiableCredential/proof"},
		"another form":            {map[string]any{"verifiableCredential": held(t, credentials.FormECDSAJCS)}, vocabulary + "#MALFORMED_VALUE_ERROR", "/verifiableCredential/proof"},
	} {
		t.Run(name, func(t *testing.T) {
			problem := c.client.Do(t, "POST", "/credentials/derive", test.body).WantProblem(t, 400, test.kind)
			if got, _ := problem["pointer"].(string); got != test.pointer {
				t.Errorf("pointer %q, want %q: %v", got, test.pointer, problem)
			}
		})
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	ok(t, err)
	return string(data)
}
