package jose

import (
	"fmt"
	"slices"

	"github.com/hanse-id/hanse/did/keys"
)

// algorithms maps the `alg` values that are accepted to the kind of key they need. "Ed25519" is the fully-specified
// name of RFC 9864.
var algorithms = map[string]keys.Algorithm{
	"EdDSA":   keys.EdDSA,
	"Ed25519": keys.EdDSA,
	"ES256":   keys.ES256,
	"ES384":   keys.ES384,
	"ES256K":  keys.ES256K,
}

// keyMembers are header parameters that carry or locate keys. They are never used; see Token.Ignored.
var keyMembers = []string{"jku", "jwk", "x5c", "x5t", "x5t#S256", "x5u"}

// checkHeader refuses headers that change how the rest is to be read, and picks the members out.
func (t *Token) checkHeader() error {
	for _, name := range []string{"alg", "typ", "kid", "cty"} {
		if v, ok := t.Header[name]; ok {
			if s, isString := v.(string); !isString || s == "" {
				return fmt.Errorf("%w: header member %q must be a string", headerError(name), name)
			}
		}
	}
	t.Algorithm, _ = t.Header["alg"].(string)
	t.Type, _ = t.Header["typ"].(string)
	t.KeyID, _ = t.Header["kid"].(string)
	for _, name := range []string{"b64", "zip", "enc"} {
		if _, ok := t.Header[name]; ok {
			return fmt.Errorf("%w: header member %q is not supported", ErrMalformed, name)
		}
	}
	for _, name := range keyMembers {
		if _, ok := t.Header[name]; ok {
			t.Ignored = append(t.Ignored, name)
		}
	}
	return t.checkCritical()
}

// headerError says which sentinel a wrong header member belongs to.
func headerError(name string) error {
	if name == "alg" {
		return ErrAlgorithm
	}
	return ErrMalformed
}

// checkCritical applies RFC 7515 section 4.1.11. No extension is understood, so that every well-formed `crit` is refused
// as well: the distinction only serves the message.
func (t *Token) checkCritical() error {
	v, ok := t.Header["crit"]
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return fmt.Errorf("%w: crit must be a list of names", ErrMalformed)
	}
	var seen []string
	for _, item := range list {
		name, ok := item.(string)
		if !ok || name == "" {
			return fmt.Errorf("%w: crit must be a list of names", ErrMalformed)
		}
		if slices.Contains(seen, name) {
			return fmt.Errorf("%w: crit names a parameter twice", ErrMalformed)
		}
		seen = append(seen, name)
	}
	return fmt.Errorf("%w: critical header parameter %.64q is not understood", ErrMalformed, seen[0])
}

// CheckType reports ErrType unless the header's typ is want. Header types keep tokens made for one purpose from being
// taken for another (RFC 8725 section 3.11), so a missing typ is refused too.
func (t *Token) CheckType(want string) error {
	if t.Type != want {
		return fmt.Errorf("%w: typ is %.64q, not %q", ErrType, t.Type, want)
	}
	return nil
}

// CheckAlgorithm reports ErrAlgorithm unless alg names an algorithm that some key kind signs with.
func (t *Token) CheckAlgorithm() error {
	if _, ok := algorithms[t.Algorithm]; !ok {
		return fmt.Errorf("%w: alg %.64q", ErrAlgorithm, t.Algorithm)
	}
	return nil
}
