// Package abci is the thin adapter between CometBFT and the state machine of a league (package app): one file per
// ABCI connection.
//
//	application.go   Info/Query connection: Info, InitChain; faults that stop the node
//	query.go         Info/Query connection: reads of single state keys, with proofs, for light clients over RPC
//	mempool.go       Mempool connection: InsertTx, ReapTxs, CheckTx go to the operation pool
//	proposal.go      Consensus connection: what a proposal may contain
//	block.go         Consensus connection: FinalizeBlock computes, Commit persists
//	snapshot.go      State Sync connection: nothing is offered or taken yet
//
// The API does not read through ABCI: package abci/ledger serves it from state snapshots.
package abci
