package jose

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// strict refuses non-zero trailing bits; decode refuses the line breaks that encoding/base64 would skip.
var strict = base64.RawURLEncoding.Strict()

// split cuts a compact serialization into its three encoded parts (RFC 7515 section 7.1).
func split(compact string) (header, payload, signature string, err error) {
	header, rest, ok := strings.Cut(compact, ".")
	if !ok {
		return "", "", "", fmt.Errorf("%w: compact serialization has three parts", ErrMalformed)
	}
	payload, signature, ok = strings.Cut(rest, ".")
	if !ok || strings.IndexByte(signature, '.') >= 0 {
		return "", "", "", fmt.Errorf("%w: compact serialization has three parts", ErrMalformed)
	}
	if header == "" || payload == "" || signature == "" {
		return "", "", "", fmt.Errorf("%w: empty part", ErrMalformed)
	}
	return header, payload, signature, nil
}

// decode reads base64url without padding; one byte string has one encoding.
func decode(part, name string) ([]byte, error) {
	if strings.ContainsAny(part, "\r\n") {
		return nil, fmt.Errorf("%w: %s is not base64url", ErrMalformed, name)
	}
	out, err := strict.DecodeString(part)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is not base64url", ErrMalformed, name)
	}
	return out, nil
}
