package credentials

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hanse-id/hanse/did"
)

// AllowList is a TrustSource from configuration: issuer DID → credential types it may issue. The type "*" stands for every
// type. It knows neither time nor place: what is configured now holds for any instant, whatever centers, depth and jurisdiction
// the policy beside it asks for. To whoever brings centers, a depth or a jurisdiction of their own it is no answer.
type AllowList map[did.DID][]string

// codeNotConfigured is the code of a negative answer of an AllowList.
const codeNotConfigured = "notConfigured"

// Accredited reports whether the issuer is listed for every type of the credential but VerifiableCredential; for a
// credential of no other type it must be listed for VerifiableCredential itself. It never returns an error.
func (a AllowList) Accredited(_ context.Context, q TrustQuery) (TrustResult, error) {
	result := TrustResult{Evidence: Evidence{Source: "configuration"}, Code: codeNotConfigured}
	if q.Narrowed {
		result.Reason = "the policy given asks for a path, and what is configured as trusted has none"
		return result, nil
	}
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
		result.Path = append(result.Path, TrustHop{Authority: "configuration", Subject: q.Issuer.String(), Action: "issue", Type: t})
	}
	result.Accredited, result.Code = true, ""
	return result, nil
}

// FirstOf returns a source that asks sources in order and answers as the first that accredits the issuer: so a verifier's own
// allow-list stands before a ledger. Where none does, the answer is the last one's, with its path; if one of them could not
// be asked, that is an error, because it might have said yes. Types are never put together from two sources. nil sources are
// left out; with none at all the result is nil, as in a Verifier without a source.
func FirstOf(sources ...TrustSource) TrustSource {
	all := make(firstOf, 0, len(sources))
	for _, s := range sources {
		if s != nil {
			all = append(all, s)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

// firstOf has at least two sources.
type firstOf []TrustSource

// Accredited asks the sources in order.
func (f firstOf) Accredited(ctx context.Context, q TrustQuery) (TrustResult, error) {
	var result TrustResult
	var failed error
	for _, source := range f {
		answer, err := source.Accredited(ctx, q)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		if answer.Accredited {
			return answer, nil
		}
		result = answer
	}
	if failed != nil {
		return TrustResult{}, failed
	}
	return result, nil
}
