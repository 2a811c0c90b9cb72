package keystore

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math/big"

	"github.com/hanse-id/hanse/did/keys"
)

// Private is a private key in memory. It is a Signer. However it is printed, logged or marshalled, only the public key shows.
type Private struct {
	public keys.Public
	secret *secret // behind a pointer, so that printing a struct that contains a Private prints an address at most
}

type secret struct {
	raw     []byte // Ed25519 seed or P-256 scalar, 32 bytes
	ed25519 ed25519.PrivateKey
	p256    *ecdsa.PrivateKey
}

const secretSize = 32

// GeneratePrivate makes a key from the system's randomness.
func GeneratePrivate(alg keys.Algorithm) (*Private, error) {
	if alg == keys.ES256 {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		raw, err := key.Bytes()
		if err != nil {
			return nil, err
		}
		return NewPrivate(alg, raw)
	}
	seed := make([]byte, secretSize)
	if _, err := rand.Read(seed); err != nil {
		return nil, err
	}
	return NewPrivate(alg, seed)
}

// NewPrivate makes a key from an Ed25519 seed or a P-256 scalar, 32 bytes each. ErrInvalidKey if these are none.
func NewPrivate(alg keys.Algorithm, raw []byte) (*Private, error) {
	if len(raw) != secretSize {
		return nil, fmt.Errorf("%w: %d bytes, %d expected", ErrInvalidKey, len(raw), secretSize)
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
		return keys.New(alg, s.ed25519[secretSize:])
	case keys.ES256:
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), s.raw)
		if err != nil {
			return keys.Public{}, fmt.Errorf("%w: not a P-256 scalar", ErrInvalidKey)
		}
		s.p256 = key
		point, err := key.PublicKey.Bytes()
		if err != nil {
			return keys.Public{}, fmt.Errorf("%w: no P-256 point", ErrInvalidKey)
		}
		return keys.New(alg, point)
	}
	return keys.Public{}, fmt.Errorf("%w: algorithm %+q", keys.ErrUnsupported, string(alg))
}

// Public returns the public key.
func (p *Private) Public() keys.Public { return p.public }

// Sign signs message (Ed25519), or its SHA-256 (ECDSA, low S: a signature that also consensus accepts).
func (p *Private) Sign(ctx context.Context, message []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if p.secret.p256 == nil {
		return ed25519.Sign(p.secret.ed25519, message), nil
	}
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, p.secret.p256, digest[:])
	if err != nil {
		return nil, err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	lowS(s).FillBytes(signature[32:])
	return signature, nil
}

// lowS returns the smaller of s and its negative; both verify, and half of all signatures have the greater one.
func lowS(s *big.Int) *big.Int {
	order := elliptic.P256().Params().N
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
