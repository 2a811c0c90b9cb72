package web

import (
	"sync"
	"time"

	"github.com/hanse-id/hanse/did"
)

// cache keeps documents for a short time, by DID to the letter: a verifier of many credentials asks an issuer's host once. What is
// not found or not available is not kept.
type cache struct {
	mu      sync.Mutex
	entries map[did.DID]entry
}

type entry struct {
	doc   *did.Document
	until time.Time
}

func (c *cache) get(id did.DID, now time.Time) *did.Document {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[id]; ok && now.Before(e.until) {
		return e.doc
	}
	return nil
}

// put keeps a document; where there is no room, what is over goes first, and then any other.
func (c *cache) put(id did.DID, doc *did.Document, until, now time.Time, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, has := c.entries[id]; !has && len(c.entries) >= most {
		c.makeRoom(now, most)
	}
	c.entries[id] = entry{doc, until}
}

// drop forgets a document.
func (c *cache) drop(id did.DID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, id)
}

func (c *cache) makeRoom(now time.Time, most int) {
	for id, e := range c.entries {
		if !now.Before(e.until) {
			delete(c.entries, id)
		}
	}
	for id := range c.entries {
		if len(c.entries) < most {
			return
		}
		delete(c.entries, id)
	}
}
