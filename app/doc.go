// Package app is the deterministic state machine of a league: it knows no CometBFT, no clock, no network, no file.
//
// A node drives it with blocks and asks it about proposals; everyone else reads views of committed versions:
//
//	a, err := app.New(store, app.Options{Verdicts: cache})
//	hash, centers, err := a.Init(genesis)     // once, for an empty store
//	txs := a.Prepare(proposal)                // what a block may contain
//	err = a.CheckProposal(proposal)           // the same rule, asked by the others
//	result, err := a.Execute(block)           // in memory, may be repeated
//	summary, err := a.Commit()                // one synced write
//	view, err := a.View(0)                    // consistent reads, receipts, proofs
//
// What a message can cause is a code. What a fault of storage causes is an error or a panic with *exec.StorageError, and
// the node stops. DESIGN.md has the invariants.
package app
