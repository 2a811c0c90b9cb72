// Package credentials issues and verifies W3C Verifiable Credentials (VC Data Model 2.0, and 1.1 where its securing form
// allows). It knows no ledger and no HTTP server: what it needs of them are the interfaces did.Resolver, StatusSource, TrustSource
// and DomainSource.
//
//	issuer := &credentials.Issuer{DID: id, Method: kid, Form: credentials.FormJWT, Signer: key, Contexts: contexts}
//	secured, err := issuer.Issue(ctx, credential) // *ProblemError where the credential breaks the data model
//
//	verifier := &credentials.Verifier{Resolver: resolver, Status: lists, Contexts: contexts}
//	report, credential, err := verifier.Verify(ctx, body, credentials.VerifyOptions{})
//	if report.Decision == credentials.Accept { … }
//
// What a verifier asks for beyond a valid credential is its Policy:
//
//	verifier.Trust = credentials.FirstOf(allowList, ledger)
//	verifier.Domains = &credentials.Domains{Fetch: fetch.New(fetch.Options{}), Resolver: resolver}
//	verifier.Policy = credentials.Policy{RequireAccreditation: true, Centers: centers, LinkedDomains: []string{"https://university.example"}}
//
// A Report has one entry per check, in a fixed order, and says of each whether it passed, failed, was skipped or could not
// be decided, and on which evidence. Inspect explains a credential without verifying it.
//
// DESIGN.md says how a securing form is added and which rules span the files.
package credentials
