package sdjwt

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/hanse-id/hanse/did/jcs"
)

// What Parse, Claims and CheckBinding can say.
var (
	ErrMalformed  = errors.New("malformed SD-JWT")
	ErrTooLarge   = errors.New("SD-JWT too large")
	ErrDisclosure = errors.New("invalid disclosure") // breaks RFC 9901, section 7.1
	ErrAlgorithm  = errors.New("hash algorithm not supported")
	ErrBinding    = errors.New("invalid key binding")
)

// Names that RFC 9901 reserves.
const (
	nameDigests   = "_sd"
	nameElement   = "..."
	nameAlgorithm = "_sd_alg"
)

// Disclosure opens one digest (section 4.2).
type Disclosure struct {
	Encoded string // base64url of the JSON array: what is hashed and sent
	Salt    string
	Name    string // of an object member; empty for an array element
	Element bool   // of an array
	Value   any
}

// strict refuses non-zero trailing bits.
var strict = base64.RawURLEncoding.Strict()

// parseDisclosure reads [salt, name, value] or [salt, value].
func parseDisclosure(encoded string, limits Limits) (Disclosure, error) {
	if strings.ContainsAny(encoded, "\r\n") {
		return Disclosure{}, fmt.Errorf("%w: not base64url", ErrDisclosure)
	}
	data, err := strict.DecodeString(encoded)
	if err != nil {
		return Disclosure{}, fmt.Errorf("%w: not base64url", ErrDisclosure)
	}
	value, err := jcs.Parse(data, jcs.Limits{MaxBytes: limits.MaxBytes, MaxDepth: limits.MaxDepth})
	if err != nil {
		return Disclosure{}, fmt.Errorf("%w: %w", ErrDisclosure, err)
	}
	parts, _ := value.([]any)
	if len(parts) != 2 && len(parts) != 3 {
		return Disclosure{}, fmt.Errorf("%w: an array of two or three expected", ErrDisclosure)
	}
	d := Disclosure{Encoded: encoded, Value: parts[len(parts)-1], Element: len(parts) == 2}
	var ok bool
	if d.Salt, ok = parts[0].(string); !ok {
		return Disclosure{}, fmt.Errorf("%w: the salt is not a string", ErrDisclosure)
	}
	if d.Element {
		return d, nil
	}
	if d.Name, ok = parts[1].(string); !ok {
		return Disclosure{}, fmt.Errorf("%w: the claim name is not a string", ErrDisclosure)
	}
	if d.Name == nameDigests || d.Name == nameElement || d.Name == nameAlgorithm { // the last stands at the top, signed (section 4.1.1)
		return Disclosure{}, fmt.Errorf("%w: a claim must not be named %q", ErrDisclosure, d.Name)
	}
	return d, nil
}

// newDisclosure makes a disclosure with a fresh salt of 128 bits.
func newDisclosure(name string, element bool, value any) (Disclosure, error) {
	var salt [16]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return Disclosure{}, err
	}
	d := Disclosure{Salt: strict.EncodeToString(salt[:]), Name: name, Element: element, Value: value}
	parts := []any{d.Salt, name, value}
	if element {
		parts = []any{d.Salt, value}
	}
	data, err := jcs.Marshal(parts)
	if err != nil {
		return Disclosure{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	d.Encoded = strict.EncodeToString(data)
	return d, nil
}

// digester hashes what is sent, as text (section 4.2.3).
type digester func(text string) string

// digesters are the hash algorithms by their names in the "Named Information Hash Algorithm" registry. Weak ones are not there.
func digesterOf(name string) (digester, error) {
	switch name {
	case "", "sha-256":
		return func(text string) string {
			h := sha256.Sum256([]byte(text))
			return strict.EncodeToString(h[:])
		}, nil
	case "sha-384":
		return func(text string) string {
			h := sha512.Sum384([]byte(text))
			return strict.EncodeToString(h[:])
		}, nil
	case "sha-512":
		return func(text string) string {
			h := sha512.Sum512([]byte(text))
			return strict.EncodeToString(h[:])
		}, nil
	}
	return nil, fmt.Errorf("%w: %.64q", ErrAlgorithm, name)
}
