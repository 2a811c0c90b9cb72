package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/cache"
)

var sharedKey = bytes.Repeat([]byte{7}, 32)

func open(t testing.TB, o cache.Options) *cache.Cache {
	t.Helper()
	if o.Key == nil {
		o.Key = sharedKey
	}
	c, err := cache.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// reading returns a Fill that counts its calls.
func reading(value string, height int64, calls *int) cache.Fill {
	return func(context.Context) ([]byte, int64, error) {
		*calls++
		return []byte(value), height, nil
	}
}

// get wants value at height, and fills with it if the cache asks; it reports whether the cache did.
func get(t testing.TB, c *cache.Cache, key, value string, height int64) (filled bool) {
	t.Helper()
	calls := 0
	got, at, err := c.Get(t.Context(), key, "subject of "+key, reading(value, height, &calls))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != value || at != height {
		t.Errorf("%s: %q at %d, want %q at %d", key, got, at, value, height)
	}
	return calls > 0
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

func TestASecondReadIsAHit(t *testing.T) {
	c := open(t, cache.Options{StartHeight: 5})
	if !get(t, c, "a", "1", 7) || get(t, c, "a", "1", 7) {
		t.Error("the first read must fill, the second must not")
	}
	eventually(t, "its weight is counted", func() bool { return c.Stats().L1Bytes > 0 })
	if s := c.Stats(); s.L1Hits != 1 || s.Misses != 1 || s.L1Entries != 1 || s.Shared {
		t.Errorf("%+v", s)
	}
}

func TestAbsenceIsCached(t *testing.T) {
	c := open(t, cache.Options{})
	if !get(t, c, "nobody", "", 7) || get(t, c, "nobody", "", 7) {
		t.Error("the first read must fill, the second must not")
	}
}

func TestErrorsAreNotCached(t *testing.T) {
	c := open(t, cache.Options{})
	down := errors.New("ledger unavailable")
	_, _, err := c.Get(t.Context(), "a", "subject of a", func(context.Context) ([]byte, int64, error) { return nil, 0, down })
	if !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
	if !get(t, c, "a", "1", 7) {
		t.Error("an error was cached")
	}
}

func TestAChangeDropsWhatIsBoundToItsSubject(t *testing.T) {
	c := open(t, cache.Options{})
	get(t, c, "a", "1", 7)
	get(t, c, "b", "1", 7)
	c.Invalidate(8, []string{"subject of a", "another"})
	if !get(t, c, "a", "2", 8) {
		t.Error("a was not dropped")
	}
	if get(t, c, "b", "1", 7) {
		t.Error("b was dropped")
	}
	c.Invalidate(7, []string{"subject of a"}) // reported late or again
	if get(t, c, "a", "2", 8) {
		t.Error("an old change dropped a newer value")
	}
}

func TestResetDropsEverythingFromBelow(t *testing.T) {
	c := open(t, cache.Options{})
	get(t, c, "a", "1", 7)
	get(t, c, "b", "1", 12)
	c.Reset(10)
	if !get(t, c, "a", "2", 10) || get(t, c, "b", "1", 12) {
		t.Error("a must be dropped, b kept")
	}
}

func TestAFillThatLostTheRaceIsAnsweredButNotKept(t *testing.T) {
	c := open(t, cache.Options{})
	got, height, err := c.Get(t.Context(), "a", "subject of a", func(context.Context) ([]byte, int64, error) {
		c.Invalidate(8, []string{"subject of a"})
		return []byte("1"), 7, nil
	})
	if string(got) != "1" || height != 7 || err != nil {
		t.Errorf("%q at %d, %v", got, height, err)
	}
	if !get(t, c, "a", "2", 8) {
		t.Error("the late fill was kept")
	}
	if s := c.Stats(); s.Discarded != 1 {
		t.Errorf("%+v", s)
	}
}

func TestWhoComesAfterAChangeDoesNotGetAReadFromBefore(t *testing.T) {
	c := open(t, cache.Options{})
	began, release := make(chan struct{}), make(chan struct{})
	early := make(chan string)
	go func() {
		v, _, _ := c.Get(context.Background(), "a", "subject of a", func(context.Context) ([]byte, int64, error) {
			close(began)
			<-release
			return []byte("1"), 7, nil
		})
		early <- string(v)
	}()
	<-began
	c.Invalidate(8, []string{"subject of a"})
	if !get(t, c, "a", "2", 8) {
		t.Error("joined the read from before the change")
	}
	close(release)
	if v := <-early; v != "1" {
		t.Errorf("the early caller got %q", v)
	}
	if get(t, c, "a", "2", 8) {
		t.Error("the late fill replaced the newer value")
	}
}

func TestConcurrentReadsShareOneFill(t *testing.T) {
	c := open(t, cache.Options{})
	var fills atomic.Int32
	release := make(chan struct{})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			v, _, err := c.Get(t.Context(), "a", "subject of a", func(context.Context) ([]byte, int64, error) {
				fills.Add(1)
				<-release
				return []byte("1"), 7, nil
			})
			if string(v) != "1" || err != nil {
				t.Errorf("%q, %v", v, err)
			}
		})
	}
	eventually(t, "a fill begins", func() bool { return fills.Load() > 0 })
	close(release)
	all.Wait()
	if n := fills.Load(); n > 2 { // who was scheduled after the first flight landed finds L1, or at worst a second one
		t.Errorf("%d fills", n)
	}
}

func TestACallerThatLeavesDoesNotSpoilTheFillOfOthers(t *testing.T) {
	c := open(t, cache.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	began, release := make(chan struct{}), make(chan struct{})
	gone := make(chan error)
	go func() {
		_, _, err := c.Get(ctx, "a", "subject of a", func(fillCtx context.Context) ([]byte, int64, error) {
			close(began)
			<-release
			return []byte("1"), 7, fillCtx.Err()
		})
		gone <- err
	}()
	<-began
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(release)
	eventually(t, "the fill lands", func() bool { return c.Stats().L1Entries == 1 })
	if get(t, c, "a", "1", 7) {
		t.Error("the fill was lost with its first caller")
	}
}

func TestAFillIsBounded(t *testing.T) {
	c := open(t, cache.Options{FillTimeout: 10 * time.Millisecond})
	_, _, err := c.Get(t.Context(), "a", "subject of a", func(ctx context.Context) ([]byte, int64, error) {
		<-ctx.Done()
		return nil, 0, ctx.Err()
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestAPanickingFillIsAnError(t *testing.T) {
	c := open(t, cache.Options{})
	_, _, err := c.Get(t.Context(), "a", "subject of a", func(context.Context) ([]byte, int64, error) { panic("broken") })
	if err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("%v", err)
	}
}

func TestL1IsBoundedByBytes(t *testing.T) {
	c := open(t, cache.Options{MaxBytes: 1 << 20})
	value := strings.Repeat("x", 10_000)
	for i := range 500 {
		get(t, c, fmt.Sprint(i), value, 7)
	}
	eventually(t, "eviction", func() bool { return c.Stats().L1Bytes <= 1<<20 })
}

func TestASharedCacheNeedsAKey(t *testing.T) {
	for _, key := range [][]byte{nil, make([]byte, 31)} {
		if _, err := cache.New(cache.Options{L2: cache.NewMemory(0), Key: key}); err == nil {
			t.Errorf("key of %d bytes is accepted", len(key))
		}
	}
}

// shared lets several caches use one store: closing a cache leaves it open.
type shared struct{ cache.L2 }

func (shared) Close() error { return nil }

// recording remembers what was written where.
type recording struct {
	cache.L2
	mu     sync.Mutex
	writes map[string][]byte
}

func newRecording() *recording {
	return &recording{L2: cache.NewMemory(1 << 20), writes: map[string][]byte{}}
}

func (r *recording) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	err := r.L2.Set(ctx, key, value, ttl)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writes[key] = bytes.Clone(value)
	return err
}

func (r *recording) seen() map[string][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string][]byte{}
	for k, v := range r.writes {
		out[k] = v
	}
	return out
}

func written(t testing.TB, r *recording, n int) map[string][]byte {
	t.Helper()
	eventually(t, fmt.Sprintf("%d entries in L2", n), func() bool { return len(r.seen()) >= n })
	return r.seen()
}

func TestReplicasShareWhatOneHasRead(t *testing.T) {
	store := newRecording()
	a, b := open(t, cache.Options{L2: store}), open(t, cache.Options{L2: shared{store}})
	get(t, a, "x", "1", 7)
	get(t, a, "nobody", "", 7)
	written(t, store, 2)
	if get(t, b, "x", "1", 7) || get(t, b, "nobody", "", 7) {
		t.Error("b read from the ledger")
	}
	if s := b.Stats(); s.L2Hits != 2 || !s.Shared || !s.Available {
		t.Errorf("%+v", s)
	}
}

func TestGenuineEntriesFromBeforeAChangeAreNotUsed(t *testing.T) {
	store := newRecording()
	a := open(t, cache.Options{L2: store})
	get(t, a, "x", "1", 7)
	written(t, store, 1)
	changed := open(t, cache.Options{L2: shared{store}})
	changed.Invalidate(8, []string{"subject of x"})
	if !get(t, changed, "x", "2", 8) {
		t.Error("used after the change")
	}
	started := open(t, cache.Options{L2: shared{store.L2}, StartHeight: 9})
	if !get(t, started, "x", "3", 9) {
		t.Error("used by a replica that may have missed a change")
	}
	if changed.Stats().Stale != 1 || started.Stats().Stale != 1 {
		t.Errorf("%+v %+v", changed.Stats(), started.Stats())
	}
}

func TestForeignEntriesAreNotUsed(t *testing.T) {
	garbage := [][]byte{nil, {}, {1}, []byte("garbage"), make([]byte, 41), make([]byte, 42), bytes.Repeat([]byte{1}, 1000)}
	for i, g := range garbage {
		store := newRecording()
		a, b := open(t, cache.Options{L2: store}), open(t, cache.Options{L2: shared{store}})
		get(t, a, "x", "1", 7)
		for key := range written(t, store, 1) {
			_ = store.L2.Set(t.Context(), key, g, time.Minute)
		}
		if !get(t, b, "x", "2", 8) {
			t.Errorf("garbage %d was used", i)
		}
	}
}

func TestEntriesCannotBeMovedOrAltered(t *testing.T) {
	store := newRecording()
	a := open(t, cache.Options{L2: store})
	get(t, a, "x", "1", 7)
	var xKey string
	var x []byte
	for xKey, x = range written(t, store, 1) {
	}
	get(t, a, "y", "2", 7)
	for key := range written(t, store, 2) {
		if key != xKey {
			_ = store.L2.Set(t.Context(), key, x, time.Minute)
		}
	}
	b := open(t, cache.Options{L2: shared{store}})
	if !get(t, b, "y", "2", 7) {
		t.Error("the entry of x was used for y")
	}
	for i := range x {
		changed := bytes.Clone(x)
		changed[i] ^= 1
		_ = store.L2.Set(t.Context(), xKey, changed, time.Minute)
		if fresh := open(t, cache.Options{L2: shared{store.L2}}); !get(t, fresh, "x", "9", 9) || fresh.Stats().Rejected != 1 {
			t.Fatalf("a change of byte %d goes unseen", i)
		} else if err := fresh.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOtherKeysNamespacesAndSubjectsShareNothing(t *testing.T) {
	store := newRecording()
	a := open(t, cache.Options{L2: store, Namespace: "league"})
	get(t, a, "x", "1", 7)
	written(t, store, 1)
	otherKey := open(t, cache.Options{L2: shared{store}, Namespace: "league", Key: bytes.Repeat([]byte{8}, 32)})
	otherName := open(t, cache.Options{L2: shared{store}, Namespace: "other"})
	if !get(t, otherKey, "x", "2", 8) || !get(t, otherName, "x", "3", 8) {
		t.Error("an entry of another center or league was used")
	}
	calls := 0
	sameCenter := open(t, cache.Options{L2: shared{store}, Namespace: "league"})
	if _, _, err := sameCenter.Get(t.Context(), "x", "another subject", reading("4", 9, &calls)); err != nil || calls != 1 {
		t.Error("an entry bound to another subject was used")
	}
}

func TestTheCacheWorksAfterClose(t *testing.T) {
	c := open(t, cache.Options{L2: cache.NewMemory(1 << 20)})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	get(t, c, "x", "1", 7)
}
