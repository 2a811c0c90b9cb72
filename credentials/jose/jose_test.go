package jose

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"

	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

func newKey(t testing.TB, alg keys.Algorithm) *keystore.Private {
	t.Helper()
	key, err := keystore.GeneratePrivate(alg)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, key keystore.Signer, payload map[string]any) string {
	t.Helper()
	compact, err := Sign(t.Context(), payload, key, SignOptions{Type: "vc+jwt", ContentType: "vc", KeyID: "did:example:a#1"})
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func TestSignedTokensVerifyHereAndWithJWX(t *testing.T) {
	payload := map[string]any{"a": "<&>é\u2028", "n": json.Number("1.50"), "big": json.Number("12345678901234567890"), "list": []any{true, nil}}
	for _, alg := range []keys.Algorithm{keys.EdDSA, keys.ES256} {
		key := newKey(t, alg)
		compact := sign(t, key, payload)
		token, err := Parse(compact, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if token.KeyID != "did:example:a#1" || token.Algorithm != string(alg) || token.Payload["n"] != json.Number("1.50") || token.Payload["big"] != payload["big"] {
			t.Errorf("token is %+v", token)
		}
		for _, check := range []error{token.CheckType("vc+jwt"), token.CheckAlgorithm(), token.Verify(key.Public())} {
			if check != nil {
				t.Error(check)
			}
		}
		if err := token.CheckType("vp+jwt"); !errors.Is(err, ErrType) {
			t.Errorf("error is %v", err)
		}
		if err := token.Verify(newKey(t, alg).Public()); !errors.Is(err, ErrSignature) {
			t.Errorf("another key: %v", err)
		}
		jwxAlg, raw := jwxKey(key.Public())
		if _, err := jws.Verify([]byte(compact), jws.WithKey(jwxAlg, raw)); err != nil {
			t.Errorf("jwx: %v", err)
		}
	}
}

func TestTokensOfJWXVerifyHere(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	header := jws.NewHeaders()
	_ = header.Set("typ", "vc+jwt")
	compact, err := jws.Sign([]byte(`{"a":1}`), jws.WithKey(jwa.EdDSA, private, jws.WithProtectedHeaders(header)))
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.New(keys.EdDSA, public)
	if err != nil {
		t.Fatal(err)
	}
	token, err := Parse(string(compact), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Verify(key); err != nil {
		t.Error(err)
	}
}

func TestTheKeyDecidesTheAlgorithm(t *testing.T) {
	ed, p256 := newKey(t, keys.EdDSA), newKey(t, keys.ES256)
	for _, test := range []struct{ signer, verifier *keystore.Private }{{ed, p256}, {p256, ed}} {
		token, err := Parse(sign(t, test.signer, map[string]any{}), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if err := token.Verify(test.verifier.Public()); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("error is %v", err)
		}
		if err := token.Verify(keys.Public{}); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("no key: %v", err)
		}
	}
}

func TestSizesAreCheckedBeforeParsing(t *testing.T) {
	compact := sign(t, newKey(t, keys.EdDSA), map[string]any{"a": strings.Repeat("x", 5000)})
	for _, limits := range []Limits{{MaxBytes: 100}, {MaxHeader: 10}} {
		if _, err := Parse(compact, limits); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%+v: %v", limits, err)
		}
	}
	if _, err := Parse(sign(t, newKey(t, keys.EdDSA), map[string]any{"a": []any{[]any{}}}), Limits{MaxDepth: 2}); !errors.Is(err, ErrMalformed) {
		t.Errorf("too deep: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	key := newKey(f, keys.EdDSA)
	f.Add(sign(f, key, map[string]any{"a": json.Number("1")}))
	f.Add("a.b.c")
	f.Add("..")
	f.Fuzz(func(t *testing.T, compact string) {
		token, err := Parse(compact, Limits{})
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrAlgorithm) {
				t.Fatalf("error is none of this package: %v", err)
			}
			return
		}
		if token.Compact != compact || strings.Count(compact, ".") != 2 {
			t.Fatal("not what was parsed")
		}
		_ = token.Verify(key.Public())
		// What was parsed can be written, and read again to the same claims.
		again, err := Parse(sign(t, key, token.Payload), Limits{MaxBytes: 4 << 20})
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Payload) != len(token.Payload) {
			t.Fatal("claims were lost")
		}
	})
}
