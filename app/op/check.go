package op

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"math/big"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

	"github.com/hanse-id/hanse/did/keys"
)

// RuleVersion is the version of the signature rule below. A change of the rule is a new version in the state, and with
// it new verdict keys, so that no verdict outlives its rule.
const RuleVersion = 1

const signatureSize = 64

// Check is one signature question under consensus.
type Check struct {
	Key   keys.Public
	Alg   keys.Algorithm
	Input []byte
	Value []byte
}

// VerdictKey names a Check in a verdict cache: SHA-256(rule version ‖ alg ‖ key ‖ SHA-256(input) ‖ value).
type VerdictKey [sha256.Size]byte

// Verdicts remembers verdicts. Implementations are safe for concurrent use and never change an outcome, only its cost.
type Verdicts interface {
	Get(VerdictKey) (ok, known bool)
	Put(VerdictKey, bool)
}

// CacheKey returns the verdict key of c. It covers everything that Verify looks at: another header, key or signature
// over the same payload is another question.
func (c Check) CacheKey() VerdictKey {
	key := c.Key.Bytes()
	input := sha256.Sum256(c.Input)
	buf := make([]byte, 0, 256)
	buf = append(buf, RuleVersion, byte(len(c.Alg)))
	buf = append(buf, c.Alg...)
	buf = append(buf, byte(len(key)))
	buf = append(buf, key...)
	buf = append(buf, input[:]...)
	buf = append(buf, c.Value...)
	return sha256.Sum256(buf)
}

// Verify applies the one rule: Ed25519 by ZIP-215, P-256 with low S. A key of another algorithm verifies nothing.
func (c Check) Verify() bool {
	if c.Key.IsZero() || c.Alg != c.Key.Algorithm() || len(c.Value) != signatureSize {
		return false
	}
	switch c.Alg {
	case keys.EdDSA:
		return verifyEd25519(c.Key.Bytes(), c.Input, c.Value)
	case keys.ES256:
		return verifyP256(c.Key.Bytes(), c.Input, c.Value)
	}
	return false
}

// zip215 is used by single and batch verification alike: with it, and only with such cofactored options, both accept
// exactly the same signatures.
var zip215 = &ed25519.Options{Verify: ed25519.VerifyOptionsZIP_215}

func verifyEd25519(key, message, signature []byte) bool {
	return len(key) == ed25519.PublicKeySize && ed25519.VerifyWithOptions(key, message, signature, zip215)
}

// The order n of P-256 and (n−1)/2, big-endian (FIPS 186-5, SP 800-186).
var (
	orderP256     = mustHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
	halfOrderP256 = mustHex("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8")
	zeroScalar    = make([]byte, 32)
)

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// verifyP256 checks 0 < r < n and 0 < s ≤ (n−1)/2 before the curve is touched.
func verifyP256(key, message, signature []byte) bool {
	r, s := signature[:32], signature[32:]
	if !inRange(r, orderP256) || !inRange(s, orderP256) || bytes.Compare(s, halfOrderP256) > 0 {
		return false
	}
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), key)
	if x == nil {
		return false
	}
	point := make([]byte, 65)
	point[0] = 4 // uncompressed (SEC 1, section 2.3.3)
	x.FillBytes(point[1:33])
	y.FillBytes(point[33:])
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return false
	}
	digest := sha256.Sum256(message)
	return ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(r), new(big.Int).SetBytes(s))
}

func inRange(scalar, order []byte) bool {
	return bytes.Compare(scalar, zeroScalar) > 0 && bytes.Compare(scalar, order) < 0
}

// lowS returns signature with s replaced by n−s if s is in the upper half; anything that is no signature is returned as it is.
func lowS(signature []byte) []byte {
	if len(signature) != signatureSize {
		return signature
	}
	s := signature[32:]
	if bytes.Compare(s, halfOrderP256) <= 0 || bytes.Compare(s, orderP256) >= 0 {
		return signature
	}
	low := new(big.Int).Sub(new(big.Int).SetBytes(orderP256), new(big.Int).SetBytes(s))
	out := bytes.Clone(signature)
	low.FillBytes(out[32:])
	return out
}
