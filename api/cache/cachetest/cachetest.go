// Package cachetest is the conformance suite of cache.L2.
package cachetest

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/cache"
)

const long = time.Minute

// Run checks what every L2 must do. open returns a store that no other test uses.
func Run(t *testing.T, open func(t *testing.T) cache.L2) {
	for name, test := range map[string]func(*testing.T, cache.L2){
		"absent is no error":              absent,
		"what is set is got":              setThenGet,
		"the last set counts":             overwrite,
		"entries expire":                  expire,
		"no time to live is no entry":     noTTL,
		"a value is taken once":           takeOnce,
		"of many takers one gets a value": takeRace,
		"slices are not shared":           noSharing,
		"keys and values are any bytes":   anyBytes,
	} {
		t.Run(name, func(t *testing.T) {
			store := open(t)
			t.Cleanup(func() {
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, store)
		})
	}
}

func set(t *testing.T, s cache.L2, key, value string, ttl time.Duration) {
	t.Helper()
	if err := s.Set(t.Context(), key, []byte(value), ttl); err != nil {
		t.Fatal(err)
	}
}

// want checks what a Get returned; "" stands for absent.
func want(t *testing.T, s cache.L2, key, value string) {
	t.Helper()
	got, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != value || (got == nil) != (value == "") {
		t.Errorf("%q is %q, want %q", key, got, value)
	}
}

func absent(t *testing.T, s cache.L2) {
	want(t, s, "nobody", "")
	if got, err := s.Take(t.Context(), "nobody"); got != nil || err != nil {
		t.Errorf("taken %q, %v", got, err)
	}
}

func setThenGet(t *testing.T, s cache.L2) {
	set(t, s, "a", "1", long)
	set(t, s, "b", "2", long)
	want(t, s, "a", "1")
	want(t, s, "b", "2")
	want(t, s, "a", "1")
}

func overwrite(t *testing.T, s cache.L2) {
	set(t, s, "a", "1", long)
	set(t, s, "a", "2", long)
	want(t, s, "a", "2")
}

func expire(t *testing.T, s cache.L2) {
	set(t, s, "short", "1", 20*time.Millisecond)
	set(t, s, "taken", "1", 20*time.Millisecond)
	set(t, s, "long", "1", long)
	for deadline := time.Now().Add(10 * time.Second); ; {
		got, err := s.Get(t.Context(), "short")
		if err != nil {
			t.Fatal(err)
		}
		if got == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("does not expire")
		}
		time.Sleep(time.Millisecond)
	}
	if got, err := s.Take(t.Context(), "taken"); got != nil || err != nil {
		t.Errorf("expired, but taken: %q, %v", got, err)
	}
	want(t, s, "long", "1")
}

func noTTL(t *testing.T, s cache.L2) {
	for _, ttl := range []time.Duration{0, -time.Second} {
		set(t, s, "a", "1", long)
		set(t, s, "a", "2", ttl)
		want(t, s, "a", "")
	}
}

func takeOnce(t *testing.T, s cache.L2) {
	set(t, s, "a", "1", long)
	if got, err := s.Take(t.Context(), "a"); string(got) != "1" || err != nil {
		t.Errorf("taken %q, %v", got, err)
	}
	want(t, s, "a", "")
	if got, err := s.Take(t.Context(), "a"); got != nil || err != nil {
		t.Errorf("taken twice: %q, %v", got, err)
	}
}

func takeRace(t *testing.T, s cache.L2) {
	for round := range 20 {
		key := fmt.Sprint("offer-", round)
		set(t, s, key, "1", long)
		var winners atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				got, err := s.Take(t.Context(), key)
				if err != nil {
					t.Error(err)
				}
				if got != nil {
					winners.Add(1)
				}
			})
		}
		all.Wait()
		if n := winners.Load(); n != 1 {
			t.Fatalf("%d callers took it", n)
		}
	}
}

func noSharing(t *testing.T, s cache.L2) {
	value := []byte("value")
	if err := s.Set(t.Context(), "a", value, long); err != nil {
		t.Fatal(err)
	}
	value[0] = 'X'
	got, err := s.Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) > 0 {
		got[0] = 'Y'
	}
	want(t, s, "a", "value")
}

func anyBytes(t *testing.T, s cache.L2) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for _, value := range [][]byte{every, bytes.Repeat(every, 4096)} {
		set(t, s, string(every), string(value), long)
		want(t, s, string(every), string(value))
	}
}
