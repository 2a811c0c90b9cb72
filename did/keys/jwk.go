package keys

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// privateMembers are those of RFC 7518 6 and RFC 8037 2 that hold secrets.
var privateMembers = [...]string{"d", "k", "p", "q", "dp", "dq", "qi", "oth", "priv"}

// ParseJWK reads a public JWK (RFC 7517): OKP Ed25519, or EC P-256, P-384 or secp256k1 (RFC 8812). Coordinates are exactly as long as
// the curve needs, in base64url.
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
	if kty == "OKP" && crv == "Ed25519" {
		key, err = parseOKP(jwk)
	} else if c := curveNamed(crv); kty == "EC" && c != nil {
		key, err = c.parseJWK(jwk)
	} else {
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
	x, err := coordinate(jwk, "x", ed25519Size)
	if err != nil {
		return Public{}, err
	}
	return newEd25519(x)
}

func curveNamed(name string) *curve {
	for _, c := range curves {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (c *curve) parseJWK(jwk map[string]any) (Public, error) {
	x, err := coordinate(jwk, "x", c.size)
	if err != nil {
		return Public{}, err
	}
	y, err := coordinate(jwk, "y", c.size)
	if err != nil {
		return Public{}, err
	}
	point := make([]byte, 0, 1+2*c.size)
	return c.key(append(append(append(point, 4), x...), y...))
}

func member(jwk map[string]any, name string) (string, error) {
	s, ok := jwk[name].(string)
	if !ok || s == "" {
		return "", fmt.Errorf("%w: JWK member %q missing or no string", ErrInvalid, name)
	}
	return s, nil
}

// coordinate reads size bytes of base64url without padding, white space or trailing bits.
func coordinate(jwk map[string]any, name string, size int) ([]byte, error) {
	s, err := member(jwk, name)
	if err != nil {
		return nil, err
	}
	if len(s) != base64.RawURLEncoding.EncodedLen(size) || strings.ContainsAny(s, "\r\n") {
		return nil, fmt.Errorf("%w: JWK member %q is not %d bytes of base64url", ErrInvalid, name, size)
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
	if k.alg == EdDSA {
		return map[string]any{"kty": "OKP", "crv": "Ed25519", "x": encode([]byte(k.raw))}
	}
	c := curveOf(k.alg)
	if c == nil {
		return nil
	}
	point := c.decompress([]byte(k.raw))
	return map[string]any{"kty": "EC", "crv": c.name, "x": encode(point[1 : 1+c.size]), "y": encode(point[1+c.size:])}
}
