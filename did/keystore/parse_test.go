package keystore_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// RFC 8037 appendix A.1 and RFC 7517 appendix A.2.
const (
	edJWK = `{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	ecJWK = `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",` +
		`"d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","use":"sig","kid":"1"}`
)

func block(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return block(t, "PRIVATE KEY", der, err)
}

func TestParsePrivateReadsPEMAndJWK(t *testing.T) {
	ed := ed25519.NewKeyFromSeed([]byte("a seed that nobody ever may see!"))
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(ec)
	for name, tt := range map[string]struct {
		text string
		alg  keys.Algorithm
	}{
		"JWK Ed25519":    {edJWK, keys.EdDSA},
		"JWK P-256":      {" \n" + ecJWK + "\n", keys.ES256},
		"PKCS#8 Ed25519": {pkcs8(t, ed), keys.EdDSA},
		"PKCS#8 P-256":   {pkcs8(t, ec), keys.ES256},
		"SEC 1":          {block(t, "EC PRIVATE KEY", sec1, err), keys.ES256},
	} {
		key, err := keystore.ParsePrivate([]byte(tt.text))
		if err != nil || key.Public().Algorithm() != tt.alg {
			t.Errorf("%s: got %v, %v", name, key, err)
			continue
		}
		signature, err := key.Sign(t.Context(), []byte("x"))
		if err != nil || !key.Public().Verify([]byte("x"), signature) {
			t.Errorf("%s: the signature does not verify: %v", name, err)
		}
	}
}

func TestParsePrivateRefusesWithoutShowing(t *testing.T) {
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed := pkcs8(t, ed25519.NewKeyFromSeed(make([]byte, 32)))
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"empty":                  {"", keystore.ErrInvalidKey},
		"text":                   {"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", keystore.ErrInvalidKey},
		"huge":                   {strings.Repeat("x", 1<<20), keystore.ErrInvalidKey},
		"two blocks":             {ed + ed, keystore.ErrInvalidKey},
		"public key":             {block(t, "PUBLIC KEY", []byte{1}, nil), keystore.ErrInvalidKey},
		"malformed block":        {block(t, "PRIVATE KEY", []byte("nWGxne_9"), nil), keystore.ErrInvalidKey},
		"encrypted":              {block(t, "ENCRYPTED PRIVATE KEY", []byte{1}, nil), keys.ErrUnsupported},
		"P-521":                  {pkcs8(t, p521), keys.ErrUnsupported},
		"no private member":      {strings.Replace(edJWK, `"d"`, `"D"`, 1), keystore.ErrInvalidKey},
		"duplicate member":       {strings.Replace(edJWK, `{`, `{"d":"AA",`, 1), keystore.ErrInvalidKey},
		"short d":                {strings.Replace(edJWK, `nWGxne_9`, ``, 1), keystore.ErrInvalidKey},
		"d in base64":            {strings.Replace(edJWK, `nWGxne_9`, `nWGxne/9`, 1), keystore.ErrInvalidKey},
		"members that don't fit": {strings.Replace(edJWK, `nWGxne_9`, `nWGxne_8`, 1), keystore.ErrInvalidKey},
		"zero scalar":            {strings.Replace(ecJWK, "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE", strings.Repeat("A", 43), 1), keystore.ErrInvalidKey},
		"RSA":                    {`{"kty":"RSA","d":"nWGxne_9WmC6"}`, keys.ErrUnsupported},
	} {
		key, err := keystore.ParsePrivate([]byte(tt.text))
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, %v", name, key, err)
		}
		if err != nil && (strings.Contains(err.Error(), "nWGx") || strings.Contains(err.Error(), "_9Wm")) {
			t.Errorf("%s: the error shows the secret: %v", name, err)
		}
	}
}

func FuzzParsePrivate(f *testing.F) {
	f.Add([]byte(edJWK))
	f.Add([]byte(ecJWK))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := keystore.ParsePrivate(data)
		if err != nil {
			return
		}
		signature, err := key.Sign(t.Context(), data)
		if err != nil || !key.Public().Verify(data, signature) {
			t.Fatalf("the signature does not verify: %v", err)
		}
	})
}
