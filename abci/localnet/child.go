package localnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hanse-id/hanse/abci/node"
)

// ChildEnv is the environment variable that makes a process one node of a league: see RunChild.
const ChildEnv = "HANSE_LOCALNET_CHILD"

// childSpec is what a child process is told.
type childSpec struct {
	Manifest Manifest
	Dir      string
	Center   int
	Debug    bool
}

// hello is the line that a child prints when it runs.
type hello struct {
	Control string `json:"control"` // address of Serve
	RPC     string `json:"rpc"`     // of CometBFT
}

// RunChild runs the node that the environment asks for, and returns true when it has ended; false if this process
// is no child. A test binary calls it in TestMain before anything else.
func RunChild() (ran bool, err error) {
	text, ok := os.LookupEnv(ChildEnv)
	if !ok {
		return false, nil
	}
	var spec childSpec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		return true, fmt.Errorf("%s: %w", ChildEnv, err)
	}
	return true, spec.run()
}

func (s childSpec) run() error {
	plan, err := Prepare(s.Dir, s.Manifest)
	if err != nil {
		return err
	}
	p := plan.Nodes[s.Center]
	level := slog.LevelWarn
	if s.Debug {
		level = slog.LevelDebug
	}
	n, err := node.Start(context.Background(), node.Config{
		Home: p.Home, P2P: p.P2P, RPC: "127.0.0.1:0", Peers: p.Peers, Sponsor: p.Sponsor,
		IdleInterval: s.Manifest.Idle, CacheBytes: 8 << 20,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})).With("center", p.Name),
	})
	if err != nil {
		return err
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, n.Stop())
	}
	go func() { _ = Serve(control, n.Ledger()) }()
	if err := json.NewEncoder(os.Stdout).Encode(hello{Control: control.Addr().String(), RPC: n.RPCAddr()}); err != nil {
		return errors.Join(err, n.Stop())
	}
	s.until(n)
	return errors.Join(control.Close(), n.Stop(), n.Err())
}

// until waits for the node to stop by itself, a signal, or the end of the process that started this one (its end of
// our standard input): a child must not outlive its test.
func (s childSpec) until(n *node.Node) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	orphaned := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(orphaned)
	}()
	select {
	case <-signals:
		// A node that does not stop in time is stopped.
		time.AfterFunc(30*time.Second, func() { os.Exit(1) })
	case <-orphaned:
		os.Exit(1)
	case <-n.Done():
	}
}
