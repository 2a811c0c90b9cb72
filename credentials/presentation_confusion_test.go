package credentials

import (
	"context"
	"crypto/sha256"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// TestDomainsOfAProofAreThoseAskedFor: Data Integrity 1.0 section 4.4 compares sets of strings, RFC 7519 section 4.1.3 asks for one of
// several.
func TestDomainsOfAProofAreThoseAskedFor(t *testing.T) {
	di, token := newPresenter(t, FormEdDSAJCS, keys.EdDSA), newPresenter(t, FormVPJWT, keys.EdDSA)
	for name, test := range map[string]struct {
		domains any
		proof   Decision
		token   Decision
	}{
		"a string":        {testDomain, Accept, Accept},
		"a set of one":    {[]any{testDomain}, Accept, Accept},
		"the same twice":  {[]any{testDomain, testDomain}, Accept, Accept},
		"another as well": {[]any{testDomain, "https://other.example"}, Reject, Accept},
		"another before":  {[]any{"https://other.example", testDomain}, Reject, Accept},
		"another":         {[]any{"https://other.example"}, Reject, Reject},
		"an empty set":    {[]any{}, Reject, Reject},
		"no text inside":  {[]any{testDomain, true}, Reject, Reject},
		"none":            {nil, Reject, Reject},
	} {
		input := withDomains(t, di, test.domains)
		if got := verifyPresentation(t, newVerifier(), input, asked(testChallenge, testDomain)); got.Decision != test.proof {
			t.Errorf("%s, proof: %s", name, toText(got))
		}
		wantDecision(t, &verifyPresentation(t, newVerifier(), input, asked(testChallenge, "")).Report, Accept)
		payload := edited(map[string]any{"@context": []any{contextV2}, "type": []any{presentationType}, "nonce": testChallenge}, map[string]any{"aud": test.domains})
		if got := verifyPresentation(t, newVerifier(), signedToken(t, token, payload), asked(testChallenge, testDomain)); got.Decision != test.token {
			t.Errorf("%s, token: %s", name, toText(got))
		}
	}
}

func signedToken(t testing.TB, p *Presenter, payload map[string]any) []byte {
	t.Helper()
	compact, err := jose.Sign(t.Context(), payload, p.Signer, jose.SignOptions{Type: jwtPresentation, KeyID: p.Method})
	if err != nil {
		t.Fatal(err)
	}
	return []byte(compact)
}

// withDomains signs a presentation as eddsa-jcs-2022 does (vc-di-eddsa section 3.3), with a domain as others may write it.
func withDomains(t testing.TB, p *Presenter, domains any) []byte {
	t.Helper()
	document := map[string]any{"@context": []any{contextV2}, "type": []any{presentationType}, "holder": p.DID.String()}
	proof := edited(map[string]any{
		"@context": document["@context"], "type": dataintegrity.ProofType, "cryptosuite": dataintegrity.EdDSAJCS2022, "verificationMethod": p.Method,
		"proofPurpose": authenticationPurpose, "challenge": testChallenge,
	}, map[string]any{"domain": domains})
	var message []byte
	for _, v := range []any{proof, document} {
		canonical, err := jcs.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(canonical)
		message = append(message, sum[:]...)
	}
	signature, err := p.Signer.Sign(t.Context(), message)
	if err != nil {
		t.Fatal(err)
	}
	proof["proofValue"] = "z" + base58.Encode(signature)
	document["proof"] = proof
	return toJSON(t, document)
}

// TestAnEnvelopeIsNoContent: what is signed is a credential or presentation itself, and no envelope around another one that nobody
// looks into.
func TestAnEnvelopeIsNoContent(t *testing.T) {
	p, issuer := newPresenter(t, FormVPJWT, keys.EdDSA), newIssuerOf(t)
	inner := string(signedToken(t, p, map[string]any{"@context": []any{contextV2}, "type": []any{presentationType}}))
	outer := map[string]any{"@context": []any{contextV2}, "id": jwtPresentedURL + inner}
	for _, types := range []any{envelopedPresented, []any{presentationType, envelopedPresented}, []any{presentationType, envelopedType}} {
		report := verifyPresentation(t, newVerifier(), signedToken(t, p, edited(outer, map[string]any{"type": types})), PresentationOptions{})
		want(t, &report.Report, CheckDataModel, Fail, ProblemMalformed)
	}
	for _, form := range sdForms { // nor a credential that could present itself
		input := toJSON(t, edited(outer, map[string]any{"type": envelopedPresented, "id": sdJWTPresentedURL + boundTo(t, form, nil)}))
		report := verifyPresentation(t, newVerifier(), input, PresentationOptions{})
		want(t, &report.Report, CheckParse, Fail, ProblemMalformed)
	}
	compact := issue(t, issuer, degree(issuer.DID, nil)).Compact
	for _, types := range []any{envelopedType, []any{baseType, envelopedType}, []any{baseType, envelopedPresented}} {
		enveloping := degree(issuer.DID, map[string]any{"id": jwtDataURL + compact, "type": types})
		secured, _ := secureAnyway(t, issuer, enveloping)
		want(t, verify(t, newVerifier(), []byte(secured.Compact)), CheckDataModel, Fail, ProblemMalformed)
		if err := issuer.CheckIssuable(enveloping); err == nil {
			t.Errorf("%v is issued", types)
		}
	}
}

func TestLegacyTokensHoldDocumentsOfTheirDataModel(t *testing.T) {
	p, issuer := newPresenter(t, FormVPJWT, keys.EdDSA), newIssuerOf(t)
	for name, contexts := range map[string]any{
		"a string":     contextV2,
		"a list":       []any{contextV2},
		"with another": []any{contextV2, map[string]any{"extra": "https://example.com/extra"}},
	} {
		presentation := map[string]any{"vp": map[string]any{"@context": contexts, "type": []any{presentationType}}}
		if got := verifyPresentation(t, newVerifier(), []byte(legacyPresentation(t, p, "JWT", presentation)), asLegacy()); got.Decision != Reject {
			t.Errorf("%s, presentation: %s", name, toText(got))
		}
		document := map[string]any{"@context": contexts, "type": []any{baseType}, "issuer": issuer.DID.String(), "credentialSubject": map[string]any{"id": p.DID.String()}}
		compact, err := jose.Sign(t.Context(), map[string]any{"vc": document}, issuer.Signer, jose.SignOptions{Type: "JWT", KeyID: issuer.Method})
		if err != nil {
			t.Fatal(err)
		}
		if got := verifyPresentation(t, newVerifier(), []byte(legacyPresentation(t, p, "JWT", nil, compact)), asLegacy()); got.Decision != Reject {
			t.Errorf("%s, credential: %s", name, toText(got))
		}
	}
}

func TestALegacyCredentialThatIsBoundToAKeyIsPresentedWithIt(t *testing.T) {
	p, other, issuer := newPresenter(t, FormVPJWT, keys.EdDSA), newPresenter(t, FormVPJWT, keys.EdDSA), newIssuerOf(t)
	for by, decision := range map[*Presenter]Decision{p: Accept, other: Reject} {
		inside := legacyCredential(t, issuer, by.DID.String(), map[string]any{"cnf": map[string]any{"jwk": p.Signer.Public().JWK()}})
		got := verifyPresentation(t, newVerifier(), []byte(legacyPresentation(t, by, "JWT", nil, inside)), asLegacy())
		if got.Decision != decision {
			t.Errorf("%s by %s: %s", got.Decision, by.DID, toText(got))
		}
	}
}

// TestACopiedKeyBindingDoesNotHelpAThief: without a nonce, who signs the presentation is the only news in it.
func TestACopiedKeyBindingDoesNotHelpAThief(t *testing.T) {
	thief, holder := newPresenter(t, FormVPJWT, keys.EdDSA), newPresenter(t, FormVPJWT, keys.ES256)
	key := holder.Signer.Public()
	for _, form := range sdForms {
		copied := withBinding(t, boundTo(t, form, &key), holder, sdjwt.Binding{Audience: testDomain, Nonce: testChallenge, IssuedAt: noon})
		for name, test := range map[string]struct {
			by      *Presenter
			o       PresentationOptions
			outcome Outcome
		}{
			"nothing asked":              {thief, asked("", ""), Fail},
			"only a domain asked":        {thief, asked("", testDomain), Fail},
			"the holder's, none asked":   {holder, asked("", ""), Pass},
			"both answer the challenge":  {thief, asked(testChallenge, testDomain), Pass},
			"the holder's and challenge": {holder, asked(testChallenge, testDomain), Pass},
		} {
			input := present(t, test.by, PresentOptions{Challenge: testChallenge, Domain: testDomain, Credentials: [][]byte{copied}}).Body
			report := verifyPresentation(t, newVerifier(), input, test.o)
			if check, _ := report.Credentials[0].Report.Check(CheckHolder); check.Outcome != test.outcome || (report.Decision == Accept) != (test.outcome == Pass) {
				t.Errorf("%s, %s: %s %+v, decision %s", form, name, check.Outcome, check.Problem, report.Decision)
			}
		}
	}
}

// countingDecider accepts everything and counts how often it was asked.
type countingDecider struct{ n int }

func (d *countingDecider) Decide(context.Context, DeciderQuery) (Verdict, error) {
	d.n++
	return Verdict{Accept: true}, nil
}

func TestCredentialsOfARefusedPresentationDoNotLeaveTheHouse(t *testing.T) {
	p := newPresenter(t, FormVPJWT, keys.EdDSA)
	input := present(t, p, PresentOptions{Challenge: testChallenge, Credentials: [][]byte{about(t, FormJWT, p.DID)}}).Body
	for challenge, want := range map[string]int{testChallenge: 1, "other": 0} {
		v, decider := newVerifier(), &countingDecider{}
		v.Decider = decider
		verifyPresentation(t, v, input, asked(challenge, ""))
		if decider.n != want {
			t.Errorf("challenge %q: the decider was asked %d times", challenge, decider.n)
		}
	}
}

// TestWhatACredentialIsRefusedByCannotBeWithheld: RFC 9901 section 9.7.
func TestWhatACredentialIsRefusedByCannotBeWithheld(t *testing.T) {
	for _, pointer := range []string{
		"/@context", "/type", "/type/1", "/issuer", "/validFrom", "/validUntil", "/credentialStatus", "/credentialSchema/id", "/termsOfUse", "/cnf", "/cnf/jwk", "/exp", "/nbf", "/iss", "/aud",
	} {
		issuer := newIssuer(t, FormSDJWT, keys.EdDSA)
		issuer.Disclosable = []string{pointer}
		credential := degree(issuer.DID, map[string]any{
			"cnf": map[string]any{"jwk": issuer.Signer.Public().JWK()}, "exp": numericDate(noon), "nbf": numericDate(noon), "iss": issuer.DID.String(), "aud": "x",
			"credentialStatus": map[string]any{"type": "Unknown"}, "credentialSchema": map[string]any{"id": "https://example.com/s", "type": "Unknown"},
			"termsOfUse": map[string]any{"type": "Unknown"},
		})
		if _, err := issuer.Issue(t.Context(), credential); err == nil {
			t.Errorf("%s can be withheld", pointer)
		}
	}
}

func TestOtherTypesOfASDJWTVCAreTypesOfIt(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.EdDSA)
	other := func(v any) map[string]any { return person(map[string]any{"aka_vcts": v}) }
	for name, v := range map[string]any{
		"a string": "urn:other", "empty": []any{}, "no text": []any{true}, "its own": []any{"urn:other", personType}, "no type": []any{"a b"}, "twice": []any{"urn:a", "urn:a"},
	} {
		if err := issuer.CheckIssuable(other(v)); err == nil {
			t.Errorf("%s is issued", name)
		}
	}
	secured := issue(t, issuer, other([]any{"urn:other"}))
	for _, types := range [][]string{{personType}, {"urn:other"}} {
		wantDecision(t, verifyWith(t, newVerifier(), secured.Body, VerifyOptions{Policy: &Policy{Types: types}}), Accept)
	}
	wantDecision(t, verifyWith(t, newVerifier(), secured.Body, VerifyOptions{Policy: &Policy{Types: []string{"urn:third"}}}), Reject)
	hidden := other([]any{"urn:other"})
	hidden["disclosable"] = []any{"/aka_vcts"}
	if err := issuer.CheckIssuable(hidden); err == nil {
		t.Error("aka_vcts can be withheld")
	}
	text, err := sdjwt.Issue(t.Context(), map[string]any{"iss": issuer.DID.String(), "vct": personType, "aka_vcts": []any{"urn:other"}}, issuer.Signer,
		sdjwt.IssueOptions{Type: sdJWTVCType, KeyID: issuer.Method, Disclosable: []string{"/aka_vcts"}})
	if err != nil {
		t.Fatal(err)
	}
	wantDecision(t, verify(t, newVerifier(), []byte(text)), Reject)
}
