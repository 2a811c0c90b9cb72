package state

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"sync"
	"sync/atomic"
)

// change is one write, by hashed key.
type change struct {
	leaf          // sum is zero for a deletion
	write   int32 // index into writes.keys
	remove  bool
	existed bool // the key was there before
	same    bool // nothing changes: equal value, or deletion of what is not there
}

// update is the tree that a block's writes make of the tree before. Nothing of it is persisted or shared yet.
type update struct {
	store   *Store
	changes []change // sorted by hashed key
	root    *node
	parts   []*part // in tree order; what each subtree's recomputation did
}

// forkDepth is where the tree is cut into subtrees that are recomputed in parallel.
const forkDepth = 5

// job is the recomputation of a subtree.
type job struct {
	old     *node
	depth   int
	changes []change
	part    part
	result  *node
}

func newUpdate(b *Block) *update {
	u := &update{store: b.store, changes: make([]change, len(b.writes.keys))}
	u.hashWrites(&b.writes)
	slices.SortFunc(u.changes, func(a, b change) int { return bytes.Compare(a.key[:], b.key[:]) })

	var jobs []*job
	u.plan(&jobs, b.base.root, 0, u.changes)
	u.parallel(len(jobs), func(i int) {
		j := jobs[i]
		j.part.store = u.store
		defer j.part.scan.close()
		j.result = j.part.apply(j.old, j.depth, j.changes)
	})
	for _, j := range jobs {
		u.parts = append(u.parts, &j.part)
	}
	top := &part{store: u.store}
	defer top.scan.close()
	u.parts = append(u.parts, top)
	u.root = u.assemble(top, &jobs, b.base.root, 0, u.changes)
	return u
}

// hashWrites fills changes, a range of slots at a time.
func (u *update) hashWrites(w *writes) {
	const batch = 64
	u.parallel((len(w.keys)+batch-1)/batch, func(i int) {
		for at := i * batch; at < min(len(w.keys), (i+1)*batch); at++ {
			c, value := &u.changes[at], w.values[w.keys[at]]
			c.write, c.remove = int32(at), value == nil
			c.key = sha256.Sum256([]byte(w.keys[at]))
			if !c.remove {
				c.sum = leafHash(&c.key, value)
			}
		}
	})
}

// parallel calls work(0) … work(n−1) on the store's workers; each fills slots of its own index. A storage failure
// in any of them is the caller's.
func (u *update) parallel(n int, work func(i int)) {
	if n <= 1 || u.store.opts.Workers == 1 {
		for i := range n {
			work(i)
		}
		return
	}
	errs := make([]error, min(n, u.store.opts.Workers))
	var next atomic.Int64
	var group sync.WaitGroup
	for w := range errs {
		group.Go(func() {
			errs[w] = catch(func() {
				for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
					work(i)
				}
			})
		})
	}
	group.Wait()
	for _, err := range errs {
		fail(err)
	}
}

// plan lists the subtrees to recompute, in tree order.
func (u *update) plan(jobs *[]*job, n *node, depth int, cs []change) {
	if len(cs) == 0 {
		return
	}
	if depth == forkDepth || !n.inner() {
		*jobs = append(*jobs, &job{old: n, depth: depth, changes: cs})
		return
	}
	i := splitChanges(cs, depth)
	u.plan(jobs, n.left, depth+1, cs[:i])
	u.plan(jobs, n.right, depth+1, cs[i:])
}

// assemble joins the recomputed subtrees: it takes the way of plan.
func (u *update) assemble(top *part, jobs *[]*job, n *node, depth int, cs []change) *node {
	if len(cs) == 0 {
		return n
	}
	if depth == forkDepth || !n.inner() {
		j := (*jobs)[0]
		*jobs = (*jobs)[1:]
		return j.result
	}
	i := splitChanges(cs, depth)
	left := u.assemble(top, jobs, n.left, depth+1, cs[:i])
	right := u.assemble(top, jobs, n.right, depth+1, cs[i:])
	return top.rejoin(n, left, right, pathOf(&cs[0].key, depth))
}

// splitChanges is splitLeaves for changes.
func splitChanges(cs []change, depth int) int {
	lo, hi := 0, len(cs)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if bit(&cs[mid].key, depth) == 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
