// Package auth keeps API keys: high-entropy bearer tokens, stored hashed, scoped, and revocable by another process.
//
//	store, err := auth.OpenSQLite(ctx, "data/api.db")
//	key, token, err := store.Create(ctx, auth.NewKey{Name: "registrar", Scopes: []string{"write:/credentials/status"}})
//	key, err = store.Lookup(ctx, token) // ErrUnknown, ErrRevoked, ErrExpired
//
// A token is shown once, when it is made. What is stored is its SHA-256: a token has 256 random bits, so no slow hash is needed.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// What a store can say about a token or a key.
var (
	ErrUnknown   = errors.New("unknown API key")
	ErrRevoked   = errors.New("API key is revoked")
	ErrExpired   = errors.New("API key has expired")
	ErrMalformed = errors.New("malformed API key")
	ErrInvalid   = errors.New("invalid API key request")
)

// Key is what is known of an API key; never its token.
type Key struct {
	ID      string    `json:"id"`               // 16 hexadecimal digits, no secret
	Name    string    `json:"name"`             // for people
	Scopes  []string  `json:"scopes"`           // see Allows
	Created time.Time `json:"created"`          // whole seconds, UTC
	Expires time.Time `json:"expires,omitzero"` // zero: never
	Revoked time.Time `json:"revoked,omitzero"` // zero: not revoked
}

// NewKey asks for a key.
type NewKey struct {
	Name    string    // 1..100 bytes
	Scopes  []string  // 1..32
	Expires time.Time // zero: never
}

// Store keeps API keys. Implementations: SQLite (several processes on one file), Memory. Safe for concurrent use.
type Store interface {
	// Create makes a key and returns its token, which is never shown again. ErrInvalid for a bad request.
	Create(ctx context.Context, request NewKey) (Key, string, error)
	// List returns all keys, revoked ones too, oldest first.
	List(ctx context.Context) ([]Key, error)
	// Revoke ends a key at once, for every process that uses the store; ErrUnknown if there is none. Repeating it changes nothing.
	Revoke(ctx context.Context, id string) error
	// Lookup returns the key of a token: ErrMalformed, ErrUnknown, ErrRevoked or ErrExpired if it may not be used.
	// Any other error means that the store is unavailable.
	Lookup(ctx context.Context, token string) (Key, error)
	// Close releases the store.
	Close() error
}

// tokenPrefix makes tokens recognisable to people and to secret scanners.
const tokenPrefix = "hanse_"

// Validate checks a request; the error wraps ErrInvalid and names the operand.
func (n NewKey) Validate() error {
	if n.Name == "" || len(n.Name) > 100 || strings.ContainsFunc(n.Name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("%w: name must be 1 to 100 bytes without control characters", ErrInvalid)
	}
	if len(n.Scopes) == 0 || len(n.Scopes) > 32 {
		return fmt.Errorf("%w: 1 to 32 scopes are needed", ErrInvalid)
	}
	for _, scope := range n.Scopes {
		if err := checkScope(scope); err != nil {
			return err
		}
	}
	return nil
}

// issue makes a key and its token from a request at now.
func issue(request NewKey, now time.Time) (Key, string, error) {
	if err := request.Validate(); err != nil {
		return Key{}, "", err
	}
	secret := make([]byte, 32)
	id := make([]byte, 8)
	_, _ = rand.Read(secret) // crypto/rand.Read never fails (Go 1.24)
	_, _ = rand.Read(id)
	key := Key{
		ID: hex.EncodeToString(id), Name: request.Name, Scopes: append([]string(nil), request.Scopes...),
		Created: now.UTC().Truncate(time.Second), Expires: request.Expires.UTC().Truncate(time.Second),
	}
	return key, tokenPrefix + base64.RawURLEncoding.EncodeToString(secret), nil
}

// hashToken checks a token's form and returns what stores keep of it.
func hashToken(token string) (hash [32]byte, err error) {
	secret, found := strings.CutPrefix(token, tokenPrefix)
	if !found || len(secret) != base64.RawURLEncoding.EncodedLen(32) {
		return hash, ErrMalformed
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(secret); err != nil {
		return hash, ErrMalformed
	}
	return sha256.Sum256([]byte(token)), nil
}

// usable says whether k may be used at now.
func (k Key) usable(now time.Time) error {
	switch {
	case !k.Revoked.IsZero():
		return ErrRevoked
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return ErrExpired
	}
	return nil
}
