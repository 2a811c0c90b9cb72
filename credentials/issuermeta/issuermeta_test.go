package issuermeta

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/did/fetch"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// example is the metadata of draft-ietf-oauth-sd-jwt-vc section 5.2.
const example = `{"issuer":"https://example.com","jwks":{"keys":[
	{"kid":"doc-signer-05-25-2022","kty":"EC","crv":"P-256","x":"b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ","y":"Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"},
	{"kid":"doc-signer-06-05-2025","kty":"EC","crv":"P-256","x":"DfjUx4WHBds61vGbqUQhsy3FGX13fAS13QWh2EHIkX8","y":"NfqJt9Kp0EA93xq9ysO80DRZ_hCGlISz-pYLgv4RFvg"}]}}`

func TestMetadataIsWhereTheSpecificationSays(t *testing.T) {
	for issuer, want := range map[string]string{
		"https://example.com":              "https://example.com/.well-known/jwt-vc-issuer",
		"https://example.com/":             "https://example.com/.well-known/jwt-vc-issuer",
		"https://example.com/tenant/1234":  "https://example.com/.well-known/jwt-vc-issuer/tenant/1234",
		"https://example.com/tenant/1234/": "https://example.com/.well-known/jwt-vc-issuer/tenant/1234",
		"https://example.com:8443/a%20b":   "https://example.com:8443/.well-known/jwt-vc-issuer/a%20b",
	} {
		if got, err := WellKnown(issuer); err != nil || got != want {
			t.Errorf("%s: %s, %v", issuer, got, err)
		}
	}
	for _, issuer := range []string{
		"", "example.com", "http://example.com", "HTTPS://example.com", "https://EXAMPLE.com", "https://example.com?a=b", "https://example.com/?",
		"https://example.com#x", "https://user@example.com", "https://example.com/../x", "https://example.com/a/%2e%2E/x", "https://example.com//x",
		"https://example.com/./x", "https://0x7f.1", "https:///x", "did:web:example.com", "https://example.com:0", "https://" + strings.Repeat("a", 5000),
	} {
		if got, err := WellKnown(issuer); !errors.Is(err, ErrIssuer) {
			t.Errorf("%.64q: %s, %v", issuer, got, err)
		}
	}
}

func TestMetadataIsReadStrictly(t *testing.T) {
	m, err := Parse([]byte(example), "https://example.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Keys.Find("doc-signer-06-05-2025"); err != nil || len(m.Keys) != 2 {
		t.Errorf("%d keys, %v", len(m.Keys), err)
	}
	for _, id := range []string{"", "doc-signer", "Doc-signer-05-25-2022"} {
		if _, err := m.Keys.Find(id); !errors.Is(err, ErrKey) {
			t.Errorf("kid %q: error is %v", id, err)
		}
	}
	for name, text := range map[string]string{
		"another's":        strings.Replace(example, "https://example.com", "https://example.org", 1),
		"with a slash":     strings.Replace(example, "https://example.com", "https://example.com/", 1),
		"no issuer":        `{"jwks":{"keys":[]}}`,
		"neither":          `{"issuer":"https://example.com"}`,
		"both":             `{"issuer":"https://example.com","jwks":{"keys":[]},"jwks_uri":"https://a.example"}`,
		"jwks_uri plain":   `{"issuer":"https://example.com","jwks_uri":"http://a.example"}`,
		"jwks_uri no text": `{"issuer":"https://example.com","jwks_uri":1}`,
		"jwks no object":   `{"issuer":"https://example.com","jwks":[]}`,
		"no keys":          `{"issuer":"https://example.com","jwks":{}}`,
		"key no object":    `{"issuer":"https://example.com","jwks":{"keys":["x"]}}`,
		"kid no text":      `{"issuer":"https://example.com","jwks":{"keys":[{"kid":1,"kty":"RSA"}]}}`,
		"private key":      strings.Replace(example, `"kty":"EC"`, `"kty":"EC","d":"c2VjcmV0"`, 1),
		"point off curve":  strings.Replace(example, "b28d4", "b28d5", 1),
		"issuer twice":     strings.Replace(example, `{"issuer"`, `{"issuer":"https://example.com","issuer"`, 1),
		"many keys":        `{"issuer":"https://example.com","jwks":{"keys":[` + strings.Repeat(`{"kty":"RSA"},`, 100) + `{"kty":"RSA"}]}}`,
		"no object":        `[]`,
		"more than a lot":  strings.Repeat(" ", maxBytes+1),
	} {
		_, err := Parse([]byte(text), "https://example.com")
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: error is %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "c2VjcmV0") {
			t.Errorf("%s: the error has key material: %v", name, err)
		}
	}
	twice := `{"keys":[{"kid":"a","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},{"kid":"a","kty":"EC","crv":"P-256","x":"b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ","y":"Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"},{"kty":"RSA"}]}`
	set, err := ParseKeys([]byte(twice))
	if err != nil || len(set) != 2 {
		t.Fatalf("%d keys, %v", len(set), err)
	}
	if _, err := set.Find("a"); !errors.Is(err, ErrKey) {
		t.Errorf("two keys answer to one kid: error is %v", err)
	}
}

// hosts answers by URL.
type hosts map[string]string

func (h hosts) Get(_ context.Context, url, _ string) (*fetch.Response, error) {
	body, ok := h[url]
	switch {
	case body == "down":
		return nil, &fetch.Error{Kind: fetch.Unavailable, URL: url}
	case body == "private":
		return nil, &fetch.Error{Kind: fetch.Refused, URL: url}
	case !ok:
		return &fetch.Response{URL: url, Status: 404, Header: http.Header{}}, nil
	}
	return &fetch.Response{URL: url, Status: 200, Header: http.Header{}, Body: []byte(body)}, nil
}

func newPublic(t testing.TB) keys.Public {
	t.Helper()
	private, err := keystore.GeneratePrivate(keys.EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	return private.Public()
}

func keySet(t testing.TB, id string, key keys.Public) string {
	t.Helper()
	jwk := key.JWK()
	jwk["kid"] = id
	data, err := jcs.Marshal(map[string]any{"keys": []any{jwk}})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestKeysAreFoundByValueAndByReference(t *testing.T) {
	key := newPublic(t)
	h := hosts{
		"https://a.example/.well-known/jwt-vc-issuer":          `{"issuer":"https://a.example","jwks":` + keySet(t, "k", key) + `}`,
		"https://b.example/.well-known/jwt-vc-issuer/tenant/1": `{"issuer":"https://b.example/tenant/1","jwks_uri":"https://keys.example/jwks"}`,
		"https://keys.example/jwks":                            keySet(t, "k", key),
		"https://c.example/.well-known/jwt-vc-issuer":          `{"issuer":"https://c.example","jwks_uri":"https://down.example/jwks"}`,
		"https://down.example/jwks":                            "down",
		"https://d.example/.well-known/jwt-vc-issuer":          `{"issuer":"https://d.example","jwks_uri":"https://intern.example/jwks"}`,
		"https://intern.example/jwks":                          "private",
		"https://e.example/.well-known/jwt-vc-issuer":          `{"issuer":"https://a.example","jwks":` + keySet(t, "k", key) + `}`,
	}
	r := New(h, Options{})
	for _, issuer := range []string{"https://a.example", "https://b.example/tenant/1"} {
		for _, id := range []string{"k", ""} {
			found, err := r.Key(t.Context(), issuer, id)
			if err != nil || found.Public != key || found.Digest == "" {
				t.Errorf("%s %q: %+v, %v", issuer, id, found, err)
			}
		}
		if _, err := r.Key(t.Context(), issuer, "other"); !errors.Is(err, ErrKey) {
			t.Errorf("%s: error is %v", issuer, err)
		}
	}
	for issuer, want := range map[string]error{
		"https://d.example": ErrKey, "https://e.example": ErrMalformed, "https://nobody.example": ErrKey, "http://a.example": ErrIssuer,
	} {
		if _, err := r.Key(t.Context(), issuer, "k"); !errors.Is(err, want) {
			t.Errorf("%s: error is %v", issuer, err)
		}
	}
	_, err := r.Key(t.Context(), "https://c.example", "k")
	for _, no := range []error{ErrKey, ErrMalformed, ErrIssuer} {
		if err == nil || errors.Is(err, no) {
			t.Errorf("what is down is not wrong: %v", err)
		}
	}
}

func TestAKeyThatWasAddedIsFoundSoon(t *testing.T) {
	first, second := newPublic(t), newPublic(t)
	const url = "https://a.example/.well-known/jwt-vc-issuer"
	now := time.Unix(1_800_000_000, 0)
	h := hosts{url: `{"issuer":"https://a.example","jwks":` + keySet(t, "1", first) + `}`}
	r := New(h, Options{Now: func() time.Time { return now }})
	if _, err := r.Key(t.Context(), "https://a.example", "1"); err != nil {
		t.Fatal(err)
	}
	h[url] = `{"issuer":"https://a.example","jwks":` + keySet(t, "2", second) + `}`
	now = now.Add(10 * time.Second)
	if _, err := r.Key(t.Context(), "https://a.example", "2"); !errors.Is(err, ErrKey) {
		t.Errorf("asked again after ten seconds: %v", err)
	}
	now = now.Add(time.Minute)
	if found, err := r.Key(t.Context(), "https://a.example", "2"); err != nil || found.Public != second {
		t.Errorf("%+v, %v", found, err)
	}
}

// counted counts the requests that it passes on.
type counted struct {
	hosts
	n *int
}

func (c counted) Get(ctx context.Context, url, accept string) (*fetch.Response, error) {
	*c.n++
	return c.hosts.Get(ctx, url, accept)
}

func TestAnIssuerWithoutMetadataIsAskedOnce(t *testing.T) {
	n := 0
	r := New(counted{hosts{"https://d.example/.well-known/jwt-vc-issuer": `{"issuer":"https://e.example","jwks":{"keys":[]}}`}, &n}, Options{})
	for _, issuer := range []string{"https://nobody.example", "https://d.example"} {
		n = 0
		if _, err := r.Key(t.Context(), issuer, "k"); err == nil || n != 1 {
			t.Errorf("%s: %d requests, error %v", issuer, n, err)
		}
	}
}

func TestKeysThatSignNothingAreLeftOut(t *testing.T) {
	key := newPublic(t)
	const encryption = `"kty":"EC","crv":"P-256","x":"b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ","y":"Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"`
	own := strings.TrimSuffix(strings.TrimPrefix(keySet(t, "k", key), `{"keys":[`), `]}`)
	for _, other := range []string{`"use":"enc"`, `"use":"enc","alg":"ECDH-ES"`, `"alg":"ECDH-ES+A256KW"`, `"key_ops":["deriveKey"]`, `"key_ops":[]`} {
		set, err := ParseKeys([]byte(`{"keys":[{"kid":"e",` + other + `,` + encryption + `},` + own + `]}`))
		if err != nil {
			t.Errorf("%s: %v", other, err)
			continue
		}
		if found, err := set.Find("k"); err != nil || found != key {
			t.Errorf("%s: %v", other, err)
		}
		if _, err := set.Find("e"); !errors.Is(err, ErrKey) {
			t.Errorf("%s: verifies: %v", other, err)
		}
	}
	if set, err := ParseKeys([]byte(`{"keys":[{"kid":"s","use":"sig","key_ops":["verify"],"alg":"ES256",` + encryption + `}]}`)); err != nil || len(set) != 1 {
		t.Errorf("%d keys, %v", len(set), err)
	}
	// Who can read a private key can sign, whatever it is for.
	if _, err := ParseKeys([]byte(`{"keys":[{"use":"enc","d":"c2VjcmV0",` + encryption + `}]}`)); !errors.Is(err, ErrMalformed) {
		t.Errorf("error is %v", err)
	}
}

// FuzzParse: what is read has keys that are found, each by its id.
func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data, "https://example.com")
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error is %v", err)
			}
			return
		}
		ids := map[string]int{}
		for _, key := range m.Keys {
			ids[key.ID]++
		}
		for id, n := range ids {
			if _, err := m.Keys.Find(id); id != "" && (err == nil) != (n == 1) {
				t.Fatalf("kid %q: %d keys, %v", id, n, err)
			}
		}
	})
}

// FuzzWellKnown: the metadata of an issuer is at its own origin, under the well-known path.
func FuzzWellKnown(f *testing.F) {
	f.Add("https://example.com/tenant/1234")
	f.Fuzz(func(t *testing.T, issuer string) {
		url, err := WellKnown(issuer)
		if err != nil {
			return
		}
		u, err := fetch.ParseURL(url)
		if err != nil || !strings.HasPrefix(u.Path, wellKnown) || !strings.HasPrefix(issuer, "https://"+u.Host) {
			t.Fatalf("%q has metadata at %q, %v", issuer, url, err)
		}
	})
}
