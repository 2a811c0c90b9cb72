package abci

import (
	"context"

	abcitypes "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/ed25519"

	"github.com/hanse-id/hanse/abci/pool"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/did/keys"
)

// FinalizeBlock executes a decided block and keeps the outcome in memory. Signatures that no one has verified yet
// are verified first, in parallel; executing asks the verdict cache and computes what it does not find, with the
// same result. Results carry codes only: they are hashed into the next header.
func (a *Application) FinalizeBlock(_ context.Context, req *abcitypes.RequestFinalizeBlock) (*abcitypes.ResponseFinalizeBlock, error) {
	a.gate.Lock()
	defer a.gate.Unlock()
	var res *abcitypes.ResponseFinalizeBlock
	err := a.protect("FinalizeBlock", req.Height, func() error {
		culprits, err := a.misbehaviour(req.Misbehavior)
		if err != nil {
			return err
		}
		a.pool.VerifyBatches(a.pool.Unverified(req.Txs))
		result, err := a.app.Execute(app.BlockInput{
			Height: req.Height, Time: req.Time.Unix(), Txs: req.Txs, Misbehaviour: culprits,
		})
		if err != nil {
			return err
		}
		a.decided = &pool.Block{Txs: req.Txs, Results: result.Txs}
		res, err = response(result)
		return err
	})
	return res, err
}

func response(result *app.BlockResult) (*abcitypes.ResponseFinalizeBlock, error) {
	updates, err := Updates(result.Updates)
	if err != nil {
		return nil, err
	}
	txs := make([]*abcitypes.ExecTxResult, len(result.Txs))
	for i, tx := range result.Txs {
		txs[i] = &abcitypes.ExecTxResult{Code: uint32(tx.Code)}
	}
	return &abcitypes.ResponseFinalizeBlock{TxResults: txs, ValidatorUpdates: updates, AppHash: result.AppHash}, nil
}

// Commit persists the executed block in one synced write, then tells the pool and whoever waits. RetainHeight
// stays 0, CometBFT prunes nothing: snapshots cannot be restored yet.
func (a *Application) Commit(context.Context, *abcitypes.RequestCommit) (*abcitypes.ResponseCommit, error) {
	a.gate.Lock()
	defer a.gate.Unlock()
	err := a.protect("Commit", a.app.Head().Height+1, func() error {
		summary, err := a.app.Commit()
		if err != nil {
			return err
		}
		block := pool.Block{Summary: summary}
		if a.decided != nil {
			block.Txs, block.Results = a.decided.Txs, a.decided.Results
			a.decided = nil
		}
		a.pool.Committed(block)
		a.commit(summary)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &abcitypes.ResponseCommit{}, nil
}

// misbehaviour names the validators of CometBFT's evidence by their multikeys. Evidence may be as old as CometBFT's
// evidence parameters allow: its key may be one that its center has changed since, or that of a removed center. A key that
// the ledger never had is logged only.
func (a *Application) misbehaviour(evidence []abcitypes.Misbehavior) ([]string, error) {
	if len(evidence) == 0 {
		return nil, nil
	}
	view, err := a.app.View(0)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	centers, err := governance.ValidatorKeys(view.Reader())
	if err != nil {
		return nil, err
	}
	byAddress := make(map[string]string, len(centers))
	for multikey := range centers {
		key, err := keys.ParseMultikey(multikey)
		if err != nil {
			return nil, err
		}
		byAddress[string(ed25519.PubKey(key.Bytes()).Address())] = multikey
	}
	var culprits []string
	for _, e := range evidence {
		key, known := byAddress[string(e.Validator.Address)]
		a.log.Error("validator misbehaved", "type", e.Type.String(), "height", e.Height, "validator", key, "center", centers[key])
		if known {
			culprits = append(culprits, key)
		}
	}
	return culprits, nil
}
