package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hanse-id/hanse/api/client"
)

// centerProcess is one `hanse serve` child. It ends when its standard input closes, so it cannot outlive its parent.
type centerProcess struct {
	cmd   *exec.Cmd
	log   string
	stdin io.Closer
	done  chan struct{}
	err   error // valid once done is closed
}

// startProcess runs `hanse serve` on a home, with further flags; its output goes to HOME/log/hanse.log.
func startProcess(home string, flags ...string) (*centerProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &centerProcess{log: filepath.Join(home, "log", "hanse.log"), done: make(chan struct{})}
	if err := os.MkdirAll(filepath.Dir(p.log), 0o700); err != nil {
		return nil, err
	}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p.cmd = exec.Command(self, append([]string{"serve", "--home", home, "--until-stdin-closes"}, flags...)...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches the parent alone, which ends its children in order
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *centerProcess) pid() int { return p.cmd.Process.Pid }

func (p *centerProcess) terminate() { _ = p.cmd.Process.Signal(syscall.SIGTERM) }

// kill ends the process as a power cut would.
func (p *centerProcess) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// wait waits for the end, and kills when the time is up.
func (p *centerProcess) wait(timeout time.Duration) error {
	select {
	case <-p.done:
		return nil
	case <-time.After(timeout):
		p.kill()
		return fmt.Errorf("process %d did not end within %s and was killed; its log is %s", p.pid(), timeout, p.log)
	}
}

// logTail returns the error that the process ended with, or the last lines of its log where it had no time for one.
func (p *centerProcess) logTail() string {
	data, err := os.ReadFile(p.log)
	if err != nil {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	for i := len(lines) - 1; i >= 0 && !bytes.HasPrefix(lines[i], []byte("{")); i-- {
		if reason, found := bytes.CutPrefix(lines[i], []byte("error: ")); found {
			return string(reason)
		}
	}
	return string(bytes.Join(lines[max(0, len(lines)-8):], []byte("\n")))
}

// awaitReady waits until center i says that it is ready to serve.
func (l *league) awaitReady(ctx context.Context, i int) error {
	c, p := l.m.Centers[i], l.centers[i]
	transport, err := httpClient(l.m.CA)
	if err != nil {
		return err
	}
	api := client.New(c.API, client.Options{Token: c.Token, Agent: "hanse-dev", HTTP: transport})
	reason := "no answer yet"
	for {
		ready, err := api.Ready(ctx)
		switch {
		case err == nil && ready.Ready:
			return nil
		case err == nil:
			reason = fmt.Sprint(ready.Reasons)
		}
		select {
		case <-p.done:
			return hinted(fmt.Errorf("%s ended while starting (%v):\n%s", c.Name, p.err, p.logTail()), "its log is %s", p.log)
		case <-ctx.Done():
			return hinted(fmt.Errorf("%s is not ready: %s", c.Name, reason), "its log is %s", p.log)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
