package credentials

import (
	"container/list"
	"errors"
	"sync"
	"time"
)

// listCache keeps fetched lists, bounded by their number and bytes; what was used longest ago goes first.
type listCache struct {
	maxLists, maxBytes int

	mu    sync.Mutex
	order *list.List // of *heldList, used last in front
	held  map[listKey]*list.Element
	bytes int
}

// heldList is what is kept of a list: the last one that was verified, and why no newer one could be had. It is never written to.
type heldList struct {
	key   listKey
	list  *keptList // nil: never had
	err   error     // of the last fetch
	until time.Time // no question is asked before
	had   time.Time // until when list was fresh
}

func newListCache(lists, bytes int) *listCache {
	if lists <= 0 {
		lists = 256
	}
	if bytes <= 0 {
		bytes = 64 << 20
	}
	return &listCache{maxLists: lists, maxBytes: bytes, order: list.New(), held: make(map[listKey]*list.Element)}
}

// answer reads an entry of the list. One that cannot be renewed is used while it is valid, and called stale; one whose successor is
// not what it should be is not.
func (h *heldList) answer(q StatusQuery, now time.Time) (StatusResult, error) {
	if h.err == nil {
		return h.list.answer(q, now)
	}
	p, ok := errors.AsType[*ProblemError](h.err)
	if !ok || p.Problem.Type != ProblemStatusRetrieval || !h.usable(now) {
		return StatusResult{}, h.err
	}
	result, err := h.list.answer(q, now)
	result.Stale = true
	return result, err
}

// usable reports whether a list that cannot be renewed may still be used: it is valid, and has not been out of date for long.
func (h *heldList) usable(now time.Time) bool {
	if h == nil || h.list == nil || h.key.at != 0 {
		return false
	}
	return now.Before(h.had.Add(staleTTL)) && (h.list.ValidUntil.IsZero() || now.Before(h.list.ValidUntil))
}

func (c *listCache) get(key listKey) *heldList {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.held[key]
	if at == nil {
		return nil
	}
	c.order.MoveToFront(at)
	return at.Value.(*heldList)
}

// put keeps a list that was verified.
func (c *listCache) put(key listKey, l *keptList, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(&heldList{key: key, list: l, until: until, had: until})
}

// failed remembers that a list could not be had, beside the one that was had before.
func (c *listCache) failed(key listKey, err error, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := &heldList{key: key, err: err, until: until}
	if at := c.held[key]; at != nil {
		before := at.Value.(*heldList)
		h.list, h.had = before.list, before.had
	}
	c.set(h)
}

// set replaces what is held under a key and makes room. The caller holds c.mu.
func (c *listCache) set(h *heldList) {
	if at := c.held[h.key]; at != nil {
		c.drop(at)
	}
	c.held[h.key] = c.order.PushFront(h)
	c.bytes += h.size()
	for c.order.Len() > 1 && (c.order.Len() > c.maxLists || c.bytes > c.maxBytes) {
		c.drop(c.order.Back())
	}
}

func (c *listCache) drop(at *list.Element) {
	h := c.order.Remove(at).(*heldList)
	delete(c.held, h.key)
	c.bytes -= h.size()
}

func (h *heldList) size() int {
	if h.list == nil {
		return 0
	}
	return len(h.list.Bits)
}
