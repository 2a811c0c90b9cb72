package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"math/big"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

const signatureSize = 64

// stdlib makes voi decide as crypto/ed25519 does, a third faster.
var stdlib = &ed25519.Options{Verify: ed25519.VerifyOptionsStdLib}

// Verify checks a JOSE-form signature (Ed25519 64 bytes, ECDSA raw r‖s 64 bytes) of credentials:
// standard rules, both high and low S. Consensus has its own rule: see app/op.
func (k Public) Verify(message, signature []byte) bool {
	if len(signature) != signatureSize {
		return false
	}
	switch k.alg {
	case EdDSA:
		return ed25519.VerifyWithOptions(ed25519.PublicKey(k.raw), message, signature, stdlib)
	case ES256:
		return k.verifyECDSA(message, signature)
	}
	return false
}

func (k Public) verifyECDSA(message, signature []byte) bool {
	key := k.ECDSA()
	if key == nil {
		return false
	}
	digest := sha256.Sum256(message)
	r := new(big.Int).SetBytes(signature[:32])
	s := new(big.Int).SetBytes(signature[32:])
	return ecdsa.Verify(key, digest[:], r, s)
}

// ECDSA returns the key for crypto/ecdsa, nil unless the algorithm is ES256. It is made anew at every call.
func (k Public) ECDSA() *ecdsa.PublicKey {
	if k.alg != ES256 {
		return nil
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), k.uncompressed())
	if err != nil {
		return nil // not reached: the point was checked when k was made
	}
	return key
}

// uncompressed returns 0x04 ‖ x ‖ y of a P-256 key.
func (k Public) uncompressed() []byte {
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), []byte(k.raw))
	point := make([]byte, uncompressedSize)
	point[0] = 4
	x.FillBytes(point[1:compressedSize])
	y.FillBytes(point[compressedSize:])
	return point
}
