package keys_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mr-tron/base58"

	"github.com/hanse-id/hanse/did/keys"
)

// Fixtures of the did:key specification, of Controlled Identifiers 1.0 and of RFC 8037 appendix A.
var fixtures = []struct {
	name     string
	alg      keys.Algorithm
	multikey string
	jwk      map[string]any
}{
	{"CID 1.0 Ed25519", keys.EdDSA, "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu", nil},
	{"did:key Ed25519", keys.EdDSA, "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", nil},
	{"RFC 8037 Ed25519", keys.EdDSA, "z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw",
		map[string]any{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}},
	{"did:key P-256", keys.ES256, "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169", map[string]any{"kty": "EC", "crv": "P-256",
		"x": "fyNYMN0976ci7xqiSdag3buk-ZCwgXU4kz9XNkBlNUI", "y": "hW2ojTNfH7Jbi8--CJUo3OCbH3y5n91g-IMA9MLMbTU"}},
	// did:key 0.9, section 5.1 (secp256k1) and the W3C CCG test vectors (P-384).
	{"did:key secp256k1", keys.ES256K, "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme", map[string]any{"kty": "EC", "crv": "secp256k1",
		"x": "h0wVx_2iDlOcblulc8E5iEw1EYh5n1RYtLQfeSTyNc0", "y": "O2EATIGbu6DezKFptj5scAIRntgfecanVNXxat1rnwE"}},
	{"did:key P-384", keys.ES384, "z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9", map[string]any{"kty": "EC", "crv": "P-384",
		"x": "lInTxl8fjLKp_UCrxI0WDklahi-7-_6JbtiHjiRvMvhedhKVdHBfi2HCY8t_QJyc", "y": "y6N1IC-2mXxHreETBW7K3mBcw0qGr3CWHCs-yl09yCQRLcyfGv7XhqAngHOu51Zv"}},
	{"CID 1.0 P-256", keys.ES256, "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv", map[string]any{"kty": "EC", "crv": "P-256",
		"x": "igrFmi0whuihKnj9R3Om1SoMph72wUGeFaBbzG2vzns", "y": "efsX5b10x8yjyrj4ny3pGfLcY7Xby1KzgqOdqnsrJIM"}},
}

func TestCodecsAgreeOnFixtures(t *testing.T) {
	for _, tt := range fixtures {
		t.Run(tt.name, func(t *testing.T) {
			key, err := keys.ParseMultikey(tt.multikey)
			if err != nil {
				t.Fatal(err)
			}
			if key.Algorithm() != tt.alg || key.Multikey() != tt.multikey || key.IsZero() {
				t.Errorf("got %v %v", key.Algorithm(), key)
			}
			if tt.jwk != nil {
				if diff := cmp.Diff(tt.jwk, key.JWK()); diff != "" {
					t.Error(diff)
				}
			}
			again, err := keys.ParseJWK(key.JWK())
			if err != nil || again != key {
				t.Errorf("JWK: got %v, %v", again, err)
			}
			text, err := key.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			var read keys.Public
			if err := read.UnmarshalText(text); err != nil || !read.Equal(key) {
				t.Errorf("text: got %v, %v", read, err)
			}
			again, err = keys.New(tt.alg, key.Bytes())
			if err != nil || again != key {
				t.Errorf("bytes: got %v, %v", again, err)
			}
			if got, want := key.DIDKeyURL(), "did:key:"+tt.multikey+"#"+tt.multikey; got != want || key.DIDKey() != "did:key:"+tt.multikey {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestUncompressedPointsAreTheSameKey(t *testing.T) {
	x, _ := base64.RawURLEncoding.DecodeString("fyNYMN0976ci7xqiSdag3buk-ZCwgXU4kz9XNkBlNUI")
	y, _ := base64.RawURLEncoding.DecodeString("hW2ojTNfH7Jbi8--CJUo3OCbH3y5n91g-IMA9MLMbTU")
	key, err := keys.New(keys.ES256, append(append([]byte{4}, x...), y...))
	if err != nil || key.Multikey() != fixtures[3].multikey {
		t.Fatalf("got %v, %v", key, err)
	}
	if len(key.Bytes()) != 33 {
		t.Errorf("got %d bytes", len(key.Bytes()))
	}
}

func multikey(prefix string, key []byte) string {
	return "z" + base58.Encode(append([]byte(prefix), key...))
}

func TestParseMultikeyRefuses(t *testing.T) {
	ed := strings.Repeat("\x11", 32)
	point, err := keys.ParseMultikey(fixtures[0].multikey)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"empty":                      {"", keys.ErrInvalid},
		"prefix only":                {"z", keys.ErrInvalid},
		"no multibase":               {fixtures[0].multikey[1:], keys.ErrInvalid},
		"base64url multibase":        {"u7QE" + strings.Repeat("A", 43), keys.ErrInvalid},
		"not base58":                 {"z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5c0l", keys.ErrInvalid},
		"leading one":                {"z1" + fixtures[0].multikey[1:], keys.ErrInvalid},
		"line end":                   {fixtures[0].multikey + "\n", keys.ErrInvalid},
		"short":                      {multikey("\xed\x01", []byte(ed[:31])), keys.ErrInvalid},
		"long":                       {multikey("\xed\x01", []byte(ed+"\x00")), keys.ErrInvalid},
		"overlong varint":            {multikey("\xed\x81\x00", point.Bytes()), keys.ErrInvalid},
		"code without a varint":      {multikey("\xed", point.Bytes()), keys.ErrInvalid},
		"X25519":                     {multikey("\xec\x01", []byte(ed)), keys.ErrUnsupported},
		"secp256k1 no point":         {multikey("\xe7\x01", append([]byte{2}, ed...)), keys.ErrInvalid},
		"secp256k1 hybrid form":      {multikey("\xe7\x01", append([]byte{6}, ed...)), keys.ErrInvalid},
		"P-384 as P-256":             {multikey("\x81\x24", append([]byte{2}, ed...)), keys.ErrInvalid},
		"P-384 point not there":      {multikey("\x81\x24", append([]byte{2}, strings.Repeat("\xff", 48)...)), keys.ErrInvalid},
		"P-521":                      {multikey("\x82\x24", append([]byte{2}, ed...)), keys.ErrUnsupported},
		"Ed25519 private key":        {multikey("\x80\x26", []byte(ed)), keys.ErrPrivate},
		"P-256 private key":          {multikey("\x86\x26", []byte(ed)), keys.ErrPrivate},
		"P-256 uncompressed":         {multikey("\x80\x24", make([]byte, 65)), keys.ErrUnsupported},
		"P-256 point not there":      {multikey("\x80\x24", append([]byte{2}, strings.Repeat("\xff", 32)...)), keys.ErrInvalid},
		"P-256 infinity":             {multikey("\x80\x24", make([]byte, 33)), keys.ErrInvalid},
		"Ed25519 no point":           {multikey("\xed\x01", append([]byte{2}, make([]byte, 31)...)), keys.ErrInvalid},
		"Ed25519 identity":           {multikey("\xed\x01", append([]byte{1}, make([]byte, 31)...)), keys.ErrInvalid},
		"Ed25519 zero, small order":  {multikey("\xed\x01", make([]byte, 32)), keys.ErrInvalid},
		"a megabyte":                 {"z6Mk" + strings.Repeat("m", 1<<20), keys.ErrUnsupported},
		"Ed25519 non-canonical form": {multikey("\xed\x01", append(append([]byte{0xf0}, strings.Repeat("\xff", 30)...), 0x7f)), keys.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := keys.ParseMultikey(tt.text)
			if !errors.Is(err, tt.want) || !key.IsZero() {
				t.Errorf("got %v, %v; want %v", key, err, tt.want)
			}
			if err != nil && len(err.Error()) > 200 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
		})
	}
}

func TestParseJWKRefuses(t *testing.T) {
	ed, ec := fixtures[2].jwk, fixtures[3].jwk
	with := func(base map[string]any, pairs ...any) map[string]any {
		m := maps.Clone(base)
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] == nil {
				delete(m, pairs[i].(string))
			} else {
				m[pairs[i].(string)] = pairs[i+1]
			}
		}
		return m
	}
	for name, tt := range map[string]struct {
		jwk  map[string]any
		want error
	}{
		"nil":                {nil, keys.ErrInvalid},
		"private Ed25519":    {with(ed, "d", "c2VjcmV0"), keys.ErrPrivate},
		"private P-256":      {with(ec, "d", "c2VjcmV0"), keys.ErrPrivate},
		"private null":       {map[string]any{"kty": "OKP", "d": nil}, keys.ErrPrivate},
		"symmetric":          {map[string]any{"kty": "oct", "k": "c2VjcmV0"}, keys.ErrPrivate},
		"kty no string":      {with(ed, "kty", 1), keys.ErrInvalid},
		"RSA":                {map[string]any{"kty": "RSA", "n": "AQAB", "e": "AQAB"}, keys.ErrUnsupported},
		"swapped curve":      {with(ed, "crv", "P-256"), keys.ErrUnsupported},
		"X25519":             {with(ed, "crv", "X25519"), keys.ErrUnsupported},
		"P-384 too short":    {with(ec, "crv", "P-384"), keys.ErrInvalid},
		"P-256 as secp256k1": {with(ec, "crv", "secp256k1"), keys.ErrInvalid},
		"P-521":              {with(ec, "crv", "P-521"), keys.ErrUnsupported},
		"lower case":         {with(ed, "crv", "ed25519"), keys.ErrUnsupported},
		"no x":               {with(ed, "x", nil), keys.ErrInvalid},
		"no y":               {with(ec, "y", nil), keys.ErrInvalid},
		"y in an OKP key":    {with(ed, "y", ec["y"]), keys.ErrInvalid},
		"x padded":           {with(ed, "x", ed["x"].(string)+"="), keys.ErrInvalid},
		"x short":            {with(ed, "x", ed["x"].(string)[:42]), keys.ErrInvalid},
		"x with a line end":  {with(ed, "x", ed["x"].(string)[:42]+"\n"), keys.ErrInvalid},
		"x in base64":        {with(ec, "x", "fyNYMN0976ci7xqiSdag3buk+ZCwgXU4kz9XNkBlNUI"), keys.ErrInvalid},
		"trailing bits":      {with(ed, "x", ed["x"].(string)[:42]+"p"), keys.ErrInvalid},
		"not on the curve":   {with(ec, "y", ec["x"]), keys.ErrInvalid},
		"all zero":           {with(ec, "x", strings.Repeat("A", 43), "y", strings.Repeat("A", 43)), keys.ErrInvalid},
		"alg of another key": {with(ed, "alg", "ES256"), keys.ErrInvalid},
		"alg of a hash":      {with(ec, "alg", "HS256"), keys.ErrInvalid},
		"for encryption":     {with(ec, "use", "enc"), keys.ErrUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := keys.ParseJWK(tt.jwk)
			if !errors.Is(err, tt.want) || !key.IsZero() {
				t.Errorf("got %v, %v; want %v", key, err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "c2VjcmV0") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
	for _, alg := range []string{"EdDSA", "Ed25519"} {
		if _, err := keys.ParseJWK(with(ed, "alg", alg, "use", "sig", "kid", "x")); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// RFC 8032 7.1 test 2.
func TestVerifyEd25519(t *testing.T) {
	key, err := keys.New(keys.EdDSA, unhex(t, "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"))
	if err != nil {
		t.Fatal(err)
	}
	signature := unhex(t, "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
	if !key.Verify([]byte{0x72}, signature) {
		t.Error("refused")
	}
	if key.Verify([]byte{0x73}, signature) || key.Verify([]byte{0x72}, signature[:63]) || key.Verify([]byte{0x72}, append(signature, 0)) {
		t.Error("accepted a wrong one")
	}
	for i := range signature {
		bad := append([]byte(nil), signature...)
		bad[i] ^= 1
		if key.Verify([]byte{0x72}, bad) {
			t.Errorf("accepted with byte %d changed", i)
		}
		if std := ed25519.Verify(key.Bytes(), []byte{0x72}, bad); std {
			t.Errorf("crypto/ed25519 accepts what we refuse")
		}
	}
}

// RFC 7515 appendix A.3.
func TestVerifyES256(t *testing.T) {
	key, err := keys.ParseJWK(map[string]any{"kty": "EC", "crv": "P-256",
		"x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ")
	signature, err := base64.RawURLEncoding.DecodeString("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
	if err != nil {
		t.Fatal(err)
	}
	if !key.Verify(message, signature) {
		t.Error("refused")
	}
	for _, bad := range [][]byte{
		nil, make([]byte, 64), signature[:63], append(signature[:64:64], 0),
		append(append([]byte{}, signature[32:]...), signature[:32]...),
		append(append([]byte{}, signature[:32]...), make([]byte, 32)...),
		append([]byte{0x30, 0x44, 0x02, 0x20}, signature[:60]...), // the beginning of DER
	} {
		if key.Verify(message, bad) {
			t.Errorf("accepted %x", bad)
		}
	}
	// RFC 7515's S is high; its negative is the same signature.
	if s := signature[32]; s < 0x80 {
		t.Error("the example is expected to have a high S")
	}
}

func TestZeroKeyIsNoKey(t *testing.T) {
	var k keys.Public
	if !k.IsZero() || k.Multikey() != "" || k.JWK() != nil || k.ECDSA() != nil || k.Verify(nil, make([]byte, 64)) {
		t.Errorf("got %v", k)
	}
	if err := k.UnmarshalText(nil); !errors.Is(err, keys.ErrInvalid) {
		t.Errorf("got %v", err)
	}
	if _, err := keys.New("RS256", nil); !errors.Is(err, keys.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

// Whatever ParseMultikey accepts is the one text of that key.
func FuzzParseMultikey(f *testing.F) {
	for _, tt := range fixtures {
		f.Add(tt.multikey)
	}
	f.Add("z1")
	f.Fuzz(func(t *testing.T, s string) {
		key, err := keys.ParseMultikey(s)
		if err != nil {
			return
		}
		if key.Multikey() != s {
			t.Fatalf("%q is read as %q", s, key.Multikey())
		}
		if again, err := keys.ParseJWK(key.JWK()); err != nil || again != key {
			t.Fatalf("JWK: %v, %v", again, err)
		}
	})
}

func FuzzParseJWK(f *testing.F) {
	f.Add("OKP", "Ed25519", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "")
	f.Add("EC", "P-256", "fyNYMN0976ci7xqiSdag3buk-ZCwgXU4kz9XNkBlNUI", "hW2ojTNfH7Jbi8--CJUo3OCbH3y5n91g-IMA9MLMbTU")
	f.Fuzz(func(t *testing.T, kty, crv, x, y string) {
		jwk := map[string]any{"kty": kty, "crv": crv, "x": x}
		if y != "" {
			jwk["y"] = y
		}
		key, err := keys.ParseJWK(jwk)
		if err != nil {
			return
		}
		if diff := cmp.Diff(jwk, key.JWK()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func BenchmarkParseMultikey(b *testing.B) {
	for b.Loop() {
		if _, err := keys.ParseMultikey(fixtures[0].multikey); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkVerify(b *testing.B, verify func(key ed25519.PublicKey, message, signature []byte) bool) {
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	message := make([]byte, 600)
	signature := ed25519.Sign(private, message)
	for b.Loop() {
		if !verify(ed25519.PublicKey(private[32:]), message, signature) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkVerifyEd25519(b *testing.B) {
	benchmarkVerify(b, func(raw ed25519.PublicKey, message, signature []byte) bool {
		key, err := keys.New(keys.EdDSA, raw)
		return err == nil && key.Verify(message, signature)
	})
}

func BenchmarkControlVerifyEd25519(b *testing.B) { benchmarkVerify(b, ed25519.Verify) }
