// Package sdjwt is Selective Disclosure for JWTs (RFC 9901): a JWT whose payload holds digests in place of some claims, the
// disclosures that open them, and a proof that the holder has the key the JWT is bound to (key binding).
//
//	text, err := sdjwt.Issue(ctx, claims, signer, sdjwt.IssueOptions{Type: "dc+sd-jwt", KeyID: kid, Disclosable: []string{"/name"}})
//	token, err := sdjwt.Parse(text, sdjwt.Limits{})
//	err = token.JWT.Verify(issuerKey)
//	claims, err := token.Claims()              // digests replaced by what was disclosed
//	shown, err := token.Present([]string{"/name"})
//	bound, err := sdjwt.Bind(ctx, shown, holder, sdjwt.Binding{Audience: verifier, Nonce: nonce, IssuedAt: now})
//
// Flattened and General write, and ParseJSON reads, the JWS JSON Serialization of the same (section 8).
//
// What RFC 9901 section 7.1 says to reject is rejected: a digest that occurs twice, a disclosure that nothing refers to, a
// disclosure that would overwrite a claim or that is named "_sd" or "...". Nothing is authentic before JWT.Verify.
package sdjwt
