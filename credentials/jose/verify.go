package jose

import (
	"crypto/ed25519"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"

	"github.com/hanse-id/hanse/did/keys"
)

// Verify checks the signature with key. The key alone decides the algorithm: a header that names another one is
// refused (ErrAlgorithm), whatever its signature. ErrSignature otherwise.
func (t *Token) Verify(key keys.Public) error {
	want, ok := algorithms[t.Algorithm]
	if !ok || want != key.Algorithm() {
		return fmt.Errorf("%w: alg %.64q with a key for %s", ErrAlgorithm, t.Algorithm, key.Algorithm())
	}
	// Ed25519, and ECDSA as r‖s: a DER encoded signature has another length.
	if size := want.SignatureSize(); len(t.signature) != size {
		return fmt.Errorf("%w: signature has %d bytes, not %d", ErrSignature, len(t.signature), size)
	}
	good, err := verify(key, []byte(t.Compact[:t.signed]), t.signature)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAlgorithm, err)
	}
	if !good {
		return fmt.Errorf("%w with key %s", ErrSignature, key.Multikey())
	}
	return nil
}

// verify asks jwx, but for ES256K: jwx has that behind a build tag only, which no user of this module should have to give.
func verify(key keys.Public, input, signature []byte) (bool, error) {
	if key.Algorithm() == keys.ES256K {
		return key.Verify(input, signature), nil
	}
	alg, raw := jwxKey(key)
	verifier, err := jws.NewVerifier(alg)
	if err != nil {
		return false, err
	}
	return verifier.Verify(input, signature, raw) == nil, nil
}

// jwxKey returns the one jwx algorithm for a key, and the key as jwx takes it.
func jwxKey(key keys.Public) (jwa.SignatureAlgorithm, any) {
	switch key.Algorithm() {
	case keys.ES256:
		return jwa.ES256, key.ECDSA()
	case keys.ES384:
		return jwa.ES384, key.ECDSA()
	}
	return jwa.EdDSA, ed25519.PublicKey(key.Bytes())
}
