package issuance

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// MaxCopies bounds the copies of one credential that one request makes.
const MaxCopies = 100

// Holder is a key that a copy of a credential is bound to.
type Holder struct {
	DID did.DID // did:key of the key: the subject of a document of the VC data model
	Key keys.Public
}

// ParseHolder reads a holder: a did:key as text, or a public JWK as an object. A private key is refused, and not quoted.
func ParseHolder(value any) (Holder, error) {
	var key keys.Public
	var err error
	switch v := value.(type) {
	case string:
		multikey, ok := strings.CutPrefix(v, "did:key:")
		if !ok {
			return Holder{}, errors.New("must be a did:key or a public JWK")
		}
		key, err = keys.ParseMultikey(multikey)
	case map[string]any:
		key, err = keys.ParseJWK(v)
	default:
		err = errors.New("must be a did:key or a public JWK")
	}
	if err != nil {
		return Holder{}, err
	}
	return Holder{DID: did.DID(key.DIDKey()), Key: key}, nil
}

// copies reports whether a request asks for a list of copies.
func (o IssueOptions) copies() bool { return o.Copies > 0 || len(o.Holders) > 0 }

// variants are what is signed: the credential, as often as is asked for, each for its holder.
func (o IssueOptions) variants(form credentials.Form, credential map[string]any) ([]map[string]any, error) {
	switch {
	case o.Copies < 0 || o.Copies > MaxCopies:
		return nil, refuse(ErrRequest, "/options/copies", fmt.Sprintf("want 1 to %d", MaxCopies))
	case len(o.Holders) > MaxCopies:
		return nil, refuse(ErrRequest, "/options/holders", fmt.Sprintf("at most %d", MaxCopies))
	case len(o.Holders) > 0 && o.Copies != 0 && o.Copies != len(o.Holders):
		return nil, refuse(ErrRequest, "/options/copies", "there is one copy for each of the holders")
	case len(o.Holders) == 0:
		all := make([]map[string]any, max(1, o.Copies))
		for n := range all {
			all[n] = credential
		}
		return all, nil
	}
	all := make([]map[string]any, len(o.Holders))
	seen := make(map[keys.Public]bool, len(o.Holders))
	for n, holder := range o.Holders {
		if seen[holder.Key] {
			return nil, refuse(ErrRequest, fmt.Sprintf("/options/holders/%d", n), "a key is named twice")
		}
		seen[holder.Key] = true
		var err error
		if all[n], err = holder.bind(form, credential); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// bind returns a copy of credential that is bound to the holder: by cnf in claims, otherwise as its one subject, in a vc+sd-jwt by cnf too.
func (h Holder) bind(form credentials.Form, credential map[string]any) (map[string]any, error) {
	out := maps.Clone(credential)
	if form.Claims() {
		claims, _ := credential["claims"].(map[string]any)
		if _, has := claims["cnf"]; has || claims == nil {
			return nil, refuse(ErrInvalid, "/claims/cnf", "is written by the issuer where holders are given")
		}
		claims = maps.Clone(claims)
		claims["cnf"] = map[string]any{"jwk": h.Key.JWK()}
		out["claims"] = claims
		return out, nil
	}
	subject, ok := credential["credentialSubject"].(map[string]any)
	if !ok {
		return nil, refuse(ErrInvalid, "/credentialSubject", "must be one object where holders are given")
	}
	if id, has := subject["id"]; has && id != string(h.DID) {
		return nil, refuse(ErrInvalid, "/credentialSubject/id", "is written by the issuer where holders are given")
	}
	subject = maps.Clone(subject)
	subject["id"] = string(h.DID)
	out["credentialSubject"] = subject
	if form == credentials.FormSDJWT {
		if _, has := credential["cnf"]; has {
			return nil, refuse(ErrInvalid, "/cnf", "is written by the issuer where holders are given")
		}
		out["cnf"] = map[string]any{"jwk": h.Key.JWK()}
	}
	return out, nil
}
