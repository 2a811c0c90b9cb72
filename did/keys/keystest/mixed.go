// Package keystest makes signatures that implementations disagree about, for tests.
package keystest

import (
	"crypto/ed25519"
	"crypto/sha512"
	"slices"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// SignMixed makes an Ed25519 signature whose commitment R has a part of small order, the n-th of seven: the equation of RFC 8032
// holds with the cofactor and not without. Only who holds the key can make one. It is neither secret nor constant-time.
func SignMixed(key ed25519.PrivateKey, message []byte, n int) ([]byte, error) {
	expanded := sha512.Sum512(key.Seed())
	expanded[0] &= 248
	expanded[31] = expanded[31]&127 | 64
	a, err := scalar.NewFromBytesModOrder(expanded[:32])
	if err != nil {
		return nil, err
	}
	r := scalar.NewFromUint64(uint64(len(message)) + 7)
	var point curve.EdwardsPoint
	point.MulBasepoint(curve.ED25519_BASEPOINT_TABLE, r)
	point.Add(&point, curve.EIGHT_TORSION[1+n%7])
	var commitment curve.CompressedEdwardsY
	commitment.SetEdwardsPoint(&point)
	digest := sha512.Sum512(slices.Concat(commitment[:], key[32:], message))
	k, err := scalar.NewFromBytesModOrderWide(digest[:])
	if err != nil {
		return nil, err
	}
	var s scalar.Scalar
	s.Mul(k, a)
	s.Add(&s, r)
	response := make([]byte, 32)
	if err := s.ToBytes(response); err != nil {
		return nil, err
	}
	return slices.Concat(commitment[:], response), nil
}
