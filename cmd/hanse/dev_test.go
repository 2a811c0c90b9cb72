package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestALeagueRunsOnceInAHome(t *testing.T) {
	home := t.TempDir()
	unlock, err := lockDir(home)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockDir(home); err == nil || !strings.Contains(err.Error(), "runs in") {
		t.Errorf("a second lock gives %v", err)
	}
	unlock()
	again, err := lockDir(home)
	if err != nil {
		t.Fatalf("after unlocking: %v", err)
	}
	again()
}

func TestResetDeletesOnlyWhatADevLeagueMade(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"center-a", "center-b"} {
		if err := os.MkdirAll(filepath.Join(home, name, "data"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := writePrivate(filepath.Join(home, "dev.json"), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := resetLeague(home); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(home); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	precious := filepath.Join(home, "thesis.txt")
	if err := writePrivate(precious, []byte("years of work")); err != nil {
		t.Fatal(err)
	}
	if err := resetLeague(home); err == nil {
		t.Error("a directory that holds something else is emptied")
	}
	if _, err := os.Stat(precious); err != nil {
		t.Errorf("gone: %v", err)
	}
}

func TestPortsLeaveRoomForEveryCenter(t *testing.T) {
	for api, ok := range map[string]bool{
		"127.0.0.1:7080": true, "127.0.0.1:65533": false, "127.0.0.1:0": false, "7080": false, "127.0.0.1:x": false,
	} {
		err := (&leagueOptions{API: api, Centers: 4}).validate()
		if (err == nil) != ok {
			t.Errorf("--api %s: %v", api, err)
		}
	}
}

// The public URL of a league with TLS is https://localhost, because a did:web has no address in it: that must be where it listens.
func TestALeagueWithTLSListensWhereItsNameLeads(t *testing.T) {
	for api, ok := range map[string]bool{
		"127.0.0.1:7443": true, "localhost:7443": true, "[::1]:7443": true, "0.0.0.0:7443": true, "[::]:7443": true, ":7443": true,
		"192.0.2.7:7443": false, "bank.example:7443": false, "127.0.0.2:7443": false,
	} {
		err := (&leagueOptions{API: api, Centers: 4, TLS: true}).validate()
		if (err == nil) != ok {
			t.Errorf("%s: %v", api, err)
		}
	}
	if err := (&leagueOptions{API: "192.0.2.7:7443", Centers: 4}).validate(); err != nil {
		t.Error(err)
	}
}
