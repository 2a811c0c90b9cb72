package auth_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/auth"
	"github.com/hanse-id/hanse/api/auth/authtest"
)

func TestMemory(t *testing.T) {
	authtest.TestStore(t, func(_ *testing.T, now func() time.Time) auth.Store { return auth.NewMemory(now) })
}

func TestSQLite(t *testing.T) {
	authtest.TestStore(t, func(t *testing.T, now func() time.Time) auth.Store {
		return auth.OpenSQLiteAt(t, filepath.Join(t.TempDir(), "api.db"), now)
	})
}

// FuzzLookup: no token but the right one finds a key, and none makes the store fail.
func FuzzLookup(f *testing.F) {
	store := auth.NewMemory(nil)
	_, token, err := store.Create(f.Context(), auth.NewKey{Name: "x", Scopes: []string{"*"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token[:len(token)-1])
	f.Add("hanse_")
	f.Fuzz(func(t *testing.T, guess string) {
		if _, err := store.Lookup(t.Context(), guess); err == nil && guess != token {
			t.Fatalf("%q found a key", guess)
		}
	})
}
