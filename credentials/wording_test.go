package credentials

import (
	"strings"
	"testing"

	"github.com/hanse-id/hanse/did/keys"
)

func TestDetailsAddToTheirTitles(t *testing.T) {
	for _, form := range []Form{FormJWT, FormEdDSAJCS} {
		issuer, other := newIssuer(t, form, keys.EdDSA), newIssuer(t, form, keys.EdDSA)
		forged := *issuer
		forged.Signer = other.Signer
		report := verifyWith(t, newVerifier(), issue(t, &forged, degree(issuer.DID, nil)).Body, VerifyOptions{})
		c := want(t, report, CheckSignature, Fail, ProblemCryptography)
		if p := c.Problem; p.Title != "signature does not verify" || p.Detail != "checked with key "+issuer.Signer.Public().Multikey() {
			t.Errorf("%s: %+v", form, p)
		}
	}
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	report := verifyWith(t, newVerifier(), toJSON(t, degree(issuer.DID, nil)), VerifyOptions{})
	if c := want(t, report, CheckParse, Fail, ProblemMalformed); c.Problem.Detail != "the credential has no proof: it is not secured" {
		t.Errorf("%+v", c.Problem)
	}
}

func TestAnUnknownContextIsNamed(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	for _, url := range []string{"https://unknown.example/v1", "https://unknown.example/" + strings.Repeat("a", 1000) + "\n"} {
		p := refused(t, issuer, degree(issuer.DID, map[string]any{"@context": []any{contextV2, url}}), ProblemMalformed, "/@context/1")
		for _, part := range []string{`"https://unknown.example/`, "api.contexts_dir", "--contexts"} {
			if !strings.Contains(p.Problem.Detail, part) {
				t.Errorf("detail %q lacks %s", p.Problem.Detail, part)
			}
		}
		if len(p.Problem.Detail) > 500 || strings.Contains(p.Problem.Detail, "\n") {
			t.Errorf("detail of %d bytes: %q", len(p.Problem.Detail), p.Problem.Detail)
		}
	}
}
