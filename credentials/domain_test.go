package credentials

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/fetch"
	"github.com/hanse-id/hanse/did/keys"
)

const university Origin = "https://university.example"

// fetched is a fetcher that answers one URL.
type fetched struct {
	url    string // asked for; "": any
	answer fetch.Response
	err    error
}

func (f fetched) Get(_ context.Context, url, _ string) (*fetch.Response, error) {
	if f.err != nil {
		return nil, f.err
	}
	if f.url != "" && f.url != url {
		return nil, &fetch.Error{Kind: fetch.Unavailable, URL: url, Reason: "not the URL that was expected"}
	}
	answer := f.answer
	if answer.URL == "" {
		answer.URL = url
	}
	return &answer, nil
}

// publishing is the source for an origin that publishes body.
func publishing(body []byte) *Domains {
	return &Domains{
		Fetch:    fetched{url: string(university) + "/.well-known/did-configuration.json", answer: fetch.Response{Status: 200, Body: body}},
		Resolver: newVerifier().Resolver, Now: clock,
	}
}

func configuration(t testing.TB, entries ...any) []byte {
	t.Helper()
	return toJSON(t, map[string]any{"@context": contextLinkage, "linked_dids": append([]any{}, entries...)})
}

// linkedToken is a linkage with edits to header, claims and credential, signed by the issuer's key.
func linkedToken(t testing.TB, issuer *Issuer, header, claims, credential map[string]any) string {
	t.Helper()
	id := issuer.DID.String()
	vc := map[string]any{
		"@context": []any{contextV1, contextLinkage}, "type": []any{baseType, linkageType}, "issuer": id,
		"issuanceDate": "2026-10-01T00:00:00Z", "expirationDate": "2026-12-01T00:00:00Z",
		"credentialSubject": map[string]any{"id": id, "origin": string(university)},
	}
	payload := map[string]any{"iss": id, "sub": id, "nbf": int64(1_790_812_800), "exp": int64(1_796_083_200), "vc": edited(vc, credential)}
	h := map[string]any{"alg": string(issuer.Signer.Public().Algorithm()), "kid": issuer.Method}
	return token(t, issuer, string(toJSON(t, edited(h, header))), string(toJSON(t, edited(payload, claims))))
}

func wantLink(t testing.TB, d *Domains, issuer did.DID, reason LinkReason) DomainResult {
	t.Helper()
	result, err := d.Linked(t.Context(), DomainQuery{Issuer: issuer, Origin: university})
	if err != nil || result.Reason != reason || result.Linked != (reason == "") || (result.Detail == "") != result.Linked {
		t.Fatalf("%+v %v, want %q", result, err, reason)
	}
	return result
}

func TestAnIssuedLinkageLinksAndIsWhatTheSpecificationAsksFor(t *testing.T) {
	for _, alg := range []keys.Algorithm{keys.EdDSA, keys.ES256} {
		issuer := newIssuer(t, FormEdDSAJCS, alg) // its form does not matter
		from, until := time.Date(2026, 10, 1, 0, 0, 0, 5, time.FixedZone("x", 3600)), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
		compact, err := issuer.IssueDomainLinkage(t.Context(), university, from, until)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := jose.Parse(compact, jose.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(map[string]any{"alg": string(alg), "kid": issuer.Method}, parsed.Header); d != "" {
			t.Error(d)
		}
		id := issuer.DID.String()
		if d := cmp.Diff(map[string]any{
			"iss": id, "sub": id, "nbf": json.Number("1790809200"), "exp": json.Number("1796083200"),
			"vc": map[string]any{
				"@context": []any{"https://www.w3.org/2018/credentials/v1", "https://identity.foundation/.well-known/did-configuration/v1"},
				"type":     []any{"VerifiableCredential", "DomainLinkageCredential"}, "issuer": id,
				"issuanceDate": "2026-09-30T23:00:00Z", "expirationDate": "2026-12-01T00:00:00Z",
				"credentialSubject": map[string]any{"id": id, "origin": "https://university.example"},
			},
		}, parsed.Payload); d != "" {
			t.Error(d)
		}
		body, err := DomainConfiguration(compact)
		if err != nil {
			t.Fatal(err)
		}
		if want := `{"@context":"https://identity.foundation/.well-known/did-configuration/v1","linked_dids":["` + compact + `"]}`; string(body) != want {
			t.Errorf("resource is %s", body)
		}
		result := wantLink(t, publishing(body), issuer.DID, "")
		if result.Evidence.Source != string(university)+"/.well-known/did-configuration.json" || len(result.Evidence.Digest) != 64 {
			t.Errorf("evidence is %+v", result.Evidence)
		}
		again, err := issuer.IssueDomainLinkage(t.Context(), university, from, until)
		if alg == keys.EdDSA && (err != nil || again != compact) {
			t.Errorf("not the same bytes again: %v", err)
		}
		// It is no credential of any other kind.
		report := verify(t, newVerifier(), []byte(compact))
		wantDecision(t, report, Reject)
	}
}

func TestLinkagesThatWouldNeverBeValidAreNotIssued(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	foreign := *issuer
	foreign.DID = "did:example:other"
	for name, call := range map[string]func() (string, error){
		"no origin": func() (string, error) {
			return issuer.IssueDomainLinkage(t.Context(), "university.example", noon, noon.Add(time.Hour))
		},
		"another spelling": func() (string, error) {
			return issuer.IssueDomainLinkage(t.Context(), "https://university.example/", noon, noon.Add(time.Hour))
		},
		"ends first": func() (string, error) {
			return issuer.IssueDomainLinkage(t.Context(), university, noon, noon.Add(-time.Hour))
		},
		"never lasts": func() (string, error) {
			return issuer.IssueDomainLinkage(t.Context(), university, noon, noon.Add(time.Millisecond))
		},
		"no time": func() (string, error) { return issuer.IssueDomainLinkage(t.Context(), university, time.Time{}, noon) },
		"foreign method": func() (string, error) {
			return foreign.IssueDomainLinkage(t.Context(), university, noon, noon.Add(time.Hour))
		},
		"no signer": func() (string, error) {
			return (&Issuer{DID: issuer.DID, Method: issuer.Method}).IssueDomainLinkage(t.Context(), university, noon, noon.Add(time.Hour))
		},
		"no linkage": func() (string, error) { b, err := DomainConfiguration(); return string(b), err },
	} {
		if out, err := call(); err == nil {
			t.Errorf("%s: %s", name, out)
		}
	}
}

// The specification's own examples.
func TestPublishedLinkages(t *testing.T) {
	const foundation Origin = "https://identity.foundation"
	issuer := did.DID("did:key:z6MkoTHsgNNrby8JzCNQ1iRLyW5QQ6R8Xuu6AA8igGrMVPUM")
	compact, err := os.ReadFile("testdata/domain-linkage.jwt")
	if err != nil {
		t.Fatal(err)
	}
	body, err := DomainConfiguration(strings.TrimSpace(string(compact)))
	if err != nil {
		t.Fatal(err)
	}
	d := &Domains{Fetch: fetched{answer: fetch.Response{Status: 200, Body: body}}, Resolver: newVerifier().Resolver, Now: clock}
	then := time.Date(2023, 6, 1, 0, 0, 0, 0, time.UTC)
	result, err := d.Linked(t.Context(), DomainQuery{Issuer: issuer, Origin: foundation, At: then})
	if err != nil || !result.Linked {
		t.Errorf("as of its time: %+v %v", result, err)
	}
	if result, err := d.Linked(t.Context(), DomainQuery{Issuer: issuer, Origin: foundation}); err != nil || result.Reason != LinkNotInForce {
		t.Errorf("today: %+v %v", result, err)
	}
	if result, err := d.Linked(t.Context(), DomainQuery{Issuer: issuer, Origin: "https://identity.foundation.example", At: then}); err == nil || result.Linked || result.Reason != LinkOtherOrigin {
		t.Errorf("elsewhere: %+v %v", result, err)
	}
	old, err := os.ReadFile("testdata/did-configuration.json")
	if err != nil {
		t.Fatal(err)
	}
	d.Fetch = fetched{answer: fetch.Response{Status: 200, Body: old}}
	result, err = d.Linked(t.Context(), DomainQuery{Issuer: issuer, Origin: foundation, At: then})
	if p, ok := errors.AsType[*ProblemError](err); !ok || p.Problem.Type != ProblemNotSupported || result.Linked {
		t.Errorf("a proof of an old kind: %+v %v", result, err)
	}
}

func TestLinkagesWithDataIntegrityProofsAreTaken(t *testing.T) {
	issuer := newIssuer(t, FormEdDSAJCS, keys.EdDSA)
	make := func(edits map[string]any) map[string]any {
		id := issuer.DID.String()
		return parseJSON(t, issue(t, issuer, edited(map[string]any{
			"@context": []any{contextV1, contextLinkage}, "type": []any{baseType, linkageType}, "issuer": id,
			"issuanceDate": "2026-10-01T00:00:00Z", "expirationDate": "2026-12-01T00:00:00Z",
			"credentialSubject": map[string]any{"id": id, "origin": string(university)},
		}, edits)).Body)
	}
	good := make(nil)
	wantLink(t, publishing(configuration(t, good)), issuer.DID, "")
	wantLink(t, publishing(configuration(t, make(map[string]any{"issuer": map[string]any{"id": issuer.DID.String(), "name": "University"}}))), issuer.DID, "")
	changed := parseJSON(t, toJSON(t, good))
	changed["expirationDate"] = "2027-12-01T00:00:00Z"
	wantLink(t, publishing(configuration(t, changed)), issuer.DID, LinkNotSigned)
	unsigned := edited(good, map[string]any{"proof": nil})
	wantLink(t, publishing(configuration(t, unsigned)), issuer.DID, LinkInvalid)
	wantLink(t, publishing(configuration(t, make(map[string]any{"expirationDate": "2026-10-02T00:00:00Z"}))), issuer.DID, LinkNotInForce)
	wantLink(t, publishing(configuration(t, make(map[string]any{"id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33"}))), issuer.DID, LinkInvalid)
	wantLink(t, publishing(configuration(t, make(map[string]any{"@context": []any{contextV1}}))), issuer.DID, LinkInvalid)
	v2 := parseJSON(t, issue(t, issuer, map[string]any{
		"@context": []any{contextV2, contextLinkage}, "type": []any{baseType, linkageType}, "issuer": issuer.DID.String(), "validUntil": "2026-12-01T00:00:00Z",
		"credentialSubject": map[string]any{"id": issuer.DID.String(), "origin": string(university)}}).Body)
	wantLink(t, publishing(configuration(t, v2)), issuer.DID, LinkInvalid)
	// A context that was appended after signing gives nothing a meaning.
	appended := parseJSON(t, toJSON(t, good))
	appended["@context"] = append(appended["@context"].([]any), "https://attacker.example/context")
	wantLink(t, publishing(configuration(t, appended)), issuer.DID, "")
}

func TestBadLinkageTokensAreRefused(t *testing.T) {
	issuer, other := newIssuer(t, FormJWT, keys.EdDSA), newIssuer(t, FormJWT, keys.EdDSA)
	id := issuer.DID.String()
	type m = map[string]any
	subject := func(origin any) m { return m{"credentialSubject": m{"id": id, "origin": origin}} }
	for _, test := range []struct {
		name                       string
		header, claims, credential m
		reason                     LinkReason
	}{
		{"as it should be", nil, nil, nil, ""},
		{"typ JWT", m{"typ": "JWT"}, nil, nil, ""},
		{"iat", nil, m{"iat": int64(1_790_812_800)}, nil, ""},
		{"no nbf, no exp", nil, m{"nbf": nil, "exp": nil}, nil, ""},
		{"origin without scheme", nil, nil, subject("university.example"), ""},
		{"origin in another spelling", nil, nil, subject("https://University.example:443/"), ""},
		{"typ vc+jwt", m{"typ": "vc+jwt"}, nil, nil, LinkInvalid},
		{"no kid", m{"kid": nil}, nil, nil, LinkInvalid},
		{"cty", m{"cty": "vc"}, nil, nil, LinkInvalid},
		{"jwk", m{"jwk": m{}}, nil, nil, LinkInvalid},
		{"alg none", m{"alg": "none"}, nil, nil, LinkInvalid},
		{"alg HS256", m{"alg": "HS256"}, nil, nil, LinkInvalid},
		{"alg of another key", m{"alg": "ES256"}, nil, nil, LinkNotSigned},
		{"kid of another DID", m{"kid": other.Method}, nil, nil, LinkNotSigned},
		{"kid that names no key", m{"kid": id + "#x"}, nil, nil, LinkNotSigned},
		{"jti", nil, m{"jti": "urn:x"}, nil, LinkInvalid},
		{"aud", nil, m{"aud": "x"}, nil, LinkInvalid},
		{"another sub", nil, m{"sub": other.DID.String()}, nil, LinkInvalid},
		{"no sub", nil, m{"sub": nil}, nil, LinkInvalid},
		{"exp is a string", nil, m{"exp": "1796083200"}, nil, LinkInvalid},
		{"expired by exp", nil, m{"exp": noon.Unix()}, nil, LinkNotInForce},
		{"not before", nil, m{"nbf": noon.Add(time.Hour).Unix()}, nil, LinkNotInForce},
		{"issued in the future", nil, m{"iat": noon.Add(time.Hour).Unix()}, nil, LinkNotInForce},
		{"expired", nil, nil, m{"expirationDate": "2026-10-31T00:00:00Z"}, LinkNotInForce},
		{"not yet", nil, nil, m{"issuanceDate": "2026-11-30T00:00:00Z"}, LinkNotInForce},
		{"without end", nil, nil, m{"expirationDate": nil}, LinkInvalid},
		{"without beginning", nil, nil, m{"issuanceDate": nil}, LinkInvalid},
		{"id", nil, nil, m{"id": "urn:x:y"}, LinkInvalid},
		{"another type", nil, nil, m{"type": []any{baseType}}, LinkInvalid},
		{"data model 2.0", nil, nil, m{"@context": []any{contextV2, contextLinkage}}, LinkInvalid},
		{"unknown context", nil, nil, m{"@context": []any{contextV1, contextLinkage, "https://attacker.example/"}}, LinkInvalid},
		{"another issuer", nil, nil, m{"issuer": other.DID.String()}, LinkInvalid},
		{"another subject", nil, nil, m{"credentialSubject": m{"id": other.DID.String(), "origin": string(university)}}, LinkInvalid},
		{"subject without id", nil, nil, m{"credentialSubject": m{"origin": string(university)}}, LinkInvalid},
		{"two subjects", nil, nil, m{"credentialSubject": []any{m{"id": id, "origin": string(university)}, m{"id": id, "origin": "https://b.example"}}}, LinkInvalid},
		{"id is a list", nil, nil, m{"credentialSubject": m{"id": []any{id}, "origin": string(university)}}, LinkInvalid},
		{"status", nil, nil, m{"credentialStatus": m{"type": "X"}}, LinkInvalid},
		{"proof inside", nil, nil, m{"proof": m{}}, LinkInvalid},
		{"no origin", nil, nil, subject(nil), LinkInvalid},
		{"several origins", nil, nil, subject([]any{string(university)}), LinkInvalid},
		{"an origin that begins like it", nil, nil, subject("https://university.example.attacker.example"), LinkOtherOrigin},
		{"an origin that ends like it", nil, nil, subject("https://attacker-university.example"), LinkOtherOrigin},
		{"a subdomain", nil, nil, subject("https://www.university.example"), LinkOtherOrigin},
		{"another port", nil, nil, subject("https://university.example:8443"), LinkOtherOrigin},
		{"a user", nil, nil, subject("https://university.example@attacker.example"), LinkInvalid},
		{"a path", nil, nil, subject("https://university.example/x"), LinkInvalid},
		{"http", nil, nil, subject("http://university.example"), LinkInvalid},
		{"vc is a list", nil, m{"vc": []any{}}, nil, LinkNotNamed},
		{"another iss", nil, m{"iss": other.DID.String()}, nil, LinkNotNamed},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantLink(t, publishing(configuration(t, linkedToken(t, issuer, test.header, test.claims, test.credential))), issuer.DID, test.reason)
		})
	}
	forged := linkedToken(t, other, nil, nil, nil)
	good := linkedToken(t, issuer, nil, nil, nil)
	spliced := good[:strings.LastIndexByte(good, '.')] + forged[strings.LastIndexByte(forged, '.'):]
	wantLink(t, publishing(configuration(t, spliced)), issuer.DID, LinkNotSigned)
	wantLink(t, publishing(configuration(t, forged)), issuer.DID, LinkNotNamed)
	// Entries are independent: what is wrong with others does not matter, and one that is right is enough.
	wantLink(t, publishing(configuration(t, "nonsense", true, nil, []any{}, spliced, map[string]any{"issuer": id}, forged, good)), issuer.DID, "")
	// But their number is bounded.
	many := slices.Repeat([]any{spliced}, maxLinkages)
	wantLink(t, publishing(configuration(t, append(many, good)...)), issuer.DID, LinkNotSigned)
}

func TestConfigurationsThatAreNoneLinkNothing(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	good := linkedToken(t, issuer, nil, nil, nil)
	for name, body := range map[string]string{
		"empty":               "",
		"HTML":                "<html></html>",
		"a list":              "[]",
		"another member":      `{"@context":"` + contextLinkage + `","linked_dids":["` + good + `"],"x":1}`,
		"twice the same":      `{"@context":"` + contextLinkage + `","linked_dids":["` + good + `"],"linked_dids":[]}`,
		"no context":          `{"linked_dids":["` + good + `"]}`,
		"another context":     `{"@context":"https://attacker.example/","linked_dids":["` + good + `"]}`,
		"no list":             `{"@context":"` + contextLinkage + `","linked_dids":"` + good + `"}`,
		"not there":           `{"@context":"` + contextLinkage + `"}`,
		"trailing data":       string(configuration(t, good)) + "{}",
		"ten thousand levels": strings.Repeat("[", 10_000),
	} {
		if result := wantLink(t, publishing([]byte(body)), issuer.DID, LinkMalformed); len(result.Detail) > 300 {
			t.Errorf("%s: %q", name, result.Detail)
		}
	}
	wantLink(t, publishing(configuration(t)), issuer.DID, LinkNotNamed)
}

func TestWhatAnOriginDoesNotSayIsNotKnown(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	body := configuration(t, linkedToken(t, issuer, nil, nil, nil))
	q := DomainQuery{Issuer: issuer.DID, Origin: university}
	d := publishing(body)
	for status, known := range map[int]bool{200: true, 404: true, 410: true, 301: false, 401: false, 403: false, 429: false, 500: false, 503: false} {
		d.Fetch = fetched{answer: fetch.Response{Status: status, Body: body}}
		result, err := d.Linked(t.Context(), q)
		if (err == nil) != known || result.Linked != (status == 200) || known && status != 200 && result.Reason != LinkNotPublished {
			t.Errorf("%d: %+v %v", status, result, err)
		}
	}
	for kind, known := range map[fetch.Kind]bool{fetch.Refused: false, fetch.Unavailable: false, fetch.TooLarge: true} {
		d.Fetch = fetched{err: &fetch.Error{Kind: kind, Reason: "x"}}
		if result, err := d.Linked(t.Context(), q); (err == nil) != known || result.Linked || known && result.Reason != LinkMalformed {
			t.Errorf("%s: %+v %v", kind, result, err)
		}
	}
	for _, elsewhere := range []string{"https://www.university.example/.well-known/did-configuration.json", "https://attacker.example/", "nonsense"} {
		d.Fetch = fetched{answer: fetch.Response{Status: 200, Body: body, URL: elsewhere}}
		wantLink(t, d, issuer.DID, LinkRedirected)
	}
	d.Fetch = fetched{answer: fetch.Response{Status: 200, Body: body, URL: "https://university.example:443/elsewhere"}}
	wantLink(t, d, issuer.DID, "")
	d.Fetch = nil
	if _, err := d.Linked(t.Context(), q); err == nil {
		t.Error("nothing to fetch with is no answer")
	}
	// Whose keys it would have to be is not known either.
	d = publishing(body)
	d.Resolver = resolverFunc(func(context.Context, did.DID, did.At) (did.Version, error) { return did.Version{}, errors.New("away") })
	if result, err := d.Linked(t.Context(), q); err == nil {
		t.Errorf("%+v", result)
	}
	d.Resolver = resolverFunc(func(context.Context, did.DID, did.At) (did.Version, error) { return did.Version{}, did.ErrNotFound })
	wantLink(t, d, issuer.DID, LinkNotSigned)
	// An origin shows its present only: a yes holds for a past instant, a no does not.
	d = publishing(body)
	q.At = time.Date(2026, 10, 15, 0, 0, 0, 0, time.UTC)
	if result, err := d.Linked(t.Context(), q); err != nil || !result.Linked {
		t.Errorf("%+v %v", result, err)
	}
	q.At = time.Date(2025, 10, 15, 0, 0, 0, 0, time.UTC)
	if result, err := d.Linked(t.Context(), q); err == nil || result.Linked {
		t.Errorf("%+v", result)
	}
}

// Through the guard, from a server, to the report of a verification.
func TestALinkedDomainIsFetchedAndReported(t *testing.T) {
	issuer, mill := newIssuer(t, FormJWT, keys.EdDSA), newIssuer(t, FormJWT, keys.EdDSA)
	var origin Origin
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/did-configuration.json" {
			http.NotFound(w, r)
			return
		}
		compact, err := issuer.IssueDomainLinkage(r.Context(), origin, noon.Add(-time.Hour), noon.Add(time.Hour))
		if err != nil {
			t.Error(err)
		}
		body, _ := DomainConfiguration(compact)
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	origin = Origin("https://example.com:" + u.Port())
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	guard := fetch.New(fetch.Options{AllowLoopback: true, Roots: roots, Lookup: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}})
	t.Cleanup(guard.Close)
	v := newVerifier()
	v.Domains = &Domains{Fetch: guard, Resolver: v.Resolver, Now: clock}
	v.Policy = Policy{RequireLinkedDomain: true, LinkedDomains: []string{string(origin)}}
	report := verify(t, v, issue(t, issuer, degree(issuer.DID, nil)).Body)
	want(t, report, CheckLinkedDomain, Pass, "")
	wantDecision(t, report, Accept)
	report = verify(t, v, issue(t, mill, degree(mill.DID, nil)).Body)
	want(t, report, CheckLinkedDomain, Fail, ProblemNotLinked)
	wantDecision(t, report, Reject)
	// A policy that names a place inside is not followed there.
	for _, inside := range []string{"https://10.0.0.1", "https://169.254.169.254", "https://intranet", "https://[fd00::1]"} {
		v.Policy.LinkedDomains = []string{inside}
		report = verify(t, v, issue(t, issuer, degree(issuer.DID, nil)).Body)
		want(t, report, CheckLinkedDomain, Indeterminate, ProblemUnavailable)
	}
}

// Any bytes that an origin publishes give an answer; and only what the issuer signed links it.
func FuzzDomainConfiguration(f *testing.F) {
	issuer := newIssuer(f, FormJWT, keys.EdDSA)
	good := linkedToken(f, issuer, nil, nil, nil)
	f.Add(configuration(f, good))
	f.Add(configuration(f, map[string]any{"issuer": issuer.DID.String(), "proof": map[string]any{}}))
	f.Add([]byte(fmt.Sprintf(`{"@context":[%q],"linked_dids":[%q,{"proof":[]}]}`, contextLinkage, good[:len(good)-4])))
	if data, err := os.ReadFile("testdata/did-configuration.json"); err == nil {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d := publishing(body)
		result, err := d.Linked(t.Context(), DomainQuery{Issuer: issuer.DID, Origin: university})
		if err != nil {
			return
		}
		if result.Linked != (result.Reason == "") {
			t.Fatalf("%+v", result)
		}
		list, _ := readConfiguration(body)
		if signed := func(l linkage) bool { return l.token != nil && l.token.Compact == good }; result.Linked && !slices.ContainsFunc(list, signed) {
			t.Fatalf("linked by %q", body)
		}
	})
}
