package cache

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrAbsent says that there is no such one-time value: never put, taken already, expired, or not ours.
var ErrAbsent = errors.New("no such one-time value")

// Put keeps a one-time value (an offer code, a nonce) for ttl, where every replica can take it. An error means that
// it may not be there: do not hand the key out. ErrUnavailable if L2 does not answer.
func (c *Cache) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	expiry := time.Now().Add(ttl).UnixMilli()
	data := c.seal.encode(purposeOnce, key, "", expiry, value)
	if err := c.once.set(ctx, c.onceName(key), data, ttl); err != nil {
		return c.unavailable(err)
	}
	return nil
}

// Take returns and removes a one-time value: of any number of callers on any number of replicas one gets it. It fails
// closed: ErrAbsent, or ErrUnavailable if L2 does not answer, after which the value may be gone.
// Who controls Redis can put a taken value back until it expires, but cannot make or prolong one.
func (c *Cache) Take(ctx context.Context, key string) ([]byte, error) {
	data, err := c.once.take(ctx, c.onceName(key))
	if err != nil {
		return nil, c.unavailable(err)
	}
	if data == nil {
		return nil, ErrAbsent
	}
	expiry, value, ok := c.seal.decode(purposeOnce, key, "", data)
	if !ok {
		c.count.rejected.Add(1)
		return nil, ErrAbsent
	}
	if time.Now().UnixMilli() >= expiry {
		return nil, ErrAbsent
	}
	return value, nil
}

func (c *Cache) onceName(key string) string { return c.seal.name("once\x00" + key) }

func (c *Cache) unavailable(err error) error {
	if errors.Is(err, ErrUnavailable) {
		c.count.skipped.Add(1)
		return err
	}
	c.count.errors.Add(1)
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
