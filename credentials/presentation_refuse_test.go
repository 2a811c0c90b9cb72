package credentials

import (
	"errors"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did/keys"
)

// refusedAt checks that an error is a problem at a place, with a word in it.
func refusedAt(t *testing.T, err error, pointer, word string) {
	t.Helper()
	p, ok := errors.AsType[*ProblemError](err)
	if !ok || p.Problem.Pointer != pointer || !strings.Contains(p.Problem.Detail, word) {
		t.Errorf("error is %v, want one at %s with %q", err, pointer, word)
	}
}

func TestABaseProofIsNotGivenAway(t *testing.T) {
	issuer := newIssuer(t, FormECDSASD, keys.ES256)
	base, err := issuer.Issue(t.Context(), transcript(issuer))
	if err != nil {
		t.Fatal(err)
	}
	derivedToo := parseJSON(t, base.Body)
	derivedToo["proof"] = []any{parseJSON(t, derived(t, base.Body, "").Body)["proof"], derivedToo["proof"]}
	everyPresentation(t, func(t *testing.T, p *Presenter) {
		for name, input := range map[string][]byte{"alone": base.Body, "in a set": toJSON(t, derivedToo)} {
			_, err := p.Present(t.Context(), PresentOptions{Credentials: [][]byte{derived(t, base.Body, "").Body, input}})
			t.Log(name)
			refusedAt(t, err, "/verifiableCredential/1/proof", "derive first")
		}
	})
}

func TestAKeyBindingIsMadeWithTheKeyOfTheCredential(t *testing.T) {
	p, other := newPresenter(t, FormVPJWT, keys.EdDSA), newPresenter(t, FormVPJWT, keys.ES256)
	key := other.Signer.Public()
	made := func(form Form, cnf any) []byte {
		issuer := newIssuer(t, form, keys.EdDSA)
		payload := map[string]any{"vct": personType, "iss": issuer.DID.String()}
		if form == FormSDJWT {
			payload = degree(issuer.DID, nil)
		}
		if cnf != nil {
			payload["cnf"] = cnf
		}
		text, err := sdjwt.Issue(t.Context(), payload, issuer.Signer, sdjwt.IssueOptions{Type: string(form), KeyID: issuer.Method})
		if err != nil {
			t.Fatal(err)
		}
		return []byte(text)
	}
	for _, form := range sdForms {
		for _, test := range []struct {
			cnf           any
			pointer, word string
		}{
			{nil, "/cnf", "names no key"},
			{map[string]any{"jwk": key.JWK()}, "/cnf/jwk", key.DIDKey()},
			{map[string]any{"jwk": map[string]any{"kty": "EC"}}, "/cnf/jwk", ""},
			{map[string]any{"kid": other.Method}, "/cnf/kid", other.Method},
			{map[string]any{"x5c": "y"}, "/cnf", "names no key"},
		} {
			_, err := p.Bind(t.Context(), made(form, test.cnf), testChallenge, testDomain)
			refusedAt(t, err, test.pointer, test.word)
		}
		for _, cnf := range []any{map[string]any{"jwk": p.Signer.Public().JWK()}, map[string]any{"kid": p.Method}} {
			bound, err := p.Bind(t.Context(), made(form, cnf), testChallenge, testDomain)
			if err != nil {
				t.Fatal(err)
			}
			wantDecision(t, &verifyPresentation(t, newVerifier(), []byte(bound), asked(testChallenge, testDomain)).Report, Accept)
		}
	}
}
