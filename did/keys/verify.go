package keys

import (
	"crypto"
	"crypto/ecdsa"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// rfc8032 is the rule for Ed25519 signatures of credentials, one by one and in batches alike: RFC 8032, section 5.1.7, with the
// group equation as it stands there, [8][S]B = [8]R + [8][k]A, S below the order, and canonical encodings. crypto/ed25519
// has the equation without the factor, which the section allows too and which no batch can decide: the two differ in
// signatures only that the holder of a key can make of points of mixed order, on purpose.
var rfc8032 = &ed25519.Options{Verify: ed25519.VerifyOptionsFIPS_186_5}

// SignatureSize is the length of a signature in JOSE form, in bytes: Ed25519 and curves of 256 bits 64, P-384 96; 0 for an
// unknown algorithm.
func (a Algorithm) SignatureSize() int {
	if a == EdDSA {
		return ed25519.SignatureSize
	}
	if c := curveOf(a); c != nil {
		return 2 * c.size
	}
	return 0
}

// Hash is what an ECDSA algorithm hashes messages with; 0 for Ed25519, which takes them as they are.
func (a Algorithm) Hash() crypto.Hash {
	if c := curveOf(a); c != nil {
		return c.hash
	}
	return 0
}

// Verify checks a JOSE-form signature (Ed25519, or ECDSA as raw r‖s) of credentials: standard rules, both high and low S.
// Consensus has its own rule: see app/op.
func (k Public) Verify(message, signature []byte) bool {
	if k.IsZero() || len(signature) != k.alg.SignatureSize() {
		return false
	}
	if k.alg == EdDSA {
		return ed25519.VerifyWithOptions(ed25519.PublicKey(k.raw), message, signature, rfc8032)
	}
	return curveOf(k.alg).verify(k, message, signature)
}

// ECDSA returns the key for crypto/ecdsa; nil unless it is of P-256 or P-384. It is made anew at every call.
func (k Public) ECDSA() *ecdsa.PublicKey {
	c := curveOf(k.alg)
	if c == nil || c.nist == nil || k.IsZero() {
		return nil
	}
	key, err := ecdsa.ParseUncompressedPublicKey(c.nist, c.decompress([]byte(k.raw)))
	if err != nil {
		return nil // not reached: the point was checked when k was made
	}
	return key
}
