package keys

import (
	"sync"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// cachedKeys is how many keys a Cache keeps: about 2 KiB each.
const cachedKeys = 1024

// Cache remembers what reading and preparing public keys costs: the same few issuers sign most of what a verifier sees. It holds
// public keys and no verdicts, so that it can change the cost of an answer and never the answer. The zero value is ready,
// and a nil Cache remembers nothing; it is safe for concurrent use.
type Cache struct {
	mu       sync.RWMutex
	byText   map[string]Public
	prepared map[Public]*ed25519.ExpandedPublicKey // nil: seen once, which is not worth preparing it
}

// ParseMultikey is ParseMultikey, remembered. What is no key is not.
func (c *Cache) ParseMultikey(text string) (Public, error) {
	if c == nil {
		return ParseMultikey(text)
	}
	c.mu.RLock()
	key, known := c.byText[text]
	c.mu.RUnlock()
	if known {
		return key, nil
	}
	key, err := ParseMultikey(text)
	if err != nil {
		return Public{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byText = remember(c.byText, text, key)
	return key, nil
}

// Verify answers as q.Verify does.
func (c *Cache) Verify(q Question) bool {
	if c == nil || q.Key.alg != EdDSA || q.Key.IsZero() || len(q.Signature) != ed25519.SignatureSize {
		return q.Verify()
	}
	if prepared := c.prepare(q.Key); prepared != nil {
		return ed25519.VerifyExpandedWithOptions(prepared, q.Message, q.Signature, rfc8032)
	}
	return q.Verify()
}

// prepare returns the key as it verifies fastest; nil the first time that it is seen.
func (c *Cache) prepare(key Public) *ed25519.ExpandedPublicKey {
	c.mu.RLock()
	prepared, seen := c.prepared[key]
	c.mu.RUnlock()
	if prepared != nil {
		return prepared
	}
	if seen {
		var err error
		if prepared, err = ed25519.NewExpandedPublicKey(ed25519.PublicKey(key.raw)); err != nil {
			return nil // not reached: the point was checked when the key was made
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prepared = remember(c.prepared, key, prepared)
	return prepared
}

// remember puts a value into a bounded map, which forgets any other one for it.
func remember[K comparable, V any](m map[K]V, key K, value V) map[K]V {
	if m == nil {
		m = make(map[K]V)
	}
	if _, has := m[key]; !has && len(m) >= cachedKeys {
		for other := range m {
			delete(m, other)
			break
		}
	}
	m[key] = value
	return m
}

// Len returns how many texts of keys are remembered.
func (c *Cache) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.byText)
}
