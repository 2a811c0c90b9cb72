package credentials

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/keys"
)

// Reliability table 43 and 45: a context that was appended after signing changes neither the verdict nor what is returned, even
// if nobody knows it or it contradicts the base context.
func TestContextsAppendedAfterSigningMeanNothing(t *testing.T) {
	issuer := newIssuer(t, FormEdDSAJCS, keys.EdDSA)
	signed := issue(t, issuer, degree(issuer.DID, nil)).Body
	original := parseJSON(t, signed)
	for name, more := range map[string]any{
		"unknown URL":    "https://attacker.example/context",
		"pinned URL":     "https://www.w3.org/ns/did/v1",
		"new meanings":   map[string]any{"issuer": "https://attacker.example/issuer", "degree": "https://attacker.example/degree"},
		"import":         map[string]any{"@import": "https://attacker.example/context"},
		"no context":     true,
		"base once more": contextV2,
	} {
		injected := parseJSON(t, signed)
		injected["@context"] = append(injected["@context"].([]any), more)
		report, credential, err := newVerifier().Verify(t.Context(), toJSON(t, injected), VerifyOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantDecision(t, report, Accept)
		if c := want(t, report, CheckDataModel, Pass, ""); len(c.Warnings) != 1 || c.Warnings[0].Pointer != "/@context" {
			t.Errorf("%s: warnings are %+v", name, c.Warnings)
		}
		if d := cmp.Diff(original, credential); d != "" {
			t.Errorf("%s: another credential than the signed one is returned: %s", name, d)
		}
	}
	swapped := parseJSON(t, signed)
	swapped["@context"] = []any{contextV2, map[string]any{"degree": "https://attacker.example/degree"}}
	report := verify(t, newVerifier(), toJSON(t, swapped))
	want(t, report, CheckSignature, Fail, ProblemCryptography)
	wantDecision(t, report, Reject)
}

func TestAProofSetOverDifferentContextsIsIndeterminate(t *testing.T) {
	issuer := newIssuer(t, FormEdDSAJCS, keys.EdDSA)
	short := parseJSON(t, issue(t, issuer, degree(issuer.DID, map[string]any{"@context": []any{contextV2}, "type": []any{baseType}})).Body)
	long := parseJSON(t, issue(t, issuer, degree(issuer.DID, map[string]any{"type": []any{baseType}})).Body)
	long["proof"] = []any{short["proof"], long["proof"]}
	report := verify(t, newVerifier(), toJSON(t, long))
	want(t, report, CheckAlgorithm, Indeterminate, ProblemNotSupported)
	wantDecision(t, report, Undecided)
}

// Contexts inside of objects are pinned like those at the top, when issuing and when verifying.
func TestContextsInsideOfObjectsArePinnedToo(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		for name, test := range map[string]struct {
			context any
			ok      bool
		}{
			"pinned":           {"https://www.w3.org/ns/credentials/examples/v2", true},
			"inline":           {map[string]any{"degree": "https://x.example/degree"}, true},
			"unknown":          {"https://attacker.example/context", false},
			"unknown in list":  {[]any{map[string]any{}, "https://attacker.example/context"}, false},
			"import":           {map[string]any{"@import": "https://attacker.example/context"}, false},
			"unknown in scope": {map[string]any{"degree": map[string]any{"@id": "https://x.example/d", "@context": "https://attacker.example/context"}}, false},
			"a number":         {true, false},
		} {
			c := degree(issuer.DID, map[string]any{"credentialSubject": []any{map[string]any{"degree": map[string]any{"@context": test.context, "name": "x"}}}})
			err := issuer.CheckIssuable(c)
			if (err == nil) != test.ok {
				t.Errorf("%s: issuing says %v", name, err)
			}
			if !test.ok && !strings.HasPrefix(err.Error(), "/credentialSubject/0/degree/@context") {
				t.Errorf("%s: the error does not say where: %v", name, err)
			}
			if secured, possible := secureAnyway(t, issuer, c); possible {
				wantDecision(t, verify(t, newVerifier(), secured.Body), map[bool]Decision{true: Accept, false: Reject}[test.ok])
			} else if test.ok {
				t.Errorf("%s: cannot be signed", name)
			}
		}
	})
}

// Many members that nobody defines, against many contexts and many types: work and report stay bounded, before any signature.
func TestUndefinedMembersCostNoMoreThanReadingThem(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	contexts := []any{contextV2}
	for range 63 {
		contexts = append(contexts, "https://www.w3.org/ns/did/v1")
	}
	types := []any{baseType}
	for i := range maxItems - 1 {
		types = append(types, fmt.Sprintf("t%d", i))
	}
	edits := map[string]any{"@context": contexts, "type": types}
	for i := range 40_000 {
		edits[fmt.Sprintf("m%d", i)] = true
	}
	input := []byte(token(t, issuer, headerOf(t, issuer, nil), payloadOf(t, issuer, edits)))
	start := time.Now()
	report := verify(t, newVerifier(), input)
	if d := time.Since(start); d > patience {
		t.Errorf("took %s", d)
	}
	if c := want(t, report, CheckDataModel, Pass, ""); len(c.Warnings) != maxRemarks {
		t.Errorf("%d warnings, want %d", len(c.Warnings), maxRemarks)
	}
}

// Claims of tokens have no place where nothing evaluates them: an exp that expires nothing would deceive.
func TestClaimsOfTokensAreNotIssuedWithoutAToken(t *testing.T) {
	embedded, jwt := newIssuer(t, FormEdDSAJCS, keys.EdDSA), newIssuer(t, FormJWT, keys.EdDSA)
	for name := range claimTerms {
		value := map[string]any{"iss": embedded.DID.String(), "sub": "did:example:alice", "jti": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
			"aud": "x", "exp": int64(4e9), "nbf": int64(1), "iat": int64(1), "cnf": map[string]any{}}[name]
		refused(t, embedded, degree(embedded.DID, map[string]any{name: value}), ProblemMalformed, "/"+name)
		if name == "iss" {
			value = jwt.DID.String()
		}
		if err := jwt.CheckIssuable(degree(jwt.DID, map[string]any{name: value})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An inline context says of itself whether it is protected and of which version it is; the terms of the base context stay what
// they are.
func TestInlineContextsHaveKeywordsOfTheirOwn(t *testing.T) {
	issuer := newIssuer(t, FormEdDSAJCS, keys.EdDSA)
	inline := func(context map[string]any) map[string]any {
		return degree(issuer.DID, map[string]any{"@context": []any{contextV2, "https://www.w3.org/ns/credentials/examples/v2", context}})
	}
	if err := issuer.CheckIssuable(inline(map[string]any{"@version": "1.1", "@protected": true, "colour": "https://x.example/colour"})); err != nil {
		t.Error(err)
	}
	for name, context := range map[string]map[string]any{
		"/@context/2/issuer":  {"@protected": true, "issuer": "https://attacker.example/issuer"},
		"/@context/2/type":    {"type": "https://attacker.example/type"},
		"/@context/2/@import": {"@import": "https://attacker.example/"},
	} {
		refused(t, issuer, inline(context), ProblemMalformed, name)
	}
}
