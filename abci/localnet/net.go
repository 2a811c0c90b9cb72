package localnet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/hanse-id/hanse/abci/node"
)

// Options of a league in this process.
type Options struct {
	Logger    *slog.Logger                     // nil: nothing is logged
	Configure func(center int, c *node.Config) // changes a node's configuration before it starts; nil: nothing
}

// Net is a league whose nodes run in this process.
type Net struct {
	Plan *Plan
	opts Options

	mu    sync.Mutex
	nodes []*node.Node // nil: not running
}

// Start starts the nodes of a plan's genesis. It returns when they run, not when they have a block: see Ready. Newcomers
// are started by StartNode.
func Start(ctx context.Context, p *Plan, opts Options) (*Net, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	n := &Net{Plan: p, opts: opts, nodes: make([]*node.Node, len(p.Nodes))}
	for i := range p.Centers {
		if err := n.StartNode(ctx, i); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	return n, nil
}

// StartNode starts a node that does not run.
func (n *Net) StartNode(ctx context.Context, i int) error {
	p := n.Plan.Nodes[i]
	cfg := node.Config{
		Home: p.Home, P2P: p.P2P, Peers: p.Peers, Sponsor: p.Sponsor, IdleInterval: n.Plan.Idle,
		Logger: n.opts.Logger.With("center", p.Name), CacheBytes: 8 << 20,
	}
	if n.opts.Configure != nil {
		n.opts.Configure(i, &cfg)
	}
	started, err := node.Start(ctx, cfg)
	if err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	n.mu.Lock()
	n.nodes[i] = started
	n.mu.Unlock()
	return nil
}

// Node returns node i; nil if it does not run.
func (n *Net) Node(i int) *node.Node {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.nodes[i]
}

// Center returns the ledger of node i, which must run.
func (n *Net) Center(i int) Center { return n.Node(i).Ledger() }

// Centers returns the ledgers of the nodes that run.
func (n *Net) Centers() []Center {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []Center
	for _, running := range n.nodes {
		if running != nil {
			list = append(list, running.Ledger())
		}
	}
	return list
}

// StopNode stops node i.
func (n *Net) StopNode(i int) error {
	n.mu.Lock()
	running := n.nodes[i]
	n.nodes[i] = nil
	n.mu.Unlock()
	if running == nil {
		return nil
	}
	return running.Stop()
}

// Restart stops node i and starts it again.
func (n *Net) Restart(ctx context.Context, i int) error {
	if err := n.StopNode(i); err != nil {
		return err
	}
	return n.StartNode(ctx, i)
}

// Close stops all nodes.
func (n *Net) Close() error {
	errs := make([]error, len(n.nodes))
	var wg sync.WaitGroup
	for i := range n.nodes {
		wg.Go(func() { errs[i] = n.StopNode(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
