package cache

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrUnavailable says that the shared cache did not answer, or has been cut off because it did not.
var ErrUnavailable = errors.New("shared cache unavailable")

const (
	failuresToOpen = 3
	minCutOff      = 250 * time.Millisecond
	maxCutOff      = 5 * time.Second
)

// guard stands before an L2: it bounds every call, cuts a failing L2 off, and lets one call at a time through to see
// whether it is back. Calls that it refuses return ErrUnavailable at once.
type guard struct {
	l2      L2
	timeout time.Duration

	mu       sync.Mutex
	failures int           // in a row
	cutOff   time.Duration // how long next time; 0 while all is well
	until    time.Time     // refused before this
	probing  bool          // one call is finding out
}

func newGuard(l2 L2, timeout time.Duration) *guard { return &guard{l2: l2, timeout: timeout} }

func (g *guard) get(ctx context.Context, key string) (value []byte, err error) {
	err = g.call(ctx, func(ctx context.Context) error {
		value, err = g.l2.Get(ctx, key)
		return err
	})
	return value, err
}

func (g *guard) set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return g.call(ctx, func(ctx context.Context) error { return g.l2.Set(ctx, key, value, ttl) })
}

func (g *guard) take(ctx context.Context, key string) (value []byte, err error) {
	err = g.call(ctx, func(ctx context.Context) error {
		value, err = g.l2.Take(ctx, key)
		return err
	})
	return value, err
}

func (g *guard) close() error { return g.l2.Close() }

// available reports whether calls are let through.
func (g *guard) available() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cutOff == 0
}

func (g *guard) call(ctx context.Context, f func(context.Context) error) error {
	ok, probe := g.enter()
	if !ok {
		return ErrUnavailable
	}
	bounded, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	err := f(bounded)
	g.leave(probe, err, err != nil && ctx.Err() != nil)
	return err
}

func (g *guard) enter() (ok, probe bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.cutOff == 0:
		return true, false
	case g.probing || time.Now().Before(g.until):
		return false, false
	}
	g.probing = true
	return true, true
}

// leave takes the outcome of a call. One that its caller gave up says nothing about the L2.
func (g *guard) leave(probe bool, err error, gaveUp bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if probe {
		g.probing = false
	}
	switch {
	case gaveUp:
	case err == nil:
		g.failures, g.cutOff = 0, 0
	default:
		g.failures++
		if g.failures >= failuresToOpen && (g.cutOff == 0 || probe) {
			g.cutOff = min(max(2*g.cutOff, minCutOff), maxCutOff)
			g.until = time.Now().Add(g.cutOff)
		}
	}
}
