// Package did holds decentralized identifiers, their documents and what a resolver is (W3C DID Core 1.1,
// DID Resolution 1.0).
//
// Identifiers are accepted in one spelling only: ASCII, percent-encoding in upper case and only where it is needed. So
// comparing bytes is comparing DIDs, everywhere.
//
//	id, err := did.Parse("did:hanse:lubeck:QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG")
//	version, err := resolver.Resolve(ctx, id, did.At{})
//	keys := version.Document.MethodsFor(did.AssertionMethod)
//
// The package knows no ledger and does no I/O; resolvers are in did/resolve.
package did
