package auth

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestScopesCoverWhatTheySay(t *testing.T) {
	issue := "write:/issuers/demo/credentials/issue"
	for _, c := range []struct {
		scope, needed string
		want          bool
	}{
		{issue, issue, true},
		{"*", issue, true},
		{"admin", issue, true},
		{"write:/issuers/*/credentials/issue", issue, true},
		{"write:/issuers/**", issue, true},
		{"write:/**", issue, true},
		{"read:/**", issue, false},
		{"write:/issuers/other/credentials/issue", issue, false},
		{"write:/issuers/*", issue, false},
		{"write:/issuers/*/credentials", issue, false},
		{"write:/issuers/demo/credentials/issue/more", issue, false},
		{"write:/issuers/*/credentials/issue", "write:/issuers//credentials/issue", false},
		{"write:/Issuers/demo/credentials/issue", issue, false},
		{"write:/issuers/dem", issue, false},
		{"write:/credentials/status", issue, false},
	} {
		if got := (Key{Scopes: []string{c.scope}}).Allows(c.needed); got != c.want {
			t.Errorf("scope %q allows %q: %v, want %v", c.scope, c.needed, got, c.want)
		}
	}
	if (Key{}).Allows(issue) {
		t.Error("a key without scopes allows something")
	}
}

func TestAnotherProcessRevokesLive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api keys.db")
	server, cli := openTest(t, path), openTest(t, path)
	key, token, err := cli.Create(t.Context(), NewKey{Name: "x", Scopes: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Lookup(t.Context(), token); err != nil {
		t.Fatalf("a key that another process made: %v", err)
	}
	if err := cli.Revoke(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Lookup(t.Context(), token); !errors.Is(err, ErrRevoked) {
		t.Fatalf("a key that another process revoked: %v, want ErrRevoked", err)
	}
}

func TestAFileThatOthersMayReadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api.db")
	if err := openTest(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if store, err := OpenSQLite(t.Context(), path); err == nil {
		_ = store.Close()
		t.Error("a file of mode 0640 was opened")
	}
}

func TestTheFileHoldsNoTokenAndIsPrivate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "api.db")
	store := openTest(t, path)
	_, token, err := store.Create(t.Context(), NewKey{Name: "x", Scopes: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatal("no file was written", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(token[len(tokenPrefix):])) {
			t.Errorf("%s holds the token", file.Name())
		}
		if info, err := file.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", file.Name(), info.Mode())
		}
	}
}

func openTest(t *testing.T, path string) *SQLite {
	t.Helper()
	store, err := OpenSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func BenchmarkLookupSQLite(b *testing.B) {
	store, err := OpenSQLite(b.Context(), filepath.Join(b.TempDir(), "api.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	_, token, err := store.Create(b.Context(), NewKey{Name: "x", Scopes: []string{"*"}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := store.Lookup(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}

// OpenSQLiteAt is OpenSQLite with a clock, for the conformance suite.
func OpenSQLiteAt(t *testing.T, path string, now func() time.Time) Store {
	t.Helper()
	store, err := openSQLite(t.Context(), path, now)
	if err != nil {
		t.Fatal(err)
	}
	return store
}
