package credentials

import (
	"testing"

	"github.com/hanse-id/hanse/did/keys"
)

func TestDerivingNothingOfASubjectIsRefused(t *testing.T) {
	for _, form := range []Form{FormSDJWT, FormECDSASD} {
		issuer := newIssuer(t, form, keys.ES256)
		issuer.Mandatory = []string{"/issuer"}
		if form != FormECDSASD {
			issuer.Mandatory = nil
		}
		secured, err := issuer.Issue(t.Context(), degree(issuer.DID, map[string]any{"credentialSubject": map[string]any{"name": "Alice", "alumniOf": "School of Examples"}}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Derive(t.Context(), secured.Body, nil, nil)
		refusedAt(t, err, "/credentialSubject", "nothing of a subject")
		wantDecision(t, verify(t, newVerifier(), derived(t, secured.Body, "/credentialSubject/name").Body), Accept)
		for pointer, word := range map[string]string{"/nope": "nothing stands at /nope", "name": "begin with /", "/proof": "nothing stands at /proof"} {
			_, err := Derive(t.Context(), secured.Body, []string{pointer}, nil)
			refusedAt(t, err, "", word)
		}
	}
}
