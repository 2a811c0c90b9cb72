// Package authtest is the conformance suite of auth.Store implementations.
package authtest

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/auth"
)

// Clock is a time that a test sets. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at a whole second.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

// Now reads the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// TestStore runs the suite. open returns an empty store that tells time by now.
func TestStore(t *testing.T, open func(t *testing.T, now func() time.Time) auth.Store) {
	clock := NewClock()
	fresh := func(t *testing.T) auth.Store {
		store := open(t, clock.Now)
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
		return store
	}
	request := auth.NewKey{Name: "registrar", Scopes: []string{"write:/credentials/status", "write:/issuers/demo/credentials/issue"}}

	t.Run("a token finds its key and nothing else does", func(t *testing.T) {
		store := fresh(t)
		key, token := create(t, store, request)
		_, other := create(t, store, auth.NewKey{Name: "other", Scopes: []string{"admin"}})
		got, err := store.Lookup(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(key, got); diff != "" {
			t.Errorf("key (-created +found):\n%s", diff)
		}
		if token == other || !strings.HasPrefix(token, "hanse_") {
			t.Errorf("tokens are not distinct and recognisable")
		}
		last := token[len(token)-2]
		flipped := token[:len(token)-2] + string(rune(flip(last))) + token[len(token)-1:]
		lookup(t, store, flipped, auth.ErrUnknown)
		for _, malformed := range []string{"", "hanse_", token + "A", token[1:], strings.ToUpper(token), " " + token, token + "=", "Bearer " + token} {
			lookup(t, store, malformed, auth.ErrMalformed)
		}
	})

	t.Run("a revoked key is refused at once and stays listed", func(t *testing.T) {
		store := fresh(t)
		key, token := create(t, store, request)
		if err := store.Revoke(t.Context(), key.ID); err != nil {
			t.Fatal(err)
		}
		lookup(t, store, token, auth.ErrRevoked)
		first := list(t, store)
		clock.Advance(time.Hour)
		if err := store.Revoke(t.Context(), key.ID); err != nil {
			t.Errorf("revoking again: %v", err)
		}
		if diff := cmp.Diff(first, list(t, store)); diff != "" {
			t.Errorf("revoking again changed the key:\n%s", diff)
		}
		if err := store.Revoke(t.Context(), "0123456789abcdef"); !errors.Is(err, auth.ErrUnknown) {
			t.Errorf("revoking an unknown key: %v, want ErrUnknown", err)
		}
	})

	t.Run("a key ends when it expires", func(t *testing.T) {
		store := fresh(t)
		_, token := create(t, store, auth.NewKey{Name: "short", Scopes: []string{"*"}, Expires: clock.Now().Add(time.Minute)})
		clock.Advance(59 * time.Second)
		lookup(t, store, token, nil)
		clock.Advance(time.Second)
		lookup(t, store, token, auth.ErrExpired)
	})

	t.Run("keys are listed oldest first, without anything secret", func(t *testing.T) {
		store := fresh(t)
		if keys := list(t, store); keys == nil || len(keys) != 0 {
			t.Errorf("an empty store lists %v, want an empty list", keys)
		}
		var names []string
		for _, name := range []string{"a", "b", "c"} {
			create(t, store, auth.NewKey{Name: name, Scopes: []string{"*"}})
			clock.Advance(time.Second)
		}
		for _, key := range list(t, store) {
			names = append(names, key.Name)
		}
		if !slices.Equal(names, []string{"a", "b", "c"}) {
			t.Errorf("order %v", names)
		}
	})

	t.Run("bad requests are refused", func(t *testing.T) {
		store := fresh(t)
		for _, bad := range []auth.NewKey{
			{Scopes: []string{"*"}}, {Name: "no scopes"}, {Name: "a\nb", Scopes: []string{"*"}}, {Name: strings.Repeat("x", 101), Scopes: []string{"*"}},
			{Name: "x", Scopes: []string{""}}, {Name: "x", Scopes: []string{"write"}}, {Name: "x", Scopes: []string{"delete:/x"}}, {Name: "x", Scopes: []string{"write:/a b"}},
		} {
			if _, _, err := store.Create(t.Context(), bad); !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("create %+v: %v, want ErrInvalid", bad, err)
			}
		}
	})

	t.Run("many callers at a time", func(t *testing.T) {
		store := fresh(t)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				key, token, err := store.Create(t.Context(), request)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := store.Lookup(t.Context(), token); err != nil {
					t.Error(err)
				}
				if err := store.Revoke(t.Context(), key.ID); err != nil {
					t.Error(err)
				}
				if _, err := store.Lookup(t.Context(), token); !errors.Is(err, auth.ErrRevoked) {
					t.Errorf("after revoking: %v", err)
				}
			})
		}
		group.Wait()
	})
}

func flip(c byte) byte {
	if c == 'A' {
		return 'B'
	}
	return 'A'
}

func create(t *testing.T, store auth.Store, request auth.NewKey) (auth.Key, string) {
	t.Helper()
	key, token, err := store.Create(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return key, token
}

func lookup(t *testing.T, store auth.Store, token string, want error) {
	t.Helper()
	if _, err := store.Lookup(t.Context(), token); !errors.Is(err, want) {
		t.Errorf("lookup: %v, want %v", err, want)
	}
}

func list(t *testing.T, store auth.Store) []auth.Key {
	t.Helper()
	keys, err := store.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}
