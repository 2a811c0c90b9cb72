package issuance

import (
	"cmp"
	"slices"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/web"
)

// Identity is what an issuer signs as: its DID, and the keys under which its forms are signed.
type Identity struct {
	DID  did.DID
	Keys []web.Assertion // one for each verification method, in order of their URLs
}

// Identity returns what a configured issuer signs as; false if there is none of this name. A method under which an enveloping form
// is signed is a JsonWebKey, others are Multikeys.
func (s *Service) Identity(name string) (Identity, bool) {
	s.mu.RLock()
	one := s.issuers[name]
	s.mu.RUnlock()
	if one == nil {
		return Identity{}, false
	}
	methods := map[string]web.Assertion{}
	for form, signer := range one.signers {
		a := methods[signer.Method]
		a.Method, a.Key = signer.Method, signer.Signer.Public()
		a.JWK = a.JWK || form.Enveloping()
		methods[signer.Method] = a
	}
	id := Identity{DID: one.DID}
	for _, a := range methods {
		id.Keys = append(id.Keys, a)
	}
	slices.SortFunc(id.Keys, func(a, b web.Assertion) int { return cmp.Compare(a.Method, b.Method) })
	return id, true
}
