package credentials

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/credentials/jose"
)

// Names of DIF Well Known DID Configuration (v1).
const (
	contextLinkage = "https://identity.foundation/.well-known/did-configuration/v1"
	linkageType    = "DomainLinkageCredential"
	linkagePath    = "/.well-known/did-configuration.json"
)

// IssueDomainLinkage makes the credential that links the issuer's DID with an origin from one instant until another, as a token
// in the specification's JSON Web Token Proof Format, which its verifiers have in common: a header of alg and kid alone, and a
// VC Data Model 1.1 credential as vc claim. Only whole seconds are written. With an Ed25519 key equal values give equal bytes.
// The issuer's Form does not matter.
func (i *Issuer) IssueDomainLinkage(ctx context.Context, origin Origin, from, until time.Time) (string, error) {
	token := *i
	token.Form = FormJWT // what it can sign, a linkage can be signed with
	if _, err := token.form(); err != nil {
		return "", err
	}
	if parsed, err := ParseOrigin(string(origin)); err != nil || parsed != origin {
		return "", fmt.Errorf("%w: %.256q", ErrOrigin, origin)
	}
	from, until = from.UTC().Truncate(time.Second), until.UTC().Truncate(time.Second)
	if !until.After(from) || from.Unix() < 0 || until.Unix() > maxNumericDate {
		return "", fmt.Errorf("linkage from %s until %s is never valid", from.Format(time.RFC3339), until.Format(time.RFC3339))
	}
	id := i.DID.String()
	payload := map[string]any{
		"iss": id, "sub": id, "nbf": from.Unix(), "exp": until.Unix(),
		"vc": map[string]any{
			"@context":          []any{contextV1, contextLinkage},
			"type":              []any{baseType, linkageType},
			"issuer":            id,
			"issuanceDate":      from.Format(time.RFC3339),
			"expirationDate":    until.Format(time.RFC3339),
			"credentialSubject": map[string]any{"id": id, "origin": string(origin)},
		},
	}
	return jose.Sign(ctx, payload, i.Signer, jose.SignOptions{KeyID: i.Method})
}

// DomainConfiguration returns the DID configuration resource that an origin publishes at /.well-known/did-configuration.json:
// its domain linkage credentials as tokens, in the order in which they should be tried.
func DomainConfiguration(linkages ...string) ([]byte, error) {
	if len(linkages) == 0 {
		return nil, errors.New("a DID configuration needs a domain linkage credential")
	}
	list := make([]any, len(linkages))
	for i, linkage := range linkages {
		list[i] = linkage
	}
	return marshal(map[string]any{"@context": contextLinkage, "linked_dids": list})
}
