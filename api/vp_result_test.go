package api

import (
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did/keys"
)

// results asks for the outcome of each part.
func (c *issuingCenter) results(t *testing.T, presentation any, options map[string]any) (verified any, of map[string]any) {
	t.Helper()
	options["returnResults"] = true
	got := c.verifyVP(t, presentation, options)
	return got["verified"], got["results"].(map[string]any)["presentation"].(map[string]any)
}

func isVerified(v any) any {
	one, _ := v.(map[string]any)
	return one["verified"]
}

// inner is a token whose payload has a proof that nobody checks.
func inner(t *testing.T, p *credentials.Presenter, typ string, payload map[string]any) string {
	t.Helper()
	payload["proof"] = map[string]any{"type": "DataIntegrityProof", "proofPurpose": "authentication", "challenge": "n", "proofValue": "zInvented"}
	compact, err := jose.Sign(t.Context(), payload, p.Signer, jose.SignOptions{Type: typ, KeyID: p.Method})
	ok(t, err)
	return compact
}

func TestAProofThatWasNotCheckedIsNotReportedAsVerified(t *testing.T) {
	c, p := startIssuing(t), newPresenter(t, credentials.FormVPJWT)
	token := inner(t, p, "vp+jwt", map[string]any{
		"@context": []any{"https://www.w3.org/ns/credentials/v2"}, "type": []any{"VerifiablePresentation"}, "holder": p.DID.String(), "nonce": "n",
	})
	verified, of := c.results(t, token, map[string]any{"challenge": "n"})
	proofs := of["proof"].([]any)
	if verified != true || len(proofs) != 1 || proofs[0].(map[string]any)["input"] != token {
		t.Errorf("verified %v, proofs %v", verified, proofs)
	}
	// Nor does it answer what the older dialect asks for.
	for _, options := range []map[string]any{{"type": "DataIntegrityProof"}, {"expectedProofPurpose": "authentication"}} {
		c.client.Post(t, "/vc-api/presentations/verify", map[string]any{"verifiablePresentation": token, "options": options}).Want(t, 400)
	}
	credential := inner(t, p, "vc+jwt", map[string]any{
		"@context": []any{"https://www.w3.org/ns/credentials/v2"}, "type": []any{"VerifiableCredential"}, "issuer": p.DID.String(),
		"credentialSubject": map[string]any{"id": "did:example:ada"},
	})
	answer := c.client.Post(t, "/credentials/verify", map[string]any{"verifiableCredential": credential, "options": map[string]any{"returnResults": true}}).Want(t, 200).JSON(t)
	proofs = answer["results"].(map[string]any)["proof"].([]any)
	if answer["verified"] != true || proofs[0].(map[string]any)["input"] != credential {
		t.Errorf("verified %v, proofs %v", answer["verified"], proofs)
	}
	c.client.Post(t, "/vc-api/credentials/verify", map[string]any{"verifiableCredential": credential, "options": map[string]any{"challenge": "n"}}).Want(t, 400)
}

func TestAChallengeIsVerifiedWithTheSignatureOnly(t *testing.T) {
	c := startIssuing(t)
	for _, form := range []credentials.Form{credentials.FormVPJWT, credentials.FormEdDSAJCS} {
		p := newPresenter(t, form)
		options := func() map[string]any { return map[string]any{"challenge": "n", "domain": "d"} }
		verified, of := c.results(t, present(t, p, credentials.PresentOptions{Challenge: "n", Domain: "d"}), options())
		if verified != true || isVerified(of["challenge"]) != true || isVerified(of["domain"]) != true || isVerified(of["proof"].([]any)[0]) != true {
			t.Errorf("%s: %v %v", form, verified, of)
		}
		p.Signer = ledgertest.NewSigner(t, keys.EdDSA) // says it is the holder's
		verified, of = c.results(t, present(t, p, credentials.PresentOptions{Challenge: "n", Domain: "d"}), options())
		if verified != false || isVerified(of["challenge"]) != false || isVerified(of["domain"]) != false || isVerified(of["proof"].([]any)[0]) != false {
			t.Errorf("%s, another key: %v %v", form, verified, of)
		}
	}
}

func TestAKeyBindingIsTheProofOfACredentialThatPresentsItself(t *testing.T) {
	c, p := startIssuing(t), newPresenter(t, credentials.FormVPJWT)
	issuer := &credentials.Issuer{DID: p.DID, Method: p.Method, Form: credentials.FormSDJWTVC, Signer: p.Signer}
	secured, err := issuer.Issue(t.Context(), map[string]any{"vct": "urn:x", "claims": map[string]any{"name": "Ada", "cnf": map[string]any{"jwk": p.Signer.Public().JWK()}}})
	ok(t, err)
	bound, err := p.Bind(t.Context(), secured.Body, "n", "d")
	ok(t, err)
	verified, of := c.results(t, bound, map[string]any{"challenge": "n", "domain": "d"})
	proofs := of["proof"].([]any)
	if verified != true || isVerified(of["challenge"]) != true || isVerified(of["domain"]) != true || len(proofs) != 1 || isVerified(proofs[0]) != true {
		t.Errorf("%v %v", verified, of)
	}
	verified, of = c.results(t, bound, map[string]any{"challenge": "other"})
	if verified != false || isVerified(of["challenge"]) != false || isVerified(of["proof"].([]any)[0]) != false {
		t.Errorf("%v %v", verified, of)
	}
	verified, of = c.results(t, secured.Compact, map[string]any{})
	if verified != true || len(of["proof"].([]any)) != 0 {
		t.Errorf("without a key binding: %v %v", verified, of)
	}
	p.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	stale, err := p.Bind(t.Context(), secured.Body, "n", "d")
	ok(t, err)
	if verified, of = c.results(t, stale, map[string]any{"challenge": "n"}); verified != false || isVerified(of["proof"].([]any)[0]) != false {
		t.Errorf("stale: %v %v", verified, of)
	}
}
