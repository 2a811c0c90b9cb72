package credentials

import (
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did/keys"
)

// boundTo issues an SD-JWT credential that is bound to a key, or to none.
func boundTo(t testing.TB, form Form, key *keys.Public) string {
	t.Helper()
	issuer := newIssuer(t, form, keys.EdDSA)
	var cnf any
	if key != nil {
		cnf = map[string]any{"jwk": key.JWK()}
	}
	if form == FormSDJWTVC {
		claims := edited(map[string]any{"iss": issuer.DID.String(), "name": "Ada", "age": "36"}, map[string]any{"cnf": cnf})
		return issue(t, issuer, map[string]any{"vct": "https://types.example/degree", "claims": claims, "disclosable": []any{"/name", "/age"}}).Compact
	}
	return issue(t, issuer, degree(issuer.DID, map[string]any{"cnf": cnf})).Compact
}

// sdForms are the forms with a key binding of their own.
var sdForms = []Form{FormSDJWT, FormSDJWTVC}

// withBinding presents an SD-JWT by itself.
func withBinding(t testing.TB, text string, p *Presenter, b sdjwt.Binding) []byte {
	t.Helper()
	bound, err := sdjwt.Bind(t.Context(), text, p.Signer, b)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(bound)
}

func TestAnSDJWTPresentsItselfWithItsKeyBinding(t *testing.T) {
	for _, form := range sdForms {
		holder, thief := newPresenter(t, FormVPJWT, keys.ES256), newPresenter(t, FormVPJWT, keys.ES256)
		key := holder.Signer.Public()
		text := boundTo(t, form, &key)
		good := sdjwt.Binding{Audience: testDomain, Nonce: testChallenge, IssuedAt: noon}
		made := func(p *Presenter, edit func(*sdjwt.Binding)) []byte {
			b := good
			edit(&b)
			return withBinding(t, text, p, b)
		}
		same := func(*sdjwt.Binding) {}
		parsed, err := sdjwt.Parse(text, sdjwt.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		fewer := parsed.JWT.Compact + "~"
		whole := string(made(holder, same))
		moved := fewer + whole[strings.LastIndex(whole, "~")+1:]
		unbound := boundTo(t, form, nil)
		for name, test := range map[string]struct {
			input   []byte
			o       PresentationOptions
			outcome Outcome
		}{
			"as asked":                {made(holder, same), asked(testChallenge, testDomain), Pass},
			"fewer disclosures":       {withBinding(t, fewer, holder, good), asked(testChallenge, testDomain), Pass},
			"nothing asked":           {made(holder, same), asked("", ""), Pass},
			"another nonce":           {made(holder, same), asked("other", testDomain), Fail},
			"another audience":        {made(holder, same), asked(testChallenge, "https://other.example"), Fail},
			"another key":             {made(thief, same), asked(testChallenge, testDomain), Fail},
			"of other disclosures":    {[]byte(moved), asked(testChallenge, testDomain), Fail},
			"stale":                   {made(holder, func(b *sdjwt.Binding) { b.IssuedAt = noon.Add(-6 * time.Minute) }), asked(testChallenge, testDomain), Fail},
			"from the future":         {made(holder, func(b *sdjwt.Binding) { b.IssuedAt = noon.Add(2 * time.Minute) }), asked(testChallenge, testDomain), Fail},
			"stripped":                {[]byte(text), asked(testChallenge, testDomain), Fail},
			"stripped, nothing asked": {[]byte(text), asked("", ""), Skip},
			"bound to no key":         {withBinding(t, unbound, holder, good), asked(testChallenge, testDomain), Fail},
		} {
			report := verifyPresentation(t, newVerifier(), test.input, test.o)
			check, _ := report.Check(CheckHolder)
			if check.Outcome != test.outcome || (report.Decision == Accept) == (test.outcome == Fail) {
				t.Errorf("%s, %s: %s %+v, decision %s", form, name, check.Outcome, check.Problem, report.Decision)
			}
			if report.Form != form || len(report.Credentials) != 1 {
				t.Errorf("%s, %s: form %q, %d credentials", form, name, report.Form, len(report.Credentials))
			}
		}
		object, err := sdjwt.Flattened(whole)
		if err != nil {
			t.Fatal(err)
		}
		flattened := toJSON(t, object)
		wantDecision(t, &verifyPresentation(t, newVerifier(), flattened, asked(testChallenge, testDomain)).Report, Accept)
		wantDecision(t, &verifyPresentation(t, newVerifier(), flattened, asked("other", testDomain)).Report, Reject)
		strict := PresentationOptions{VerifyOptions: VerifyOptions{Policy: &Policy{RequireHolder: true}}}
		wantDecision(t, &verifyPresentation(t, newVerifier(), []byte(text), strict).Report, Reject)
		wantDecision(t, &verifyPresentation(t, newVerifier(), made(holder, same), strict).Report, Accept)
	}
}

func TestAKeyBindingIsCheckedOutsideOfPresentationsToo(t *testing.T) {
	holder, thief := newPresenter(t, FormVPJWT, keys.EdDSA), newPresenter(t, FormVPJWT, keys.EdDSA)
	key := holder.Signer.Public()
	for _, form := range sdForms {
		text := boundTo(t, form, &key)
		long := sdjwt.Binding{Audience: testDomain, Nonce: testChallenge, IssuedAt: noon.AddDate(-1, 0, 0)}
		check := want(t, verify(t, newVerifier(), withBinding(t, text, holder, long)), CheckHolder, Pass, "")
		if !strings.Contains(check.Note, "repeat") {
			t.Errorf("note %q", check.Note)
		}
		report := verify(t, newVerifier(), withBinding(t, text, thief, long))
		want(t, report, CheckHolder, Fail, ProblemCryptography)
		wantDecision(t, report, Reject)
	}
}

func TestKeyBindingsInsideOfAPresentationAnswerItsChallenge(t *testing.T) {
	p, holder := newPresenter(t, FormVPJWT, keys.EdDSA), newPresenter(t, FormVPJWT, keys.ES256)
	key := holder.Signer.Public()
	for _, form := range sdForms {
		for nonce, decision := range map[string]Decision{testChallenge: Accept, "other": Reject} {
			inside := withBinding(t, boundTo(t, form, &key), holder, sdjwt.Binding{Audience: testDomain, Nonce: nonce, IssuedAt: noon})
			input := present(t, p, PresentOptions{Challenge: testChallenge, Domain: testDomain, Credentials: [][]byte{inside}}).Body
			report := verifyPresentation(t, newVerifier(), input, asked(testChallenge, testDomain))
			if report.Decision != decision {
				t.Errorf("%s, nonce %q: %s", form, nonce, toText(report))
			}
		}
		// Without a key binding of its own the presentation must be signed with the key.
		input := present(t, p, PresentOptions{Credentials: [][]byte{[]byte(boundTo(t, form, &key))}}).Body
		want(t, verifyPresentation(t, newVerifier(), input, PresentationOptions{}).Credentials[0].Report, CheckHolder, Fail, ProblemCryptography)
		input = present(t, holder, PresentOptions{Credentials: [][]byte{[]byte(boundTo(t, form, &key))}}).Body
		want(t, verifyPresentation(t, newVerifier(), input, PresentationOptions{}).Credentials[0].Report, CheckHolder, Pass, "")
	}
}

func TestBindNeedsSomebodyToBindFor(t *testing.T) {
	p := newPresenter(t, FormVPJWT, keys.EdDSA)
	key := p.Signer.Public()
	text := boundTo(t, FormSDJWTVC, &key)
	for _, asked := range [][2]string{{"", testDomain}, {testChallenge, ""}} {
		if _, err := p.Bind(t.Context(), []byte(text), asked[0], asked[1]); err == nil {
			t.Errorf("%q: bound", asked)
		}
	}
	bound, err := p.Bind(t.Context(), []byte(text), testChallenge, testDomain)
	if err != nil {
		t.Fatal(err)
	}
	wantDecision(t, &verifyPresentation(t, newVerifier(), []byte(bound), asked(testChallenge, testDomain)).Report, Accept)
	if _, err := p.Bind(t.Context(), []byte(bound), testChallenge, testDomain); err == nil {
		t.Error("bound twice")
	}
	for name, input := range map[string][]byte{"as a JSON string": toJSON(t, text), "enveloped": toJSON(t, envelopedObject(sdJWTVCDataURL+text))} {
		bound, err := p.Bind(t.Context(), input, testChallenge, testDomain)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wantDecision(t, &verifyPresentation(t, newVerifier(), []byte(bound), asked(testChallenge, testDomain)).Report, Accept)
	}
	for _, form := range []Form{FormJWT, FormEdDSAJCS} {
		if _, err := p.Bind(t.Context(), about(t, form, p.DID), testChallenge, testDomain); err == nil {
			t.Errorf("%s: bound", form)
		}
	}
}
