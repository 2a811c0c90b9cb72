// Package api is the HTTP half of a center: DID resolution and registration, operations with receipts and proofs,
// credentials and their status, the league's decisions and its trust registry, over a Ledger that it knows only as an interface.
//
//	server, err := api.New(api.Options{League: "lubeck", PublicURL: "https://center.example", Ledger: ledger, Resolver: resolver})
//	err = server.Serve(ctx, listener) // until ctx ends, then drains
//
// There is one route table (routes.go), one typed error and one mapping of errors to problem documents (problem.go), one
// strict reader of bodies (body.go), and one chain of middleware (middleware.go): id, access log, recovery, headers, CORS,
// who and how much, time and size. Handlers make a view first and its representation second; those that read the league take
// all of a view from one block (read.go). LedgerTrust and LedgerStatus answer a verifier from the same ledger.
//
// What is served and what openapi.yaml says are held against each other by tests.
package api
