package credentials

import (
	"context"
	"fmt"
	"slices"

	"github.com/hanse-id/hanse/did"
)

// AllowList is a TrustSource from configuration: issuer DID → credential types it may issue. The type "*" stands for every
// type. It knows no time: what is configured now holds for any instant.
type AllowList map[did.DID][]string

// Accredited reports whether the issuer is listed for every type of the credential but VerifiableCredential; for a
// credential of no other type it must be listed for VerifiableCredential itself. It never returns an error.
func (a AllowList) Accredited(_ context.Context, q TrustQuery) (TrustResult, error) {
	result := TrustResult{Evidence: Evidence{Source: "configuration"}}
	allowed, ok := a[q.Issuer]
	if !ok {
		result.Reason = "the issuer is not configured as trusted"
		return result, nil
	}
	types := slices.DeleteFunc(slices.Clone(q.Types), func(t string) bool { return t == baseType })
	if len(types) == 0 {
		types = []string{baseType}
	}
	for _, t := range types {
		if !slices.Contains(allowed, t) && !slices.Contains(allowed, "*") {
			result.Reason = fmt.Sprintf("issuer %s is not trusted for type %.64q", q.Issuer, t)
			return result, nil
		}
		result.Path = append(result.Path, TrustHop{Authority: "configuration", Subject: q.Issuer.String(), Type: t})
	}
	result.Accredited = true
	return result, nil
}
