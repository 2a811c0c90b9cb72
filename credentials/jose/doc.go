// Package jose secures JSON claims as compact JWS (RFC 7515) with a media type, as VC-JOSE-COSE asks for
// Verifiable Credentials (vc+jwt). It is the only package of the project that imports jwx.
//
// A token is read by Parse, which refuses everything that two readers could understand differently: duplicate members,
// loose base64url, header parameters that change the meaning of the rest. The key is the caller's business; Verify then
// fixes the algorithm by the key. Nothing a header names is ever fetched or used as a key.
//
//	token, err := jose.Parse(compact, jose.Limits{})
//	err = token.CheckType("vc+jwt")
//	err = token.Verify(key) // key was found in the issuer's DID document by token.KeyID
package jose
