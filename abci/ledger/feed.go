package ledger

import (
	"context"
	"errors"
	"sync"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
)

// ErrSlow is returned by Watch when its reader fell too far behind to be told of every block.
var ErrSlow = errors.New("watcher is too slow")

// ErrStopped is returned where the node has stopped.
var ErrStopped = errors.New("node is stopped")

// maxBehind is how many blocks a watcher may be behind.
const maxBehind = 4096

// Feed spreads committed blocks and outcomes to those who wait for them. The zero value is not usable: NewFeed.
type Feed struct {
	mu       sync.Mutex
	closed   chan struct{}
	watchers map[*watcher]struct{}
	waiters  map[op.ID]map[chan struct{}]struct{}
}

type watcher struct {
	queue []app.Summary
	slow  bool
	wake  chan struct{}
}

// NewFeed returns a feed with no watchers.
func NewFeed() *Feed {
	return &Feed{
		closed: make(chan struct{}), watchers: map[*watcher]struct{}{}, waiters: map[op.ID]map[chan struct{}]struct{}{},
	}
}

// Publish tells everyone of a committed block. It never blocks.
func (f *Feed) Publish(s app.Summary) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.watchers {
		if len(w.queue) >= maxBehind {
			w.slow = true
		} else {
			w.queue = append(w.queue, s)
		}
		wake(w.wake)
	}
	for _, o := range s.Ops {
		f.wakeLocked(o.ID)
	}
}

// Settled wakes those who wait for an operation whose outcome is no receipt.
func (f *Feed) Settled(id op.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wakeLocked(id)
}

func (f *Feed) wakeLocked(id op.ID) {
	for c := range f.waiters[id] {
		wake(c)
	}
}

// Close ends all watching and waiting.
func (f *Feed) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.closed:
	default:
		close(f.closed)
	}
}

// watch calls fn for every block published after the call, in order.
func (f *Feed) watch(ctx context.Context, fn func(app.Summary)) error {
	w := &watcher{wake: make(chan struct{}, 1)}
	f.mu.Lock()
	f.watchers[w] = struct{}{}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.watchers, w)
		f.mu.Unlock()
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.closed:
			return ErrStopped
		case <-w.wake:
		}
		f.mu.Lock()
		batch, slow := w.queue, w.slow
		w.queue = nil
		f.mu.Unlock()
		for _, s := range batch {
			fn(s)
		}
		if slow {
			return ErrSlow
		}
	}
}

// subscribe returns a channel that gets a value when id may have an outcome; call release at the end.
func (f *Feed) subscribe(id op.ID) (c chan struct{}, release func()) {
	c = make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiters[id] == nil {
		f.waiters[id] = map[chan struct{}]struct{}{}
	}
	f.waiters[id][c] = struct{}{}
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.waiters[id], c)
		if len(f.waiters[id]) == 0 {
			delete(f.waiters, id)
		}
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
