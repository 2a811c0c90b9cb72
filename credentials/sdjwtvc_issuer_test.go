package credentials

import (
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/credentials/issuermeta"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// metadataOf is what an issuer that is a URL publishes.
func metadataOf(t testing.TB, url, kid string, key keys.Public) string {
	t.Helper()
	jwk := key.JWK()
	jwk["kid"] = kid
	return string(toJSON(t, map[string]any{"issuer": url, "jwks": map[string]any{"keys": []any{jwk}}}))
}

func urlIssuer(t testing.TB) *Issuer {
	t.Helper()
	issuer := newIssuer(t, FormSDJWTVC, keys.ES256)
	issuer.URL = "https://center.example/issuers/university"
	return issuer
}

const universityMetadata = "https://center.example/.well-known/jwt-vc-issuer/issuers/university"

func TestIssuersThatAreURLsHaveTheirKeysInMetadata(t *testing.T) {
	issuer := urlIssuer(t)
	stranger, _, _ := newKey(t, keys.ES256)
	body := issue(t, issuer, person(map[string]any{"iss": issuer.URL})).Body
	for name, test := range map[string]struct {
		web      web
		decision Decision
		problem  string
	}{
		"their key":        {web{universityMetadata: page(200, metadataOf(t, issuer.URL, issuer.Method, issuer.Signer.Public()))}, Accept, ""},
		"another key":      {web{universityMetadata: page(200, metadataOf(t, issuer.URL, issuer.Method, stranger.Public()))}, Reject, ""},
		"another kid":      {web{universityMetadata: page(200, metadataOf(t, issuer.URL, "k", issuer.Signer.Public()))}, Reject, ProblemCryptography},
		"another issuer's": {web{universityMetadata: page(200, metadataOf(t, "https://center.example", issuer.Method, issuer.Signer.Public()))}, Reject, ProblemCryptography},
		"none":             {web{universityMetadata: page(404, "")}, Reject, ProblemCryptography},
		"broken":           {web{universityMetadata: page(500, "")}, Undecided, ProblemUnavailable},
		"down":             {web{}, Undecided, ProblemUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVerifier()
			v.Issuers = NewIssuerMetadata(test.web, issuermeta.Options{})
			report := verify(t, v, body)
			wantDecision(t, report, test.decision)
			switch {
			case test.decision == Accept:
				if c := want(t, report, CheckIssuer, Pass, ""); c.Evidence == nil || c.Evidence.Source != universityMetadata {
					t.Errorf("evidence is %+v", c.Evidence)
				}
			case test.problem != "":
				outcome := Fail
				if test.decision == Undecided {
					outcome = Indeterminate
				}
				want(t, report, CheckIssuer, outcome, test.problem)
			default:
				want(t, report, CheckSignature, Fail, ProblemCryptography)
			}
		})
	}
}

func TestIssuerMayNotCallItselfAnotherURL(t *testing.T) {
	issuer := urlIssuer(t)
	refused(t, issuer, person(map[string]any{"iss": "https://center.example/issuers/other"}), ProblemMalformed, "/claims/iss")
	status := map[string]any{"status_list": map[string]any{"idx": seconds(time.Unix(7, 0)), "uri": "https://center.example/status-lists/x"}}
	refused(t, issuer, person(map[string]any{"iss": issuer.URL, "status": status}), ProblemMalformed, "/claims/iss")
	if err := issuer.CheckIssuable(person(map[string]any{"status": status})); err != nil {
		t.Error(err)
	}
	issuer.URL = ""
	refused(t, issuer, person(map[string]any{"iss": ""}), ProblemMalformed, "/claims/iss")
}

// The example of draft-ietf-oauth-sd-jwt-vc sections 3.3, 4.2 and 5.2, whose metadata names the issuer of its tokens without a path.
func TestSpecificationExamplesVerify(t *testing.T) {
	key, err := keys.ParseJWK(map[string]any{"kty": "EC", "crv": "P-256",
		"x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ", "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"})
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier()
	v.Issuers = NewIssuerMetadata(web{"https://example.com/.well-known/jwt-vc-issuer/issuer": page(200, metadataOf(t, "https://example.com/issuer", "doc-signer-05-25-2022", key))}, issuermeta.Options{})
	for name, decision := range map[string]Decision{
		"vc-issued.txt": Accept, "vc-presented-unbound.txt": Accept, "vc-presented.txt": Accept,
		"pid.txt":     Reject, // of the typ that older drafts had
		"complex.txt": Reject, // an SD-JWT, but no credential
	} {
		data, err := os.ReadFile("sdjwt/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(string(data)), "")
		report := verify(t, v, []byte(text))
		if report.Decision != decision {
			problems, _ := report.Problems()
			t.Errorf("%s: %s %+v", name, report.Decision, problems)
		}
		object, err := sdjwt.Flattened(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := verify(t, v, toJSON(t, object)).Decision; got != decision {
			t.Errorf("%s in JSON serialization: %s", name, got)
		}
	}
}

// bound is a credential that is bound to the key of a holder, as it is presented to a verifier.
func bound(t testing.TB, issuer *Issuer, holder keystore.Signer, by keystore.Signer, show []string) string {
	t.Helper()
	token := parseSDJWT(t, issue(t, issuer, person(map[string]any{"cnf": map[string]any{"jwk": holder.Public().JWK()}})).Compact)
	shown, err := token.Present(show)
	if err != nil {
		t.Fatal(err)
	}
	text, err := sdjwt.Bind(t.Context(), shown, by, sdjwt.Binding{Audience: "https://verifier.example", Nonce: "n", IssuedAt: noon})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// 40 and 42 of the table of bad input, through the verifier: a key binding is checked whether it was asked for or not.
func TestKeyBindingIsChecked(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.EdDSA)
	holder, _, _ := newKey(t, keys.ES256)
	thief, _, _ := newKey(t, keys.ES256)
	good := bound(t, issuer, holder, holder, []string{"/given_name"})
	kb := good[strings.LastIndex(good, "~")+1:]
	wantDecision(t, verify(t, newVerifier(), []byte(good)), Accept)
	asked := &Holder{Audience: "https://verifier.example", Nonce: "n"}
	if report := verifyWith(t, newVerifier(), []byte(good), VerifyOptions{Holder: asked}); report.Decision != Accept {
		problems, _ := report.Problems()
		t.Fatalf("as asked: %s %+v", report.Decision, problems)
	}
	stale := newVerifier()
	stale.Now = func() time.Time { return noon.Add(10 * time.Minute) }
	plain := issue(t, issuer, person(map[string]any{"cnf": map[string]any{"jwk": holder.Public().JWK()}})).Compact
	for name, test := range map[string]struct {
		v      *Verifier
		text   string
		holder *Holder
	}{
		"by another key":            {newVerifier(), bound(t, issuer, holder, thief, nil), nil},
		"of other disclosures":      {newVerifier(), plain + kb, nil},
		"another token as kb":       {newVerifier(), good[:strings.LastIndex(good, "~")+1] + strings.SplitN(good, "~", 2)[0], nil},
		"two key bindings":          {newVerifier(), good + "~" + kb, nil},
		"no trailing tilde":         {newVerifier(), strings.TrimSuffix(plain, "~"), nil},
		"two tildes":                {newVerifier(), plain + "~", nil},
		"for another audience":      {newVerifier(), good, &Holder{Audience: "https://other.example", Nonce: "n"}},
		"for another nonce":         {newVerifier(), good, &Holder{Audience: "https://verifier.example", Nonce: "m"}},
		"stale":                     {stale, good, asked},
		"stripped although asked":   {newVerifier(), plain, asked},
		"bound to nothing yet made": {newVerifier(), issue(t, issuer, person(nil)).Compact + kb, nil},
	} {
		if report := verifyWith(t, test.v, []byte(test.text), VerifyOptions{Holder: test.holder}); report.Decision == Accept {
			t.Errorf("%s: accepted", name)
		}
	}
}

// 30 of the table of bad input for the JSON serialization, and what is signed decides.
func TestJSONSerializationIsACredentialToo(t *testing.T) {
	for _, form := range []Form{FormSDJWT, FormSDJWTVC} {
		issuer := newIssuer(t, form, keys.ES256)
		input := person(nil)
		if !form.Claims() {
			input = degree(issuer.DID, nil)
		}
		text := issue(t, issuer, input).Compact
		general, err := sdjwt.General(text)
		if err != nil {
			t.Fatal(err)
		}
		flattened, err := sdjwt.Flattened(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range []map[string]any{general, flattened} {
			wantDecision(t, verify(t, newVerifier(), toJSON(t, object)), Accept)
		}
		twice := maps.Clone(general)
		list := twice["signatures"].([]any)
		twice["signatures"] = []any{list[0], list[0]}
		wantDecision(t, verify(t, newVerifier(), toJSON(t, twice)), Reject)
	}
	issuer := newIssuer(t, FormJWT, keys.ES256)
	jwt, err := jose.Sign(t.Context(), degree(issuer.DID, nil), issuer.Signer, jose.SignOptions{Type: jwtType, KeyID: issuer.Method})
	if err != nil {
		t.Fatal(err)
	}
	part := strings.Split(jwt, ".")
	wantDecision(t, verify(t, newVerifier(), toJSON(t, map[string]any{"payload": part[1], "protected": part[0], "signature": part[2]})), Reject)
}
