package abci

import (
	"context"

	abcitypes "github.com/cometbft/cometbft/abci/types"

	"github.com/hanse-id/hanse/app"
)

// PrepareProposal fills a block from the pool; the state machine decides what of it a block may contain. CometBFT
// panics on an error: a fault proposes an empty block and stops the node.
func (a *Application) PrepareProposal(_ context.Context, req *abcitypes.RequestPrepareProposal) (*abcitypes.ResponsePrepareProposal, error) {
	a.gate.Lock()
	defer a.gate.Unlock()
	res := &abcitypes.ResponsePrepareProposal{}
	_ = a.protect("PrepareProposal", req.Height, func() error {
		p := app.Proposal{Height: req.Height, Time: req.Time.Unix(), MaxBytes: req.MaxTxBytes}
		if p.MaxBytes <= 0 {
			return nil // no room, which is not "no limit"
		}
		p.Txs = a.pool.Candidates(p.Height, p.Time, p.MaxBytes)
		res.Txs = a.app.Prepare(p)
		return nil
	})
	return res, nil
}

// ProcessProposal accepts what the state machine accepts. It waits for no signature of an operation, but starts
// verifying those that no batch brought by gossip. It never returns an error: CometBFT panics on one.
func (a *Application) ProcessProposal(_ context.Context, req *abcitypes.RequestProcessProposal) (*abcitypes.ResponseProcessProposal, error) {
	a.gate.Lock()
	defer a.gate.Unlock()
	res := &abcitypes.ResponseProcessProposal{Status: abcitypes.ResponseProcessProposal_REJECT}
	_ = a.protect("ProcessProposal", req.Height, func() error {
		err := a.app.CheckProposal(app.Proposal{Height: req.Height, Time: req.Time.Unix(), Txs: req.Txs})
		if err != nil {
			a.log.Warn("proposal rejected", "height", req.Height, "err", err)
			return nil
		}
		a.pool.Foresee(req.Txs)
		res.Status = abcitypes.ResponseProcessProposal_ACCEPT
		return nil
	})
	return res, nil
}
