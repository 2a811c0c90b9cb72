package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	abcitypes "github.com/cometbft/cometbft/abci/types"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtnode "github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/types"

	"github.com/hanse-id/hanse/abci"
	"github.com/hanse-id/hanse/abci/ledger"
	"github.com/hanse-id/hanse/abci/pool"
	"github.com/hanse-id/hanse/app"
)

// start brings everything up, from the disk outwards.
func (n *Node) start(ctx context.Context) error {
	h := home(n.cfg.Home)
	unlock, err := h.lock()
	if err != nil {
		return err
	}
	if err := n.open(h); err != nil {
		return errors.Join(err, unlockIfAlone(n, unlock))
	}
	n.state.unlock = unlock
	if err := n.join(); err != nil {
		return err
	}
	if err := n.startPool(h); err != nil {
		return err
	}
	return n.startComet(ctx, h)
}

// unlockIfAlone unlocks the home if no state was opened that would do it.
func unlockIfAlone(n *Node, unlock func() error) error {
	if n.state != nil {
		n.state.unlock = unlock
		return nil
	}
	return unlock()
}

// open reads the genesis and opens the state; a new node's state is genesis.
func (n *Node) open(h home) error {
	genesis, err := ReadGenesis(n.cfg.Home)
	if err != nil {
		return err
	}
	if n.key, err = loadNodeKey(h); err != nil {
		return err
	}
	n.verdicts = pool.NewVerdicts(0)
	opts := app.Options{Verdicts: n.verdicts, Version: n.cfg.Version}
	if n.state, err = openState(h, opts, n.cfg.CacheBytes, n.cfg.Logger, true); err != nil {
		return err
	}
	head := n.state.App.Head()
	if head.Height == 0 {
		_, _, err := n.state.App.Init(genesis)
		return err
	}
	if head.League != genesis.League {
		return fmt.Errorf("state is of league %q, genesis of %q", head.League, genesis.League)
	}
	return nil
}

func (n *Node) startPool(h home) (err error) {
	n.bell = newBell(n.cfg.IdleInterval, func() bool { return n.pool.Waiting() })
	n.pool, err = pool.New(pool.Config{
		Machine: n.state.App, Rules: n.rules, Verdicts: n.verdicts, Sponsor: n.cfg.Sponsor,
		Journal: h.journal(), Quorum: func() bool { return n.health().Quorum }, Current: n.current,
		Ended: n.feed.Settled, Work: n.bell.ring, Fatal: n.fail, Logger: n.cfg.Logger, Metrics: n.cfg.Metrics,
	})
	if err != nil {
		return err
	}
	n.ledger = ledger.New(ledger.Config{App: n.state.App, Pool: n.pool, Feed: n.feed, Status: n.health})
	n.app = abci.New(abci.Config{
		App: n.state.App, Pool: n.pool, Commit: n.committed, Fatal: n.fail, Logger: n.cfg.Logger,
	})
	return nil
}

// current reports whether the node has caught up with the league.
func (n *Node) current() bool {
	return n.running.Load() && !n.comet.ConsensusReactor().WaitSync()
}

// startComet makes CometBFT's node, which replays blocks that the state lacks, and starts it. CometBFT panics on some
// faults of its files; here that is an error.
func (n *Node) startComet(ctx context.Context, h home) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("starting CometBFT: %v", p)
		}
	}()
	cfg, err := n.cfg.comet()
	if err != nil {
		return err
	}
	validator, err := newSigner(h, n.dbs.nextValidators, n.cfg.Logger)
	if err != nil {
		return err
	}
	genesis := func() (*types.GenesisDoc, error) { return types.GenesisDocFromFile(h.genesis()) }
	var application abcitypes.Application = n.app
	if n.cfg.Intercept != nil {
		application = n.cfg.Intercept(application)
	}
	application = quitter{Application: application, syncing: n.syncing}
	comet, err := cmtnode.NewNodeWithContext(ctx, cfg, validator, n.key, proxy.NewConnSyncLocalClientCreator(application),
		genesis, n.dbs.provider, n.meters.provider(), newLogger(n.cfg.Logger, n.faulty.Load))
	if err != nil {
		return fmt.Errorf("starting CometBFT: %w", err)
	}
	n.comet = comet
	if err := n.meters.err; err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	if err := n.sameGenesis(h); err != nil {
		return err
	}
	if err := n.bell.install(comet); err != nil {
		return fmt.Errorf("starting CometBFT: %w", err)
	}
	if err := comet.Start(); err != nil {
		return fmt.Errorf("starting CometBFT: %w", err)
	}
	n.running.Store(true)
	n.keepPeers()
	return nil
}

// sameGenesis refuses a genesis file that was replaced: CometBFT goes by the one that it stored at its first start, and
// would not say so.
func (n *Node) sameGenesis(h home) error {
	file, err := types.GenesisDocFromFile(h.genesis())
	if err != nil {
		return err
	}
	now, err := cmtjson.Marshal(file)
	if err != nil {
		return err
	}
	stored, err := cmtjson.Marshal(n.comet.GenesisDoc())
	if err != nil {
		return err
	}
	if !bytes.Equal(now, stored) {
		return &abci.GenesisError{Reason: h.genesis() + " is not the one that this home began with"}
	}
	return nil
}

// Head is the last committed block of a node, also of a stopped one.
func (n *Node) Head() app.Head { return n.state.App.Head() }
