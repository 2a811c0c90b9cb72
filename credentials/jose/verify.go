package jose

import (
	"crypto/ed25519"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"

	"github.com/hanse-id/hanse/did/keys"
)

// signatureBytes is the length of every signature accepted here: Ed25519, and ECDSA P-256 as r‖s. A DER encoded ECDSA
// signature has another length.
const signatureBytes = 64

// Verify checks the signature with key. The key alone decides the algorithm: a header that names another one is
// refused (ErrAlgorithm), whatever its signature. ErrSignature otherwise.
func (t *Token) Verify(key keys.Public) error {
	want, ok := algorithms[t.Algorithm]
	if !ok || want != key.Algorithm() {
		return fmt.Errorf("%w: alg %.64q with a key for %s", ErrAlgorithm, t.Algorithm, key.Algorithm())
	}
	if len(t.signature) != signatureBytes {
		return fmt.Errorf("%w: signature has %d bytes, not %d", ErrSignature, len(t.signature), signatureBytes)
	}
	alg, raw := jwxKey(key)
	verifier, err := jws.NewVerifier(alg)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAlgorithm, err)
	}
	if err := verifier.Verify([]byte(t.Compact[:t.signed]), t.signature, raw); err != nil {
		return fmt.Errorf("%w with key %s", ErrSignature, key.Multikey())
	}
	return nil
}

// jwxKey returns the one jwx algorithm for a key, and the key as jwx takes it.
func jwxKey(key keys.Public) (jwa.SignatureAlgorithm, any) {
	if key.Algorithm() == keys.ES256 {
		return jwa.ES256, key.ECDSA()
	}
	return jwa.EdDSA, ed25519.PublicKey(key.Bytes())
}
