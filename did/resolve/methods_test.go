package resolve_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/resolve"
)

const (
	edKey  = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
	ecKey  = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
	didKey = "did:key:" + edKey

	// The first example of the did:jwk specification.
	didJWK = "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
)

func TestKeyResolvesToAMultikey(t *testing.T) {
	v, err := resolve.Key{}.Resolve(t.Context(), didKey, did.At{})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Document.Validate(); err != nil {
		t.Error(err)
	}
	got, err := v.Document.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	url := didKey + "#" + edKey
	want := `{"@context":"https://www.w3.org/ns/did/v1.1","assertionMethod":["` + url + `"],"authentication":["` + url + `"],` +
		`"capabilityDelegation":["` + url + `"],"capabilityInvocation":["` + url + `"],"id":"` + didKey + `",` +
		`"verificationMethod":[{"controller":"` + didKey + `","id":"` + url + `","publicKeyMultibase":"` + edKey + `","type":"Multikey"}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestJWKResolvesToAJsonWebKey(t *testing.T) {
	v, err := resolve.JWK{}.Resolve(t.Context(), didJWK, did.At{Time: time.Unix(1, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Document.Validate(); err != nil {
		t.Error(err)
	}
	m, ok := v.Document.Method(didJWK + "#0")
	if !ok || m.Type != did.JSONWebKey {
		t.Fatalf("got %v", m)
	}
	if key, err := m.Key(); err != nil || key.Algorithm() != keys.ES256 {
		t.Errorf("got %v, %v", key, err)
	}
	for _, r := range did.Relationships() {
		if !v.Document.Has(r, didJWK+"#0") {
			t.Errorf("not in %s", r)
		}
	}
	signing := "did:jwk:" + base64.RawURLEncoding.EncodeToString([]byte(`{"kty":"OKP","crv":"Ed25519","use":"sig","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	v, err = resolve.JWK{}.Resolve(t.Context(), did.DID(signing), did.At{})
	if err != nil || v.Document.Has(did.KeyAgreement, signing+"#0") {
		t.Errorf("an Ed25519 key agrees on keys: %v", err)
	}
}

func jwk(text string) string {
	return "did:jwk:" + base64.RawURLEncoding.EncodeToString([]byte(text))
}

// Reliability table 55.
func TestStaticMethodsRefuseMalformedKeys(t *testing.T) {
	router := newRouter(nil)
	const x = `"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`
	for name, tt := range map[string]struct {
		did  string
		want error
	}{
		"unknown method":          {"did:example:123", did.ErrMethodNotSupported},
		"no DID":                  {"did:key", did.ErrInvalidDID},
		"key without multibase":   {"did:key:6MkhaXg", did.ErrInvalidDID},
		"key with another base":   {"did:key:u7QE", did.ErrInvalidDID},
		"key truncated":           {didKey[:len(didKey)-1], did.ErrInvalidDID},
		"key with version":        {"did:key:1.1:" + edKey, did.ErrInvalidDID},
		"malformed multicodec":    {"did:key:z2", did.ErrInvalidDID},
		"X25519 key":              {"did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc", keys.ErrUnsupported},
		"a megabyte":              {"did:key:z" + strings.Repeat("6", 1<<20), did.ErrInvalidDID},
		"key as long as a DID":    {"did:key:z" + strings.Repeat("6", 1900), keys.ErrUnsupported},
		"JWK no base64url":        {"did:jwk:a.b", did.ErrInvalidDID},
		"JWK trailing bits":       {didJWK[:len(didJWK)-2] + "R", did.ErrInvalidDID},
		"JWK no JSON":             {jwk("x"), did.ErrInvalidDID},
		"JWK no object":           {jwk("[]"), did.ErrInvalidDID},
		"JWK duplicate member":    {jwk(`{"kty":"OKP","kty":"OKP","crv":"Ed25519",` + x + `}`), did.ErrInvalidDID},
		"JWK private":             {jwk(`{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",` + x + `}`), did.ErrInvalidDID},
		"JWK of a secret":         {jwk(`{"kty":"oct","k":"c2VjcmV0"}`), did.ErrInvalidDID},
		"JWK RSA":                 {jwk(`{"kty":"RSA","n":"AQAB","e":"AQAB"}`), keys.ErrUnsupported},
		"hanse of another league": {"did:hanse:bremen:QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG", did.ErrNotFound},
		"hanse malformed":         {"did:hanse:lubeck:x", did.ErrInvalidDID},
	} {
		v, err := router.Resolve(t.Context(), did.DID(tt.did), did.At{})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, %v", name, v, err)
			continue
		}
		for _, secret := range []string{"nWGx", "bldHeG5l", "c2VjcmV0"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error shows the key: %v", name, err)
			}
		}
	}
	if _, err := router.Resolve(t.Context(), didKey, did.At{VersionID: "1"}); !errors.Is(err, did.ErrNotFound) {
		t.Errorf("a version of a key: got %v", err)
	}
	if diff := cmp.Diff([]string{"hanse", "jwk", "key"}, router.Methods()); diff != "" {
		t.Error(diff)
	}
}
