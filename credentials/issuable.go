package credentials

import (
	"fmt"
	"slices"
)

// modelTerms are the top-level members that the data model defines.
var modelTerms = map[string]bool{
	"@context": true, "id": true, "type": true, "name": true, "description": true, "issuer": true, "credentialSubject": true,
	"validFrom": true, "validUntil": true, "credentialStatus": true, "credentialSchema": true, "relatedResource": true,
	"refreshService": true, "termsOfUse": true, "evidence": true, "confidenceMethod": true, "renderMethod": true, "proof": true,
}

// legacyTerms are the top-level members of VC Data Model 1.1 that 2.0 has no more.
var legacyTerms = map[string]bool{"issuanceDate": true, "expirationDate": true, "issued": true}

// claimTerms are the registered JWT claims (RFC 7519 section 4.1), and cnf (RFC 7800).
var claimTerms = map[string]bool{"iss": true, "sub": true, "aud": true, "exp": true, "nbf": true, "iat": true, "jti": true, "cnf": true}

// undefinedMembers lists the top-level members that are neither terms of the data model, registered claims nor explicit terms of
// the credential's contexts.
func undefinedMembers(credential map[string]any, m *model, contexts *Contexts) []string {
	var out []string
	var terms map[string]bool // made when a member asks for it
	for _, name := range sortedKeys(credential) {
		if modelTerms[name] || claimTerms[name] || m.base == contextV1 && legacyTerms[name] {
			continue
		}
		if terms == nil {
			terms = contexts.terms(credential["@context"], m.types)
		}
		if !terms[name] {
			out = append(out, name)
		}
	}
	return out
}

// check is everything that is refused when issuing.
func (i *Issuer) check(f form, credential map[string]any) (*model, error) {
	if f.claims {
		return i.checkClaims(credential)
	}
	if _, has := credential["proof"]; has {
		return nil, malformed("/proof", "the credential is secured already")
	}
	contexts := i.contexts()
	m, err := checkModel(credential, contexts)
	if err != nil {
		return nil, err
	}
	if m.base == contextV1 && !f.legacy {
		return nil, malformed("/@context/0", fmt.Sprintf("%s cannot secure a credential of data model 1.1", f.name))
	}
	if m.issuer != i.DID.String() {
		err := malformed("/issuer", fmt.Sprintf("is not %s", i.DID))
		err.Err = ErrForeignIssuer
		return nil, err
	}
	for _, name := range []string{"vc", "vp"} {
		if _, has := credential[name]; has {
			return nil, malformed(point("", name), "is not a member of a credential")
		}
	}
	if undefined := undefinedMembers(credential, m, contexts); len(undefined) > 0 {
		return nil, malformed(point("", undefined[0]), "is not defined by the data model or by a context of the credential")
	}
	if !f.enveloping {
		for _, name := range sortedKeys(credential) {
			if claimTerms[name] {
				return nil, malformed(point("", name), "is a claim of tokens, and means nothing in "+string(f.name))
			}
		}
	}
	if _, err := parseClaims(credential); err != nil {
		return nil, err
	}
	if err := checkConsistent(credential, m); err != nil {
		return nil, err
	}
	if _, err := statusEntries(credential); err != nil {
		return nil, err
	}
	if err := checkDisclosable(i.Disclosable, alwaysSigned, ""); err != nil {
		return nil, err
	}
	return m, checkDigests(credential, contexts)
}

// checkDigests refuses related resources that are pinned here and differ from their digest.
func checkDigests(credential map[string]any, contexts *Contexts) error {
	list, err := relatedResources(credential)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(r related) bool { return contexts.compare(r) == differs })
	if i >= 0 {
		return malformed(list[i].pointer, fmt.Sprintf("digest is not that of %s", list[i].id))
	}
	return nil
}
