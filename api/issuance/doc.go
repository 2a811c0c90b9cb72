// Package issuance is the issuing half of a center: its issuers, the records of what they issued, and the status
// lists that say what became of it.
//
// A Service issues a credential in four steps, none of which waits for consensus: it validates the credential, takes
// a status index that was drawn at random and persisted before (see Store), signs, and records. Status lists and
// leases of indices are made in the background by operations on the ledger.
//
//	store, err := issuance.OpenSQLite(ctx, "data/api.db")
//	service, err := issuance.New(issuance.Options{Ledger: ledger, Store: store, Keys: keys, Center: center, PublicURL: url})
//	issued, err := service.Issue(ctx, "demo", credential, issuance.IssueOptions{})
//	change, err := service.SetStatus(ctx, issuance.Change{CredentialID: id, Purpose: "revocation", Value: 1})
//
// DESIGN.md has the invariants that span these files.
package issuance
