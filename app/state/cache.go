package state

// leafCache bounds the memory of the contents that the present tree's buckets keep, by the clock algorithm. Only the
// writer's goroutine uses it, in Commit: while a block is computed, contents and slots are only read.
type leafCache struct {
	budget int64 // bytes; 0: keep none
	used   int64
	slots  []cacheSlot
	free   []int32
	hand   int
}

type cacheSlot struct {
	node *node
	hot  bool // touched since the hand passed
}

// cost is about what n's contents take.
func cost(n *node) int64 { return int64(cap(n.contents.leaves))*64 + 192 }

// add takes over the contents of a bucket that has just been committed.
func (c *leafCache) add(n *node) {
	if c.budget <= 0 {
		n.contents, n.slot = nil, slotNone
		return
	}
	for c.used+cost(n) > c.budget && c.used > 0 {
		c.evict()
	}
	if len(c.free) == 0 {
		c.free = append(c.free, int32(len(c.slots)))
		c.slots = append(c.slots, cacheSlot{})
	}
	n.slot = c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	c.slots[n.slot] = cacheSlot{node: n, hot: true}
	c.used += cost(n)
}

// drop forgets a bucket's contents.
func (c *leafCache) drop(n *node) {
	if n.slot < 0 {
		return
	}
	c.used -= cost(n)
	c.slots[n.slot] = cacheSlot{}
	c.free = append(c.free, n.slot)
	n.contents, n.slot = nil, slotNone
}

// evict drops the next bucket that was not touched since the hand's last round.
func (c *leafCache) evict() {
	for {
		c.hand = (c.hand + 1) % len(c.slots)
		s := &c.slots[c.hand]
		if s.node != nil && !s.hot {
			c.drop(s.node)
			return
		}
		s.hot = false
	}
}
