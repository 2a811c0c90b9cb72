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
	q, err := t.Question(key)
	if err != nil {
		return err
	}
	good, err := verify(q)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAlgorithm, err)
	}
	if !good {
		return fmt.Errorf("%w with key %s", ErrSignature, key.Multikey())
	}
	return nil
}

// Question returns what is left of Verify once everything but the signature itself was checked, so that many can be answered
// together: Verify returns nil iff the answer is yes. Errors are those of Verify.
func (t *Token) Question(key keys.Public) (keys.Question, error) {
	want, ok := algorithms[t.Algorithm]
	if !ok || want != key.Algorithm() {
		return keys.Question{}, fmt.Errorf("%w: alg %.64q with a key for %s", ErrAlgorithm, t.Algorithm, key.Algorithm())
	}
	// Ed25519, and ECDSA as r‖s: a DER encoded signature has another length.
	if size := want.SignatureSize(); len(t.signature) != size {
		return keys.Question{}, fmt.Errorf("%w: signature has %d bytes, not %d", ErrSignature, len(t.signature), size)
	}
	return keys.Question{Key: key, Message: []byte(t.Compact[:t.signed]), Signature: t.signature}, nil
}

// verify asks jwx about ECDSA over the NIST curves. ES256K jwx has behind a build tag only, which no user of this module should
// have to give; and for Ed25519 the rule of package keys is the one that single signatures share with batches.
func verify(q keys.Question) (bool, error) {
	if alg := q.Key.Algorithm(); alg == keys.ES256K || alg == keys.EdDSA {
		return q.Verify(), nil
	}
	alg, raw := jwxKey(q.Key)
	verifier, err := jws.NewVerifier(alg)
	if err != nil {
		return false, err
	}
	return verifier.Verify(q.Message, q.Signature, raw) == nil, nil
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
