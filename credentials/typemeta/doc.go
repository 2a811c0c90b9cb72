// Package typemeta is the type metadata of SD-JWT VCs (draft-ietf-oauth-sd-jwt-vc, sections "SD-JWT VC Type Metadata" to "Claim
// Metadata"): what a type (vct) says of the claims of its credentials, and how they are shown.
//
//	t, err := typemeta.Resolve(ctx, source, "https://credentials.example/person", integrity)
//	violations, err := t.Check(typemeta.Presented{Claims: claims, Disclosed: places, Hidden: token.Hidden()})
//	label := t.Claims[0].Display[0].Label
//
// A type may extend another: Resolve follows the chain, at most MaxChain documents and never in a circle, checks each document against
// the integrity that names it, and merges what they say of claims. An extending type can make rules stricter and no laxer.
package typemeta
