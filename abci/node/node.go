package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	cmtnode "github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"

	"github.com/hanse-id/hanse/abci"
	"github.com/hanse-id/hanse/abci/ledger"
	"github.com/hanse-id/hanse/abci/pool"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/governance"
)

// Node is a running node.
type Node struct {
	cfg     Config
	key     *p2p.NodeKey
	center  atomic.Pointer[governance.Center] // nil: of none
	joined  chan struct{}                     // closed when there is a center
	centers atomic.Int64                      // active ones of the league
	pulse   pulse
	bell    *bell

	state  *State
	pool   *pool.Pool
	feed   *ledger.Feed
	ledger *ledger.Local
	app    *abci.Application
	dbs    databases
	meters registrar
	comet  *cmtnode.Node

	verdicts  *pool.Verdicts
	redialing context.CancelFunc
	running   atomic.Bool // CometBFT was started

	failure  chan error  // the first fault
	faulty   atomic.Bool // there was one
	stopOnce sync.Once
	done     chan struct{}
	err      error // why the node stopped; read after done
	closing  error // of Stop
}

// Start opens the home, replays what is needed and starts the node. ctx bounds starting only; end a node with Stop.
// Errors: *LockedError, *NotInitialisedError, *ModeError, *SettingError, *pool.CorruptError, and others.
func Start(ctx context.Context, cfg Config) (*Node, error) {
	cfg, err := cfg.withDefaults().resolved()
	if err != nil {
		return nil, err
	}
	n := &Node{
		cfg: cfg, feed: ledger.NewFeed(), failure: make(chan error, 1), done: make(chan struct{}),
		joined: make(chan struct{}), redialing: func() {}, pulse: pulse{start: time.Now()}, meters: registrar{registry: cfg.Metrics},
	}
	if err := n.start(ctx); err != nil {
		select {
		case fault := <-n.failure: // CometBFT hands on the text of what stopped it, not the error
			err = fault
		default:
		}
		return nil, errors.Join(err, n.closeAll())
	}
	go n.watch()
	return n, nil
}

// resolved checks addresses and gives those with port 0 a port.
func (c Config) resolved() (Config, error) {
	var err error
	if c.P2P, err = resolve("p2p", c.P2P); err != nil {
		return c, err
	}
	if c.RPC == "" {
		return c, nil
	}
	if err := loopback(c.RPC); err != nil {
		return c, err
	}
	c.RPC, err = resolve("rpc", c.RPC)
	return c, err
}

// watch stops a node that cannot go on.
func (n *Node) watch() {
	select {
	case err := <-n.failure:
		n.cfg.Logger.Error("node stops", "err", err)
		n.shutdown(err)
	case <-n.done:
	}
}

// fail reports a fault; the first one counts. It does not wait: the caller may be in the way of stopping.
func (n *Node) fail(err error) {
	n.faulty.Store(true)
	select {
	case n.failure <- err:
	default:
	}
}

// Stop ends the node and closes its files. It may be called more than once; a node that stopped by itself returns
// no error here, see Err.
func (n *Node) Stop() error {
	n.shutdown(nil)
	<-n.done
	return n.closing
}

func (n *Node) shutdown(reason error) {
	n.stopOnce.Do(func() {
		n.err = reason
		n.closing = n.closeAll()
		close(n.done)
	})
}

// closeAll ends everything that was started, in the reverse order. CometBFT goes first: nothing may reach a closed
// database. It works on a node that was started in part.
func (n *Node) closeAll() error {
	var errs []error
	n.feed.Close()
	n.redialing()
	if n.app != nil {
		n.app.Quiesce()
	}
	if n.comet != nil {
		errs = append(errs, stopComet(n.comet))
	}
	if n.app != nil {
		n.app.Close()
	}
	if n.pool != nil {
		errs = append(errs, n.pool.Stop())
	}
	if n.ledger != nil {
		n.ledger.Close()
	}
	errs = append(errs, n.dbs.close())
	n.meters.unregister()
	if n.state != nil {
		errs = append(errs, n.state.Close())
	}
	return errors.Join(errs...)
}

// stopComet stops CometBFT. Its Stop can panic ("leveldb: closed", store/store.go:340) when a goroutine reads from a
// database that it closes; everything is on disk by then.
func stopComet(c *cmtnode.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("stopping CometBFT: %v", p)
		}
	}()
	if !c.IsRunning() {
		return nil
	}
	if err := c.Stop(); err != nil {
		return fmt.Errorf("stopping CometBFT: %w", err)
	}
	c.Wait()
	return nil
}

// Done is closed when the node has stopped, by Stop or by a failure; Err then says why (nil after Stop).
func (n *Node) Done() <-chan struct{} { return n.done }

// Err is why the node stopped by itself: an *abci.FatalError or a *pool.JournalError; nil while it runs, or after Stop. A
// FatalError around an *app.UpgradeError asks for another binary: everything up to the plan's height is kept.
func (n *Node) Err() error {
	if !n.stopped() {
		return nil
	}
	return n.err
}

// Ledger is the node's ledger: it satisfies api.Ledger.
func (n *Node) Ledger() *ledger.Local { return n.ledger }

// ID is the node's p2p id.
func (n *Node) ID() string { return string(n.key.ID()) }

// P2PAddr is the address peers connect to, "host:port".
func (n *Node) P2PAddr() string { return n.cfg.P2P }

// RPCAddr is the address of CometBFT's RPC, "host:port"; empty if it has none.
func (n *Node) RPCAddr() string { return n.cfg.RPC }

// committed is told of every block.
func (n *Node) committed(s app.Summary) {
	n.pulse.beat()
	n.bell.follow(s)
	n.feed.Publish(s)
}
