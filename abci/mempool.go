package abci

import (
	"context"

	abcitypes "github.com/cometbft/cometbft/abci/types"

	"github.com/hanse-id/hanse/app/exec"
)

// InsertTx takes a batch from a peer, in the peer's receive routine: see pool.Insert.
func (a *Application) InsertTx(_ context.Context, req *abcitypes.RequestInsertTx) (*abcitypes.ResponseInsertTx, error) {
	return &abcitypes.ResponseInsertTx{Code: insertCode(a.pool.Insert(req.Tx))}, nil
}

// ReapTxs hands own batches to gossip. It waits for one: CometBFT sleeps before it asks again.
func (a *Application) ReapTxs(ctx context.Context, req *abcitypes.RequestReapTxs) (*abcitypes.ResponseReapTxs, error) {
	return &abcitypes.ResponseReapTxs{Txs: a.pool.Reap(ctx, req.MaxBytes)}, nil
}

// CheckTx takes a batch that came over RPC as one that came from a peer: only sponsored batches enter.
func (a *Application) CheckTx(_ context.Context, req *abcitypes.RequestCheckTx) (*abcitypes.ResponseCheckTx, error) {
	return &abcitypes.ResponseCheckTx{Code: insertCode(a.pool.Insert(req.Tx))}, nil
}

// insertCode moves refusals that may not hold later into CometBFT's retryable range, so that it forgets having
// seen the batch.
func insertCode(code exec.Code, retry bool) uint32 {
	if retry {
		return abcitypes.CodeTypeRetry + uint32(code)
	}
	return uint32(code)
}
