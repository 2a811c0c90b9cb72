package op_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"math/big"
	"testing"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// edSigner signs with the Ed25519 key whose seed is 32 times one byte.
type edSigner struct {
	seed   byte
	public keys.Public
	secret ed25519.PrivateKey
}

func ed(seed byte) edSigner {
	secret := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	return edSigner{seed, must(keys.New(keys.EdDSA, secret.Public().(ed25519.PublicKey))), secret}
}

func (s edSigner) Public() keys.Public { return s.public }

func (s edSigner) Sign(_ context.Context, message []byte) ([]byte, error) {
	return ed25519.Sign(s.secret, message), nil
}

// ecSigner signs with the P-256 key whose secret scalar is 32 times one byte, deterministically (RFC 6979).
type ecSigner struct {
	public keys.Public
	secret *ecdsa.PrivateKey
}

func ec(scalar byte) ecSigner {
	d := bytes.Repeat([]byte{scalar}, 32)
	secret := must(ecdsa.ParseRawPrivateKey(elliptic.P256(), d))
	return ecSigner{must(keys.New(keys.ES256, must(secret.PublicKey.Bytes()))), secret}
}

func (s ecSigner) Public() keys.Public { return s.public }

func (s ecSigner) Sign(_ context.Context, message []byte) ([]byte, error) {
	r, sv, err := s.rs(message)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	sv.FillBytes(out[32:])
	return out, nil
}

func (s ecSigner) der(message []byte) []byte {
	digest := sha256.Sum256(message)
	return must(s.secret.Sign(nil, digest[:], crypto.SHA256))
}

func (s ecSigner) rs(message []byte) (r, sv *big.Int, err error) {
	return parseDER(s.der(message))
}

var orderP256 = elliptic.P256().Params().N

// highS returns the other valid signature of a low-S one, and the other way round.
func highS(signature []byte) []byte {
	out := bytes.Clone(signature)
	new(big.Int).Sub(orderP256, new(big.Int).SetBytes(signature[32:])).FillBytes(out[32:])
	return out
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

const league = "test"

var nonce = [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

// kidOf is the did:key URL of a signer's key.
func kidOf(s op.Signer) did.URL { return must(did.ParseURL(s.Public().DIDKeyURL())) }

func draft() op.Draft {
	return op.Draft{
		League: league,
		Type:   "status.set",
		By:     did.DID(ed(1).Public().DIDKey()),
		Exp:    1_800_000_000,
		Nonce:  nonce,
		Body:   map[string]any{"list": "bGlzdA", "set": map[string]any{"7": int64(1)}},
	}
}

// signed returns the envelope of d with one signature by each signer, kids being their did:key URLs.
func signed(t testing.TB, d op.Draft, signers ...op.Signer) []byte {
	t.Helper()
	payload, err := d.Payload()
	if err != nil {
		t.Fatal(err)
	}
	signatures := make([]op.Signature, len(signers))
	for i, s := range signers {
		if signatures[i], err = op.Sign(t.Context(), payload, kidOf(s), s); err != nil {
			t.Fatal(err)
		}
	}
	envelope, err := op.Assemble(payload, signatures)
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}

func decoded(t testing.TB, envelope []byte) *op.Operation {
	t.Helper()
	o, err := op.Decode(envelope)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
