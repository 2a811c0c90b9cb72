package apptest

import (
	"crypto/sha256"
	"strings"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// Key returns the signing key of this name, always the same: P-256 if the name begins with "p", Ed25519 otherwise.
func Key(name string) *keystore.Private {
	alg := keys.EdDSA
	if strings.HasPrefix(name, "p") {
		alg = keys.ES256
	}
	seed := sha256.Sum256([]byte("apptest " + name))
	key, err := keystore.NewPrivate(alg, seed[:])
	if err != nil {
		panic(err)
	}
	return key
}

// Multikeys returns the multikeys of named keys.
func Multikeys(names ...string) []any {
	list := make([]any, len(names))
	for i, n := range names {
		list[i] = Key(n).Public().Multikey()
	}
	return list
}

// Document returns a creation document whose control keys have these names, which are their fragments too.
func Document(names ...string) map[string]any {
	methods, control := []any{}, []any{}
	for _, n := range names {
		methods = append(methods, map[string]any{
			"id": "#" + n, "type": "Multikey", "publicKeyMultibase": Key(n).Public().Multikey(),
		})
		control = append(control, "#"+n)
	}
	doc := map[string]any{}
	if len(names) > 0 {
		doc["verificationMethod"], doc["capabilityInvocation"] = methods, control
	}
	return doc
}

// KID names a key in a document of d.
func KID(d did.DID, fragment string) did.URL { return did.URL{DID: d, Fragment: fragment} }

// OperatorKID is the did:key URL of a named key.
func OperatorKID(name string) did.URL {
	u, err := did.ParseURL(Key(name).Public().DIDKeyURL())
	if err != nil {
		panic(err)
	}
	return u
}
