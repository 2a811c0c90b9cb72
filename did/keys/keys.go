// Package keys holds public keys of the kinds hanse knows, their codecs (Multikey, JWK) and signature checks.
//
// A key has one algorithm and one byte form, and every codec here accepts exactly one text for it: two texts that
// differ are two keys, or one of them is refused.
//
//	key, err := keys.ParseMultikey("z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp")
//	ok := key.Verify(message, signature)
package keys

import (
	"errors"
	"fmt"

	edwards "github.com/oasisprotocol/curve25519-voi/curve"
)

// Algorithm is a JOSE signature algorithm name.
type Algorithm string

// The algorithms hanse signs with.
const (
	EdDSA  Algorithm = "EdDSA"  // Ed25519, RFC 8037
	ES256  Algorithm = "ES256"  // ECDSA P-256 with SHA-256, RFC 7518
	ES384  Algorithm = "ES384"  // ECDSA P-384 with SHA-384, RFC 7518
	ES256K Algorithm = "ES256K" // ECDSA secp256k1 with SHA-256, RFC 8812
)

// OnLedger reports whether keys of this kind may stand in ledger records and sign operations: those for which consensus has
// a signature rule. The others sign credentials of did:key, did:jwk and did:web issuers.
func (a Algorithm) OnLedger() bool { return a == EdDSA || a == ES256 }

// What can be wrong with a key.
var (
	ErrInvalid     = errors.New("invalid public key")
	ErrUnsupported = errors.New("key type not supported")
	ErrPrivate     = errors.New("private key material where a public key is expected")
)

const ed25519Size = 32

// Public is a public key. It is comparable: two keys are equal iff algorithm and bytes are. The zero value is no key.
type Public struct {
	alg Algorithm
	raw string // Ed25519: 32 bytes; elliptic curves: compressed point
}

// New returns the key with these bytes (Ed25519: 32; P-256 and secp256k1: 33 compressed or 65 uncompressed; P-384: 49 or 97),
// validated: points must be on their curve, Ed25519 points canonically encoded and not of small order, because a signature
// under such a point proves nothing. Errors: ErrInvalid, ErrUnsupported.
func New(alg Algorithm, raw []byte) (Public, error) {
	if alg == EdDSA {
		return newEd25519(raw)
	}
	if c := curveOf(alg); c != nil {
		return c.key(raw)
	}
	return Public{}, fmt.Errorf("%w: algorithm %q", ErrUnsupported, shorten(string(alg)))
}

func newEd25519(raw []byte) (Public, error) {
	if len(raw) != ed25519Size {
		return Public{}, fmt.Errorf("%w: Ed25519 key of %d bytes, 32 expected", ErrInvalid, len(raw))
	}
	var encoded edwards.CompressedEdwardsY
	var point edwards.EdwardsPoint
	copy(encoded[:], raw)
	if _, err := point.SetCompressedY(&encoded); err != nil || !encoded.IsCanonicalVartime() {
		return Public{}, fmt.Errorf("%w: not the encoding of an Ed25519 point", ErrInvalid)
	}
	if point.IsSmallOrder() {
		return Public{}, fmt.Errorf("%w: Ed25519 point of small order", ErrInvalid)
	}
	return Public{alg: EdDSA, raw: string(raw)}, nil
}

// Algorithm returns the one algorithm this key signs with.
func (k Public) Algorithm() Algorithm { return k.alg }

// Bytes returns a copy of the raw key (Ed25519: 32 bytes; elliptic curves: the compressed point).
func (k Public) Bytes() []byte { return []byte(k.raw) }

// IsZero reports whether k is no key.
func (k Public) IsZero() bool { return k.raw == "" }

// String returns the Multikey form, for logs and test output.
func (k Public) String() string { return k.Multikey() }

// Equal reports whether k and other are the same key, as == does.
func (k Public) Equal(other Public) bool { return k == other }

// MarshalText returns the Multikey form.
func (k Public) MarshalText() ([]byte, error) { return []byte(k.Multikey()), nil }

// UnmarshalText reads the Multikey form as ParseMultikey does.
func (k *Public) UnmarshalText(text []byte) error {
	key, err := ParseMultikey(string(text))
	if err != nil {
		return err
	}
	*k = key
	return nil
}

// shorten keeps what a stranger sent from filling a log.
func shorten(s string) string {
	const most = 32
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
