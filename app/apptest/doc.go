// Package apptest runs a league's state machine in memory, for tests: keys by name, signed operations, batches, blocks,
// restarts, and a small notation for scenarios.
//
//	apptest.Run(t, `
//		create A keys=a1 by a1
//		update A keys=a2 by a1
//		update A keys=a3 by a1 -> unknown-key
//	`)
package apptest
