// Package redistest runs a real redis-server for a test, and does to it what happens to servers.
//
//	server := redistest.Start(t)
//	store, err := cache.NewRedis(server.URL())
//	server.Stop() // SIGSTOP: it hangs, connections stay open
package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Server is a redis-server on a loopback port of its own, without persistence, ended with the test.
type Server struct {
	t    testing.TB
	dir  string
	port int

	mu      sync.Mutex
	process *os.Process // nil: not running
}

const patience = 10 * time.Second

// Reserve returns a server that is not running yet: its URL is that of a port where nobody listens. Start it with
// Restart. The test is skipped where redis-server is not installed.
func Reserve(t testing.TB) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed")
	}
	s := &Server{t: t, dir: t.TempDir(), port: freePort(t)}
	t.Cleanup(s.Kill)
	return s
}

// Start returns a server that answers.
func Start(t testing.TB) *Server {
	t.Helper()
	for range 5 { // somebody may take the port between choosing and listening
		s := Reserve(t)
		if err := s.start(); err == nil {
			return s
		}
		s.Kill()
	}
	t.Fatal("redis-server does not start")
	return nil
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Addr is host:port.
func (s *Server) Addr() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// URL is what cache.NewRedis takes.
func (s *Server) URL() string { return "redis://" + s.Addr() + "/0" }

func (s *Server) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	cmd := exec.Command("redis-server", "--bind", "127.0.0.1", "--port", strconv.Itoa(s.port),
		"--save", "", "--appendonly", "no", "--dir", s.dir, "--daemonize", "no", "--loglevel", "warning", "--maxmemory", "64mb")
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	s.process = cmd.Process
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if reply, err := s.Do("PING"); err == nil && reply == "+PONG" {
			return nil
		}
		select {
		case err := <-exited:
			s.process = nil
			return fmt.Errorf("redis-server ended: %w", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return errors.New("redis-server does not answer")
}

// Restart starts the server again (or for the first time) on the same port, empty.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

// Kill ends the server with SIGKILL. It may be called twice.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return
	}
	_ = s.process.Kill()
	s.process = nil
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			return // nobody listens any more
		}
		c.Close()
	}
}

// Stop makes the server hang: connections stay open and are accepted, nothing is answered.
func (s *Server) Stop() { s.signal(syscall.SIGSTOP) }

// Continue ends Stop.
func (s *Server) Continue() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig os.Signal) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		s.t.Fatal("redis-server is not running")
	}
	if err := s.process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// Flush empties the server.
func (s *Server) Flush() {
	s.t.Helper()
	s.MustDo("FLUSHALL")
}

// MustDo is Do that ends the test on an error.
func (s *Server) MustDo(args ...string) string {
	s.t.Helper()
	reply, err := s.Do(args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply
}

// Do sends one command over a connection of its own and returns the first line of the reply, or the string in it; for
// arrays use Keys. It shares no code with the client under test.
func (s *Server) Do(args ...string) (string, error) {
	replies, err := s.exchange(args)
	if err != nil || len(replies) == 0 {
		return "", err
	}
	return replies[0], nil
}

// Keys lists all keys.
func (s *Server) Keys() ([]string, error) { return s.exchange([]string{"KEYS", "*"}) }

func (s *Server) exchange(args []string) ([]string, error) {
	conn, err := net.DialTimeout("tcp", s.Addr(), time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := conn.Write([]byte(b.String())); err != nil {
		return nil, err
	}
	return readReply(bufio.NewReader(conn))
}

// readReply reads RESP2: simple strings, errors, integers, bulk strings, and arrays of these.
func readReply(r *bufio.Reader) ([]string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	line = strings.TrimRight(line, "\r\n")
	switch line[:min(1, len(line))] {
	case "-":
		return nil, errors.New(line[1:])
	case "$":
		n, err := strconv.Atoi(line[1:])
		if err != nil || n < 0 {
			return nil, err
		}
		data := make([]byte, n+2)
		if _, err := io.ReadFull(r, data); err != nil {
			return nil, err
		}
		return []string{string(data[:n])}, nil
	case "*":
		n, err := strconv.Atoi(line[1:])
		if err != nil {
			return nil, err
		}
		var all []string
		for range n {
			one, err := readReply(r)
			if err != nil {
				return nil, err
			}
			all = append(all, one...)
		}
		return all, nil
	}
	return []string{line}, nil
}
