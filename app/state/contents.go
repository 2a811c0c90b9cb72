package state

// contents are a bucket's leaves in memory, with the hashes of its quarters, so that changing one leaf hashes a
// quarter of the bucket again. They are immutable but for being dropped from the node that holds them.
type contents struct {
	leaves   []leaf // sorted
	quarters [4]hash
}

// quartered says whether a bucket at depth has quarters: only the last bits of a hash have none.
func quartered(depth int) bool { return depth < 8*len(hash{})-2 }

// newContents computes the quarters of the bucket at depth that differ from those of old, which the sorted changes
// were made to; all of them if old is nil.
func newContents(leaves []leaf, depth int, old *contents, cs []change) *contents {
	c := &contents{leaves: leaves}
	if !quartered(depth) {
		return c
	}
	dirty := [4]bool{true, true, true, true}
	if old != nil {
		c.quarters, dirty = old.quarters, [4]bool{}
		for i := range cs {
			dirty[bit(&cs[i].key, depth)<<1|bit(&cs[i].key, depth+1)] = true
		}
	}
	bounds := c.bounds(depth)
	for q := range c.quarters {
		if dirty[q] {
			c.quarters[q] = hashLeaves(leaves[bounds[q]:bounds[q+1]], depth+2)
		}
	}
	return c
}

// bounds are the positions in leaves at which the quarters begin and end.
func (c *contents) bounds(depth int) [5]int {
	half := splitLeaves(c.leaves, depth)
	return [5]int{
		0, splitLeaves(c.leaves[:half], depth+1),
		half, half + splitLeaves(c.leaves[half:], depth+1),
		len(c.leaves),
	}
}

// hash is hashLeaves of the bucket, from its quarters.
func (c *contents) hash(depth int) hash {
	if !quartered(depth) {
		return hashLeaves(c.leaves, depth)
	}
	b := c.bounds(depth)
	left := joinHashes(b[1]-b[0], &c.quarters[0], b[2]-b[1], &c.quarters[1])
	right := joinHashes(b[3]-b[2], &c.quarters[2], b[4]-b[3], &c.quarters[3])
	return joinHashes(b[2]-b[0], &left, b[4]-b[2], &right)
}

// joinHashes is the hash over two halves with so many leaves each: a single leaf stays itself.
func joinHashes(leftCount int, left *hash, rightCount int, right *hash) hash {
	switch {
	case leftCount+rightCount == 0:
		return hash{}
	case leftCount+rightCount > 1:
		return innerHash(left, right)
	case leftCount == 1:
		return *left
	}
	return *right
}
