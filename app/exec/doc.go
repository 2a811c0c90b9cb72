// Package exec is what modules execute in: block, store, signers, parameters, the one code table, and events.
//
// A module has three functions, always in this order (`ledger.md`):
//
//	Validate(*op.Operation, Params) error  // bytes only
//	Authorize(*Env) error                  // signatures against state
//	Apply(*Env) error                      // pure: reads and writes Env.Store, emits events
//
// Each returns nil or an *Error that carries a Code. An error that is no *Error is a broken invariant and reads as
// CodeInternal. Nothing in an Env depends on the node it runs on: same block, same state, same outcome.
package exec
