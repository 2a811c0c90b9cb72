package state

import (
	"bytes"
	"iter"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/hanse-id/hanse/app/exec"
)

// version is a committed state that is kept readable: the database as it was, and the tree above the buckets.
type version struct {
	meta
	root *node
	snap *pebble.Snapshot
	refs int // under Store.mu: the store's own and one per open Snapshot
}

// Snapshot opens a read view of a kept version (0: the latest); ErrVersion if it is not kept. Close it. Before the
// first commit the latest version is 0, which is empty.
func (s *Store) Snapshot(height int64) (*Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	for _, v := range s.kept {
		if v.height == height && height != 0 || height == 0 && v == s.current.Load() {
			v.refs++
			return &Snapshot{store: s, version: v}, nil
		}
	}
	return nil, ErrVersion
}

// release gives back one use of v.
func (s *Store) release(v *version) error {
	s.mu.Lock()
	v.refs--
	last := v.refs == 0
	s.mu.Unlock()
	if !last {
		return nil
	}
	return v.snap.Close()
}

// Snapshot is a consistent read view; safe for concurrent use, Close excepted.
type Snapshot struct {
	store   *Store
	version *version
	once    sync.Once
}

var _ exec.Reader = (*Snapshot)(nil)

// Get returns the value of key in this version, nil if absent.
func (v *Snapshot) Get(key []byte) []byte {
	value, err := lookup(v.version.snap, tableValues, key)
	fail(err)
	return value
}

// Range iterates start ≤ key < end in byte order; an empty end means to the last key.
func (v *Snapshot) Range(start, end []byte) iter.Seq2[[]byte, []byte] {
	return sequence(start, end, func(start, end []byte) cursor {
		return newTableCursor(v.version.snap, tableValues, start, end)
	})
}

// Version is the height of this version, 0 before the first commit.
func (v *Snapshot) Version() int64 { return v.version.height }

// Root is the root hash of this version.
func (v *Snapshot) Root() [32]byte { return v.version.meta.root }

// Count is the number of records of this version.
func (v *Snapshot) Count() int64 { return v.version.count }

// Index reads an index entry as it was when this version was committed, nil if absent.
func (v *Snapshot) Index(key []byte) ([]byte, error) {
	return lookup(v.version.snap, tableIndex, key)
}

// Close ends the view; using it afterwards is an error of the caller. Closing twice is allowed.
func (v *Snapshot) Close() error {
	var err error
	v.once.Do(func() { err = v.store.release(v.version) })
	return err
}

// SentinelKey is the key of a record that every state holds from the first commit on, so that the tree is never
// empty. It sorts before all module prefixes and cannot be written.
const SentinelKey = "\x00"

const sentinelValue = "hanse"

func notSentinel(key []byte) {
	if bytes.Equal(key, []byte(SentinelKey)) {
		panic("state: write to the sentinel")
	}
}
