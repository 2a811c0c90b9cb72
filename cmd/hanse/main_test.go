package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hanse-id/hanse/did/keystore"
)

// testVersion names the environment variable that says which release the centers of a league under test are.
const testVersion = "HANSE_TEST_VERSION"

// TestMain lets tests run this program: as the command "hanse" in scripts, and as the child processes of leagues.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" { // a league under test starts its centers with this very binary
		version = os.Getenv(testVersion)
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	testscript.Main(m, map[string]func(){"hanse": func() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true, Setup: setupScript, Cmds: scriptCommands})
}

var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){"exitcode": exitCode, "eventually": eventual}

// setupScript gives a script a state directory, keystores, and the file "pass" with their passphrase.
func setupScript(e *testscript.Env) error {
	e.Setenv("XDG_STATE_HOME", e.WorkDir+"/state")
	e.Setenv("NO_COLOR", "1")
	for _, home := range []string{"state/hanse", "a", "b"} {
		if err := cheapKeystore(filepath.Join(e.WorkDir, home)); err != nil {
			return err
		}
	}
	return os.WriteFile(e.WorkDir+"/pass", []byte(scriptPassphrase+"\n"), 0o600)
}

const scriptPassphrase = "correct horse battery staple"

// cheapKeystore makes the keystore that a script will find, with little scrypt work: a script opens it many times.
func cheapKeystore(home string) error {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	store, err := keystore.Create(filepath.Join(home, "keystore"), keystore.Options{Passphrase: keystore.Fixed([]byte(scriptPassphrase)), WorkFactor: 10})
	if err != nil {
		return err
	}
	return store.Close()
}

// exitCode runs a command and compares its exit code: exitcode 2 hanse did reslove
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode CODE COMMAND…")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if e, ok := err.(interface{ ExitCode() int }); ok {
		got = strconv.Itoa(e.ExitCode())
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// eventual repeats a command until it succeeds: eventually hanse trust path …
func eventual(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: eventually COMMAND…")
	}
	var last error
	err := eventuallyDo(func() bool { last = ts.Exec(args[0], args[1:]...); return last == nil })
	if err != nil {
		ts.Fatalf("%v: %v", err, last)
	}
}

func eventuallyDo(done func() bool) error {
	return eventually(context.Background(), 30*time.Second, func() (bool, error) { return done(), nil })
}
