package localnet

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/app"
)

const poll = 50 * time.Millisecond

// Ready waits until every center is ready: caught up, with a quorum, and with a block.
func Ready(ctx context.Context, centers []Center) error {
	for i, c := range centers {
		for {
			h := c.Health(ctx)
			if h.Ready {
				break
			}
			if err := pause(ctx); err != nil {
				return fmt.Errorf("center %d is not ready (%v): %w", i, h.Reasons, err)
			}
		}
	}
	return nil
}

// Reach waits until every center has committed height.
func Reach(ctx context.Context, centers []Center, height int64) error {
	for i, c := range centers {
		for {
			head, err := c.Head(ctx)
			if err == nil && head.Height >= height {
				break
			}
			if stop := pause(ctx); stop != nil {
				return fmt.Errorf("center %d is at height %d, not %d (%v): %w", i, head.Height, height, err, stop)
			}
		}
	}
	return nil
}

// Tallest is the greatest height that a center has committed.
func Tallest(ctx context.Context, centers []Center) (int64, error) {
	height := int64(0)
	for _, c := range centers {
		head, err := c.Head(ctx)
		if err != nil {
			return 0, err
		}
		height = max(height, head.Height)
	}
	return height, nil
}

// Agree checks that all centers have the same app hash, time and receipts at every height up to the least of their
// heads, and returns that height.
func Agree(ctx context.Context, centers []Center) (int64, error) {
	height := int64(1) << 62
	for _, c := range centers {
		head, err := c.Head(ctx)
		if err != nil {
			return 0, err
		}
		height = min(height, head.Height)
	}
	const step = 200
	for from := int64(1); from <= height; from += step {
		var first []app.BlockRecord
		for i, c := range centers {
			blocks, err := c.Blocks(ctx, from, int(min(step, height-from+1)))
			if err != nil {
				return 0, fmt.Errorf("center %d: %w", i, err)
			}
			if i == 0 {
				first = blocks
				continue
			}
			if err := same(first, blocks); err != nil {
				return 0, fmt.Errorf("centers 0 and %d: %w", i, err)
			}
		}
	}
	return height, nil
}

func same(a, b []app.BlockRecord) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d blocks, %d blocks", len(a), len(b))
	}
	for i := range a {
		if a[i].Height != b[i].Height || a[i].Time != b[i].Time || !bytes.Equal(a[i].AppHash, b[i].AppHash) {
			return fmt.Errorf("height %d: app hash %X at %d, app hash %X at %d",
				a[i].Height, a[i].AppHash, a[i].Time, b[i].AppHash, b[i].Time)
		}
		if len(a[i].Receipts) != len(b[i].Receipts) {
			return fmt.Errorf("height %d: %d receipts, %d receipts", a[i].Height, len(a[i].Receipts), len(b[i].Receipts))
		}
		for j := range a[i].Receipts {
			if x, y := a[i].Receipts[j], b[i].Receipts[j]; x.ID != y.ID || x.Code != y.Code {
				return fmt.Errorf("height %d, receipt %d: %s %d, %s %d", a[i].Height, j, x.ID, x.Code, y.ID, y.Code)
			}
		}
	}
	return nil
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(poll):
		return nil
	}
}
