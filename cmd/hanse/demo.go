package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

//go:embed samples/*.json
var samples embed.FS

// demoReadyTimeout bounds how long the demo waits for its league.
const demoReadyTimeout = 90 * time.Second

func demoCommand() *cobra.Command {
	opts := leagueOptions{League: "demo"}
	var credentials string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Tell the whole story on a league of its own: register, issue, verify, accredit, revoke",
		Long: `Starts a league of its own in a temporary directory and tells the story that hanse exists for, printing
every step with its command and what came back: a university registers a DID, an issuer issues real credentials
at one center, a bank verifies them at another, a tampered copy is refused. The centers vote, one of them
accredits the university, the bank is shown the path, and a diploma mill is refused. A center is killed and comes
back, a credential is revoked and every center says so, and so is the accreditation: a diploma from before stays
good as of its date. Exit code 0 only if every step went as it should.`,
		Example: `  hanse demo
  hanse demo --centers 4 --credentials ./credentials --contexts ./contexts`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.Centers < 4 {
				return usage(fmt.Errorf("--centers %d", opts.Centers), "the story kills a center, and three of four are the least that go on: use 4 or more")
			}
			return runDemo(cmd, opts, credentials)
		},
	}
	f := cmd.Flags()
	f.IntVar(&opts.Centers, "centers", 4, "number of centers")
	f.StringVar(&credentials, "credentials", "", "folder of unsigned credentials, *.json (default: a small built-in set)")
	f.StringVar(&opts.Contexts, "contexts", "", "folder of more JSON-LD contexts, with an index.json")
	f.StringVar(&opts.Redis, "redis", "", "Redis URL for the centers' caches")
	return cmd
}

// runDemo starts the league, tells the story, and leaves nothing behind.
func runDemo(cmd *cobra.Command, opts leagueOptions, credentialsDir string) (err error) {
	inputs, signed, err := demoInputs(credentialsDir)
	if err != nil {
		return err
	}
	if opts.Contexts != "" {
		if opts.Contexts, err = filepath.Abs(opts.Contexts); err != nil {
			return err
		}
	}
	if opts.Home, err = os.MkdirTemp("", "hanse-demo-"); err != nil {
		return err
	}
	defer os.RemoveAll(opts.Home)
	if opts.API, err = freeRange(opts.Centers); err != nil {
		return err
	}
	l, err := openLeague(cmd, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.stop()) }()
	if err := l.start(cmd.Context(), demoReadyTimeout); err != nil {
		return err
	}
	return newStory(cmd, l, inputs, signed).tell()
}

// freeRange returns the address of the first of n free consecutive ports on loopback.
func freeRange(n int) (string, error) {
	for range 100 {
		first, err := freePorts(1)
		if err != nil {
			return "", err
		}
		_, text, _ := net.SplitHostPort(first[0])
		port, _ := strconv.Atoi(text)
		if portsAreFree(port, n) {
			return first[0], nil
		}
	}
	return "", fmt.Errorf("no %d consecutive free ports on loopback", n)
}

func portsAreFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return false
		}
		defer listener.Close()
	}
	return true
}

// demoInput is a credential the demo works with.
type demoInput struct {
	Name string
	JSON []byte
}

// demoInputs reads *.json of a folder, and of its folder signed: credentials that others signed.
func demoInputs(dir string) (inputs, signed []demoInput, err error) {
	var from fs.FS = samples
	pattern := "samples/*.json"
	if dir != "" {
		from, pattern = os.DirFS(dir), "*.json"
	}
	if inputs, err = readAll(from, pattern); err != nil {
		return nil, nil, err
	}
	if len(inputs) == 0 {
		return nil, nil, usagef("--credentials %s holds no *.json", dir)
	}
	signed, err = readAll(from, "signed/*.json")
	return inputs, signed, err
}

func readAll(from fs.FS, pattern string) ([]demoInput, error) {
	paths, err := fs.Glob(from, pattern)
	if err != nil {
		return nil, err
	}
	var all []demoInput
	for _, path := range paths {
		data, err := fs.ReadFile(from, path)
		if err != nil {
			return nil, err
		}
		all = append(all, demoInput{Name: filepath.Base(path), JSON: data})
	}
	return all, nil
}

// eventually calls check every 50 ms until it returns true or an error, or the time is up.
func eventually(ctx context.Context, timeout time.Duration, check func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		done, err := check()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
