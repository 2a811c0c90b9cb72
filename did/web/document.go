package web

import (
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// Assertion is a key with which a did:web makes statements: the DID URL of its method, and whether it is written as a JsonWebKey
// (for JOSE and COSE) or as a Multikey (for Data Integrity).
type Assertion struct {
	Method string
	Key    keys.Public
	JWK    bool
}

// Fragments of the two forms in which a document lists one key.
const (
	FragmentMultikey = "#key-1"
	FragmentJWK      = "#key-1-jwk"
)

// Forms returns both forms of a key, as the one key of id.
func Forms(id did.DID, key keys.Public) []Assertion {
	return []Assertion{{Method: string(id) + FragmentMultikey, Key: key}, {Method: string(id) + FragmentJWK, Key: key, JWK: true}}
}

// Document makes the document of a did:web that states with these keys, in their order, and is known under other names.
func Document(id did.DID, assertions []Assertion, alsoKnownAs ...string) *did.Document {
	doc := &did.Document{Context: []any{did.Context}, ID: id, AlsoKnownAs: alsoKnownAs, Relationships: map[did.Relationship][]did.Reference{}}
	for _, a := range assertions {
		m := did.VerificationMethod{ID: a.Method, Type: did.Multikey, Controller: id, PublicKeyMultibase: a.Key.Multikey()}
		if a.JWK {
			m = did.VerificationMethod{ID: a.Method, Type: did.JSONWebKey, Controller: id, PublicKeyJWK: a.Key.JWK()}
		}
		doc.VerificationMethod = append(doc.VerificationMethod, m)
		doc.Relationships[did.AssertionMethod] = append(doc.Relationships[did.AssertionMethod], did.Reference{URL: a.Method})
	}
	return doc
}
