// Package keystore keeps private keys and signs with them.
//
// A private key leaves a store only as a Signer, which signs and says its public key, and nothing else: what a hardware
// module offers too. The File store is a folder of age files that are sealed to one identity, which is itself sealed with a
// passphrase; opening it costs one scrypt, using it none.
//
//	store, err := keystore.OpenOrCreate(dir, keystore.Options{Passphrase: keystore.FromFile(path)})
//	signer, err := store.Generate(ctx, "sponsor", keys.EdDSA)
//	signature, err := signer.Sign(ctx, message)
package keystore

import (
	"context"
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/did/keys"
)

// What a store can say.
var (
	ErrExists      = errors.New("key exists already")
	ErrNotFound    = errors.New("key not found")
	ErrName        = errors.New("invalid key name")
	ErrNoKeystore  = errors.New("no keystore")
	ErrPassphrase  = errors.New("wrong passphrase")
	ErrPermissions = errors.New("permissions too wide")
	ErrDamaged     = errors.New("damaged key file")
	ErrInvalidKey  = errors.New("invalid private key")
)

// Signer signs with one key. A hardware module implements it as well as a file does. Safe for concurrent use.
type Signer interface {
	// Public returns the key that verifies what Sign makes.
	Public() keys.Public
	// Sign returns the JOSE-form signature of message: Ed25519 64 bytes, ECDSA r‖s with low S, 64 bytes (P-384: 96).
	Sign(ctx context.Context, message []byte) ([]byte, error)
}

// Store keeps named signers. Names are 1 to 64 of a–z, 0–9, '-', '_' and '.', beginning with a letter or digit; ErrName
// otherwise. Safe for concurrent use.
type Store interface {
	// Generate makes a key under name; ErrExists if the name is taken.
	Generate(ctx context.Context, name string, alg keys.Algorithm) (Signer, error)
	// Signer returns the signer called name; ErrNotFound if there is none.
	Signer(ctx context.Context, name string) (Signer, error)
	// Names lists the names in order.
	Names(ctx context.Context) ([]string, error)
}

// Importer is a Store that also takes keys made elsewhere. Both File and Memory are.
type Importer interface {
	Store
	// Import keeps key under name; ErrExists if the name is taken.
	Import(ctx context.Context, name string, key *Private) (Signer, error)
}

const maxName = 64

// checkName keeps names apart from paths, and from each other on file systems that ignore case.
func checkName(name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("%w: %d characters, 1 to %d expected", ErrName, len(name), maxName)
	}
	for i := range len(name) {
		c := name[i]
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || i > 0 && (c == '-' || c == '_' || c == '.') {
			continue
		}
		return fmt.Errorf("%w: %+q: only a–z, 0–9 and inner '-', '_', '.'", ErrName, name)
	}
	return nil
}
