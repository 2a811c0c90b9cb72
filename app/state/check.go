package state

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// checkBatch is the most records Check holds in memory at a time (64 bytes each); larger stores take several passes.
const checkBatch = 1 << 21

// Check recomputes the whole tree from the values of the last version and compares every persisted hash (fsck):
// leaf table, key table, bucket partition and hashes, root and count. report, if not nil, gets progress in records.
// The first disagreement is returned as a *CorruptError. It runs beside reads and commits.
func (s *Store) Check(report func(done, total int64)) error {
	if report == nil {
		report = func(int64, int64) {}
	}
	v, err := s.Snapshot(0)
	if err != nil {
		return err
	}
	defer v.Close()
	c := checker{version: v.version, snap: v.version.snap, report: report, batch: checkBatch}
	return catch(c.run)
}

type checker struct {
	version *version
	snap    *pebble.Snapshot
	report  func(done, total int64)
	batch   int64
	part    part // collects what the tree should be
	done    int64
}

// run panics with the first failure.
func (c *checker) run() {
	bits := 0
	for c.version.count>>bits > c.batch {
		bits++
	}
	root := c.subtree(path{}, bits)
	if c.done != c.version.count {
		fail(&CorruptError{Table: Meta, Reason: fmt.Sprintf("count %d, but there are %d values", c.version.count, c.done)})
	}
	c.compareBuckets(root)
	if root.hash() != c.version.meta.root || root.hash() != c.version.root.hash() {
		fail(&CorruptError{Table: Meta, Reason: fmt.Sprintf("root %x, but the values give %x", c.version.meta.root, root.hash())})
	}
}

// subtree checks the records under at and returns their tree; more says how many bits further down they fit in memory.
func (c *checker) subtree(at path, more int) *node {
	if more > 0 {
		left, right := c.subtree(at.child(0), more-1), c.subtree(at.child(1), more-1)
		return c.part.join(left, right, at)
	}
	want := c.collect(at)
	c.compareLeaves(at, want)
	c.compareKeys(at, want)
	c.done += int64(len(want))
	c.report(c.done, c.version.count)
	first := len(c.part.buckets)
	root := c.part.grow(want, at)
	if root.inner() { // else its leaves may be needed to join it
		for _, b := range c.part.buckets[first:] {
			b.node.contents = nil
		}
	}
	c.part.buckets = c.part.buckets[:0]
	return root
}

// collect computes the leaves under at from the values.
func (c *checker) collect(at path) []leaf {
	it, err := iterate(c.snap, tableValues, nil, nil)
	fail(err)
	defer func() { fail(it.Close()) }()
	var leaves []leaf
	for ok := it.First(); ok; ok = it.Next() {
		key := it.Key()[1:]
		l := leaf{key: sha256.Sum256(key)}
		if pathOf(&l.key, at.depth) != at {
			continue
		}
		value, err := it.ValueAndErr()
		fail(err)
		if len(value) == 0 || len(key) == 0 {
			fail(&CorruptError{Table: Values, Key: slices.Clone(key), Reason: "empty"})
		}
		l.sum = leafHash(&l.key, value)
		leaves = append(leaves, l)
	}
	fail(it.Error())
	slices.SortFunc(leaves, func(a, b leaf) int { return bytes.Compare(a.key[:], b.key[:]) })
	return leaves
}

// lockstep walks a table keyed by SHA-256(key) beside the leaves that the values give.
func (c *checker) lockstep(table byte, name Table, at path, want []leaf, compare func(l *leaf, value []byte)) {
	it, err := iterate(c.snap, table, at.bits[:], nil)
	fail(err)
	defer func() { fail(it.Close()) }()
	last := at.last()
	ok := it.First()
	for i := 0; ; i++ {
		inside := ok && bytes.Compare(it.Key()[1:], last[:]) <= 0
		fail(it.Error())
		if !inside && i == len(want) {
			return
		}
		if !inside || i < len(want) && bytes.Compare(it.Key()[1:], want[i].key[:]) > 0 {
			fail(&CorruptError{Table: name, Key: want[i].key[:], Reason: "missing"})
		}
		if i == len(want) || !bytes.Equal(it.Key()[1:], want[i].key[:]) {
			fail(&CorruptError{Table: name, Key: slices.Clone(it.Key()[1:]), Reason: "belongs to no value"})
		}
		value, err := it.ValueAndErr()
		fail(err)
		compare(&want[i], value)
		ok = it.Next()
	}
}

func (c *checker) compareLeaves(at path, want []leaf) {
	c.lockstep(tableLeaves, Leaves, at, want, func(l *leaf, value []byte) {
		if !bytes.Equal(value, l.sum[:]) {
			c.blame(l)
		}
	})
}

// blame says whether a value or its leaf is wrong: the leaf is not if it agrees with its bucket's hash.
func (c *checker) blame(l *leaf) {
	key, err := lookup(c.snap, tableKeys, l.key[:])
	fail(err)
	n, depth := c.version.root, 0
	for ; n.inner(); depth++ {
		if bit(&l.key, depth) == 0 {
			n = n.left
		} else {
			n = n.right
		}
	}
	var scan leafScan
	defer scan.close()
	leaves, err := scan.bucket(c.snap, pathOf(&l.key, depth), n.size())
	if key != nil && err == nil && hashLeaves(leaves, depth) == n.hash() {
		fail(&CorruptError{Table: Values, Key: key, Reason: "is not what its leaf commits to"})
	}
	fail(&CorruptError{Table: Leaves, Key: l.key[:], Reason: "does not commit to its value"})
}

func (c *checker) compareKeys(at path, want []leaf) {
	c.lockstep(tableKeys, Keys, at, want, func(l *leaf, value []byte) {
		if sha256.Sum256(value) != l.key {
			fail(&CorruptError{Table: Keys, Key: l.key[:], Reason: "is not the hash of its key"})
		}
	})
}

// compareBuckets compares the bucket table with the tree that the values give.
func (c *checker) compareBuckets(root *node) {
	got, err := readBuckets(c.snap)
	fail(err)
	want := listBuckets(nil, root, path{})
	for i := range max(len(got), len(want)) {
		switch {
		case i == len(want) || i < len(got) && !bytes.Equal(got[i].path.append(nil), want[i].path.append(nil)):
			fail(&CorruptError{Table: Buckets, Key: got[i].path.append(nil), Reason: "should not be, or its neighbour is missing"})
		case i == len(got):
			fail(&CorruptError{Table: Buckets, Key: want[i].path.append(nil), Reason: "missing"})
		case got[i].node.sum != want[i].node.sum || got[i].node.count != want[i].node.count:
			fail(&CorruptError{Table: Buckets, Key: got[i].path.append(nil), Reason: "does not commit to its leaves"})
		}
	}
}

func listBuckets(list []placed, n *node, at path) []placed {
	switch {
	case n == nil:
		return list
	case !n.inner():
		return append(list, placed{at, n})
	}
	return listBuckets(listBuckets(list, n.left, at.child(0)), n.right, at.child(1))
}
