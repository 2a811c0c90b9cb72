package cache

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// flaky fails, hangs or works, as it is told.
type flaky struct {
	Memory
	mode  atomic.Int32
	calls atomic.Int32
}

const (
	works int32 = iota
	fails
	hangs
)

var errFlaky = errors.New("connection refused")

func (f *flaky) Get(ctx context.Context, _ string) ([]byte, error) {
	f.calls.Add(1)
	switch f.mode.Load() {
	case fails:
		return nil, errFlaky
	case hangs:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return []byte("value"), nil
}

func TestAFailingL2IsCutOffAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &flaky{}
		g := newGuard(store, 50*time.Millisecond)
		ask := func() error {
			_, err := g.get(t.Context(), "k")
			return err
		}
		store.mode.Store(fails)
		for range failuresToOpen {
			if err := ask(); !errors.Is(err, errFlaky) {
				t.Fatal(err)
			}
		}
		for range 100 {
			if err := ask(); !errors.Is(err, ErrUnavailable) {
				t.Fatal(err)
			}
		}
		if n := store.calls.Load(); n != failuresToOpen || g.available() {
			t.Fatalf("%d calls, available %t", n, g.available())
		}
		time.Sleep(minCutOff)
		if err := ask(); !errors.Is(err, errFlaky) {
			t.Fatalf("not tried again: %v", err)
		}
		time.Sleep(minCutOff) // twice as long by now
		if err := ask(); !errors.Is(err, ErrUnavailable) {
			t.Fatalf("tried too early: %v", err)
		}
		store.mode.Store(works)
		time.Sleep(minCutOff)
		if err := ask(); err != nil || !g.available() {
			t.Fatalf("not back: %v", err)
		}
	})
}

func TestAHungL2CostsABoundedTimeAndOneProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &flaky{}
		store.mode.Store(hangs)
		g := newGuard(store, 50*time.Millisecond)
		start := time.Now()
		for range failuresToOpen {
			if _, err := g.get(t.Context(), "k"); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
		}
		if spent := time.Since(start); spent != failuresToOpen*50*time.Millisecond {
			t.Errorf("took %v", spent)
		}
		time.Sleep(minCutOff)
		before := store.calls.Load()
		for range 50 {
			go func() { _, _ = g.get(t.Context(), "k") }()
		}
		synctest.Wait()
		if n := store.calls.Load() - before; n != 1 {
			t.Errorf("%d probes at once", n)
		}
		time.Sleep(time.Minute)
		if _, err := g.get(t.Context(), "k"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the guard is stuck: %v", err)
		}
		if g.cutOff > maxCutOff {
			t.Errorf("cut off for %v", g.cutOff)
		}
	})
}

func TestCallersThatGiveUpDoNotCutL2Off(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &flaky{}
		store.mode.Store(hangs)
		g := newGuard(store, 50*time.Millisecond)
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			_, _ = g.get(ctx, "k")
			cancel()
		}
		if !g.available() {
			t.Error("cut off")
		}
	})
}

func FuzzSealedEntries(f *testing.F) {
	s, err := newSealer(make([]byte, 32), "league")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("key", "subject", s.seal("key", entry{subject: "subject", value: []byte("value"), height: 7}))
	f.Add("key", "subject", []byte{1})
	f.Fuzz(func(t *testing.T, key, subject string, data []byte) {
		if e, ok := s.open(key, subject, data); ok && string(s.seal(key, e)) != string(data) {
			t.Fatal("two forms of one entry")
		}
		e := entry{subject: subject, value: data, height: int64(len(key))}
		got, ok := s.open(key, subject, s.seal(key, e))
		if !ok || string(got.value) != string(data) || got.height != e.height {
			t.Fatalf("%+v became %+v, %t", e, got, ok)
		}
		if _, ok := s.open(key+"x", subject, s.seal(key, e)); ok {
			t.Fatal("opens under another key")
		}
	})
}
