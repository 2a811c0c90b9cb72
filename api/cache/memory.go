package cache

import (
	"bytes"
	"context"
	"time"

	"github.com/maypok86/otter/v2"
)

// Memory is an L2 inside the process: for one-time values where there is no Redis, and for tests. It is bounded, and
// forgets what it has no room for.
type Memory struct {
	entries *otter.Cache[string, memoryEntry]
}

type memoryEntry struct {
	value  []byte
	expiry time.Time
}

// NewMemory returns an empty store of about maxBytes.
func NewMemory(maxBytes int64) *Memory {
	return &Memory{entries: otter.Must(&otter.Options[string, memoryEntry]{
		MaximumWeight: uint64(max(maxBytes, 1<<16)),
		Weigher: func(key string, e memoryEntry) uint32 {
			return uint32(min(entryOverhead+len(key)+len(e.value), 1<<31))
		},
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[string, memoryEntry]) time.Duration {
			return time.Until(e.Value.expiry)
		}),
	})}
}

func (e memoryEntry) live(found bool) []byte {
	if !found || !time.Now().Before(e.expiry) {
		return nil
	}
	return bytes.Clone(e.value)
}

// Get implements L2.
func (m *Memory) Get(_ context.Context, key string) ([]byte, error) {
	e, found := m.entries.GetIfPresent(key)
	return e.live(found), nil
}

// Set implements L2.
func (m *Memory) Set(_ context.Context, key string, value []byte, ttl time.Duration) error {
	if ttl <= 0 {
		m.entries.Invalidate(key)
		return nil
	}
	m.entries.Set(key, memoryEntry{value: append([]byte{}, value...), expiry: time.Now().Add(ttl)})
	return nil
}

// Take implements L2.
func (m *Memory) Take(_ context.Context, key string) ([]byte, error) {
	e, found := m.entries.Invalidate(key)
	return e.live(found), nil
}

// Bytes is about what the entries weigh, those included that have expired and are not yet removed.
func (m *Memory) Bytes() int64 { return int64(m.entries.WeightedSize()) }

// CleanUp does at once what is otherwise done in the background: evict what is too much or has expired.
func (m *Memory) CleanUp() { m.entries.CleanUp() }

// Close implements L2.
func (m *Memory) Close() error {
	m.entries.StopAllGoroutines()
	return nil
}
