package credentials

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/hanse-id/hanse/did/keys"
)

// Reading of the table: the edits turn a good credential into a bad one, refused at pointer both when issuing and, signed all the
// same, when verifying.
var badCredentials = []struct {
	name    string
	edits   map[string]any
	pointer string
}{
	{"no context", map[string]any{"@context": nil}, "/@context"},
	{"context is a string", map[string]any{"@context": contextV2}, "/@context"},
	{"context list is empty", map[string]any{"@context": []any{}}, "/@context"},
	{"base context is not first", map[string]any{"@context": []any{"https://www.w3.org/ns/credentials/examples/v2", contextV2}}, "/@context/0"},
	{"first context is an object", map[string]any{"@context": []any{map[string]any{}, contextV2}}, "/@context/0"},
	{"both base contexts", map[string]any{"@context": []any{contextV2, contextV1}}, "/@context/1"},
	{"unknown context", map[string]any{"@context": []any{contextV2, "https://attacker.example/v1"}}, "/@context/1"},
	{"context is null", map[string]any{"@context": []any{contextV2, json.Number("1")}}, "/@context/1"},
	{"import in an inline context", map[string]any{"@context": []any{contextV2, map[string]any{"@import": contextV2}}}, "/@context/1/@import"},
	{"unknown context inside an inline one", map[string]any{"@context": []any{contextV2, map[string]any{"x": map[string]any{"@id": "https://x.example/x", "@context": "https://attacker.example/v1"}}}}, "/@context/1/x/@context"},
	{"inline context redefines a protected term", map[string]any{"@context": []any{contextV2, map[string]any{"issuer": "https://x.example/issuer"}}}, "/@context/1/issuer"},
	{"keyword as member", map[string]any{"@graph": []any{}}, "/@graph"},
	{"id is a list", map[string]any{"id": []any{"urn:a:b"}}, "/id"},
	{"id is an object", map[string]any{"id": map[string]any{}}, "/id"},
	{"id is no URL", map[string]any{"id": "not a url"}, "/id"},
	{"id is relative", map[string]any{"id": "/credentials/1"}, "/id"},
	{"id is an https URL without host", map[string]any{"id": "https:///x"}, "/id"},
	{"no type", map[string]any{"type": nil}, "/type"},
	{"type without the base type", map[string]any{"type": []any{"ExampleDegreeCredential"}}, "/type"},
	{"type is an object", map[string]any{"type": map[string]any{}}, "/type"},
	{"type holds a number", map[string]any{"type": []any{baseType, json.Number("1")}}, "/type"},
	{"type is no term", map[string]any{"type": []any{baseType, "two words"}}, "/type/1"},
	{"no issuer", map[string]any{"issuer": nil}, "/issuer"},
	{"issuer is no URL", map[string]any{"issuer": "university"}, "/issuer"},
	{"issuer is a list", map[string]any{"issuer": []any{"did:example:a"}}, "/issuer"},
	{"issuer object without id", map[string]any{"issuer": map[string]any{"name": "University"}}, "/issuer/id"},
	{"issuer id is a list", map[string]any{"issuer": map[string]any{"id": []any{"did:example:a"}}}, "/issuer/id"},
	{"issuer name is a number", map[string]any{"issuer": map[string]any{"id": "did:example:a", "name": json.Number("1")}}, "/issuer/name"},
	{"no subject", map[string]any{"credentialSubject": nil}, "/credentialSubject"},
	{"empty subject", map[string]any{"credentialSubject": map[string]any{}}, "/credentialSubject"},
	{"empty list of subjects", map[string]any{"credentialSubject": []any{}}, "/credentialSubject"},
	{"one subject of several is empty", map[string]any{"credentialSubject": []any{map[string]any{"id": "did:example:a"}, map[string]any{}}}, "/credentialSubject/1"},
	{"subject is a string", map[string]any{"credentialSubject": "did:example:a"}, "/credentialSubject"},
	{"subject id is a list", map[string]any{"credentialSubject": map[string]any{"id": []any{"did:example:a"}}}, "/credentialSubject/id"},
	{"name is a number", map[string]any{"name": json.Number("1")}, "/name"},
	{"language value with another member", map[string]any{"description": map[string]any{"@value": "x", "url": "y"}}, "/description"},
	{"validFrom without zone", map[string]any{"validFrom": "2026-01-01T00:00:00"}, "/validFrom"},
	{"validFrom is a date", map[string]any{"validFrom": "2026-01-01"}, "/validFrom"},
	{"validFrom is a number", map[string]any{"validFrom": json.Number("1767225600")}, "/validFrom"},
	{"validFrom on the 31st of February", map[string]any{"validFrom": "2026-02-31T00:00:00Z"}, "/validFrom"},
	{"validUntil with a comma", map[string]any{"validUntil": "2030-01-01T00:00:00,5Z"}, "/validUntil"},
	{"validUntil before validFrom", map[string]any{"validUntil": "2025-01-01T00:00:00Z"}, "/validUntil"},
	{"status without type", map[string]any{"credentialStatus": map[string]any{"id": "urn:a:b"}}, "/credentialStatus/type"},
	{"status is a string", map[string]any{"credentialStatus": "urn:a:b"}, "/credentialStatus"},
	{"status id is no URL", map[string]any{"credentialStatus": map[string]any{"type": "X", "id": "x"}}, "/credentialStatus/id"},
	{"schema without type", map[string]any{"credentialSchema": map[string]any{"id": "https://x.example/s"}}, "/credentialSchema/type"},
	{"schema without id", map[string]any{"credentialSchema": map[string]any{"type": "JsonSchema"}}, "/credentialSchema/id"},
	{"schema id is no URL", map[string]any{"credentialSchema": []any{map[string]any{"type": "JsonSchema", "id": "x"}}}, "/credentialSchema/0/id"},
	{"evidence without type", map[string]any{"evidence": []any{map[string]any{"type": "X"}, map[string]any{"id": "urn:a:b"}}}, "/evidence/1/type"},
	{"terms without type", map[string]any{"termsOfUse": map[string]any{"id": "urn:a:b"}}, "/termsOfUse/type"},
	{"refresh service without type", map[string]any{"refreshService": map[string]any{"id": "https://x.example/r"}}, "/refreshService/type"},
	{"related resource without id", map[string]any{"relatedResource": map[string]any{"digestSRI": sriOfV2}}, "/relatedResource/id"},
	{"related resource without digest", map[string]any{"relatedResource": map[string]any{"id": contextV2}}, "/relatedResource"},
	{"related resource twice", map[string]any{"relatedResource": []any{
		map[string]any{"id": "https://x.example/a", "digestSRI": sriOfV2}, map[string]any{"id": "https://x.example/a", "digestSRI": sriOfV2}}}, "/relatedResource/1/id"},
	{"digest of the wrong length", map[string]any{"relatedResource": map[string]any{"id": contextV2, "digestSRI": "sha256-AAAA"}}, "/relatedResource/digestSRI"},
	{"digest of an unknown function", map[string]any{"relatedResource": map[string]any{"id": contextV2, "digestSRI": "md5-AAAA"}}, "/relatedResource/digestSRI"},
	{"multibase digest that is none", map[string]any{"relatedResource": map[string]any{"id": contextV2, "digestMultibase": "zzz0"}}, "/relatedResource/digestMultibase"},
}

func TestDataModelRefuses(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		for _, test := range badCredentials {
			t.Run(test.name, func(t *testing.T) {
				c := degree(issuer.DID, test.edits)
				refused(t, issuer, c, ProblemMalformed, test.pointer)
				secured, possible := secureAnyway(t, issuer, c)
				if !possible {
					return
				}
				report := verify(t, newVerifier(), secured.Body)
				wantDecision(t, report, Reject)
				check := want(t, report, CheckDataModel, Fail, ProblemMalformed)
				if check.Problem.Pointer != test.pointer {
					t.Errorf("pointer is %q, want %q", check.Problem.Pointer, test.pointer)
				}
				want(t, report, CheckIssuer, Skip, "")
			})
		}
	})
}

func TestDataModelAccepts(t *testing.T) {
	for name, edits := range map[string]map[string]any{
		"type as a string":           {"type": baseType},
		"type as a URL":              {"type": []any{baseType, "https://x.example/Type"}},
		"no id":                      {"id": nil},
		"no validity":                {"validFrom": nil, "validUntil": nil},
		"time with offset, fraction": {"validFrom": "2026-01-01T00:00:00.123+02:00"},
		"language value":             {"name": []any{map[string]any{"@value": "Degree", "@language": "en"}, "x"}},
		"several subjects":           {"credentialSubject": []any{map[string]any{"id": "did:example:a"}, map[string]any{"name": "B"}}},
		"inline context":             {"@context": []any{contextV2, map[string]any{"@vocab": "https://x.example/", "grade": "https://x.example/grade"}}, "grade": "A"},
		"status of another type":     {"credentialStatus": map[string]any{"type": "OtherStatus"}},
		"schema":                     {"credentialSchema": map[string]any{"type": "JsonSchema", "id": "https://x.example/s"}},
	} {
		t.Run(name, func(t *testing.T) {
			everyForm(t, func(t *testing.T, issuer *Issuer) {
				secured := issue(t, issuer, degree(issuer.DID, edits))
				wantDecision(t, verify(t, newVerifier(), secured.Body), Accept)
			})
		})
	}
}

func TestIssuingRefusesMembersThatNoContextDefines(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		// examples/v2 has a default vocabulary only: it defines nothing explicitly.
		refused(t, issuer, degree(issuer.DID, map[string]any{"favouriteColour": "blue"}), ProblemMalformed, "/favouriteColour")
		refused(t, issuer, degree(issuer.DID, map[string]any{"vc": map[string]any{}}), ProblemMalformed, "/vc")
		refused(t, issuer, degree(issuer.DID, map[string]any{"proof": map[string]any{}}), ProblemMalformed, "/proof")
		refused(t, issuer, degree(issuer.DID, map[string]any{"exp": "tomorrow"}), ProblemMalformed, "/exp")
		refused(t, issuer, degree(issuer.DID, map[string]any{"iss": "did:example:other"}), ProblemMalformed, "/iss")
		// A type-scoped context defines for its type alone.
		scoped := []any{contextV2, map[string]any{"Badge": map[string]any{"@id": "https://x.example/Badge", "@context": map[string]any{"colour": "https://x.example/colour"}}}}
		refused(t, issuer, degree(issuer.DID, map[string]any{"@context": scoped, "colour": "blue"}), ProblemMalformed, "/colour")
		if err := issuer.CheckIssuable(degree(issuer.DID, map[string]any{"@context": scoped, "colour": "blue", "type": []any{baseType, "Badge"}})); err != nil {
			t.Error(err)
		}
		// A later null takes a term away.
		taken := []any{contextV2, map[string]any{"colour": "https://x.example/colour"}, map[string]any{"colour": nil}}
		refused(t, issuer, degree(issuer.DID, map[string]any{"@context": taken, "colour": "blue"}), ProblemMalformed, "/colour")
	})
}

func TestForeignIssuerIsToldApartFromAMissingOne(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	p := refused(t, issuer, degree("did:example:other", nil), ProblemMalformed, "/issuer")
	if !errors.Is(p, ErrForeignIssuer) {
		t.Error("a foreign issuer must wrap ErrForeignIssuer")
	}
	p = refused(t, issuer, degree("", map[string]any{"issuer": nil}), ProblemMalformed, "/issuer")
	if errors.Is(p, ErrForeignIssuer) {
		t.Error("a missing issuer is no foreign issuer")
	}
	if err := issuer.CheckIssuable(degree("", map[string]any{"issuer": map[string]any{"id": issuer.DID.String(), "name": "University"}})); err != nil {
		t.Error(err)
	}
}

func TestDataModel11IsForDataIntegrityOnly(t *testing.T) {
	old := map[string]any{"@context": []any{contextV1, map[string]any{"degree": "https://x.example/degree"}}, "issuanceDate": "2026-01-01T00:00:00Z", "validFrom": nil, "validUntil": nil}
	jwt := newIssuer(t, FormJWT, keys.EdDSA)
	refused(t, jwt, degree(jwt.DID, old), ProblemMalformed, "/@context/0")

	embedded := newIssuer(t, FormEdDSAJCS, keys.EdDSA)
	secured := issue(t, embedded, degree(embedded.DID, old))
	list := secured.Credential["@context"].([]any)
	if list[len(list)-1] != contextProofs {
		t.Errorf("context is %v, want the data-integrity context appended", list)
	}
	wantDecision(t, verify(t, newVerifier(), secured.Body), Accept)
	expired := edited(old, map[string]any{"expirationDate": "2026-02-01T00:00:00Z"})
	report := verify(t, newVerifier(), issue(t, embedded, degree(embedded.DID, expired)).Body)
	want(t, report, CheckValidity, Fail, ProblemRange)

	// The context is never appended when verifying: a document signed without it stays as it is.
	f, _ := formNamed(FormEdDSAJCS)
	bare, err := f.secure(t.Context(), embedded, degree(embedded.DID, old))
	if err != nil {
		t.Fatal(err)
	}
	wantDecision(t, verify(t, newVerifier(), bare.Body), Accept)
	// 1.1 wants issuanceDate.
	refused(t, embedded, degree(embedded.DID, edited(old, map[string]any{"issuanceDate": nil})), ProblemMalformed, "/issuanceDate")
	forced, err := secureJWT(t.Context(), jwt, degree(jwt.DID, old))
	if err != nil {
		t.Fatal(err)
	}
	want(t, verify(t, newVerifier(), forced.Body), CheckDataModel, Fail, ProblemMalformed)
}

func TestJWTMembersThatNoContextDefinesAreIgnoredWithAWarning(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	secured, err := secureJWT(t.Context(), issuer, degree(issuer.DID, map[string]any{"favouriteColour": "blue"}))
	if err != nil {
		t.Fatal(err)
	}
	report := verify(t, newVerifier(), secured.Body)
	wantDecision(t, report, Accept)
	check := want(t, report, CheckDataModel, Pass, "")
	if len(check.Warnings) != 1 || check.Warnings[0].Pointer != "/favouriteColour" {
		t.Errorf("warnings are %+v", check.Warnings)
	}
}
