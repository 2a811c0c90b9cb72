package issuance

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/did/keystore"
)

// sealer seals what must not lie about in the clear: answers under an Idempotency-Key, and retained credentials. Its
// keys come from a signature that only the keystore's operator key can make (Ed25519 is deterministic), so that the
// store's file alone opens nothing and no further secret has to be kept.
type sealer struct {
	aead        cipher.AEAD
	fingerprint []byte
}

// sealContext is what is signed. It is no JWS signing input, so no operation's signature gives the key away.
const sealContext = "hanse issuance store: derive the sealing key, version 1\x00"

func newSealer(ctx context.Context, signer keystore.Signer) (*sealer, error) {
	secret, err := signer.Sign(ctx, []byte(sealContext))
	if err != nil {
		return nil, fmt.Errorf("issuance: sealing key: %w", err)
	}
	again, err := signer.Sign(ctx, []byte(sealContext))
	if err != nil {
		return nil, fmt.Errorf("issuance: sealing key: %w", err)
	}
	if !bytes.Equal(secret, again) {
		return nil, errors.New("issuance: sealing key: the operator key does not sign deterministically")
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "hanse seal", 32)
	if err != nil {
		return nil, fmt.Errorf("issuance: sealing key: %w", err)
	}
	fingerprint, err := hkdf.Key(sha256.New, secret, nil, "hanse fingerprint", 32)
	if err != nil {
		return nil, fmt.Errorf("issuance: sealing key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("issuance: sealing key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("issuance: sealing key: %w", err)
	}
	return &sealer{aead: aead, fingerprint: fingerprint}, nil
}

// Seal encrypts plain; label must be given again to open it.
func (s *sealer) Seal(plain []byte, label string) []byte {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return s.aead.Seal(nonce, nonce, plain, []byte(label))
}

// Open is the inverse of Seal.
func (s *sealer) Open(sealed []byte, label string) ([]byte, error) {
	if len(sealed) < s.aead.NonceSize() {
		return nil, errors.New("sealed value is too short")
	}
	nonce, rest := sealed[:s.aead.NonceSize()], sealed[s.aead.NonceSize():]
	plain, err := s.aead.Open(nil, nonce, rest, []byte(label))
	if err != nil {
		return nil, errors.New("sealed value does not open with this operator key")
	}
	return plain, nil
}

// Fingerprint is a keyed hash: what people say about themselves can be guessed, so a plain hash would not hide it.
func (s *sealer) Fingerprint(parts ...[]byte) (sum [32]byte) {
	mac := hmac.New(sha256.New, s.fingerprint)
	for _, part := range parts {
		var length [8]byte
		for i, n := 0, uint64(len(part)); i < 8; i++ {
			length[i] = byte(n >> (56 - 8*i))
		}
		mac.Write(length[:])
		mac.Write(part)
	}
	mac.Sum(sum[:0])
	return sum
}
