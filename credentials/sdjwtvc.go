package credentials

import (
	"context"
	"errors"

	"github.com/hanse-id/hanse/did/keys"
)

// This file has what an SD-JWT VC (IETF draft-ietf-oauth-sd-jwt-vc) has instead of the VC data model.

// TypeSource finds type metadata of SD-JWT VCs. It asks nobody that its owner did not allow. ErrTypeUnknown says that there is none
// here; any other error means unavailable.
type TypeSource interface {
	Type(ctx context.Context, vct, integrity string) (document []byte, e Evidence, err error)
}

// ErrTypeUnknown says that a TypeSource has no metadata of a type.
var ErrTypeUnknown = errors.New("type metadata not known")

// ErrIssuerKey says that an issuer's metadata was read, and that it is not valid or has no such key: the credential is refused.
var ErrIssuerKey = errors.New("no such key in the issuer's metadata")

// IssuerKeySource finds keys of issuers that are https URLs: JWT VC Issuer Metadata (draft-ietf-oauth-sd-jwt-vc, section 4). kid may
// be empty: then the issuer must have one key only. ErrIssuerKey is a no; any other error means unavailable.
type IssuerKeySource interface {
	IssuerKey(ctx context.Context, issuer, kid string) (keys.Public, Evidence, error)
}

// checkClaims is the data model check of an SD-JWT VC.
func (r *run) checkClaims() Check {
	var err error
	if r.model, err = checkClaimModel(r.opened.credential); err != nil {
		return fail(problemOf(err, ProblemMalformed, "malformed value"))
	}
	if r.model.issuer == "" {
		return undecided(&Problem{Type: ProblemNotSupported, Title: "issuer not supported", Pointer: "/iss",
			Detail: "keys come from the issuer's DID or metadata, and the claims name no issuer"})
	}
	return Check{Outcome: Pass}
}

// checkIssuerURL finds the key of an issuer that is an https URL.
func (r *run) checkIssuerURL(ctx context.Context) Check {
	if r.Issuers == nil {
		return undecided(&Problem{Type: ProblemNotSupported, Title: "issuer not supported", Detail: "only DIDs can be resolved to keys here", Pointer: "/iss"})
	}
	c := Check{Outcome: Pass}
	if !r.opts.At.IsZero() {
		c.note("an issuer's metadata shows its present keys only")
	}
	for _, p := range r.opened.proofs {
		key, evidence, err := r.Issuers.IssuerKey(ctx, r.model.issuer, p.method)
		if err != nil {
			return issuerKeyFailed(err)
		}
		c.stand(evidence)
		r.issuer = append(r.issuer, key)
	}
	return c
}

// issuerKeyFailed tells an answer that is wrong from none.
func issuerKeyFailed(err error) Check {
	p := problemOf(err, ProblemUnavailable, "issuer unavailable")
	p.Pointer = "/iss"
	if errors.Is(err, ErrIssuerKey) {
		p.Type, p.Title, p.Detail = ProblemCryptography, "key is not the issuer's", beside(ErrIssuerKey.Error(), err)
		return fail(p)
	}
	return undecided(p)
}
