package cache_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/cache"
	"github.com/hanse-id/hanse/api/cache/redistest"
)

func taken(t *testing.T, c *cache.Cache, key, value string) {
	t.Helper()
	got, err := c.Take(t.Context(), key)
	if string(got) != value || err != nil {
		t.Errorf("%s: %q, %v", key, got, err)
	}
}

func absent(t *testing.T, c *cache.Cache, key string) {
	t.Helper()
	if got, err := c.Take(t.Context(), key); !errors.Is(err, cache.ErrAbsent) || got != nil {
		t.Errorf("%s: %q, %v", key, got, err)
	}
}

func put(t *testing.T, c *cache.Cache, key, value string, ttl time.Duration) {
	t.Helper()
	if err := c.Put(t.Context(), key, []byte(value), ttl); err != nil {
		t.Fatal(err)
	}
}

func TestOneTimeValuesAreTakenOnce(t *testing.T) {
	alone := open(t, cache.Options{})
	server := redistest.Start(t)
	a, b := open(t, cache.Options{L2: openRedis(t, server)}), open(t, cache.Options{L2: openRedis(t, server)})
	for _, pair := range [][2]*cache.Cache{{alone, alone}, {a, b}} {
		put(t, pair[0], "offer", "1", time.Minute)
		put(t, pair[0], "empty", "", time.Minute)
		taken(t, pair[1], "offer", "1")
		taken(t, pair[1], "empty", "")
		absent(t, pair[0], "offer")
		absent(t, pair[1], "offer")
		absent(t, pair[0], "never put")
		put(t, pair[0], "expired", "1", -time.Second)
		absent(t, pair[1], "expired")
	}
	patient := func() *cache.Cache {
		return open(t, cache.Options{L2: openRedis(t, server), L2Timeout: 10 * time.Second})
	}
	a, b = patient(), patient()
	put(t, a, "race", "1", time.Minute)
	var winners atomic.Int32
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if _, err := [2]*cache.Cache{a, b}[i%2].Take(t.Context(), "race"); err == nil {
				winners.Add(1)
			} else if !errors.Is(err, cache.ErrAbsent) && !errors.Is(err, cache.ErrUnavailable) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := winners.Load(); n != 1 {
		t.Errorf("%d callers took it", n)
	}
}

func TestOneTimeValuesAndRecordsDoNotMix(t *testing.T) {
	store := newRecording()
	c := open(t, cache.Options{L2: store})
	get(t, c, "x", "1", 7)
	written(t, store, 1)
	absent(t, c, "x")
	put(t, c, "y", "secret", time.Minute)
	fresh := open(t, cache.Options{L2: shared{store}})
	if !get(t, fresh, "y", "2", 8) {
		t.Error("a one-time value was read as a record")
	}
	// Even if someone moves the bytes.
	all := store.seen()
	for key := range all {
		for _, value := range all {
			_ = store.L2.Set(t.Context(), key, value, time.Minute)
			if v, err := fresh.Take(t.Context(), "x"); err == nil {
				t.Errorf("taken: %q", v)
			}
		}
	}
}

func TestForgedOneTimeValuesAreAbsent(t *testing.T) {
	store := newRecording()
	c := open(t, cache.Options{L2: store})
	put(t, c, "offer", "1", time.Minute)
	for key, value := range store.seen() {
		for i := range value {
			forged := bytes.Clone(value)
			forged[i] ^= 1
			_ = store.L2.Set(t.Context(), key, forged, time.Minute)
			absent(t, c, "offer")
		}
	}
	if s := c.Stats(); s.Rejected == 0 {
		t.Errorf("%+v", s)
	}
}

func TestAnExpiredOneTimeValueCannotBePutBack(t *testing.T) {
	store := newRecording()
	c := open(t, cache.Options{L2: store})
	put(t, c, "offer", "1", 20*time.Millisecond)
	for key, value := range store.seen() {
		eventually(t, "expiry", func() bool {
			_ = store.L2.Set(t.Context(), key, value, time.Minute)
			_, err := c.Take(t.Context(), "offer")
			return errors.Is(err, cache.ErrAbsent)
		})
	}
}

func TestOneTimeValuesFailClosed(t *testing.T) {
	server := redistest.Start(t)
	c := open(t, cache.Options{L2: openRedis(t, server)})
	put(t, c, "offer", "1", time.Minute)
	check := func(when string) {
		t.Helper()
		start := time.Now()
		for range 5 {
			if v, err := c.Take(context.Background(), "offer"); !errors.Is(err, cache.ErrUnavailable) {
				t.Errorf("%s: taken %q, %v", when, v, err)
			}
			if err := c.Put(context.Background(), "other", nil, time.Minute); !errors.Is(err, cache.ErrUnavailable) {
				t.Errorf("%s: put: %v", when, err)
			}
		}
		if spent := time.Since(start); spent > 5*time.Second {
			t.Errorf("%s: ten calls took %v", when, spent)
		}
	}
	server.Stop()
	check("hung")
	server.Continue()
	server.Kill()
	check("dead")
	server.Restart()
	eventually(t, "Redis is back", func() bool { return c.Put(t.Context(), "new", []byte("2"), time.Minute) == nil })
	taken(t, c, "new", "2")
	absent(t, c, "offer")
}
