package identity

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

const maxJWKBytes = 1 << 10

// SelfCertified reports whether d is its own key: did:key or did:jwk. The ledger knows such a DID without a record.
func SelfCertified(d did.DID) bool { return d.Method() == "key" || d.Method() == "jwk" }

// KeyOf returns the key of a did:key or did:jwk and the DID URL that names it (`kid`). Only kinds of keys that the
// ledger verifies are known, and a did:jwk only in canonical base64url.
func KeyOf(d did.DID) (kid string, key keys.Public, err error) {
	if d.Method() == "key" {
		if key, err = keys.ParseMultikey(d.ID()); err != nil {
			return "", key, err
		}
		if key.DIDKey() != string(d) {
			return "", key, errors.New("not the one form of this did:key")
		}
		return key.DIDKeyURL(), key, onLedger(key)
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(d.ID())
	if err != nil {
		return "", key, err
	}
	value, err := jcs.ParseIntegers(data, jcs.Limits{MaxBytes: maxJWKBytes, MaxDepth: 4})
	if err != nil {
		return "", key, err
	}
	jwk, ok := value.(map[string]any)
	if !ok {
		return "", key, fmt.Errorf("jwk is not an object")
	}
	if key, err = keys.ParseJWK(jwk); err == nil {
		err = onLedger(key)
	}
	return string(d) + "#0", key, err
}

// CanSign reports whether the ledger can check signatures of d: it may have a record, or is a did:key or did:jwk with a key that
// operations are signed with.
func CanSign(d did.DID) bool {
	if SelfCertified(d) {
		_, _, err := KeyOf(d)
		return err == nil
	}
	return d.Method() == did.HanseMethod
}

// onLedger refuses keys for which consensus has no signature rule.
func onLedger(key keys.Public) error {
	if !key.Algorithm().OnLedger() {
		return fmt.Errorf("%w: %s keys do not sign operations", keys.ErrUnsupported, key.Algorithm())
	}
	return nil
}
