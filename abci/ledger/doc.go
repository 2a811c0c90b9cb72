// Package ledger gives the API a league's ledger over the node in this process. Reads come from snapshots of the
// last committed state, never through ABCI queries, and wait for nothing; writes go to the operation pool; what
// waits is woken by committed blocks.
//
//	l := ledger.New(ledger.Config{App: application, Pool: operations, Feed: feed, Status: status})
//	version, err := l.DID(ctx, id, did.At{})
//
// Local satisfies api.Ledger without importing it: both stand on app and did only.
package ledger
