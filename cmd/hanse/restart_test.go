package main

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/hanse-id/hanse/did/keys"
)

// restart ends center i, and starts it again as version (empty: a build that knows none).
func restart(t *testing.T, l *league, i int, version string) {
	t.Helper()
	l.centers[i].terminate()
	if err := l.centers[i].wait(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	t.Setenv(testVersion, version)
	if err := l.startCenter(i); err != nil {
		t.Fatal(err)
	}
	if err := l.awaitReady(t.Context(), i); err != nil {
		t.Fatal(err)
	}
}

// replacesSponsor follows the help of 'hanse center update': list both keys, restart with the new one, list that alone.
func replacesSponsor(t *testing.T, l *league) {
	home := l.home(3)
	command(t, "key", "generate", "sponsor-2", "--keystore", filepath.Join(home, "keystore"), "--passphrase-file", filepath.Join(home, "passphrase"))
	command(t, "center", "update", "--sponsor", "sponsor", "--sponsor", "sponsor-2", "--home", home)
	cfg, _, err := loadConfig(home, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Keystore.Sponsor = "sponsor-2"
	if err := writeConfig(home, cfg); err != nil {
		t.Fatal(err)
	}
	restart(t, l, 3, "")
	command(t, "center", "update", "--sponsor", "sponsor-2", "--home", home)
	if _, _, err := storyOf(t, l).submitDID(t.Context(), 3, newSigner(t, keys.EdDSA)); err != nil {
		t.Errorf("the center takes no operations with its new sponsor key: %v", err)
	}
	m, err := l.client(3).Center(t.Context(), l.m.Centers[3].Name)
	if err != nil || len(m.Sponsors) != 1 {
		t.Errorf("sponsors %+v, %v", m, err)
	}
}

// upgrades lets one center run a release that a plan leaves behind; the others know no version and are not compared.
func upgrades(t *testing.T, l *league) {
	restart(t, l, 3, "1.9.0")
	head, err := l.client(0).League(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	propose(t, l, 0, "upgrade.plan", "--name", "spring", "--height", strconv.FormatInt(head.Height+12, 10), "--min-version", "2.0.0")
	select {
	case <-l.centers[3].done:
	case <-time.After(60 * time.Second):
		t.Fatal("the old binary goes on")
	}
	if code := l.centers[3].cmd.ProcessState.ExitCode(); code != exitUpgrade {
		t.Errorf("exit code %d: %s", code, l.centers[3].logTail())
	}
	restart(t, l, 3, "2.0.0")
	if _, _, err := storyOf(t, l).submitDID(t.Context(), 3, newSigner(t, keys.EdDSA)); err != nil {
		t.Errorf("the new binary does not go on: %v", err)
	}
}
