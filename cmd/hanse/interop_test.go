package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// interop runs every part of scripts/interop against a league, and prints what was run and what was seen.
func interop(t *testing.T, l *league) {
	dir := filepath.Join("..", "..", "scripts", "interop")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		t.Skip("node packages are not installed: scripts/install-deps does it")
	}
	script := exec.CommandContext(t.Context(), "node", "interop.mjs", filepath.Join(l.opts.Home, "dev.json"))
	script.Dir = dir
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script.Env = append(os.Environ(), "HANSE_BINARY="+self)
	out, err := script.CombinedOutput()
	t.Logf("\n%s", out)
	if err != nil || !bytes.HasSuffix(out, []byte(", 0 failed\n")) {
		t.Errorf("interop: %v", err)
	}
	totals := regexp.MustCompile(`(?m)^(\d+) passed, 0 failed$`).FindSubmatch(out)
	if totals == nil {
		t.Fatal("interop printed no totals")
	}
	// A part that silently runs nothing is a failure too.
	if passed, _ := strconv.Atoi(string(totals[1])); passed < 500 {
		t.Errorf("%d checks were run, there are more than 500", passed)
	}
}

// TestInteropOverTLS runs interop against centers that serve https and have did:web identities.
func TestInteropOverTLS(t *testing.T) {
	l := startLeague(t, leagueOptions{Centers: 2, TLS: true})
	if l.m.CA == "" {
		t.Fatal("dev.json names no authority")
	}
	interop(t, l)
}
