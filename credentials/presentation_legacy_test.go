package credentials

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did/keys"
)

// legacyCredential is a JWT with a vc claim, as software for data model 1.1 makes it (section 6.3.1), changed by edits: those of
// names that begin with "vc." change the document, a nil value takes a member away.
func legacyCredential(t testing.TB, issuer *Issuer, subject string, edits map[string]any) string {
	t.Helper()
	document := map[string]any{
		"@context": []any{contextV1}, "type": []any{baseType}, "credentialSubject": map[string]any{"id": subject},
	}
	payload := map[string]any{
		"iss": issuer.DID.String(), "sub": subject, "jti": "urn:uuid:7", "nbf": numericDate(noon.Add(-time.Hour)), "exp": numericDate(noon.Add(time.Hour)),
	}
	for name, v := range edits {
		if len(name) > 3 && name[:3] == "vc." {
			document = edited(document, map[string]any{name[3:]: v})
		} else {
			payload = edited(payload, map[string]any{name: v})
		}
	}
	payload["vc"] = document
	compact, err := jose.Sign(t.Context(), payload, issuer.Signer, jose.SignOptions{Type: "JWT", KeyID: issuer.Method})
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// legacyPresentation is a JWT with a vp claim.
func legacyPresentation(t testing.TB, p *Presenter, typ string, edits map[string]any, list ...any) string {
	t.Helper()
	payload := edited(map[string]any{
		"iss": p.DID.String(), "jti": "urn:uuid:9", "nonce": testChallenge, "aud": testDomain, "iat": numericDate(noon),
		"vp": map[string]any{"@context": []any{contextV1}, "type": []any{presentationType}, "verifiableCredential": append([]any{}, list...)},
	}, edits)
	compact, err := jose.Sign(t.Context(), payload, p.Signer, jose.SignOptions{Type: typ, KeyID: p.Method})
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// asLegacy asks for a JWT with a vp claim.
func asLegacy() PresentationOptions {
	o := asked(testChallenge, testDomain)
	o.MediaType = MediaTypeLegacyJWT
	return o
}

func TestLegacyPresentationsAreReadByTheirMediaTypeOnly(t *testing.T) {
	p, issuer := newPresenter(t, FormVPJWT, keys.ES256), newIssuer(t, FormJWT, keys.EdDSA)
	embedded := parseJSON(t, about(t, FormEdDSARDFC, p.DID))
	for _, typ := range []string{"", "JWT", "jwt"} {
		compact := legacyPresentation(t, p, typ, nil, legacyCredential(t, issuer, p.DID.String(), nil), embedded)
		enveloped := toJSON(t, map[string]any{"@context": []any{contextV2}, "type": envelopedPresented, "id": "data:application/jwt," + compact})
		for name, test := range map[string]struct {
			input    []byte
			o        PresentationOptions
			decision Decision
		}{
			"by its media type": {[]byte(compact), asLegacy(), Accept},
			"as a JSON string":  {toJSON(t, compact), asLegacy(), Accept},
			"by its data URL":   {enveloped, asked(testChallenge, testDomain), Accept},
			"unnamed":           {[]byte(compact), asked(testChallenge, testDomain), Reject},
			"unnamed string":    {toJSON(t, compact), asked(testChallenge, testDomain), Reject},
			"as vp+jwt": {toJSON(t, map[string]any{"@context": []any{contextV2}, "type": envelopedPresented, "id": jwtPresentedURL + compact}),
				asked(testChallenge, testDomain), Reject},
			"another challenge": {enveloped, asked("other", testDomain), Reject},
			"another domain":    {enveloped, asked(testChallenge, "https://other.example"), Reject},
		} {
			report := verifyPresentation(t, newVerifier(), test.input, test.o)
			if report.Decision != test.decision {
				t.Fatalf("typ %q, %s: %s", typ, name, toText(report))
			}
			if report.Decision == Accept && (report.Form != FormLegacyJWT || report.Holder != p.DID || len(report.Credentials) != 2) {
				t.Errorf("%s: form %q, holder %q, %d credentials", name, report.Form, report.Holder, len(report.Credentials))
			}
		}
	}
}

func TestALegacyCredentialIsNeverAVCJWT(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	compact := legacyCredential(t, issuer, "did:example:alice", nil)
	for _, input := range [][]byte{[]byte(compact), toJSON(t, compact), toJSON(t, envelopedObject(jwtDataURL+compact)), toJSON(t, envelopedObject("data:application/jwt,"+compact))} {
		wantDecision(t, verify(t, newVerifier(), input), Reject)
	}
	// Nor is it taken from a presentation that is no legacy one.
	p := newPresenter(t, FormVPJWT, keys.EdDSA)
	document := map[string]any{"@context": []any{contextV2}, "type": []any{presentationType}, "verifiableCredential": []any{compact}}
	secured, err := presentJWT(t.Context(), p, PresentOptions{}, document)
	if err != nil {
		t.Fatal(err)
	}
	report := verifyPresentation(t, newVerifier(), secured.Body, PresentationOptions{})
	want(t, &report.Report, CheckDataModel, Fail, ProblemMalformed)
}

func TestAVPJWTOrVCJWTIsNoLegacyToken(t *testing.T) {
	p, issuer := newPresenter(t, FormVPJWT, keys.EdDSA), newIssuer(t, FormJWT, keys.EdDSA)
	current := present(t, p, PresentOptions{Challenge: testChallenge, Domain: testDomain}).Compact
	want(t, &verifyPresentation(t, newVerifier(), []byte(current), asLegacy()).Report, CheckParse, Fail, ProblemParsing)
	inside := issue(t, issuer, degree(issuer.DID, nil)).Compact
	report := verifyPresentation(t, newVerifier(), []byte(legacyPresentation(t, p, "JWT", nil, inside)), asLegacy())
	want(t, report.Credentials[0].Report, CheckParse, Fail, ProblemParsing)
	for _, typ := range []string{"vp+jwt", "kb+jwt", "statuslist+jwt", "openid4vci-proof+jwt", "JOSE"} {
		report := verifyPresentation(t, newVerifier(), []byte(legacyPresentation(t, p, typ, nil)), asLegacy())
		want(t, &report.Report, CheckParse, Fail, ProblemParsing)
	}
}

func TestLegacyClaimsStandForMembersAndDoNotContradictThem(t *testing.T) {
	p, issuer := newPresenter(t, FormVPJWT, keys.EdDSA), newIssuer(t, FormJWT, keys.ES256K)
	subject := p.DID.String()
	for name, test := range map[string]struct {
		edits    map[string]any
		decision Decision
	}{
		"claims alone":         {nil, Accept},
		"members repeat them":  {map[string]any{"vc.issuer": issuer.DID.String(), "vc.id": "urn:uuid:7", "vc.issuanceDate": "2026-11-01T11:00:00Z"}, Accept},
		"issuer as an object":  {map[string]any{"vc.issuer": map[string]any{"name": "University"}}, Accept},
		"one subject, listed":  {map[string]any{"vc.credentialSubject": []any{map[string]any{"name": "Ada"}}}, Accept},
		"another issuer":       {map[string]any{"vc.issuer": "did:example:other"}, Reject},
		"another issuer's id":  {map[string]any{"vc.issuer": map[string]any{"id": "did:example:other"}}, Reject},
		"another id":           {map[string]any{"vc.id": "urn:uuid:8"}, Reject},
		"another subject":      {map[string]any{"vc.credentialSubject": map[string]any{"id": "did:example:bob"}}, Reject},
		"two subjects":         {map[string]any{"vc.credentialSubject": []any{map[string]any{"id": subject}, map[string]any{"id": "did:example:bob"}}}, Reject},
		"another beginning":    {map[string]any{"vc.issuanceDate": "2020-01-01T00:00:00Z"}, Reject},
		"another end":          {map[string]any{"vc.expirationDate": "2040-01-01T00:00:00Z"}, Reject},
		"no beginning":         {map[string]any{"nbf": nil}, Reject},
		"not yet":              {map[string]any{"nbf": numericDate(noon.Add(time.Hour)), "exp": nil}, Reject},
		"no longer":            {map[string]any{"exp": numericDate(noon)}, Reject},
		"exp is a text":        {map[string]any{"exp": "2040"}, Reject},
		"nbf is a fraction":    {map[string]any{"nbf": json.Number("1.5")}, Reject},
		"issued in the future": {map[string]any{"iat": numericDate(noon.Add(time.Hour))}, Reject},
		"no issuer":            {map[string]any{"iss": nil}, Reject},
		"data model 2.0":       {map[string]any{"vc.@context": []any{contextV2}}, Reject},
		"an embedded proof":    {map[string]any{"vc.proof": map[string]any{"type": "DataIntegrityProof"}}, Reject},
		"no document":          {map[string]any{"vc.type": nil}, Reject},
	} {
		compact := legacyCredential(t, issuer, subject, test.edits)
		report := verifyPresentation(t, newVerifier(), []byte(legacyPresentation(t, p, "JWT", nil, compact)), asLegacy())
		if report.Decision != test.decision {
			t.Errorf("%s: %s", name, toText(report))
		}
	}
}

func TestALegacyPresentationIsItsIssuers(t *testing.T) {
	p := newPresenter(t, FormVPJWT, keys.EdDSA)
	document := map[string]any{"@context": []any{contextV1}, "type": []any{presentationType}}
	for name, test := range map[string]struct {
		edits    map[string]any
		decision Decision
	}{
		"as it is":          {nil, Accept},
		"no iss":            {map[string]any{"iss": nil}, Accept}, // the key says who it is
		"another holder":    {map[string]any{"vp": edited(maps.Clone(document), map[string]any{"holder": "did:example:other"})}, Reject},
		"another id":        {map[string]any{"vp": edited(maps.Clone(document), map[string]any{"id": "urn:uuid:8"})}, Reject},
		"vc beside vp":      {map[string]any{"vc": map[string]any{}}, Reject},
		"vp is a text":      {map[string]any{"vp": "x"}, Reject},
		"iss is another":    {map[string]any{"iss": "did:example:other"}, Reject},
		"exp has passed":    {map[string]any{"exp": numericDate(noon)}, Reject},
		"nbf is to come":    {map[string]any{"nbf": numericDate(noon.Add(2 * time.Minute))}, Reject},
		"a list of domains": {map[string]any{"aud": []any{"https://a.example", testDomain}}, Accept},
	} {
		report := verifyPresentation(t, newVerifier(), []byte(legacyPresentation(t, p, "JWT", test.edits)), asLegacy())
		if report.Decision != test.decision {
			t.Errorf("%s: %s", name, toText(report))
		}
	}
}
