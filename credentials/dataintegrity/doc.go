// Package dataintegrity adds and checks embedded proofs (Verifiable Credential Data Integrity 1.0).
//
// A cryptosuite is one line of the table in suite.go.
//
//	signed, err := dataintegrity.Add(ctx, document, signer, dataintegrity.Options{Suite: "eddsa-jcs-2022", Method: kid})
//	proofs, err := dataintegrity.Proofs(document)
//	err = proofs[0].Verify(document, key, contexts) // key was found in the issuer's DID document by proofs[0].Method
//	authentic, err := dataintegrity.Unsecured(document, proofs)
//
// Of ecdsa-sd-2023 Add makes a base proof, which its holder keeps; Derive makes of it what shows some of the document, and that
// is what Verify takes.
//
//	shown, err := dataintegrity.Derive(signed, []string{"/credentialSubject/name"}, contexts)
package dataintegrity
