package credentials

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// A challenge and a domain of the tests.
const (
	testChallenge = "n-0S6_WzA2Mj"
	testDomain    = "https://verifier.example"
)

func newPresenter(t testing.TB, form Form, alg keys.Algorithm) *Presenter {
	t.Helper()
	signer, id, method := newKey(t, alg)
	return &Presenter{DID: id, Method: method, Form: form, Signer: signer, Now: clock}
}

// everyPresentation runs a test for each row of the table of presentation forms and each kind of key it takes.
func everyPresentation(t *testing.T, test func(t *testing.T, p *Presenter)) {
	for _, form := range PresentationForms() {
		f, _ := presentationFormNamed(form)
		for _, alg := range f.algorithms {
			t.Run(string(form)+"/"+string(alg), func(t *testing.T) { test(t, newPresenter(t, form, alg)) })
		}
	}
}

// about issues a credential about a holder in a form.
func about(t testing.TB, form Form, holder did.DID) []byte {
	t.Helper()
	issuer := newIssuer(t, form, form.Algorithms()[0])
	secured := issue(t, issuer, degree(issuer.DID, map[string]any{"credentialSubject": map[string]any{"id": holder.String(), "name": "Ada"}}))
	if len(secured.COSE) > 0 {
		return secured.COSE
	}
	return secured.Body
}

func present(t testing.TB, p *Presenter, o PresentOptions) *Secured {
	t.Helper()
	secured, err := p.Present(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return secured
}

func asked(challenge, domain string) PresentationOptions {
	return PresentationOptions{Challenge: challenge, Domain: domain}
}

func verifyPresentation(t testing.TB, v *Verifier, input []byte, o PresentationOptions) *PresentationReport {
	t.Helper()
	report, _, err := v.VerifyPresentation(t.Context(), input, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestPresentationsOfEveryFormHoldCredentialsOfEveryForm(t *testing.T) {
	everyPresentation(t, func(t *testing.T, p *Presenter) {
		o := PresentOptions{Challenge: testChallenge, Domain: testDomain, ID: "urn:uuid:1"}
		for _, form := range documentForms() {
			o.Credentials = append(o.Credentials, about(t, form, p.DID))
		}
		secured := present(t, p, o)
		inputs := map[string][]byte{"body": secured.Body}
		if secured.Compact != "" {
			inputs["compact"] = []byte(secured.Compact)
			inputs["JSON string"] = toJSON(t, secured.Compact)
		}
		if len(secured.COSE) > 0 {
			inputs["message"] = secured.COSE
		}
		for name, input := range inputs {
			report := verifyPresentation(t, newVerifier(), input, asked(testChallenge, testDomain))
			if report.Decision != Accept || report.Form != p.Form || report.Holder != p.DID || len(report.Credentials) != len(o.Credentials) {
				t.Fatalf("%s: %s of form %q by %q, %d credentials: %s", name, report.Decision, report.Form, report.Holder, len(report.Credentials), toText(report))
			}
			want(t, &report.Report, CheckHolder, Pass, "")
			for i, c := range report.Credentials {
				if check := want(t, c.Report, CheckHolder, Pass, ""); check.Note != "the subject signed the presentation" {
					t.Errorf("credential %d: note %q", i, check.Note)
				}
			}
		}
	})
}

func toText(v any) string {
	data, _ := json.MarshalIndent(v, "", " ")
	return string(data)
}

func TestAnyByteOfAPresentationMatters(t *testing.T) {
	everyPresentation(t, func(t *testing.T, p *Presenter) {
		secured := present(t, p, PresentOptions{Challenge: testChallenge, Credentials: [][]byte{about(t, FormEdDSAJCS, p.DID)}})
		input := []byte(secured.Body)
		if len(secured.COSE) > 0 {
			input = secured.COSE
		}
		step := 1 + len(input)/150
		for i := 0; i < len(input); i += step {
			changed := append([]byte(nil), input...)
			changed[i] ^= 1
			if report := verifyPresentation(t, newVerifier(), changed, asked(testChallenge, "")); report.Decision == Accept {
				t.Fatalf("byte %d, %q as %q, is accepted", i, input[i], changed[i])
			}
		}
	})
}

func TestAPresentationIsMadeForOneChallengeAndDomain(t *testing.T) {
	everyPresentation(t, func(t *testing.T, p *Presenter) {
		both := present(t, p, PresentOptions{Challenge: testChallenge, Domain: testDomain}).Body
		neither := present(t, p, PresentOptions{}).Body
		for name, test := range map[string]struct {
			input   []byte
			o       PresentationOptions
			outcome Outcome
		}{
			"as asked":            {both, asked(testChallenge, testDomain), Pass},
			"challenge only":      {both, asked(testChallenge, ""), Pass},
			"domain only":         {both, asked("", testDomain), Pass},
			"nothing asked":       {both, asked("", ""), Pass},
			"another challenge":   {both, asked("other", testDomain), Fail},
			"another domain":      {both, asked(testChallenge, "https://evil.example"), Fail},
			"a beginning of it":   {both, asked(testChallenge[:4], ""), Fail},
			"made for nobody":     {neither, asked(testChallenge, ""), Fail},
			"made for no domain":  {neither, asked("", testDomain), Fail},
			"neither, none asked": {neither, asked("", ""), Pass},
		} {
			report := verifyPresentation(t, newVerifier(), test.input, test.o)
			check, _ := report.Check(CheckHolder)
			if check.Outcome != test.outcome || (report.Decision == Accept) != (test.outcome == Pass) {
				t.Errorf("%s: holder is %s (%+v), decision %s", name, check.Outcome, check.Problem, report.Decision)
			}
		}
	})
}

func TestAnUnsignedPresentationProvesNothing(t *testing.T) {
	holder := newPresenter(t, FormVPJWT, keys.EdDSA)
	document, err := unsignedPresentation(holder.DID, PresentOptions{Credentials: [][]byte{about(t, FormJWT, holder.DID), about(t, FormEdDSARDFC, holder.DID)}})
	if err != nil {
		t.Fatal(err)
	}
	input := toJSON(t, document)
	report := verifyPresentation(t, newVerifier(), input, PresentationOptions{})
	if report.Decision != Accept || report.Form != "" || report.Holder != "" || len(report.Credentials) != 2 {
		t.Fatalf("report is %s", toText(report))
	}
	for _, id := range []CheckID{CheckAlgorithm, CheckIssuer, CheckSignature, CheckHolder} {
		want(t, &report.Report, id, Skip, "")
	}
	for _, o := range []PresentationOptions{asked(testChallenge, ""), asked("", testDomain)} {
		report := verifyPresentation(t, newVerifier(), input, o)
		want(t, &report.Report, CheckHolder, Fail, ProblemCryptography)
		wantDecision(t, &report.Report, Reject)
	}
	required := PresentationOptions{VerifyOptions: VerifyOptions{Policy: &Policy{RequireHolder: true}}}
	report = verifyPresentation(t, newVerifier(), input, required)
	want(t, &report.Report, CheckHolder, Fail, ProblemNotAccepted)
}

func TestOneBadCredentialRejectsThePresentationAndIsNamed(t *testing.T) {
	p := newPresenter(t, FormVPJWT, keys.ES256)
	good, bad := about(t, FormEdDSAJCS, p.DID), about(t, FormEdDSAJCS, p.DID)
	bad = []byte(strings.Replace(string(bad), `"Ada"`, `"Eve"`, 1))
	report := verifyPresentation(t, newVerifier(), present(t, p, PresentOptions{Credentials: [][]byte{good, bad, good}}).Body, PresentationOptions{})
	wantDecision(t, &report.Report, Reject)
	for i, decision := range []Decision{Accept, Reject, Accept} {
		wantDecision(t, report.Credentials[i].Report, decision)
	}
	want(t, report.Credentials[1].Report, CheckHolder, Skip, "") // whom it is about is nobody's word
	want(t, &report.Report, CheckSignature, Pass, "")
}

func TestAnIndeterminateCredentialLeavesThePresentationIndeterminate(t *testing.T) {
	p := newPresenter(t, FormVPJWT, keys.EdDSA)
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	issuer.DID, issuer.Method = "did:other:1", "did:other:1#key"
	input := present(t, p, PresentOptions{Credentials: [][]byte{issue(t, issuer, degree(issuer.DID, nil)).Body}}).Body
	report := verifyPresentation(t, newVerifier(), input, PresentationOptions{})
	wantDecision(t, &report.Report, Undecided)
}

func TestWhoPresentsAnothersCredentialIsRemarkedAndRefusedWherePolicyAsks(t *testing.T) {
	everyPresentation(t, func(t *testing.T, p *Presenter) {
		input := present(t, p, PresentOptions{Credentials: [][]byte{about(t, issuedIn(p.Form), "did:example:somebody-else")}}).Body
		report := verifyPresentation(t, newVerifier(), input, PresentationOptions{})
		wantDecision(t, &report.Report, Accept)
		if check := want(t, report.Credentials[0].Report, CheckHolder, Fail, ProblemCryptography); check.Severity != SeverityWarning {
			t.Errorf("severity %s", check.Severity)
		}
		report = verifyPresentation(t, newVerifier(), input, PresentationOptions{VerifyOptions: VerifyOptions{Policy: &Policy{RequireHolder: true}}})
		wantDecision(t, &report.Report, Reject)
	})
}

// issuedIn is a form of credentials that goes with one of presentations.
func issuedIn(form Form) Form {
	switch form {
	case FormVPJWT:
		return FormJWT
	case FormVPSDJWT:
		return FormSDJWT
	case FormVPCOSE:
		return FormCOSE
	}
	return form
}

func TestABearerCredentialBindsNobody(t *testing.T) {
	p := newPresenter(t, FormVPJWT, keys.EdDSA)
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	bearer := issue(t, issuer, degree(issuer.DID, map[string]any{"credentialSubject": map[string]any{"name": "Ada"}})).Body
	input := present(t, p, PresentOptions{Credentials: [][]byte{bearer}}).Body
	want(t, verifyPresentation(t, newVerifier(), input, PresentationOptions{}).Credentials[0].Report, CheckHolder, Skip, "")
	strict := PresentationOptions{VerifyOptions: VerifyOptions{Policy: &Policy{RequireHolder: true}}}
	want(t, verifyPresentation(t, newVerifier(), input, strict).Credentials[0].Report, CheckHolder, Fail, ProblemNotAccepted)
}

func TestACredentialIsBoundToTheKeyItNames(t *testing.T) {
	p, thief := newPresenter(t, FormVPJWT, keys.ES256), newPresenter(t, FormVPJWT, keys.ES256)
	for name, cnf := range map[string]map[string]any{"jwk": {"jwk": p.Signer.Public().JWK()}, "kid": {"kid": p.Method}} {
		issuer := newIssuer(t, FormJWT, keys.EdDSA)
		bound := issue(t, issuer, degree(issuer.DID, map[string]any{"cnf": cnf})).Body
		for _, test := range []struct {
			by       *Presenter
			outcome  Outcome
			problem  string
			decision Decision
		}{{p, Pass, "", Accept}, {thief, Fail, ProblemCryptography, Reject}} {
			report := verifyPresentation(t, newVerifier(), present(t, test.by, PresentOptions{Credentials: [][]byte{bound}}).Body, PresentationOptions{})
			want(t, report.Credentials[0].Report, CheckHolder, test.outcome, test.problem)
			if report.Decision != test.decision {
				t.Errorf("%s: %s", name, report.Decision)
			}
		}
	}
}

func TestAKeyBindingThatCannotBeFollowedIsIndeterminate(t *testing.T) {
	p := newPresenter(t, FormVPJWT, keys.EdDSA)
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	for _, cnf := range []map[string]any{{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}, {"kid": "17"}, {"kid": "did:other:1#key"}} {
		bound := issue(t, issuer, degree(issuer.DID, map[string]any{"cnf": cnf})).Body
		report := verifyPresentation(t, newVerifier(), present(t, p, PresentOptions{Credentials: [][]byte{bound}}).Body, PresentationOptions{})
		check, _ := report.Credentials[0].Report.Check(CheckHolder)
		if check.Outcome != Indeterminate || report.Decision != Undecided {
			t.Errorf("%v: %s %+v", cnf, check.Outcome, check.Problem)
		}
	}
}

func TestThePresentersMethodIsTheHoldersOwn(t *testing.T) {
	p, other := newPresenter(t, FormVPJWT, keys.EdDSA), newPresenter(t, FormVPJWT, keys.EdDSA)
	for name, edit := range map[string]func(payload map[string]any, kid *string){
		"another's key":         func(_ map[string]any, kid *string) { *kid = other.Method },
		"no kid":                func(_ map[string]any, kid *string) { *kid = "" },
		"relative kid":          func(_ map[string]any, kid *string) { *kid = "#" + p.Signer.Public().Multikey() },
		"no such method":        func(_ map[string]any, kid *string) { *kid = p.DID.String() + "#other" },
		"the holder is another": func(payload map[string]any, _ *string) { payload["holder"] = other.DID.String() },
		"iss is another":        func(payload map[string]any, _ *string) { payload["iss"] = other.DID.String() },
		"jti is another":        func(payload map[string]any, _ *string) { payload["jti"] = "urn:uuid:2" },
		"holder is no DID": func(payload map[string]any, _ *string) {
			delete(payload, "iss")
			payload["holder"] = "https://holder.example"
		},
	} {
		payload := map[string]any{
			"@context": []any{contextV2}, "type": []any{presentationType}, "holder": p.DID.String(), "iss": p.DID.String(), "id": "urn:uuid:1",
		}
		kid := p.Method
		edit(payload, &kid)
		compact, err := jose.Sign(t.Context(), payload, p.Signer, jose.SignOptions{Type: jwtPresentation, KeyID: kid})
		if err != nil {
			t.Fatal(err)
		}
		if report := verifyPresentation(t, newVerifier(), []byte(compact), PresentationOptions{}); report.Decision == Accept {
			t.Errorf("%s: %s, holder %q", name, report.Decision, report.Holder)
		}
	}
}

func TestOnlyAuthenticationKeysPresent(t *testing.T) {
	signer, _, _ := newKey(t, keys.EdDSA)
	id := did.DID("did:example:holder")
	for relationship, accepted := range map[did.Relationship]bool{did.Authentication: true, did.AssertionMethod: false} {
		v := newVerifier()
		v.Resolver = resolverFunc(func(context.Context, did.DID, did.At) (did.Version, error) {
			return did.Version{Document: holderDocument(t, id, signer.Public(), relationship)}, nil
		})
		p := &Presenter{DID: id, Method: id.String() + "#key-1", Form: FormVPJWT, Signer: signer, Now: clock}
		report := verifyPresentation(t, v, present(t, p, PresentOptions{}).Body, PresentationOptions{})
		if (report.Decision == Accept) != accepted {
			t.Errorf("%s: %s", relationship, toText(report))
		}
	}
}

func TestAHolderIsJudgedAtTheInstantOfTheVerification(t *testing.T) {
	signer, _, _ := newKey(t, keys.EdDSA)
	id := did.DID("did:example:holder")
	p := &Presenter{DID: id, Method: id.String() + "#key-1", Form: FormEdDSAJCS, Signer: signer, Now: func() time.Time { return noon.Add(-time.Hour) }}
	input := present(t, p, PresentOptions{}).Body
	good := did.Version{Document: holderDocument(t, id, signer.Public(), did.Authentication)}
	for name, test := range map[string]struct {
		version did.Version
		err     error
		outcome Outcome
	}{
		"as it is":         {good, nil, Pass},
		"deactivated":      {did.Version{Deactivated: true}, nil, Fail},
		"disputed":         {did.Version{Document: good.Document, Disputed: "abc"}, nil, Indeterminate},
		"another document": {did.Version{Document: holderDocument(t, "did:example:other", signer.Public(), did.Authentication)}, nil, Fail},
		"absent":           {did.Version{}, did.ErrNotFound, Fail},
		"unavailable":      {did.Version{}, context.DeadlineExceeded, Indeterminate},
	} {
		v := newVerifier()
		at := noon.Add(-30 * time.Minute)
		v.Resolver = resolverFunc(func(_ context.Context, _ did.DID, asked did.At) (did.Version, error) {
			if !asked.Time.Equal(at) {
				t.Errorf("resolved at %v", asked.Time)
			}
			return test.version, test.err
		})
		report := verifyPresentation(t, v, input, PresentationOptions{VerifyOptions: VerifyOptions{At: at}})
		check, _ := report.Check(CheckIssuer)
		if check.Outcome != test.outcome {
			t.Errorf("%s: %s %+v", name, check.Outcome, check.Problem)
		}
		if check.Problem != nil && strings.Contains(check.Problem.Title+check.Problem.Detail, "issuer") {
			t.Errorf("%s: a holder is called an issuer: %+v", name, check.Problem)
		}
	}
}

func holderDocument(t testing.TB, id did.DID, key keys.Public, relationship did.Relationship) *did.Document {
	t.Helper()
	text := fmt.Sprintf(`{"@context":["https://www.w3.org/ns/did/v1.1"],"id":%q,"verificationMethod":[{"id":"%s#key-1","type":"Multikey","controller":%q,"publicKeyMultibase":%q}],%q:["%s#key-1"]}`,
		id, id, id, key.Multikey(), relationship, id)
	document, err := did.ParseDocument([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestProofsOfPresentationsAreForAuthentication(t *testing.T) {
	p := newPresenter(t, FormEdDSAJCS, keys.EdDSA)
	document, err := unsignedPresentation(p.DID, PresentOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for purpose, outcome := range map[string]Outcome{"authentication": Pass, "assertionMethod": Fail} {
		signed, err := dataintegrity.Add(t.Context(), document, p.Signer, dataintegrity.Options{Suite: string(p.Form), Method: p.Method, Purpose: purpose})
		if err != nil {
			t.Fatal(err)
		}
		check, _ := verifyPresentation(t, newVerifier(), toJSON(t, signed), PresentationOptions{}).Check(CheckParse)
		if check.Outcome != outcome {
			t.Errorf("%s: %s", purpose, check.Outcome)
		}
	}
}

func TestEveryProofOfASetIsTheHoldersAndForTheChallenge(t *testing.T) {
	p, other := newPresenter(t, FormEdDSAJCS, keys.EdDSA), newPresenter(t, FormECDSAJCS, keys.ES256)
	add := func(document map[string]any, by *Presenter, challenge string) map[string]any {
		signed, err := dataintegrity.Add(t.Context(), document, by.Signer,
			dataintegrity.Options{Suite: string(by.Form), Method: by.Method, Purpose: authenticationPurpose, Challenge: challenge})
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	document, err := unsignedPresentation(p.DID, PresentOptions{})
	if err != nil {
		t.Fatal(err)
	}
	first := add(document, p, testChallenge)
	for name, test := range map[string]struct {
		input    map[string]any
		decision Decision
	}{
		"two of the holder":    {add(first, p, testChallenge), Accept},
		"one of another":       {add(first, other, testChallenge), Reject},
		"one for another time": {add(first, p, "other"), Reject},
	} {
		if report := verifyPresentation(t, newVerifier(), toJSON(t, test.input), asked(testChallenge, "")); report.Decision != test.decision {
			t.Errorf("%s: %s", name, toText(report))
		}
	}
}

func TestPresentationsOfTheFutureAndThePastAreRefused(t *testing.T) {
	for _, form := range []Form{FormVPJWT, FormVPCOSE, FormEdDSAJCS} {
		p := newPresenter(t, form, keys.EdDSA)
		for name, test := range map[string]struct {
			made    time.Time
			expires time.Time
			outcome Outcome
		}{
			"now":            {noon, noon.Add(time.Minute), Pass},
			"within skew":    {noon.Add(30 * time.Second), time.Time{}, Pass},
			"in the future":  {noon.Add(2 * time.Minute), time.Time{}, Fail},
			"ended":          {noon.Add(-time.Hour), noon.Add(-time.Second), Fail},
			"long ago, open": {noon.AddDate(-1, 0, 0), time.Time{}, Pass},
		} {
			p.Now = func() time.Time { return test.made }
			report := verifyPresentation(t, newVerifier(), present(t, p, PresentOptions{Expires: test.expires}).Body, PresentationOptions{})
			if check, _ := report.Check(CheckValidity); check.Outcome != test.outcome {
				t.Errorf("%s, %s: %s %+v", form, name, check.Outcome, check.Problem)
			}
		}
	}
}
