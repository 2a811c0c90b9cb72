package resolve_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mr-tron/base58"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/resolve"
)

// Test vectors of the did:key method: github.com/w3c-ccg/did-method-key, test-vectors/ed25519-x25519.json and secp256k1.json at commit
// 801b0a91ce5af882c389ca399fa1fd1a75229c09, nist-curves.json at 1d340287a73f6ad5acc477f0900efec50df44a87. The documents there are of
// older suites; the keys and the verification relationships are what all versions of the method have in common.
var didKeyVectors = []struct {
	multikey string
	alg      keys.Algorithm
	seed     string            // Ed25519
	point    string            // secp256k1, base58
	jwk      map[string]string // NIST curves
}{
	{multikey: "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", alg: keys.EdDSA, seed: "0000000000000000000000000000000000000000000000000000000000000000"},
	{multikey: "z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG", alg: keys.EdDSA, seed: "0000000000000000000000000000000000000000000000000000000000000001"},
	{multikey: "z6MknGc3ocHs3zdPiJbnaaqDi58NGb4pk1Sp9WxWufuXSdxf", alg: keys.EdDSA, seed: "0000000000000000000000000000000000000000000000000000000000000002"},
	{multikey: "z6MkvqoYXQfDDJRv8L4wKzxYeuKyVZBfi9Qo6Ro8MiLH3kDQ", alg: keys.EdDSA, seed: "0000000000000000000000000000000000000000000000000000000000000003"},
	{multikey: "z6MkwW6aqMnjgrhJXFUko3NnZPGzVpkNzhYK7yEhnsibmLwL", alg: keys.EdDSA, seed: "0000000000000000000000000000000000000000000000000000000000000004"},
	{multikey: "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme", alg: keys.ES256K, point: "23o6Sau8NxxzXcgSc3PLcNxrzrZpbLeBn1izfv3jbKhuv"},
	{multikey: "zQ3shtxV1FrJfhqE1dvxYRcCknWNjHc3c5X1y3ZSoPDi2aur2", alg: keys.ES256K, point: "291KzQhqCPC18PqH83XKhxv1HdqrdnxyS7dh15t2uNRzJ"},
	{multikey: "zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N", alg: keys.ES256K, point: "oesQ92MLiAkt2pjBcJFbW7H4DvzKJv22cotjYbmC2JEe"},
	{multikey: "zQ3shadCps5JLAHcZiuX5YUtWHHL8ysBJqFLWvjZDKAWUBGzy", alg: keys.ES256K, point: "pg3p1vprqePgUoqfAQ1TTgxhL6zLYhHyzooR1pqLxo9F"},
	{multikey: "zQ3shptjE6JwdkeKN4fcpnYQY3m9Cet3NiHdAfpvSUZBFoKBj", alg: keys.ES256K, point: "24waDFAUAS16UpZwQQTXVEAmm17rQRjadjuAeBDW8aqL1"},
	{multikey: "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv", alg: keys.ES256, jwk: map[string]string{
		"x": "igrFmi0whuihKnj9R3Om1SoMph72wUGeFaBbzG2vzns", "y": "efsX5b10x8yjyrj4ny3pGfLcY7Xby1KzgqOdqnsrJIM"}},
	{multikey: "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169", alg: keys.ES256, jwk: map[string]string{
		"x": "fyNYMN0976ci7xqiSdag3buk-ZCwgXU4kz9XNkBlNUI", "y": "hW2ojTNfH7Jbi8--CJUo3OCbH3y5n91g-IMA9MLMbTU"}},
	{multikey: "z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9", alg: keys.ES384, jwk: map[string]string{
		"x": "lInTxl8fjLKp_UCrxI0WDklahi-7-_6JbtiHjiRvMvhedhKVdHBfi2HCY8t_QJyc", "y": "y6N1IC-2mXxHreETBW7K3mBcw0qGr3CWHCs-yl09yCQRLcyfGv7XhqAngHOu51Zv"}},
	{multikey: "z82LkvCwHNreneWpsgPEbV3gu1C6NFJEBg4srfJ5gdxEsMGRJUz2sG9FE42shbn2xkZJh54", alg: keys.ES384, jwk: map[string]string{
		"x": "CA-iNoHDg1lL8pvX3d1uvExzVfCz7Rn6tW781Ub8K5MrDf2IMPyL0RTDiaLHC1JT", "y": "Kpnrn8DkXUD3ge4mFxi-DKr0DYO2KuJdwNBrhzLRtfMa3WFMZBiPKUPfJj8dYNl_"}},
}

func TestTestVectorsOfDIDKeyResolve(t *testing.T) {
	for _, v := range didKeyVectors {
		t.Run(v.multikey, func(t *testing.T) {
			id := did.DID("did:key:" + v.multikey)
			version, err := resolve.Key{}.Resolve(t.Context(), id, did.At{})
			if err != nil {
				t.Fatal(err)
			}
			method, ok := version.Document.Method(string(id) + "#" + v.multikey)
			if !ok || method.Controller != id {
				t.Fatalf("method is %+v", method)
			}
			key, err := method.Key()
			if err != nil || key.Algorithm() != v.alg {
				t.Fatalf("key is %s, %v", key.Algorithm(), err)
			}
			switch {
			case v.seed != "":
				seed, _ := hex.DecodeString(v.seed)
				if want := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey); !want.Equal(ed25519.PublicKey(key.Bytes())) {
					t.Errorf("key is %x, want %x", key.Bytes(), want)
				}
			case v.point != "":
				want, _ := base58.Decode(v.point)
				if d := cmp.Diff(want, key.Bytes()); d != "" {
					t.Error(d)
				}
			default:
				jwk := key.JWK()
				if jwk["x"] != v.jwk["x"] || jwk["y"] != v.jwk["y"] {
					t.Errorf("key is %v, want %v", jwk, v.jwk)
				}
			}
			for _, r := range []did.Relationship{did.Authentication, did.AssertionMethod, did.CapabilityInvocation, did.CapabilityDelegation} {
				if !version.Document.Has(r, string(id)+"#"+v.multikey) {
					t.Errorf("not in %s", r)
				}
			}
		})
	}
	// P-521, BLS12-381 and RSA are kinds of key that are not supported, and no mistakes.
	for _, id := range []did.DID{
		"did:key:z2J9gaYxrKVpdoG9A4gRnmpnRCcxU6agDtFVVBVdn1JedouoZN7SzcyREXXzWgt3gGiwpoHq7K68X4m32D8HgzG8wv3sY5j7",
		"did:key:z2J9gcGdb2nEyMDmzQYv2QZQcM1vXktvy1Pw4MduSWxGabLZ9XESSWLQgbuPhwnXN7zP7HpTzWqrMTzaY5zWe6hpzJ2jnw4f",
	} {
		if _, err := (resolve.Key{}).Resolve(t.Context(), id, did.At{}); !errors.Is(err, keys.ErrUnsupported) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// The examples of the did:jwk specification (github.com/quartzjer/did-jwk, spec.md): a P-256 key, which methods_test.go resolves to its
// document, and an X25519 key, which signs nothing.
func TestExamplesOfDIDJWKResolve(t *testing.T) {
	version, err := resolve.JWK{}.Resolve(t.Context(), didJWK, did.At{})
	if err != nil {
		t.Fatal(err)
	}
	method, ok := version.Document.Method(didJWK + "#0")
	if !ok {
		t.Fatal("no method #0")
	}
	want := map[string]any{"kty": "EC", "crv": "P-256", "x": "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0", "y": "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE"}
	if d := cmp.Diff(want, method.PublicKeyJWK); d != "" {
		t.Error(d)
	}
	const agreement = "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJYMjU1MTkiLCJ1c2UiOiJlbmMiLCJ4IjoiM3A3YmZYdDl3YlRUVzJIQzdPUTFOei1EUThoYmVHZE5yZngtRkctSUswOCJ9"
	if _, err := (resolve.JWK{}).Resolve(t.Context(), agreement, did.At{}); !errors.Is(err, keys.ErrUnsupported) {
		t.Errorf("an X25519 key: %v", err)
	}
}
