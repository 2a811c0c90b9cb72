package keystore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hanse-id/hanse/did/keys"
)

// Memory is a store that forgets: for tests, and for keys that live as long as a process. Make one with NewMemory.
type Memory struct {
	mu   sync.RWMutex
	keys map[string]*Private
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{keys: map[string]*Private{}} }

// Generate makes a key.
func (m *Memory) Generate(ctx context.Context, name string, alg keys.Algorithm) (Signer, error) {
	key, err := GeneratePrivate(alg)
	if err != nil {
		return nil, err
	}
	return m.Import(ctx, name, key)
}

// Import keeps a key.
func (m *Memory) Import(ctx context.Context, name string, key *Private) (Signer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.keys[name]; taken {
		return nil, fmt.Errorf("%w: %s", ErrExists, name)
	}
	m.keys[name] = key
	return key, nil
}

// Signer returns the key called name.
func (m *Memory) Signer(ctx context.Context, name string) (Signer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	key, ok := m.keys[name]
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, name)
	}
	return key, nil
}

// Names lists the names in order.
func (m *Memory) Names(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.Sorted(maps.Keys(m.keys)), nil
}
