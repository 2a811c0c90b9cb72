// Package web resolves did:web: the DID document is a file on an https server that the identifier names.
//
//	guard := fetch.New(fetch.Options{})
//	resolver := web.New(guard, web.Options{})
//	version, err := resolver.Resolve(ctx, "did:web:university.example:faculty", did.At{})
//
// What is asked for is asked for through a fetch.Guard: over https only, and at no address that is not public. A DID that names an
// IP address, or a name that means something in one network only, is invalid and nothing is sent.
//
// The method has no history. A version that is asked for by id or time is refused as a feature that is not there, and never
// answered with the present document, which says nothing about the past.
package web
