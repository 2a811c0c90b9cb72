package cache

import (
	"context"
	"time"
)

// L2 is a shared cache behind L1. Implementations: Memory, Redis; suite: cachetest. Their errors cost speed only,
// but for Take. They need no protection from a slow server of their own beyond honouring ctx.
type L2 interface {
	// Get returns the value of key; nil, nil if absent. The value belongs to the caller.
	Get(ctx context.Context, key string) ([]byte, error)
	// Set keeps value for ttl, or shorter. It does not keep the slice.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Take returns and removes a value atomically (GETDEL): of concurrent callers one gets it. nil, nil if absent.
	Take(ctx context.Context, key string) ([]byte, error)
	Close() error
}
