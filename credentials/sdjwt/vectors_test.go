package sdjwt

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/keys"
)

// vector reads a file of testdata without its white space.
func vector(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(data)), "")
}

func publicKey(t testing.TB, jwk map[string]any) keys.Public {
	t.Helper()
	key, err := keys.ParseJWK(jwk)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func vectorIssuer(t testing.TB) keys.Public {
	return publicKey(t, map[string]any{"kty": "EC", "crv": "P-256",
		"x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ", "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"})
}

const shownClaims = `{"iss":"https://example.com/issuer","iat":1683000000,"exp":1883000000,"vct":"https://credentials.example.com/identity_credential",
	"is_over_65":true,"address":{"street_address":"123 Main St","locality":"Anytown","region":"Anystate","country":"US"}}`

func TestVectorsVerifyAndOpen(t *testing.T) {
	for name, want := range map[string]string{
		"vc-issued.txt": `{"iss":"https://example.com/issuer","iat":1683000000,"exp":1883000000,"vct":"https://credentials.example.com/identity_credential",
			"given_name":"John","family_name":"Doe","email":"johndoe@example.com","phone_number":"+1-202-555-0101","birthdate":"1940-01-01",
			"address":{"street_address":"123 Main St","locality":"Anytown","region":"Anystate","country":"US"},"is_over_18":true,"is_over_21":true,"is_over_65":true}`,
		"vc-presented.txt":         shownClaims,
		"vc-presented-unbound.txt": shownClaims,
		"complex.txt": `{"iss":"https://issuer.example.com","iat":1683000000,"exp":1883000000,"verified_claims":{
			"verification":{"trust_framework":"de_aml","evidence":[{"method":"pipp"}],"time":"2012-04-23T18:25Z"},
			"claims":{"given_name":"Max","family_name":"Müller","address":{"locality":"Maxstadt","postal_code":"12344","country":"DE","street_address":"Weidenstraße 22"}}}}`,
		"pid.txt": `{"iss":"https://issuer.example.com","iat":1683000000,"exp":1883000000,"vct":"https://bmi.bund.example/credential/pid/1.0",
			"given_name":"Erika","place_of_birth":{"locality":"Berlin","country":"DE"},"age_equal_or_over":{"18":true}}`,
	} {
		t.Run(name, func(t *testing.T) {
			token := parsed(t, vector(t, name))
			if err := token.JWT.Verify(vectorIssuer(t)); err != nil {
				t.Fatal(err)
			}
			got := claims(t, vector(t, name))
			delete(got, "cnf")
			if d := cmp.Diff(parseJSON(t, want), got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestVectorOfKeyBinding(t *testing.T) {
	token := parsed(t, vector(t, "vc-presented.txt"))
	holder := publicKey(t, token.JWT.Payload["cnf"].(map[string]any)["jwk"].(map[string]any))
	made := time.Unix(1756420695, 0)
	good := Expected{Audience: "https://example.com/verifier", Nonce: "1234567890", Now: made}
	if err := token.CheckBinding(holder, good); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]Expected{
		"audience": {Audience: "https://example.com", Nonce: good.Nonce, Now: made},
		"nonce":    {Audience: good.Audience, Nonce: "123456789", Now: made},
		"age":      {Audience: good.Audience, Nonce: good.Nonce, Now: made.Add(time.Hour)},
	} {
		if err := token.CheckBinding(holder, bad); !errors.Is(err, ErrBinding) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if err := token.CheckBinding(vectorIssuer(t), good); !errors.Is(err, ErrBinding) {
		t.Errorf("another key: error is %v", err)
	}
}

func TestVectorsOfDigests(t *testing.T) {
	data, err := os.ReadFile("testdata/digests.txt")
	if err != nil {
		t.Fatal(err)
	}
	hash, err := digesterOf("sha-256")
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(data))
	if len(words) != 12 {
		t.Fatalf("%d words", len(words))
	}
	for i := 0; i < len(words); i += 2 {
		if got := hash(words[i+1]); got != words[i] {
			t.Errorf("digest of disclosure %d is %s, want %s", i/2, got, words[i])
		}
		if _, err := parseDisclosure(words[i+1], Limits{}.withDefaults()); err != nil {
			t.Error(err)
		}
	}
}

func TestNoByteOfAVectorCanBeChanged(t *testing.T) {
	text := vector(t, "complex.txt")
	for i := range len(text) {
		changed := []byte(text)
		changed[i] ^= 1
		token, err := Parse(string(changed), Limits{})
		if err != nil {
			continue
		}
		if _, err := token.Claims(); err != nil {
			continue
		}
		if token.JWT.Verify(vectorIssuer(t)) == nil {
			t.Fatalf("accepted with byte %d changed", i)
		}
	}
}
