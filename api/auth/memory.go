package auth

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Memory is a Store that lives as long as its process. Make one with NewMemory.
type Memory struct {
	now func() time.Time

	mu     sync.RWMutex
	keys   []Key
	byHash map[[32]byte]int
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store. now may be nil: time.Now.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, byHash: make(map[[32]byte]int)}
}

// Create implements Store.
func (m *Memory) Create(_ context.Context, request NewKey) (Key, string, error) {
	key, token, err := issue(request, m.now())
	if err != nil {
		return Key{}, "", err
	}
	hash, err := hashToken(token)
	if err != nil {
		return Key{}, "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.byHash[hash] = len(m.keys)
	m.keys = append(m.keys, key)
	return copyKey(key), token, nil
}

// List implements Store.
func (m *Memory) List(context.Context) ([]Key, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	keys := make([]Key, 0, len(m.keys))
	for _, key := range m.keys {
		keys = append(keys, copyKey(key))
	}
	return keys, nil
}

// Revoke implements Store.
func (m *Memory) Revoke(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.keys, func(k Key) bool { return k.ID == id })
	if i < 0 {
		return ErrUnknown
	}
	if m.keys[i].Revoked.IsZero() {
		m.keys[i].Revoked = m.now().UTC().Truncate(time.Second)
	}
	return nil
}

// Lookup implements Store.
func (m *Memory) Lookup(_ context.Context, token string) (Key, error) {
	hash, err := hashToken(token)
	if err != nil {
		return Key{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	i, found := m.byHash[hash]
	if !found {
		return Key{}, ErrUnknown
	}
	key := copyKey(m.keys[i])
	return key, key.usable(m.now())
}

// Close implements Store.
func (m *Memory) Close() error { return nil }

func copyKey(k Key) Key {
	k.Scopes = slices.Clone(k.Scopes)
	return k
}
