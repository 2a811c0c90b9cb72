package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	_ "crypto/sha256" // links SHA-256
	_ "crypto/sha512" // links SHA-384
	"fmt"
	"math/big"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	koblitz "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// curve is one row of the table of elliptic curves: how its keys are called and written.
type curve struct {
	alg    Algorithm
	name   string // `crv` of a JWK, and in messages
	prefix string // multicodec, unsigned varint
	size   int    // bytes of a coordinate
	hash   crypto.Hash
	nist   elliptic.Curve // nil: secp256k1, which the standard library does not have
}

var (
	p256      = curve{ES256, "P-256", "\x80\x24", 32, crypto.SHA256, elliptic.P256()}          // p256-pub, 0x1200
	p384      = curve{ES384, "P-384", "\x81\x24", 48, crypto.SHA384, elliptic.P384()}          // p384-pub, 0x1201
	secp256K1 = curve{ES256K, "secp256k1", "\xe7\x01", 32, crypto.SHA256, elliptic.Curve(nil)} // secp256k1-pub, 0xe7
	curves    = [...]*curve{&p256, &p384, &secp256K1}
)

// curveOf finds the curve of an algorithm; nil if it has none.
func curveOf(alg Algorithm) *curve {
	for _, c := range curves {
		if c.alg == alg {
			return c
		}
	}
	return nil
}

// key validates a point, compressed or not, and keeps it compressed (SEC 1, 2.3.3).
func (c *curve) key(raw []byte) (Public, error) {
	switch len(raw) {
	case 1 + c.size:
		if c.decompress(raw) == nil {
			return Public{}, fmt.Errorf("%w: not a compressed %s point", ErrInvalid, c.name)
		}
		return Public{alg: c.alg, raw: string(raw)}, nil
	case 1 + 2*c.size:
		compressed := append([]byte{2 + raw[2*c.size]&1}, raw[1:1+c.size]...)
		if raw[0] != 4 || string(c.decompress(compressed)) != string(raw) {
			return Public{}, fmt.Errorf("%w: not a %s point", ErrInvalid, c.name)
		}
		return Public{alg: c.alg, raw: string(compressed)}, nil
	}
	return Public{}, fmt.Errorf("%w: %s key of %d bytes, %d or %d expected", ErrInvalid, c.name, len(raw), 1+c.size, 1+2*c.size)
}

// decompress returns 0x04 ‖ x ‖ y; nil if there is no such point.
func (c *curve) decompress(point []byte) []byte {
	if c.nist == nil {
		key, err := secp256k1.ParsePubKey(point)
		if err != nil || point[0] != 2 && point[0] != 3 {
			return nil
		}
		return key.SerializeUncompressed()
	}
	x, y := elliptic.UnmarshalCompressed(c.nist, point)
	if x == nil {
		return nil
	}
	out := make([]byte, 1+2*c.size)
	out[0] = 4
	x.FillBytes(out[1 : 1+c.size])
	y.FillBytes(out[1+c.size:])
	return out
}

// verify checks r‖s over the hash of message.
func (c *curve) verify(k Public, message, signature []byte) bool {
	h := c.hash.New()
	h.Write(message)
	digest := h.Sum(nil)
	if c.nist == nil {
		return verifyKoblitz(k, digest, signature)
	}
	key := k.ECDSA()
	if key == nil {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:c.size]), new(big.Int).SetBytes(signature[c.size:])
	return ecdsa.Verify(key, digest, r, s)
}

func verifyKoblitz(k Public, digest, signature []byte) bool {
	key, err := secp256k1.ParsePubKey([]byte(k.raw))
	if err != nil {
		return false
	}
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(signature[:32]) || s.SetByteSlice(signature[32:]) || r.IsZero() || s.IsZero() {
		return false // SetByteSlice reports a value at or above the order
	}
	return koblitz.NewSignature(&r, &s).Verify(digest, key)
}
