package node

import (
	"context"
	"runtime"

	abcitypes "github.com/cometbft/cometbft/abci/types"
)

// quitter ends block sync where a block cannot be executed. Consensus survives the error: it stops, and the node with it.
// Block sync panics on it in a goroutine of its own (blocksync/reactor.go, "are we zombie?"), which would end the process
// before anybody can say why; here that goroutine ends instead. The application has reported the fault by then.
type quitter struct {
	abcitypes.Application
	syncing func() bool
}

// FinalizeBlock is the application's.
func (q quitter) FinalizeBlock(ctx context.Context, req *abcitypes.RequestFinalizeBlock) (*abcitypes.ResponseFinalizeBlock, error) {
	res, err := q.Application.FinalizeBlock(ctx, req)
	return res, q.quit(err)
}

// Commit is the application's.
func (q quitter) Commit(ctx context.Context, req *abcitypes.RequestCommit) (*abcitypes.ResponseCommit, error) {
	res, err := q.Application.Commit(ctx, req)
	return res, q.quit(err)
}

// quit does not return where a block of block sync failed; deferred calls run.
func (q quitter) quit(err error) error {
	if err != nil && q.syncing() {
		runtime.Goexit()
	}
	return err
}

// syncing reports whether blocks come by block sync: not while CometBFT replays what it stored, before it starts.
func (n *Node) syncing() bool {
	return n.comet != nil && n.comet.ConsensusReactor().WaitSync()
}
