// Package issuermeta is JWT VC Issuer Metadata (draft-ietf-oauth-sd-jwt-vc, section "JWT VC Issuer Metadata"): where issuers of SD-JWT
// VCs that are https URLs publish their keys.
//
//	metadata := issuermeta.New(guard, issuermeta.Options{})
//	found, err := metadata.Key(ctx, "https://example.com/tenant/1234", "doc-signer-05-25-2022")
//	// asks https://example.com/.well-known/jwt-vc-issuer/tenant/1234, and jwks_uri where the keys are there
//
// Errors tell an answer that is wrong (ErrIssuer, ErrMalformed, ErrKey: the credential is refused) from none (unavailable).
package issuermeta
