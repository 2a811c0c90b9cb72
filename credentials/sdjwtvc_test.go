package credentials

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

const personType = "https://credentials.example/person"

// person is what an issuer of SD-JWT VCs is given, changed by edits to the claims.
func person(edits map[string]any) map[string]any {
	return map[string]any{"vct": personType, "claims": edited(map[string]any{
		"sub": "did:example:alice", "nbf": seconds(noon.Add(-time.Hour)), "exp": seconds(noon.Add(time.Hour)),
		"given_name": "Alice", "address": map[string]any{"locality": "Lübeck", "country": "DE"}, "nationalities": []any{"DE", "FR"},
	}, edits)}
}

func seconds(t time.Time) json.Number { return json.Number(fmt.Sprint(t.Unix())) }

func everyKeyOfClaims(t *testing.T, test func(t *testing.T, issuer *Issuer)) {
	for _, alg := range FormSDJWTVC.Algorithms() {
		t.Run(string(alg), func(t *testing.T) { test(t, newIssuer(t, FormSDJWTVC, alg)) })
	}
}

func TestClaimsAreIssuedAndVerified(t *testing.T) {
	everyKeyOfClaims(t, func(t *testing.T, issuer *Issuer) {
		secured := issue(t, issuer, person(nil))
		var compact string
		if err := json.Unmarshal(secured.Body, &compact); err != nil || compact != secured.Compact || secured.Form != FormSDJWTVC {
			t.Fatalf("body is %s, %v", secured.Body, err)
		}
		for _, input := range [][]byte{secured.Body, []byte(secured.Compact)} {
			report, credential, err := newVerifier().Verify(t.Context(), input, VerifyOptions{})
			if err != nil {
				t.Fatal(err)
			}
			wantDecision(t, report, Accept)
			claims := person(map[string]any{"iss": issuer.DID.String(), "vct": personType})["claims"]
			if d := cmp.Diff(claims, any(credential)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(claims, any(secured.Credential)); d != "" {
				t.Error(d)
			}
		}
	})
}

func TestWhatIsDisclosableIsTheRequestsThenTheIssuers(t *testing.T) {
	for _, test := range []struct {
		name      string
		configure []string
		request   any
		want      []string
	}{
		{"nobody says", nil, nil, []string{"/address", "/given_name", "/nationalities"}},
		{"the issuer says", []string{"/given_name"}, nil, []string{"/given_name"}},
		{"the issuer says nothing is", []string{}, nil, []string{}},
		{"the request says", []string{"/given_name"}, []any{"/address/locality", "/nationalities/1"}, []string{"/address/locality", "/nationalities/1"}},
		{"the request says nothing is", []string{"/given_name"}, []any{}, []string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			issuer := newIssuer(t, FormSDJWTVC, keys.EdDSA)
			issuer.Disclosable = test.configure
			input := person(nil)
			if test.request != nil {
				input["disclosable"] = test.request
			}
			input["decoys"] = json.Number("3")
			token := parseSDJWT(t, issue(t, issuer, input).Compact)
			places, err := token.Places()
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, places); d != "" {
				t.Error(d)
			}
			if digests, _ := token.JWT.Payload["_sd"].([]any); test.configure == nil && len(digests) != 6 {
				t.Errorf("%d digests", len(digests))
			}
		})
	}
}

func parseSDJWT(t testing.TB, compact string) *sdjwt.Token {
	t.Helper()
	token, err := sdjwt.Parse(compact, sdjwt.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestClaimsThatCannotBeIssuedAreNamed(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.ES256)
	private, _, _ := newKey(t, keys.EdDSA)
	jwk := private.Public().JWK()
	jwk["d"] = "AAAA"
	with := func(members map[string]any) map[string]any { return edited(person(nil), members) }
	for pointer, input := range map[string]map[string]any{
		"/issuer":               with(map[string]any{"issuer": issuer.DID.String()}),
		"/claims":               {"vct": personType},
		"/claims/vct":           {"claims": map[string]any{"a": "b"}},
		"/vct":                  edited(person(map[string]any{"vct": "urn:other"}), nil),
		"/claims/iss":           person(map[string]any{"iss": "did:example:other"}),
		"/claims/exp":           person(map[string]any{"exp": seconds(noon.Add(-2 * time.Hour))}),
		"/claims/nbf":           person(map[string]any{"nbf": "1"}),
		"/claims/sub":           person(map[string]any{"sub": json.Number("1")}),
		"/claims/cnf":           person(map[string]any{"cnf": "key"}),
		"/claims/cnf/jwk":       person(map[string]any{"cnf": map[string]any{"jwk": jwk}}),
		"/claims/vct#integrity": person(map[string]any{"vct#integrity": "md5-x"}),
		"/disclosable":          with(map[string]any{"disclosable": "/given_name"}),
		"/disclosable/0":        with(map[string]any{"disclosable": []any{"/exp"}}),
		"/disclosable/1":        with(map[string]any{"disclosable": []any{"/given_name", "/cnf/jwk"}}),
		"/disclosable/2":        with(map[string]any{"disclosable": []any{"/given_name", "/address", "name"}}),
		"/decoys":               with(map[string]any{"decoys": json.Number("101")}),
	} {
		p := refused(t, issuer, input, ProblemMalformed, pointer)
		if strings.Contains(p.Error(), "AAAA") {
			t.Errorf("the problem has private key material: %s", p)
		}
		if _, err := issuer.Issue(t.Context(), input); err == nil {
			t.Errorf("%s: issued", pointer)
		}
	}
	if err := issuer.CheckIssuable(person(map[string]any{"iss": "did:example:other"})); !errors.Is(err, ErrForeignIssuer) {
		t.Errorf("error is %v", err)
	}
	for name, claim := range map[string]any{"names nothing": []any{"/nothing"}, "twice": []any{"/given_name", "/given_name"}} {
		if _, err := issuer.Issue(t.Context(), with(map[string]any{"disclosable": claim})); err == nil {
			t.Errorf("%s: issued", name)
		}
	}
	if _, err := issuer.Issue(t.Context(), person(map[string]any{"_sd": []any{}})); err == nil {
		t.Error("a claim named _sd was issued")
	}
}

// signedClaims is an SD-JWT of a payload and disclosures as somebody else's software might make it: "$0" in it stands for the
// digest of the first disclosure.
func signedClaims(t testing.TB, issuer *Issuer, typ string, payload map[string]any, disclosures ...string) []byte {
	t.Helper()
	payload = edited(map[string]any{"iss": issuer.DID.String(), "vct": personType}, payload)
	compact, err := jose.Sign(t.Context(), payload, issuer.Signer, jose.SignOptions{Type: typ, KeyID: issuer.Method})
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.Join(append([]string{compact}, disclosures...), "~") + "~")
}

// disclosed is a disclosure of a claim with its digest.
func disclosed(t testing.TB, name string, value any) (encoded, digest string) {
	t.Helper()
	encoded = base64.RawURLEncoding.EncodeToString(toJSON(t, []any{"salt", name, value}))
	sum := sha256.Sum256([]byte(encoded))
	return encoded, base64.RawURLEncoding.EncodeToString(sum[:])
}

// 39 of the table of bad input: nothing overwrites, and nothing withholds, what must be shown.
func TestClaimsThatMustBeShownCannotBeWithheld(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.ES256)
	for _, name := range alwaysShown {
		d, digest := disclosed(t, name, "x")
		for label, payload := range map[string]map[string]any{
			"overwritten": {name: "y", "_sd": []any{digest}},
			"withheld":    {name: nil, "_sd": []any{digest}},
		} {
			report := verify(t, newVerifier(), signedClaims(t, issuer, sdJWTVCType, payload, d))
			want(t, report, CheckParse, Fail, ProblemCryptography)
			if report.Decision != Reject {
				t.Errorf("%s %s: %s", name, label, report.Decision)
			}
		}
		report := verify(t, newVerifier(), signedClaims(t, issuer, sdJWTVCType, map[string]any{name: map[string]any{"a": []any{map[string]any{"...": digest}}}}))
		want(t, report, CheckParse, Fail, ProblemCryptography)
	}
}

func TestTypeAndTypOfClaimsDecide(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.ES256)
	for name, test := range map[string]struct {
		input   []byte
		check   CheckID
		outcome Outcome
		problem string
		detail  string
	}{
		"typ of older drafts":    {signedClaims(t, issuer, sdJWTType, nil), CheckParse, Fail, ProblemParsing, "an SD-JWT VC has typ dc+sd-jwt"},
		"no typ":                 {signedClaims(t, issuer, "", nil), CheckParse, Fail, ProblemParsing, "typ"},
		"typ of a token":         {signedClaims(t, issuer, "JWT", nil), CheckParse, Fail, ProblemParsing, "typ"},
		"a document":             {signedClaims(t, issuer, sdJWTVCType, edited(degree(issuer.DID, nil), map[string]any{"vct": nil})), CheckDataModel, Pass, "", ""},
		"no vct":                 {noType(t, issuer), CheckDataModel, Fail, ProblemMalformed, "URI"},
		"vct is no string":       {signedClaims(t, issuer, sdJWTVCType, map[string]any{"vct": json.Number("1")}), CheckDataModel, Fail, ProblemMalformed, "URI"},
		"vct with a space":       {signedClaims(t, issuer, sdJWTVCType, map[string]any{"vct": "a b"}), CheckDataModel, Fail, ProblemMalformed, "URI"},
		"iss is no URL":          {signedClaims(t, issuer, sdJWTVCType, map[string]any{"iss": "me"}), CheckDataModel, Fail, ProblemMalformed, "URL"},
		"no iss":                 {signedClaims(t, issuer, sdJWTVCType, map[string]any{"iss": nil}), CheckDataModel, Indeterminate, ProblemNotSupported, "name no issuer"},
		"iss is a URL":           {signedClaims(t, issuer, sdJWTVCType, map[string]any{"iss": "https://issuer.example"}), CheckIssuer, Indeterminate, ProblemNotSupported, "DIDs"},
		"iss is another's":       {signedClaims(t, issuer, sdJWTVCType, map[string]any{"iss": newIssuer(t, FormSDJWTVC, keys.ES256).DID.String()}), CheckIssuer, Fail, ProblemCryptography, "another DID"},
		"exp is text":            {signedClaims(t, issuer, sdJWTVCType, map[string]any{"exp": "tomorrow"}), CheckDataModel, Fail, ProblemMalformed, "seconds"},
		"expired":                {signedClaims(t, issuer, sdJWTVCType, map[string]any{"exp": seconds(noon)}), CheckValidity, Fail, ProblemRange, "ended"},
		"not yet valid":          {signedClaims(t, issuer, sdJWTVCType, map[string]any{"nbf": seconds(noon.Add(2 * time.Minute))}), CheckValidity, Fail, ProblemRange, "begins"},
		"cnf is no object":       {signedClaims(t, issuer, sdJWTVCType, map[string]any{"cnf": true}), CheckDataModel, Fail, ProblemMalformed, "object"},
		"unknown _sd_alg":        {signedClaims(t, issuer, sdJWTVCType, map[string]any{"_sd_alg": "md5"}), CheckParse, Fail, ProblemParsing, "hash algorithm"},
		"integrity is no digest": {signedClaims(t, issuer, sdJWTVCType, map[string]any{"vct#integrity": true}), CheckDataModel, Fail, ProblemMalformed, "integrity"},
	} {
		t.Run(name, func(t *testing.T) {
			c := want(t, verify(t, newVerifier(), test.input), test.check, test.outcome, test.problem)
			if c.Problem != nil && !strings.Contains(c.Problem.Detail+c.Problem.Title, test.detail) {
				t.Errorf("problem is %+v", c.Problem)
			}
		})
	}
}

func noType(t *testing.T, issuer *Issuer) []byte {
	t.Helper()
	compact, err := jose.Sign(t.Context(), map[string]any{"iss": issuer.DID.String()}, issuer.Signer, jose.SignOptions{Type: sdJWTVCType, KeyID: issuer.Method})
	if err != nil {
		t.Fatal(err)
	}
	return []byte(compact + "~")
}

func TestKeyOfClaimsMayBeRelativeToTheirIssuer(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.EdDSA)
	_, fragment, _ := strings.Cut(issuer.Method, "#")
	other := *issuer
	other.Method = "#" + fragment
	wantDecision(t, verify(t, newVerifier(), signedClaims(t, &other, sdJWTVCType, nil)), Accept)
	other.Method = fragment
	wantDecision(t, verify(t, newVerifier(), signedClaims(t, &other, sdJWTVCType, nil)), Reject)
}

func TestClaimsAreAskedAboutByTheirType(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.EdDSA)
	var asked TrustQuery
	v := newVerifier()
	v.Trust = trustFunc(func(q TrustQuery) (TrustResult, error) { asked = q; return TrustResult{Accredited: true}, nil })
	wantDecision(t, verify(t, v, issue(t, issuer, person(nil)).Body), Accept)
	if d := cmp.Diff(TrustQuery{Issuer: issuer.DID, Types: []string{personType}, Validity: 2 * time.Hour}, asked); d != "" {
		t.Error(d)
	}
	v.Policy.Types = []string{"urn:other"}
	want(t, verify(t, v, issue(t, issuer, person(nil)).Body), CheckAccreditation, Fail, ProblemNotAccepted)
}

func TestEnvelopeSaysWhichSDJWTItHolds(t *testing.T) {
	documents, claims := newIssuer(t, FormSDJWT, keys.EdDSA), newIssuer(t, FormSDJWTVC, keys.EdDSA)
	document, set := issue(t, documents, degree(documents.DID, nil)).Compact, issue(t, claims, person(nil)).Compact
	for _, test := range []struct {
		url, compact string
		want         Decision
	}{
		{sdJWTDataURL, document, Accept}, {sdJWTVCDataURL, set, Accept}, {sdJWTDataURL, set, Reject}, {sdJWTVCDataURL, document, Reject},
		{jwtDataURL, set, Reject}, {jwtDataURL, document, Reject},
	} {
		body, err := envelope(test.url + test.compact)
		if err != nil {
			t.Fatal(err)
		}
		if got := verify(t, newVerifier(), body).Decision; got != test.want {
			t.Errorf("%s: %s, want %s", test.url, got, test.want)
		}
	}
}

func TestNoByteOfClaimsCanBeChanged(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.ES256)
	compact := issue(t, issuer, person(nil)).Compact
	for i := range len(compact) {
		changed := []byte(compact)
		changed[i] ^= 1
		if verify(t, newVerifier(), changed).Decision == Accept {
			t.Fatalf("accepted with byte %d changed", i)
		}
	}
}

func TestInspectExplainsClaims(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.EdDSA)
	holder, _, _ := newKey(t, keys.ES256)
	input := bound(t, issuer, holder, holder, []string{"/given_name"})
	i, err := Inspect([]byte(input), nil)
	if err != nil {
		t.Fatal(err)
	}
	i.Credential, i.Header, i.Bytes, i.Warnings = nil, nil, 0, nil // that it ended depends on when this runs
	want := &Inspection{
		Form: "dc+sd-jwt", Types: []string{personType}, Issuer: issuer.DID.String(), Subjects: []string{"did:example:alice"},
		ValidFrom: "2026-11-01T11:00:00Z", ValidUntil: "2026-11-01T13:00:00Z", Disclosed: []string{"/given_name"}, Withheld: true,
		Claims: []InspectedClaim{{Path: "/given_name", Value: `"Alice"`}},
		Proofs: []InspectedProof{
			{Type: "JWS", Algorithm: "EdDSA", Method: issuer.Method},
			{Type: "KB-JWT", Algorithm: "ES256", Purpose: "holder's, for https://verifier.example", Created: "2026-11-01T12:00:00Z"},
		},
	}
	if d := cmp.Diff(want, i); d != "" {
		t.Error(d)
	}
	var text strings.Builder
	if err := i.Text(&text); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"form         dc+sd-jwt", "disclosed    /given_name", "withheld     something", "KB-JWT ES256"} {
		if !strings.Contains(text.String(), words) {
			t.Errorf("text lacks %q:\n%s", words, text.String())
		}
	}
}

// FuzzIssueClaims: what can be issued verifies and opens to the same claims; the rest is refused with a problem.
func FuzzIssueClaims(f *testing.F) {
	issuer := newIssuer(f, FormSDJWTVC, keys.EdDSA)
	f.Add(toJSON(f, person(nil)))
	f.Add(toJSON(f, edited(person(nil), map[string]any{"disclosable": []any{"/nationalities/1", "/address"}, "decoys": json.Number("2")})))
	f.Fuzz(func(t *testing.T, input []byte) {
		v, err := jcs.Parse(input, jcs.Limits{})
		object, ok := v.(map[string]any)
		if err != nil || !ok {
			return
		}
		secured, err := issuer.Issue(t.Context(), object)
		if err != nil {
			if _, ok := errors.AsType[*ProblemError](err); !ok {
				t.Fatalf("error is no problem: %v", err)
			}
			return
		}
		report, claims, err := newVerifier().Verify(t.Context(), secured.Body, VerifyOptions{Checks: []string{ChecksProof}})
		if err != nil || report.Decision != Accept {
			problems, _ := report.Problems()
			t.Fatalf("issued, then %s: %+v, %v", report.Decision, problems, err)
		}
		if d := cmp.Diff(secured.Credential, claims); d != "" {
			t.Fatal(d)
		}
	})
}
