package localnet

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Cluster is a league whose nodes are child processes.
type Cluster struct {
	Plan  *Plan
	Debug bool      // children log all they have
	Log   io.Writer // of the children; nil: none

	executable string
	mu         sync.Mutex
	children   []*child // nil: not running
}

// child is one running process.
type child struct {
	cmd    *exec.Cmd
	stdin  io.Closer // held open: a child ends when its parent does
	remote *Remote
	rpc    string
	done   chan struct{} // closed when the process has ended
}

// NewCluster returns a league of processes of an executable that calls RunChild; empty: this one.
func NewCluster(p *Plan, executable string) (*Cluster, error) {
	if executable == "" {
		var err error
		if executable, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	return &Cluster{Plan: p, executable: executable, children: make([]*child, len(p.Nodes))}, nil
}

// Start starts node i and returns when it runs.
func (c *Cluster) Start(ctx context.Context, i int) error {
	spec, err := json.Marshal(childSpec{Manifest: c.Plan.Manifest, Dir: c.Plan.Dir, Center: i, Debug: c.Debug})
	if err != nil {
		return err
	}
	cmd := exec.Command(c.executable)
	cmd.Env = append(os.Environ(), ChildEnv+"="+string(spec))
	cmd.Stderr = c.Log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ch := &child{cmd: cmd, stdin: stdin, done: make(chan struct{})}
	c.set(i, ch)
	greeting := make(chan hello, 1)
	go ch.follow(stdout, greeting)
	select {
	case h := <-greeting:
		c.mu.Lock()
		ch.remote, ch.rpc = Dial(h.Control), h.RPC
		c.mu.Unlock()
		return nil
	case <-ch.done:
		return fmt.Errorf("%s ended: %v", c.Plan.Nodes[i].Name, cmd.ProcessState)
	case <-ctx.Done():
		return errors.Join(ctx.Err(), c.Signal(i, syscall.SIGKILL))
	}
}

// follow reads the child's greeting and waits for its end.
func (ch *child) follow(stdout io.Reader, greeting chan<- hello) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		var h hello
		if json.Unmarshal(lines.Bytes(), &h) == nil && h.Control != "" {
			greeting <- h
			break
		}
	}
	_, _ = io.Copy(io.Discard, stdout)
	_ = ch.cmd.Wait()
	close(ch.done)
}

func (c *Cluster) set(i int, ch *child) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.children[i] = ch
}

func (c *Cluster) get(i int) *child {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.children[i]
}

// RPC is the address of CometBFT's RPC of node i, which must run: "http://127.0.0.1:port".
func (c *Cluster) RPC(i int) string { return "http://" + c.get(i).rpc }

// Center returns node i, which must run.
func (c *Cluster) Center(i int) Center { return c.get(i).remote }

// Centers returns the nodes that run.
func (c *Cluster) Centers() []Center {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []Center
	for _, ch := range c.children {
		if ch != nil && ch.remote != nil {
			list = append(list, ch.remote)
		}
	}
	return list
}

// Signal sends a signal to node i. With SIGKILL and SIGTERM it waits for the process to end.
func (c *Cluster) Signal(i int, sig syscall.Signal) error {
	ch := c.get(i)
	if ch == nil {
		return nil
	}
	if err := ch.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if sig != syscall.SIGKILL && sig != syscall.SIGTERM {
		return nil
	}
	<-ch.done // its pipes are closed by then
	c.set(i, nil)
	return nil
}

// Close ends all processes.
func (c *Cluster) Close() error {
	var wg sync.WaitGroup
	errs := make([]error, len(c.children))
	for i := range c.children {
		wg.Go(func() {
			if c.get(i) == nil {
				return
			}
			_ = c.Signal(i, syscall.SIGCONT)
			timer := time.AfterFunc(20*time.Second, func() { _ = c.get(i).cmd.Process.Kill() })
			defer timer.Stop()
			errs[i] = c.Signal(i, syscall.SIGTERM)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Run carries out the manifest's perturbations, each at its time from now, and returns when all are over.
func (c *Cluster) Run(ctx context.Context) error {
	errs := make([]error, len(c.Plan.Perturb))
	var wg sync.WaitGroup
	for i, p := range c.Plan.Perturb {
		wg.Go(func() { errs[i] = c.perturb(ctx, p) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (c *Cluster) perturb(ctx context.Context, p Perturb) error {
	if err := sleep(ctx, p.After); err != nil {
		return err
	}
	down := map[Action]syscall.Signal{Kill: syscall.SIGKILL, Stop: syscall.SIGTERM, Pause: syscall.SIGSTOP}[p.Action]
	if err := c.Signal(p.Center, down); err != nil {
		return err
	}
	if err := sleep(ctx, p.Down); err != nil {
		return err
	}
	if p.Action == Pause {
		return c.Signal(p.Center, syscall.SIGCONT)
	}
	return c.Start(ctx, p.Center)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
