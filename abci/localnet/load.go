package localnet

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
)

// Acknowledged is an operation that a center accepted: it was promised an outcome.
type Acknowledged struct {
	ID     op.ID
	Center int
}

// Drive puts load on centers until ctx ends: every client creates DIDs, one submission of `burst` operations after
// another, at one center; a center that does not answer is tried again. It returns what was acknowledged.
func Drive(ctx context.Context, league string, clients, burst int, center func(i int) (Center, int)) []Acknowledged {
	var mu sync.Mutex
	var all []Acknowledged
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				envelopes, err := creations(league, fmt.Sprintf("client-%d-%d", i, n), burst)
				if err != nil {
					return
				}
				acked := submit(ctx, center, i, envelopes)
				mu.Lock()
				all = append(all, acked...)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return all
}

func creations(league, prefix string, n int) ([][]byte, error) {
	var list [][]byte
	for i := range n {
		user, err := NewUser(league, fmt.Sprintf("%s-%d", prefix, i))
		if err != nil {
			return nil, err
		}
		envelope, err := user.Create(time.Now())
		if err != nil {
			return nil, err
		}
		list = append(list, envelope)
	}
	return list, nil
}

// submit sends a burst once. What is not acknowledged was not promised anything.
func submit(ctx context.Context, center func(int) (Center, int), client int, envelopes [][]byte) []Acknowledged {
	c, at := center(client)
	if c == nil {
		_ = pause(ctx)
		return nil
	}
	subs, err := c.Submit(ctx, envelopes)
	if err != nil {
		_ = pause(ctx)
		return nil
	}
	var acked []Acknowledged
	for _, s := range subs {
		if s.Error == nil {
			acked = append(acked, Acknowledged{ID: s.ID, Center: at})
		}
	}
	return acked
}

// Settled waits until every acknowledged operation is committed at every center; an operation with another outcome,
// or none when ctx ends, is an error.
func Settled(ctx context.Context, centers []Center, acked []Acknowledged) error {
	for i, c := range centers {
		missing := make(map[op.ID]Acknowledged, len(acked))
		for _, a := range acked {
			missing[a.ID] = a
		}
		for next := int64(1); len(missing) > 0; {
			blocks, err := c.Blocks(ctx, next, 100)
			if err != nil {
				return fmt.Errorf("center %d: %w", i, err)
			}
			for _, b := range blocks {
				next = b.Height + 1
				if err := strike(missing, b); err != nil {
					return fmt.Errorf("center %d: %w", i, err)
				}
			}
			if len(blocks) > 0 {
				continue
			}
			if err := pause(ctx); err != nil {
				return lost(ctx, i, c, missing)
			}
		}
	}
	return nil
}

// strike takes what a block committed out of missing.
func strike(missing map[op.ID]Acknowledged, b app.BlockRecord) error {
	for _, r := range b.Receipts {
		if a, ok := missing[r.ID]; ok {
			if r.State != app.Committed {
				return fmt.Errorf("operation %s, acknowledged by center %d, is %s (code %d)", r.ID, a.Center, r.State, uint32(r.Code))
			}
			delete(missing, r.ID)
		}
	}
	return nil
}

// lost says what became of one of the missing operations.
func lost(ctx context.Context, i int, c Center, missing map[op.ID]Acknowledged) error {
	for id, a := range missing {
		r, err := c.Receipt(context.WithoutCancel(ctx), id)
		return fmt.Errorf("center %d lacks %d acknowledged operations; %s of center %d is %s (%v)",
			i, len(missing), id, a.Center, r.State, err)
	}
	return nil
}
