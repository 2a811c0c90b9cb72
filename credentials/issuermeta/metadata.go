package issuermeta

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/did/fetch"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// What can be wrong with an issuer, its metadata or its keys. Other errors mean that there was no answer.
var (
	ErrIssuer    = errors.New("not an issuer that can have metadata") // no https URL without query and fragment
	ErrMalformed = errors.New("malformed issuer metadata")
	ErrKey       = errors.New("no such key in the issuer's metadata")
)

// Bounds of a document.
const (
	maxBytes = 256 << 10
	maxDepth = 8
	maxKeys  = 100
	maxID    = 1024
)

// wellKnown is what is inserted between host and path of an issuer.
const wellKnown = "/.well-known/jwt-vc-issuer"

// WellKnown is the URL of an issuer's metadata (section "JWT VC Issuer Metadata Request"). The issuer must be an https URL in the one
// spelling that a host and port have, without user, query and fragment. Errors wrap ErrIssuer.
func WellKnown(issuer string) (string, error) {
	u, err := fetch.ParseURL(issuer)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrIssuer, err)
	case !strings.HasPrefix(issuer, "https://"+u.Host):
		return "", fmt.Errorf("%w: %.256q does not begin with https:// and a host in lower case", ErrIssuer, issuer)
	case strings.ContainsAny(issuer, "?#"):
		return "", fmt.Errorf("%w: %.256q has a query", ErrIssuer, issuer)
	}
	path := strings.TrimSuffix(strings.TrimPrefix(issuer, "https://"+u.Host), "/")
	if strings.Contains(path, "//") || strings.Contains(path+"/", "/./") || strings.Contains(path+"/", "/../") || strings.Contains(strings.ToLower(path), "%2e") {
		return "", fmt.Errorf("%w: the path of %.256q leads elsewhere", ErrIssuer, issuer)
	}
	return "https://" + u.Host + wellKnown + path, nil
}

// Metadata is what an issuer publishes: its keys, or where they are.
type Metadata struct {
	Issuer  string
	Keys    Keys
	JWKSURI string // where the keys are; empty: Keys has them
}

// Parse reads the metadata of an issuer. It must be that issuer's, and have either jwks or jwks_uri. Errors wrap ErrMalformed.
func Parse(data []byte, issuer string) (*Metadata, error) {
	object, err := parseObject(data)
	if err != nil {
		return nil, err
	}
	if named, _ := object["issuer"].(string); named != issuer {
		return nil, fmt.Errorf("%w: it is that of %.256q, not of %.256q", ErrMalformed, named, issuer)
	}
	m := &Metadata{Issuer: issuer}
	set, embedded := object["jwks"]
	uri, elsewhere := object["jwks_uri"]
	switch {
	case embedded == elsewhere:
		return nil, fmt.Errorf("%w: either jwks or jwks_uri must be there", ErrMalformed)
	case elsewhere:
		var ok bool
		if m.JWKSURI, ok = uri.(string); !ok || !strings.HasPrefix(m.JWKSURI, "https://") {
			return nil, fmt.Errorf("%w: jwks_uri must be an https URL", ErrMalformed)
		}
		return m, nil
	}
	m.Keys, err = readKeys(set)
	return m, err
}

func parseObject(data []byte) (map[string]any, error) {
	v, err := jcs.Parse(data, jcs.Limits{MaxBytes: maxBytes, MaxDepth: maxDepth})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: not an object", ErrMalformed)
	}
	return object, nil
}

// Keys are the keys of a JWK Set (RFC 7517 section 5) that can be used here.
type Keys []Key

// Key is one of them.
type Key struct {
	ID     string // kid; empty: none
	Public keys.Public
}

// ParseKeys reads a JWK Set. Keys of kinds that are not known, and those that are there for something else than signatures, are left
// out (RFC 7517 section 5); private key material makes the whole set useless, because whoever reads it could sign. Errors wrap
// ErrMalformed.
func ParseKeys(data []byte) (Keys, error) {
	object, err := parseObject(data)
	if err != nil {
		return nil, err
	}
	return readKeys(object)
}

func readKeys(v any) (Keys, error) {
	set, _ := v.(map[string]any)
	list, ok := set["keys"].([]any)
	if !ok || len(list) > maxKeys {
		return nil, fmt.Errorf("%w: a JWK Set has a list of at most %d keys", ErrMalformed, maxKeys)
	}
	out := Keys{}
	for i, item := range list {
		jwk, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%w: key %d is not an object", ErrMalformed, i)
		}
		id, isText := jwk["kid"].(string)
		if jwk["kid"] != nil && (!isText || len(id) > maxID) {
			return nil, fmt.Errorf("%w: kid of key %d is not a string of at most %d bytes", ErrMalformed, i, maxID)
		}
		key, err := keys.ParseJWK(jwk)
		if errors.Is(err, keys.ErrUnsupported) || !verifies(jwk) && !errors.Is(err, keys.ErrPrivate) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%w: key %d: %w", ErrMalformed, i, err)
		}
		out = append(out, Key{id, key})
	}
	return out, nil
}

// verifies reports whether a key is for signatures of an algorithm that is known, as far as it says what it is for (use, key_ops and
// alg: RFC 7517 sections 4.2 to 4.4).
func verifies(jwk map[string]any) bool {
	if use, given := jwk["use"]; given && use != "sig" {
		return false
	}
	if ops, given := jwk["key_ops"]; given {
		if list, _ := ops.([]any); !slices.Contains(list, any("verify")) {
			return false
		}
	}
	alg, given := jwk["alg"]
	return !given || slices.Contains([]any{"EdDSA", "Ed25519", "ES256", "ES384", "ES256K"}, alg)
}

// Find returns the key with an id; without an id, the only key there is. More than one answer is none. Errors wrap ErrKey.
func (k Keys) Find(id string) (keys.Public, error) {
	var found []keys.Public
	for _, key := range k {
		if id == "" || key.ID == id {
			found = append(found, key.Public)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && id != "":
		return keys.Public{}, fmt.Errorf("%w: %.128q", ErrKey, id)
	case len(found) == 0:
		return keys.Public{}, fmt.Errorf("%w: none of a kind that is known", ErrKey)
	}
	return keys.Public{}, fmt.Errorf("%w: %d keys answer to kid %.128q", ErrKey, len(found), id)
}
