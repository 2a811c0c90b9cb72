package keys

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// privateMembers are those of RFC 7518 6 and RFC 8037 2 that hold secrets.
var privateMembers = [...]string{"d", "k", "p", "q", "dp", "dq", "qi", "oth", "priv"}

// ParseJWK reads a public JWK (RFC 7517): OKP Ed25519 or EC P-256. Coordinates are exactly 32 bytes of base64url.
// A private member is ErrPrivate, and its value is never part of an error. `alg` and `use`, where given, must fit.
// Other members are ignored. Errors: ErrPrivate, ErrInvalid, ErrUnsupported.
func ParseJWK(jwk map[string]any) (Public, error) {
	for _, name := range privateMembers {
		if _, ok := jwk[name]; ok {
			return Public{}, fmt.Errorf("%w: JWK member %q", ErrPrivate, name)
		}
	}
	kty, err := member(jwk, "kty")
	if err != nil {
		return Public{}, err
	}
	crv, _ := jwk["crv"].(string)
	var key Public
	switch {
	case kty == "OKP" && crv == "Ed25519":
		key, err = parseOKP(jwk)
	case kty == "EC" && crv == "P-256":
		key, err = parseEC(jwk)
	default:
		err = fmt.Errorf("%w: JWK of type %q, curve %q", ErrUnsupported, shorten(kty), shorten(crv))
	}
	if err != nil {
		return Public{}, err
	}
	if err := checkUse(jwk, key.alg); err != nil {
		return Public{}, err
	}
	return key, nil
}

func parseOKP(jwk map[string]any) (Public, error) {
	if _, ok := jwk["y"]; ok {
		return Public{}, fmt.Errorf("%w: JWK member \"y\" in an OKP key", ErrInvalid)
	}
	x, err := coordinate(jwk, "x")
	if err != nil {
		return Public{}, err
	}
	return newEd25519(x)
}

func parseEC(jwk map[string]any) (Public, error) {
	x, err := coordinate(jwk, "x")
	if err != nil {
		return Public{}, err
	}
	y, err := coordinate(jwk, "y")
	if err != nil {
		return Public{}, err
	}
	point := make([]byte, 0, uncompressedSize)
	return newP256(append(append(append(point, 4), x...), y...))
}

func member(jwk map[string]any, name string) (string, error) {
	s, ok := jwk[name].(string)
	if !ok || s == "" {
		return "", fmt.Errorf("%w: JWK member %q missing or no string", ErrInvalid, name)
	}
	return s, nil
}

// coordinate reads 32 bytes of base64url without padding, white space or trailing bits.
func coordinate(jwk map[string]any, name string) ([]byte, error) {
	s, err := member(jwk, name)
	if err != nil {
		return nil, err
	}
	if len(s) != 43 || strings.ContainsAny(s, "\r\n") {
		return nil, fmt.Errorf("%w: JWK member %q is not 32 bytes of base64url", ErrInvalid, name)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%w: JWK member %q is not base64url", ErrInvalid, name)
	}
	return b, nil
}

func checkUse(jwk map[string]any, alg Algorithm) error {
	if v, ok := jwk["alg"]; ok {
		named, _ := v.(string)
		if Algorithm(named) != alg && !(alg == EdDSA && named == "Ed25519") {
			return fmt.Errorf("%w: JWK member \"alg\" does not fit the key", ErrInvalid)
		}
	}
	if v, ok := jwk["use"]; ok && v != "sig" {
		return fmt.Errorf("%w: JWK member \"use\" is not \"sig\"", ErrUnsupported)
	}
	return nil
}

// JWK returns the public JWK members (kty, crv, x, y) and no others; nil for no key.
func (k Public) JWK() map[string]any {
	encode := base64.RawURLEncoding.EncodeToString
	switch k.alg {
	case EdDSA:
		return map[string]any{"kty": "OKP", "crv": "Ed25519", "x": encode([]byte(k.raw))}
	case ES256:
		point := k.uncompressed()
		return map[string]any{"kty": "EC", "crv": "P-256",
			"x": encode(point[1:compressedSize]), "y": encode(point[compressedSize:])}
	}
	return nil
}
