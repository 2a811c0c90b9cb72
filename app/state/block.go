package state

import (
	"iter"

	"github.com/hanse-id/hanse/app/exec"
)

// Block is an in-memory overlay over the committed state: an exec.Store. It belongs to one goroutine and is valid
// until the store's next Commit. Dropping it discards its writes.
type Block struct {
	store   *Store
	base    *version
	writes  writes
	tree    *update // result of the last Root; nil when something was written since
	settled bool    // committed
}

var _ exec.Store = (*Block)(nil)

// Get returns the value of key as the block sees it, nil if absent. It must not be modified.
func (b *Block) Get(key []byte) []byte {
	if value, ok := b.writes.get(key); ok {
		return value
	}
	value, err := lookup(b.store.db, tableValues, key)
	fail(err)
	return value
}

// Set writes copies of key and value. It panics if either is empty, or if key is the sentinel's.
func (b *Block) Set(key, value []byte) {
	notSentinel(key)
	b.writes.set(key, value)
	b.tree = nil
}

// Delete removes key; it need not exist. It panics if key is empty or the sentinel's.
func (b *Block) Delete(key []byte) {
	notSentinel(key)
	b.writes.delete(key)
	b.tree = nil
}

// Range iterates start ≤ key < end in byte order; an empty end means to the last key. Writing meanwhile is
// allowed: what is written ahead is seen.
func (b *Block) Range(start, end []byte) iter.Seq2[[]byte, []byte] {
	return sequence(start, end, b.cursor)
}

func (b *Block) cursor(start, end []byte) cursor {
	base := newTableCursor(b.store.db, tableValues, start, end)
	return newOverlayCursor(&b.writes, base, start, end)
}

// Overlay starts a per-operation overlay over b: Merge moves its writes into b; dropping it discards them.
func (b *Block) Overlay() *Overlay { return &Overlay{block: b} }

// Root computes the root that committing b would give. b may be extended afterwards and Root called again.
func (b *Block) Root() [32]byte { return b.update().root.hash() }

func (b *Block) update() *update {
	if b.tree == nil && b.base != b.store.current.Load() {
		panic("state: block used after a later commit")
	}
	if b.tree == nil {
		b.tree = newUpdate(b)
	}
	return b.tree
}

// Overlay is a nested write set over a block: an exec.Store. It belongs to the block's goroutine.
type Overlay struct {
	block  *Block
	writes writes
}

var _ exec.Store = (*Overlay)(nil)

// Get is Block.Get through the overlay.
func (o *Overlay) Get(key []byte) []byte {
	if value, ok := o.writes.get(key); ok {
		return value
	}
	return o.block.Get(key)
}

// Set is Block.Set into the overlay.
func (o *Overlay) Set(key, value []byte) {
	notSentinel(key)
	o.writes.set(key, value)
}

// Delete is Block.Delete into the overlay.
func (o *Overlay) Delete(key []byte) {
	notSentinel(key)
	o.writes.delete(key)
}

// Range is Block.Range through the overlay.
func (o *Overlay) Range(start, end []byte) iter.Seq2[[]byte, []byte] {
	return sequence(start, end, func(start, end []byte) cursor {
		return newOverlayCursor(&o.writes, o.block.cursor(start, end), start, end)
	})
}

// Merge moves the overlay's writes into its block and leaves the overlay empty.
func (o *Overlay) Merge() {
	if len(o.writes.keys) > 0 {
		o.block.tree = nil
	}
	o.writes.moveTo(&o.block.writes)
}
