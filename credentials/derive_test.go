package credentials

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did/keys"
)

func derived(t testing.TB, input []byte, pointers ...string) *Secured {
	t.Helper()
	secured, err := Derive(t.Context(), input, pointers, nil)
	if err != nil {
		t.Fatal(err)
	}
	return secured
}

// transcript is a degree with claims of which some are worth withholding.
func transcript(issuer *Issuer) map[string]any {
	return degree(issuer.DID, map[string]any{
		"credentialStatus": map[string]any{"id": listURL + "#7", "type": EntryType, "statusPurpose": "revocation", "statusListIndex": "7", "statusListCredential": listURL},
		"credentialSubject": map[string]any{
			"id": "did:example:alice", "alumniOf": "School of Examples", "name": "Alice",
			"degree": map[string]any{"type": "ExampleBachelorDegree", "name": "Bachelor of Science"},
		},
	})
}

func TestHoldersShowLessInEveryFormThatLetsThem(t *testing.T) {
	for _, form := range []Form{FormSDJWT, FormECDSASD} {
		t.Run(string(form), func(t *testing.T) {
			issuer := newIssuer(t, form, keys.ES256)
			secured, err := issuer.Issue(t.Context(), transcript(issuer))
			if err != nil {
				t.Fatal(err)
			}
			v := newVerifier()
			v.Status = statusFunc(func(StatusQuery) (StatusResult, error) { return StatusResult{}, nil })
			for name, test := range map[string]struct {
				pointers []string
				subject  map[string]any
			}{
				"nothing":         {nil, map[string]any{"id": "did:example:alice"}},
				"one claim":       {[]string{"/credentialSubject/name"}, map[string]any{"id": "did:example:alice", "name": "Alice"}},
				"what is shown":   {[]string{"/issuer", "/credentialSubject/id"}, map[string]any{"id": "did:example:alice"}},
				"an object":       {[]string{"/credentialSubject/degree"}, map[string]any{"id": "did:example:alice", "degree": map[string]any{"type": "ExampleBachelorDegree", "name": "Bachelor of Science"}}},
				"everything":      {[]string{""}, transcript(issuer)["credentialSubject"].(map[string]any)},
				"the whole claim": {[]string{"/credentialSubject"}, transcript(issuer)["credentialSubject"].(map[string]any)},
			} {
				t.Run(name, func(t *testing.T) {
					shown := derived(t, secured.Body, test.pointers...)
					if d := cmp.Diff(any(test.subject), shown.Credential["credentialSubject"]); d != "" {
						t.Error(d)
					}
					if shown.Form != form || test.pointers == nil && strings.Contains(string(shown.Body), "Alice") {
						t.Errorf("shown as %s: %s", shown.Form, shown.Body)
					}
					report, credential, err := v.Verify(t.Context(), shown.Body, VerifyOptions{})
					if err != nil {
						t.Fatal(err)
					}
					wantDecision(t, report, Accept)
					want(t, report, CheckStatus, Pass, "")
					if d := cmp.Diff(any(test.subject), credential["credentialSubject"]); d != "" {
						t.Error(d)
					}
				})
			}
		})
	}
}

func TestDerivingRefusesWhatItCannotShow(t *testing.T) {
	sd, plain, base := newIssuer(t, FormSDJWT, keys.ES256), newIssuer(t, FormJWT, keys.EdDSA), newIssuer(t, FormECDSASD, keys.ES256)
	body := func(i *Issuer) []byte {
		secured, err := i.Issue(t.Context(), degree(i.DID, nil))
		if err != nil {
			t.Fatal(err)
		}
		return secured.Body
	}
	changed := edited(parseJSON(t, body(base)), map[string]any{"credentialSubject": map[string]any{
		"id": "did:example:alice", "degree": map[string]any{"type": "ExampleBachelorDegree", "name": "Master of Science"}}})
	for name, test := range map[string]struct {
		input    []byte
		pointers []string
		problem  string
	}{
		"nothing":                  {nil, nil, ProblemParsing},
		"no JSON":                  {[]byte("{"), nil, ProblemParsing},
		"too large":                {[]byte(strings.Repeat(" ", DefaultMaxBytes) + "{}"), nil, ProblemParsing},
		"a number":                 {[]byte(`"x"`), nil, ProblemParsing},
		"unsecured":                {[]byte(`{}`), nil, ProblemMalformed},
		"a JWT":                    {body(plain), nil, ProblemMalformed},
		"a bare JWT":               {[]byte(issue(t, plain, degree(plain.DID, nil)).Compact), nil, ProblemParsing},
		"another cryptosuite":      {body(newIssuer(t, FormECDSARDFC, keys.ES256)), nil, ProblemMalformed},
		"derived already":          {derived(t, body(base), "").Body, nil, ProblemMalformed},
		"changed by its holder":    {toJSON(t, changed), []string{""}, ProblemMalformed},
		"pointer to nothing":       {body(base), []string{"/credentialSubject/nothing"}, ProblemMalformed},
		"pointer to nothing (JWT)": {body(sd), []string{"/credentialSubject/nothing"}, ProblemMalformed},
		"no pointer (JWT)":         {body(sd), []string{"credentialSubject"}, ProblemMalformed},
		"too many pointers":        {body(sd), make([]string, 2000), ProblemMalformed},
	} {
		_, err := Derive(t.Context(), test.input, test.pointers, nil)
		if p, ok := errors.AsType[*ProblemError](err); !ok || p.Problem.Type != test.problem {
			t.Errorf("%s: error is %v, want %s", name, err, test.problem)
		}
	}
}

// An SD-JWT in JSON serialization (RFC 9901 section 8) is shown as a compact one.
func TestSDJWTsInJSONAreShownCompact(t *testing.T) {
	issuer := newIssuer(t, FormSDJWT, keys.ES256)
	object, err := sdjwt.Flattened(issue(t, issuer, transcript(issuer)).Compact)
	if err != nil {
		t.Fatal(err)
	}
	shown := derived(t, toJSON(t, object), "/credentialSubject/name")
	if subject := shown.Credential["credentialSubject"].(map[string]any); subject["name"] != "Alice" || subject["degree"] != nil {
		t.Errorf("shown: %v", subject)
	}
	want(t, verify(t, newVerifier(), shown.Body), CheckSignature, Pass, "")
}

func TestBaseProofsAreTheHoldersAlone(t *testing.T) {
	issuer := newIssuer(t, FormECDSASD, keys.ES256)
	secured, err := issuer.Issue(t.Context(), degree(issuer.DID, nil))
	if err != nil {
		t.Fatal(err)
	}
	report := verify(t, newVerifier(), secured.Body)
	wantDecision(t, report, Reject)
	if c := want(t, report, CheckSignature, Fail, ProblemCryptography); !strings.Contains(c.Problem.Detail, "derive") {
		t.Errorf("detail is %q", c.Problem.Detail)
	}
}

// A holder must not get rid of what a credential can be refused by, whatever an issuer forgot to make mandatory.
func TestNobodyWithholdsStatusOrValidity(t *testing.T) {
	issuer := newIssuer(t, FormECDSASD, keys.ES256)
	issuer.Mandatory = []string{"/credentialSubject/degree/name"}
	secured, err := issuer.Issue(t.Context(), transcript(issuer))
	if err != nil {
		t.Fatal(err)
	}
	shown := derived(t, secured.Body)
	want := transcript(issuer)
	want["credentialSubject"] = map[string]any{"id": "did:example:alice", "degree": map[string]any{"type": "ExampleBachelorDegree", "name": "Bachelor of Science"}}
	if d := cmp.Diff(want, shown.Credential); d != "" {
		t.Error(d)
	}
	issuer.Mandatory = []string{"/nothing"}
	if _, err := issuer.Issue(t.Context(), transcript(issuer)); err == nil {
		t.Error("a mandatory pointer to nothing was taken")
	}
	v := newVerifier()
	v.Status = statusFunc(func(StatusQuery) (StatusResult, error) { return StatusResult{Value: 1}, nil })
	wantDecision(t, verify(t, v, shown.Body), Reject)
}

func TestPublishedCredentialsAreShownWholeAtOnce(t *testing.T) {
	issuer := newIssuer(t, FormECDSASD, keys.ES256)
	secured, err := issuer.Issue(t.Context(), degree(issuer.DID, map[string]any{
		"@context": []any{contextV2}, "type": []any{baseType, "BitstringStatusListCredential"},
		"credentialSubject": map[string]any{"type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": "uH4sIAAAAAAAA_-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	report := verify(t, newVerifier(), secured.Body)
	want(t, report, CheckSignature, Pass, "")
	wantDecision(t, report, Accept)
}

func FuzzDeriveInput(f *testing.F) {
	sd, base := newIssuer(f, FormSDJWT, keys.ES256), newIssuer(f, FormECDSASD, keys.ES256)
	for _, issuer := range []*Issuer{sd, base} {
		secured, err := issuer.Issue(f.Context(), degree(issuer.DID, nil))
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(secured.Body), "/credentialSubject/degree")
		f.Add([]byte(secured.Compact), "")
	}
	v := newVerifier()
	f.Fuzz(func(t *testing.T, input []byte, pointer string) {
		shown, err := Derive(t.Context(), input, []string{pointer}, nil)
		if err != nil {
			if _, ok := errors.AsType[*ProblemError](err); !ok {
				t.Fatal(err)
			}
			return
		}
		if report := verify(t, v, shown.Body); report == nil {
			t.Fatal("no report")
		}
	})
}
