// Package resolve resolves DIDs and dereferences DID URLs (W3C DID Resolution 1.0), without HTTP.
//
// Resolvers are nested like middleware; each one is a did.Resolver:
//
//	router := resolve.NewRouter(map[string]did.Resolver{
//		"hanse": resolve.NewHanse("lubeck", ledger),
//		"key":   resolve.Key{},
//		"jwk":   resolve.JWK{},
//		"web":   web.New(guard, web.Options{}), // package did/web
//	})
//	result := resolve.Resolve(ctx, router, "did:key:z6Mk…?versionTime=2026-01-01T00:00:00Z", resolve.Options{})
//
// Resolve and Dereference never fail: what went wrong is in the result, as the specification wants it.
package resolve
