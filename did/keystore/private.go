package keystore

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"math/big"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	koblitz "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/hanse-id/hanse/did/keys"
)

// Private is a private key in memory. It is a Signer. However it is printed, logged or marshalled, only the public key shows.
type Private struct {
	public keys.Public
	secret *secret // behind a pointer, so that printing a struct that contains a Private prints an address at most
}

type secret struct {
	raw     []byte // Ed25519 seed, or scalar of the curve
	ed25519 ed25519.PrivateKey
	nist    *ecdsa.PrivateKey // P-256, P-384
	koblitz *secp256k1.PrivateKey
}

// secretSizes are the bytes of a private key of each kind.
var secretSizes = map[keys.Algorithm]int{keys.EdDSA: 32, keys.ES256: 32, keys.ES384: 48, keys.ES256K: 32}

func nistCurve(alg keys.Algorithm) elliptic.Curve {
	if alg == keys.ES384 {
		return elliptic.P384()
	}
	return elliptic.P256()
}

// GeneratePrivate makes a key from the system's randomness.
func GeneratePrivate(alg keys.Algorithm) (*Private, error) {
	switch alg {
	case keys.ES256, keys.ES384:
		key, err := ecdsa.GenerateKey(nistCurve(alg), rand.Reader)
		if err != nil {
			return nil, err
		}
		raw, err := key.Bytes()
		if err != nil {
			return nil, err
		}
		return NewPrivate(alg, raw)
	case keys.ES256K:
		key, err := secp256k1.GeneratePrivateKey()
		if err != nil {
			return nil, err
		}
		return NewPrivate(alg, key.Serialize())
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := rand.Read(seed); err != nil {
		return nil, err
	}
	return NewPrivate(alg, seed)
}

// NewPrivate makes a key from an Ed25519 seed or a scalar of the algorithm's curve: 32 bytes, 48 for P-384. ErrInvalidKey if
// these are none.
func NewPrivate(alg keys.Algorithm, raw []byte) (*Private, error) {
	size, known := secretSizes[alg]
	if !known {
		return nil, fmt.Errorf("%w: algorithm %+q", keys.ErrUnsupported, string(alg))
	}
	if len(raw) != size {
		return nil, fmt.Errorf("%w: %d bytes, %d expected", ErrInvalidKey, len(raw), size)
	}
	s := &secret{raw: append([]byte(nil), raw...)}
	public, err := s.open(alg)
	if err != nil {
		return nil, err
	}
	return &Private{public: public, secret: s}, nil
}

// open derives what signing needs, and the public key.
func (s *secret) open(alg keys.Algorithm) (keys.Public, error) {
	switch alg {
	case keys.EdDSA:
		s.ed25519 = ed25519.NewKeyFromSeed(s.raw)
		return keys.New(alg, s.ed25519[ed25519.SeedSize:])
	case keys.ES256K:
		var scalar secp256k1.ModNScalar
		if scalar.SetByteSlice(s.raw) || scalar.IsZero() {
			return keys.Public{}, fmt.Errorf("%w: not a secp256k1 scalar", ErrInvalidKey)
		}
		s.koblitz = secp256k1.NewPrivateKey(&scalar)
		return keys.New(alg, s.koblitz.PubKey().SerializeCompressed())
	}
	curve := nistCurve(alg)
	key, err := ecdsa.ParseRawPrivateKey(curve, s.raw)
	if err != nil {
		return keys.Public{}, fmt.Errorf("%w: not a %s scalar", ErrInvalidKey, curve.Params().Name)
	}
	s.nist = key
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return keys.Public{}, fmt.Errorf("%w: no %s point", ErrInvalidKey, curve.Params().Name)
	}
	return keys.New(alg, point)
}

// Public returns the public key.
func (p *Private) Public() keys.Public { return p.public }

// Sign signs message (Ed25519), or its hash (ECDSA, low S: a signature that also consensus accepts).
func (p *Private) Sign(ctx context.Context, message []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if p.secret.ed25519 != nil {
		return ed25519.Sign(p.secret.ed25519, message), nil
	}
	h := p.public.Algorithm().Hash().New()
	h.Write(message)
	digest := h.Sum(nil)
	if p.secret.koblitz != nil {
		signature := koblitz.Sign(p.secret.koblitz, digest)
		r, s := signature.R(), signature.S()
		rb, sb := r.Bytes(), s.Bytes()
		return append(rb[:], sb[:]...), nil
	}
	r, s, err := ecdsa.Sign(rand.Reader, p.secret.nist, digest)
	if err != nil {
		return nil, err
	}
	size := p.public.Algorithm().SignatureSize()
	signature := make([]byte, size)
	r.FillBytes(signature[:size/2])
	lowS(p.secret.nist.Curve, s).FillBytes(signature[size/2:])
	return signature, nil
}

// lowS returns the smaller of s and its negative; both verify, and half of all signatures have the greater one.
func lowS(curve elliptic.Curve, s *big.Int) *big.Int {
	order := curve.Params().N
	if s.Cmp(new(big.Int).Rsh(order, 1)) > 0 {
		return new(big.Int).Sub(order, s)
	}
	return s
}

// String names the public key only.
func (p *Private) String() string {
	if p == nil {
		return "no private key"
	}
	return "private key of " + p.public.Multikey()
}

// GoString names the public key only.
func (p *Private) GoString() string { return p.String() }

// Format names the public key only, whatever the verb.
func (p *Private) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// MarshalText names the public key only.
func (p *Private) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// LogValue names the public key only.
func (p *Private) LogValue() slog.Value { return slog.StringValue(p.String()) }
