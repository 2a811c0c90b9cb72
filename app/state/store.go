package state

import (
	"cmp"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// Store is the state of one node. Reads are concurrent; Begin…Commit belongs to one goroutine.
type Store struct {
	db    *pebble.DB
	opts  Options
	cache leafCache

	current atomic.Pointer[version]

	mu     sync.Mutex
	kept   []*version // oldest first, the last one is current
	closed bool

	failed error // of a Commit whose outcome on disk is unknown; the writer's
}

// Open reads the store in db (opened by the caller, who closes it after Close). A new database is an empty store at
// version 0. Errors: ErrFormat, *CorruptError, or the database's.
func Open(db *pebble.DB, opts Options) (*Store, error) {
	s := &Store{db: db, opts: opts.withDefaults()}
	s.cache.budget = s.opts.LeafCacheBytes
	v, err := load(db)
	if err != nil {
		return nil, err
	}
	s.keep(v)
	return s, nil
}

// Close releases the kept versions. Open Snapshots stay usable until they are closed, which must be before db is.
func (s *Store) Close() error {
	s.mu.Lock()
	kept := s.kept
	s.kept, s.closed = nil, true
	s.mu.Unlock()
	for _, v := range kept {
		if err := s.release(v); err != nil {
			return err
		}
	}
	return nil
}

// Version is the last committed height, 0 before the first commit.
func (s *Store) Version() int64 { return s.current.Load().height }

// Root is the root hash of the last committed version; zero before the first commit.
func (s *Store) Root() [32]byte { return s.current.Load().meta.root }

// Count is the number of records in the last committed version.
func (s *Store) Count() int64 { return s.current.Load().count }

// Begin starts the write set of the next block over the committed state.
func (s *Store) Begin() *Block {
	b := &Block{store: s, base: s.current.Load()}
	if b.base.height == 0 {
		b.writes.put(SentinelKey, []byte(sentinelValue))
	}
	return b
}

// KV is an index entry beside the state (outside the root). An empty Value deletes.
type KV struct{ Key, Value []byte }

// Commit persists b as version height, with the index entries, in one synced write. b is used up. Errors: ErrStale,
// ErrHeight and ErrClosed change nothing; after any other error the store refuses further commits, because only
// opening it again shows whether the write is on disk.
func (s *Store) Commit(b *Block, height int64, index []KV) error {
	base := s.current.Load()
	switch {
	case s.failed != nil:
		return s.failed
	case b.store != s || b.base != base || b.settled:
		return ErrStale
	case height <= base.height:
		return ErrHeight
	}
	var u *update
	if err := catch(func() { u = b.update() }); err != nil {
		s.failed = err
		return err
	}
	m := meta{height: height, count: int64(u.root.size()), root: u.root.hash()}
	// pebble calls its logger's Fatalf where a write is in doubt, which panics.
	var err error
	if fatal := catch(func() { err = s.write(b, u, m, index) }); fatal != nil || err != nil {
		s.failed = cmp.Or(fatal, err)
		return s.failed
	}
	b.settled = true
	s.adopt(u)
	s.keep(&version{meta: m, root: u.root, snap: s.db.NewSnapshot()})
	return nil
}

// adopt moves the contents of an update that is now committed into the cache.
func (s *Store) adopt(u *update) {
	for _, p := range u.parts {
		for _, n := range p.dead {
			s.cache.drop(n)
		}
	}
	for _, p := range u.parts {
		for _, w := range p.buckets {
			if w.node != nil && w.node.contents != nil {
				s.cache.add(w.node)
			}
		}
	}
}

// keep makes v the latest version, and lets go of the oldest beyond Options.Versions.
func (s *Store) keep(v *version) {
	v.refs = 1
	s.mu.Lock()
	s.kept = append(s.kept, v)
	s.current.Store(v)
	var old []*version
	if n := len(s.kept) - s.opts.Versions; n > 0 {
		old = slices.Clone(s.kept[:n])
		s.kept = slices.Delete(s.kept, 0, n)
	}
	s.mu.Unlock()
	for _, v := range old {
		fail(s.release(v))
	}
}

// Index reads an index entry (nil if absent).
func (s *Store) Index(key []byte) ([]byte, error) { return lookup(s.db, tableIndex, key) }

// IndexRange iterates the index entries start ≤ key < end in byte order; an empty end means to the last one. It
// panics with *exec.StorageError on I/O failure, as state reads do.
func (s *Store) IndexRange(start, end []byte) iter.Seq2[[]byte, []byte] {
	return sequence(start, end, func(start, end []byte) cursor {
		return newTableCursor(s.db, tableIndex, start, end)
	})
}
