package jose

import (
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/did/jcs"
)

// Token is a parsed compact JWS whose payload is a JSON object. Nothing of it is authentic before Verify.
type Token struct {
	Header    map[string]any // as parsed by jcs.Parse
	Payload   map[string]any // as parsed by jcs.Parse
	Algorithm string         // alg
	Type      string         // typ
	KeyID     string         // kid, "" if absent
	Ignored   []string       // header members that carry or locate keys and were not used
	Compact   string         // the serialization that was parsed

	signature []byte
	signed    int // length of the signing input, a prefix of Compact
}

// Limits bound what Parse reads. Zero fields mean the defaults.
type Limits struct {
	MaxBytes  int // of the whole serialization, default 1 MiB
	MaxHeader int // of the encoded header, default 8 KiB
	MaxDepth  int // of the payload's JSON, default 32
}

func (l Limits) withDefaults() Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = 1 << 20
	}
	if l.MaxHeader <= 0 {
		l.MaxHeader = 8 << 10
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = 32
	}
	return l
}

// Parse reads a compact serialization strictly: three base64url parts without padding, header and payload JSON objects
// without duplicate members. Sizes are checked before anything is decoded. It checks neither typ nor alg nor signature:
// see CheckType, CheckAlgorithm and Verify. Errors wrap ErrTooLarge, ErrMalformed or ErrAlgorithm.
func Parse(compact string, limits Limits) (*Token, error) {
	limits = limits.withDefaults()
	if len(compact) > limits.MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(compact), limits.MaxBytes)
	}
	header, payload, signature, err := split(compact)
	if err != nil {
		return nil, err
	}
	if len(header) > limits.MaxHeader {
		return nil, fmt.Errorf("%w: header of %d bytes, at most %d", ErrTooLarge, len(header), limits.MaxHeader)
	}
	t := &Token{Compact: compact, signed: len(header) + 1 + len(payload)}
	if t.Header, err = object(header, "header", jcs.Limits{MaxBytes: limits.MaxHeader, MaxDepth: 4}); err != nil {
		return nil, err
	}
	if err := t.checkHeader(); err != nil {
		return nil, err
	}
	if t.Payload, err = object(payload, "payload", jcs.Limits{MaxBytes: limits.MaxBytes, MaxDepth: limits.MaxDepth}); err != nil {
		return nil, err
	}
	if t.signature, err = decode(signature, "signature"); err != nil {
		return nil, err
	}
	return t, nil
}

// object decodes a part that must be a JSON object without duplicate members at any level.
func object(part, name string, limits jcs.Limits) (map[string]any, error) {
	raw, err := decode(part, name)
	if err != nil {
		return nil, err
	}
	v, err := jcs.Parse(raw, limits)
	if errors.Is(err, jcs.ErrTooLarge) {
		return nil, fmt.Errorf("%w: %s", ErrTooLarge, name)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrMalformed, name, err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: %s is not a JSON object", ErrMalformed, name)
	}
	return m, nil
}
