package credentials

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/credentials/cose"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did/keys"
)

// TestPresentationsThatBreakTheDataModelAreRefused secures each by every form, so that nothing but the data model is wrong.
func TestPresentationsThatBreakTheDataModelAreRefused(t *testing.T) {
	credential := parseJSON(t, about(t, FormEdDSAJCS, "did:example:alice"))
	unsecured := edited(credential, map[string]any{"proof": nil})
	issuer := newIssuerOf(t)
	compact := issue(t, issuer, degree(issuer.DID, nil)).Compact
	many := make([]any, maxPresented+1)
	for i := range many {
		many[i] = credential
	}
	for name, test := range map[string]struct {
		edits   map[string]any
		pointer string
	}{
		"a bare token":              {map[string]any{"verifiableCredential": []any{compact}}, "/verifiableCredential/0"},
		"a bare token, alone":       {map[string]any{"verifiableCredential": compact}, "/verifiableCredential"},
		"a URL":                     {map[string]any{"verifiableCredential": []any{"https://example.com/1"}}, "/verifiableCredential/0"},
		"a number":                  {map[string]any{"verifiableCredential": []any{json.Number("1")}}, "/verifiableCredential/0"},
		"an unsecured credential":   {map[string]any{"verifiableCredential": []any{credential, unsecured}}, "/verifiableCredential/1"},
		"too many credentials":      {map[string]any{"verifiableCredential": many}, "/verifiableCredential"},
		"a list within a list":      {map[string]any{"verifiableCredential": []any{[]any{credential}}}, "/verifiableCredential/0"},
		"no type":                   {map[string]any{"type": nil}, "/type"},
		"another type":              {map[string]any{"type": []any{baseType}}, "/type"},
		"no context":                {map[string]any{"@context": nil}, "/@context"},
		"another first context":     {map[string]any{"@context": []any{"https://www.w3.org/ns/credentials/examples/v2", contextV2}}, "/@context/0"},
		"an unknown context":        {map[string]any{"@context": []any{contextV2, "https://unknown.example/v1"}}, "/@context/1"},
		"a context elsewhere":       {map[string]any{"holder": map[string]any{"id": "did:example:a", "@context": "https://unknown.example/v1"}}, "/holder/@context"},
		"id is a list":              {map[string]any{"id": []any{"urn:uuid:1"}}, "/id"},
		"id is no URL":              {map[string]any{"id": "presentation"}, "/id"},
		"holder is a list":          {map[string]any{"holder": []any{"did:example:a"}}, "/holder"},
		"holder without id":         {map[string]any{"holder": map[string]any{"name": "Ada"}}, "/holder"},
		"holder is no URL":          {map[string]any{"holder": "Ada"}, "/holder"},
		"terms of use without type": {map[string]any{"termsOfUse": map[string]any{"id": "urn:uuid:1"}}, "/termsOfUse/type"},
		"a keyword":                 {map[string]any{"@graph": []any{}}, "/@graph"},
	} {
		for _, form := range []Form{FormVPJWT, FormVPSDJWT, FormVPCOSE, FormEdDSAJCS, ""} {
			p := newPresenter(t, FormVPJWT, keys.EdDSA)
			document := edited(map[string]any{"@context": []any{contextV2}, "type": []any{presentationType}, "holder": p.DID.String()}, test.edits)
			input := toJSON(t, document)
			if form != "" {
				p.Form = form
				f, _ := presentationFormNamed(form)
				secured, err := f.secure(t.Context(), p, PresentOptions{}, document)
				if err != nil {
					t.Fatal(err)
				}
				input = secured.Body
			}
			report := verifyPresentation(t, newVerifier(), input, PresentationOptions{})
			if check := want(t, &report.Report, CheckDataModel, Fail, ProblemMalformed); check.Problem.Pointer != test.pointer {
				t.Errorf("%s as %q: pointer %q, not %q: %s", name, form, check.Problem.Pointer, test.pointer, check.Problem.Detail)
			}
			if report.Decision != Reject || len(report.Credentials) != 0 {
				t.Errorf("%s as %q: %s, %d credentials", name, form, report.Decision, len(report.Credentials))
			}
		}
	}
}

func newIssuerOf(t testing.TB) *Issuer { return newIssuer(t, FormJWT, keys.EdDSA) }

func TestContainersThatAreNoPresentationAreRefused(t *testing.T) {
	p := newPresenter(t, FormVPJWT, keys.EdDSA)
	document := map[string]any{"@context": []any{contextV2}, "type": []any{presentationType}, "holder": p.DID.String()}
	signed := func(payload map[string]any, typ, cty string) []byte {
		compact, err := jose.Sign(t.Context(), payload, p.Signer, jose.SignOptions{Type: typ, ContentType: cty, KeyID: p.Method})
		if err != nil {
			t.Fatal(err)
		}
		return []byte(compact)
	}
	message := func(typ, content string) []byte {
		m, err := cose.Sign(t.Context(), toJSON(t, document), p.Signer, cose.SignOptions{Type: typ, ContentType: content, KeyID: p.Method})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	disclosed, err := sdjwt.Issue(t.Context(), document, p.Signer, sdjwt.IssueOptions{Type: sdJWTPresentation, KeyID: p.Method})
	if err != nil {
		t.Fatal(err)
	}
	good := string(signed(document, "vp+jwt", "vp"))
	enveloped := func(edits map[string]any) []byte {
		return toJSON(t, edited(map[string]any{"@context": []any{contextV2}, "type": envelopedPresented, "id": jwtPresentedURL + good}, edits))
	}
	wantDecision(t, &verifyPresentation(t, newVerifier(), enveloped(nil), PresentationOptions{}).Report, Accept)
	for name, input := range map[string][]byte{
		"nothing":                     nil,
		"space":                       []byte(" \n"),
		"a list":                      []byte(`[]`),
		"a number":                    []byte(`1`),
		"half an object":              []byte(`{"@context":`),
		"duplicate members":           []byte(`{"type":"VerifiablePresentation","type":"VerifiablePresentation"}`),
		"too deep":                    []byte(strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60)),
		"a credential's typ":          signed(document, "vc+jwt", "vp"),
		"a key binding's typ":         signed(document, "kb+jwt", ""),
		"no typ":                      signed(document, "", ""),
		"a credential's cty":          signed(document, "vp+jwt", "vc"),
		"alg none":                    []byte("eyJhbGciOiJub25lIiwidHlwIjoidnArand0In0." + strings.Split(good, ".")[1] + ".AA"),
		"alg none, no signature":      []byte("eyJhbGciOiJub25lIiwidHlwIjoidnArand0In0." + strings.Split(good, ".")[1] + "."),
		"a message for credentials":   message("application/vc+cose", "application/vp"),
		"a message of a credential":   message("application/vp+cose", "application/vc"),
		"a message without type":      message("", ""),
		"a message, cut":              message("application/vp+cose", "")[:40],
		"a bound presentation":        withBinding(t, disclosed, p, sdjwt.Binding{Audience: testDomain, Nonce: testChallenge, IssuedAt: noon}),
		"two tildes":                  []byte(disclosed + "~"),
		"an enveloped credential":     toJSON(t, envelopedObject(jwtDataURL+good)),
		"a member beside":             enveloped(map[string]any{"holder": "did:example:a"}),
		"two types":                   enveloped(map[string]any{"type": []any{envelopedPresented, presentationType}}),
		"no context":                  enveloped(map[string]any{"@context": nil}),
		"an older context":            enveloped(map[string]any{"@context": []any{contextV1}}),
		"a URL that is no data":       enveloped(map[string]any{"id": "https://example.com/1"}),
		"another media type":          enveloped(map[string]any{"id": "data:text/plain," + good}),
		"a credential's media type":   enveloped(map[string]any{"id": jwtDataURL + good}),
		"a message that is no base64": enveloped(map[string]any{"id": cosePresentedURL + "0oR\n="}),
	} {
		report := verifyPresentation(t, newVerifier(), input, PresentationOptions{})
		if report.Decision != Reject || len(report.Credentials) != 0 && report.Form == "" {
			t.Errorf("%s: %s", name, toText(report))
		}
	}
	for name, edits := range map[string]map[string]any{"a vp claim": {"vp": map[string]any{}}, "a vc claim": {"vc": map[string]any{}},
		"data model 1.1": {"@context": []any{contextV1}}, "exp as a text": {"exp": "tomorrow"}, "aud as an object": {"aud": map[string]any{}}} {
		report := verifyPresentation(t, newVerifier(), signed(edited(document, edits), "vp+jwt", ""), PresentationOptions{})
		if check, _ := report.Check(CheckDataModel); check.Outcome != Fail {
			t.Errorf("%s: %s", name, toText(report))
		}
	}
}

func TestPresentationsAreBounded(t *testing.T) {
	p := newPresenter(t, FormEdDSAJCS, keys.EdDSA)
	v := newVerifier()
	v.MaxBytes = 4 << 10
	credential := about(t, FormEdDSAJCS, p.DID)
	fits, tooMuch := PresentOptions{}, PresentOptions{}
	for range 4 {
		fits.Credentials = append(fits.Credentials, credential)
	}
	for range maxPresented {
		tooMuch.Credentials = append(tooMuch.Credentials, credential)
	}
	wantDecision(t, &verifyPresentation(t, v, present(t, p, fits).Body, PresentationOptions{}).Report, Accept)
	want(t, &verifyPresentation(t, v, present(t, p, tooMuch).Body, PresentationOptions{}).Report, CheckLimits, Fail, ProblemParsing)
	wantDecision(t, &verifyPresentation(t, newVerifier(), present(t, p, tooMuch).Body, PresentationOptions{}).Report, Accept)
	tooMuch.Credentials = append(tooMuch.Credentials, credential)
	if _, err := p.Present(t.Context(), tooMuch); err == nil {
		t.Error("33 credentials are presented")
	}
}

func TestUnknownSelectionsOfAPresentationsChecksAreAnError(t *testing.T) {
	for _, o := range []PresentationOptions{{VerifyOptions: VerifyOptions{Checks: []string{"all"}}}, {MediaType: "application/vp+jwt"}} {
		report, _, err := newVerifier().VerifyPresentation(t.Context(), []byte(`{}`), o)
		if err == nil || report == nil || len(report.Checks) != len(presentationOrder) {
			t.Errorf("error %v, report %+v", err, report)
		}
	}
}

func TestAPresenterThatCannotSignSaysSo(t *testing.T) {
	good := newPresenter(t, FormEdDSAJCS, keys.EdDSA)
	for name, edit := range map[string]func(*Presenter){
		"unknown form":   func(p *Presenter) { p.Form = "vp+jws" },
		"no signer":      func(p *Presenter) { p.Signer = nil },
		"another key":    func(p *Presenter) { p.Form = FormECDSAJCS },
		"another's":      func(p *Presenter) { p.Method = "did:example:a#1" },
		"form of claims": func(p *Presenter) { p.Form = FormSDJWTVC },
	} {
		p := *good
		edit(&p)
		if _, err := p.Present(t.Context(), PresentOptions{}); err == nil {
			t.Errorf("%s: presented", name)
		}
	}
	for name, o := range map[string]PresentOptions{
		"id is no URL": {ID: "x"}, "not secured": {Credentials: [][]byte{[]byte(`{"type":"VerifiableCredential"}`)}}, "no credential": {Credentials: [][]byte{[]byte("x")}},
		"nothing": {Credentials: [][]byte{nil}}, "a list": {Credentials: [][]byte{[]byte(`[]`)}}, "half a token": {Credentials: [][]byte{[]byte("a.b~")}},
	} {
		if _, err := good.Present(t.Context(), o); err == nil {
			t.Errorf("%s: presented", name)
		}
	}
}

// FuzzVerifyPresentation: no input panics, what is accepted is what somebody signed, and what is read can be presented again.
func FuzzVerifyPresentation(f *testing.F) {
	p := newPresenter(f, FormEdDSAJCS, keys.EdDSA)
	for _, form := range PresentationForms() {
		table, _ := presentationFormNamed(form)
		by := newPresenter(f, form, table.algorithms[0])
		secured := present(f, by, PresentOptions{Credentials: [][]byte{about(f, FormJWT, by.DID)}})
		f.Add([]byte(secured.Body), false)
		f.Add([]byte(secured.Compact), false)
		f.Add(secured.COSE, false)
	}
	f.Add([]byte(legacyPresentation(f, p, "JWT", nil, legacyCredential(f, newIssuerOf(f), p.DID.String(), nil))), true)
	f.Add([]byte(boundTo(f, FormSDJWTVC, nil)), false)
	f.Fuzz(func(t *testing.T, input []byte, legacy bool) {
		o := PresentationOptions{Challenge: "never asked before"}
		if legacy {
			o.MediaType = MediaTypeLegacyJWT
		}
		report, document, err := newVerifier().VerifyPresentation(t.Context(), input, o)
		if err != nil || len(report.Checks) != len(presentationOrder) {
			t.Fatalf("error %v, %d checks", err, len(report.Checks))
		}
		if report.Decision == Accept {
			t.Fatalf("accepted for a challenge that nobody knew: %q", input)
		}
		if document == nil {
			return
		}
		written, err := marshal(document)
		if err != nil {
			return // numbers that canonical JSON has no form for
		}
		_, again, _ := newVerifier().VerifyPresentation(t.Context(), written, o)
		if !legacy && again != nil && !bytes.Equal(toJSON(t, again), written) {
			t.Fatalf("read differently:\n%s", cmp.Diff(document, again))
		}
	})
}
