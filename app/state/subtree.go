package state

import "slices"

// part is what one goroutine at a time does to one subtree.
type part struct {
	store   *Store
	scan    leafScan
	buckets []bucketWrite // in order; later ones win
	dead    []*node       // buckets of the old tree that are no longer part of it
}

// bucketWrite persists a bucket, or deletes it if node is nil.
type bucketWrite struct {
	path path
	node *node
}

// apply returns the subtree n at depth with the changes, which lie under it, and marks them existed or same.
func (p *part) apply(n *node, depth int, cs []change) *node {
	if len(cs) == 0 {
		return n
	}
	if n.inner() {
		i := splitChanges(cs, depth)
		left := p.apply(n.left, depth+1, cs[:i])
		right := p.apply(n.right, depth+1, cs[i:])
		return p.rejoin(n, left, right, pathOf(&cs[0].key, depth))
	}
	at := pathOf(&cs[0].key, depth)
	leaves, changed := mergeLeaves(p.leavesOf(n, at), cs)
	if !changed {
		return n
	}
	var known *contents
	if n != nil {
		known = n.contents
	}
	p.retire(n, at)
	if len(leaves) > 0 && len(leaves) <= bucketLeaves {
		return p.bucket(newContents(slices.Clip(leaves), depth, known, cs), at)
	}
	return p.grow(leaves, at)
}

// mergeLeaves returns the sorted leaves with the sorted changes, as a new slice.
func mergeLeaves(old []leaf, cs []change) (merged []leaf, changed bool) {
	merged = make([]leaf, 0, len(old)+len(cs))
	for i := range cs {
		c := &cs[i]
		n := 0
		for n < len(old) && old[n].compare(&c.key) < 0 {
			n++
		}
		merged, old = append(merged, old[:n]...), old[n:]
		if c.existed = len(old) > 0 && old[0].key == c.key; c.existed {
			c.same = !c.remove && old[0].sum == c.sum
			old = old[1:]
		} else {
			c.same = c.remove
		}
		if !c.remove {
			merged = append(merged, c.leaf)
		}
		changed = changed || !c.same
	}
	return append(merged, old...), changed
}

// grow makes the subtree of the sorted leaves: a bucket, or inner nodes over several.
func (p *part) grow(leaves []leaf, at path) *node {
	if len(leaves) == 0 {
		return nil
	}
	if len(leaves) <= bucketLeaves {
		return p.bucket(newContents(slices.Clip(leaves), at.depth, nil, nil), at)
	}
	i := splitLeaves(leaves, at.depth)
	return newInner(p.grow(own(leaves[:i]), at.child(0)), p.grow(own(leaves[i:]), at.child(1)))
}

// bucket makes a bucket and notes that it is to be written.
func (p *part) bucket(c *contents, at path) *node {
	n := &node{sum: c.hash(at.depth), contents: c, count: uint32(len(c.leaves)), slot: slotFresh}
	p.buckets = append(p.buckets, bucketWrite{at, n})
	return n
}

// own copies what will be a bucket's leaves, so that the bucket does not hold on to its neighbours'.
func own(leaves []leaf) []leaf {
	if len(leaves) > bucketLeaves {
		return leaves
	}
	return slices.Clone(leaves)
}

// rejoin returns old with new children: itself if they are the same.
func (p *part) rejoin(old, left, right *node, at path) *node {
	if old.left == left && old.right == right {
		return old
	}
	return p.join(left, right, at)
}

// join makes the subtree of two halves: a bucket if they hold few leaves.
func (p *part) join(left, right *node, at path) *node {
	if left.size()+right.size() > bucketLeaves {
		return newInner(left, right)
	}
	leaves := slices.Clone(p.leavesOf(left, at.child(0)))
	leaves = append(leaves, p.leavesOf(right, at.child(1))...)
	p.retire(left, at.child(0))
	p.retire(right, at.child(1))
	return p.grow(leaves, at)
}

// retire notes that bucket n at path is no longer part of the tree.
func (p *part) retire(n *node, at path) {
	if n == nil {
		return
	}
	p.buckets = append(p.buckets, bucketWrite{path: at})
	if n.slot == slotFresh {
		n.contents = nil // only this update knows it
		return
	}
	p.dead = append(p.dead, n)
}

// leavesOf returns the leaves of bucket n at path: from memory, or from the leaf table of the committed state. They
// are valid until the next call.
func (p *part) leavesOf(n *node, at path) []leaf {
	switch {
	case n == nil:
		return nil
	case n.contents != nil:
		return n.contents.leaves
	}
	leaves, err := p.scan.bucket(p.store.db, at, n.count)
	fail(err)
	return leaves
}
