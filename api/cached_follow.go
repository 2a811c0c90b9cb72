package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hanse-id/hanse/app"
)

const (
	followPage  = 200             // blocks read at once to close a gap
	followPause = 2 * time.Second // between attempts when the ledger does not answer
	followCheck = time.Second     // how often it is checked that no block was missed
)

// Follow drops what committed blocks change until ctx ends. Run it once, before serving. If the stream of blocks breaks
// or skips one, reads go to the ledger until the missing blocks have been read.
func (l *Cached) Follow(ctx context.Context) error {
	watching := make(chan error, 1)
	watch := func() { watching <- l.Ledger.Watch(ctx, l.followed) }
	go watch()
	l.kick()
	check := time.NewTicker(followCheck)
	defer check.Stop()
	for {
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), <-watching)
		case <-check.C: // a block may have come before the stream began: nothing in the stream shows that it is missing
			l.kick()
		case err := <-watching:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			l.log.Warn("the stream of blocks broke; the cache waits", "error", err)
			pause(ctx)
			go watch()
			l.kick()
		case <-l.gap:
			if err := l.catchUp(ctx); err != nil && ctx.Err() == nil {
				l.log.Warn("blocks cannot be read; the cache waits", "error", err)
				pause(ctx)
				l.kick()
			}
		}
	}
}

// followed takes one block of the stream. It does not block.
func (l *Cached) followed(block app.Summary) {
	if !l.advance(block.Height, block.Changed) {
		l.kick()
	}
}

// advance takes the next block; false if one before it is missing.
func (l *Cached) advance(height int64, subjects []string) bool {
	l.follow.Lock()
	defer l.follow.Unlock()
	through := l.through.Load()
	switch {
	case through == 0 || height > through+1:
		return false
	case height == through+1:
		l.cache.Invalidate(height, subjects)
		l.through.Store(height) // after invalidating: from now on the cache is asked for this height
	}
	return true
}

// catchUp reads the blocks that the stream did not give; the first time it only notes where the ledger is.
func (l *Cached) catchUp(ctx context.Context) error {
	head, err := l.Ledger.Head(ctx)
	if err != nil {
		return err
	}
	if l.start(head.Height) {
		return nil
	}
	for l.through.Load() < head.Height {
		from := l.through.Load() + 1
		blocks, err := l.Ledger.Blocks(ctx, from, followPage)
		if err != nil {
			return err
		}
		for _, block := range blocks {
			l.advance(block.Height, changedBy(block))
		}
		if l.through.Load() < from {
			return fmt.Errorf("block %d is not to be had", from)
		}
	}
	return nil
}

// start sets where following begins, once.
func (l *Cached) start(height int64) bool {
	l.follow.Lock()
	defer l.follow.Unlock()
	if l.through.Load() > 0 || height == 0 {
		return false
	}
	l.cache.Reset(height) // what a shared cache has from before may be older than changes nobody told us of
	l.through.Store(height)
	return true
}

// changedBy lists the subjects that a block changed.
func changedBy(block app.BlockRecord) (subjects []string) {
	for _, event := range block.Events {
		subjects = append(subjects, event.Subjects...)
	}
	for _, receipt := range block.Receipts {
		for _, event := range receipt.Events {
			subjects = append(subjects, event.Subjects...)
		}
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

func (l *Cached) kick() {
	select {
	case l.gap <- struct{}{}:
	default:
	}
}

func pause(ctx context.Context) {
	timer := time.NewTimer(followPause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
