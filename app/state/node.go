package state

// bucketLeaves is the most leaves a bucket holds. The partition follows from it and the content alone: a subtree
// is a bucket if it holds at most so many leaves and its parent more. Mean buckets have about 0.7 of it.
const bucketLeaves = 24

// node is a subtree above the leaf table: an inner node with more than bucketLeaves leaves, or a bucket with as
// many or fewer. An empty subtree is nil. sum, left, right and count never change, so old versions share nodes.
// contents and slot belong to the writer's cache (see cache.go); readers of versions must not look at them.
type node struct {
	sum         hash
	left, right *node
	contents    *contents // of a bucket, if in memory
	count       uint32
	slot        int32 // place in the cache, slotNone, or slotFresh
}

const (
	slotNone  int32 = -1 // committed, its contents are not in memory
	slotFresh int32 = -2 // of an uncommitted block; its contents are in memory
)

func (n *node) inner() bool { return n != nil && n.count > bucketLeaves }

func (n *node) size() uint32 {
	if n == nil {
		return 0
	}
	return n.count
}

// hash is the hash of the subtree, zero if it is empty.
func (n *node) hash() hash {
	if n == nil {
		return hash{}
	}
	return n.sum
}

// newInner joins two subtrees of more than bucketLeaves leaves together.
func newInner(left, right *node) *node {
	l, r := left.hash(), right.hash()
	return &node{sum: innerHash(&l, &r), left: left, right: right, count: left.size() + right.size(), slot: slotNone}
}
