// Package dataintegrity adds and checks embedded proofs (Verifiable Credential Data Integrity 1.0).
//
// A cryptosuite is one line of the table in suite.go.
//
//	signed, err := dataintegrity.Add(ctx, document, signer, dataintegrity.Options{Suite: "eddsa-jcs-2022", Method: kid})
//	proofs, err := dataintegrity.Proofs(document)
//	err = proofs[0].Verify(document, key, contexts) // key was found in the issuer's DID document by proofs[0].Method
//	authentic, err := dataintegrity.Unsecured(document, proofs)
package dataintegrity
