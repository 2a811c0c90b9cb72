package schema

import (
	"container/list"
	"sync"
)

// Bounds of a Cache.
const (
	cached      = 256      // compiled schemas
	cachedBytes = 64 << 20 // of memory that they take, about
)

// Cache keeps compiled schemas by the digest of their document and the URL they go by; those that refer to others are compiled
// each time, because their digest does not cover what they mean. The zero value is ready, and a nil Cache keeps nothing; it is safe
// for concurrent use.
type Cache struct {
	mu    sync.Mutex
	byKey map[cacheKey]*list.Element
	order list.List // of *entry, the most recently used first
	bytes int       // the weights of all
}

type cacheKey struct{ digest, id string }

type entry struct {
	key    cacheKey
	schema *Schema
}

// Compile is Compile, remembered.
func (c *Cache) Compile(document []byte, o Options) (*Schema, error) {
	if c == nil {
		return Compile(document, o)
	}
	key := cacheKey{Digest(document), o.ID}
	if s := c.get(key); s != nil {
		return s, nil
	}
	s, err := Compile(document, o)
	if err == nil && !s.Refers {
		c.put(key, s)
	}
	return s, err
}

func (c *Cache) get(key cacheKey) *Schema {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*entry).schema
}

func (c *Cache) put(key cacheKey, s *Schema) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, has := c.byKey[key]; has {
		return
	}
	if c.byKey == nil {
		c.byKey = map[cacheKey]*list.Element{}
	}
	c.byKey[key] = c.order.PushFront(&entry{key, s})
	c.bytes += s.weight
	for c.order.Len() > cached || c.bytes > cachedBytes && c.order.Len() > 1 {
		last := c.order.Remove(c.order.Back()).(*entry)
		c.bytes -= last.schema.weight
		delete(c.byKey, last.key)
	}
}
