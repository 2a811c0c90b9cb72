// Package exectest has an ordered exec.Store in memory, with overlays, for the tests of modules.
//
//	state := exectest.NewStore()
//	overlay := exectest.NewOverlay(state)
//	env := &exec.Env{Store: overlay, …}
//	if err := Apply(env); err == nil {
//		overlay.Flush()
//	}
package exectest

import (
	"bytes"
	"iter"
	"slices"

	"github.com/hanse-id/hanse/app/exec"
)

type entry struct {
	key, value []byte // value nil: deleted (overlays only)
}

// Store keeps state in a sorted slice. It copies what it is given, and panics on an empty value as the real store does.
// The zero value is empty and usable. Not for concurrent use.
type Store struct {
	entries []entry
}

// NewStore returns an empty store.
func NewStore() *Store { return &Store{} }

func (s *Store) find(key []byte) (int, bool) {
	return slices.BinarySearchFunc(s.entries, key, func(e entry, key []byte) int { return bytes.Compare(e.key, key) })
}

func (s *Store) put(key, value []byte) {
	i, found := s.find(key)
	if found {
		s.entries[i].value = value
		return
	}
	s.entries = slices.Insert(s.entries, i, entry{bytes.Clone(key), value})
}

// Get returns the value of key, nil if absent.
func (s *Store) Get(key []byte) []byte {
	if i, found := s.find(key); found {
		return s.entries[i].value
	}
	return nil
}

// Range iterates start ≤ key < end in byte order; a nil end is unbounded.
func (s *Store) Range(start, end []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		i, _ := s.find(start)
		for ; i < len(s.entries); i++ {
			e := s.entries[i]
			if end != nil && bytes.Compare(e.key, end) >= 0 {
				return
			}
			if !yield(e.key, e.value) {
				return
			}
		}
	}
}

// Set stores value under key.
func (s *Store) Set(key, value []byte) {
	mustNotBeEmpty(key, value)
	s.put(key, bytes.Clone(value))
}

// Delete removes key; an absent one is no error.
func (s *Store) Delete(key []byte) {
	if i, found := s.find(key); found {
		s.entries = slices.Delete(s.entries, i, i+1)
	}
}

// Len is the number of keys.
func (s *Store) Len() int { return len(s.entries) }

// Equal reports whether both stores hold the same.
func (s *Store) Equal(o *Store) bool {
	return slices.EqualFunc(s.entries, o.entries, func(a, b entry) bool {
		return bytes.Equal(a.key, b.key) && bytes.Equal(a.value, b.value)
	})
}

// Clone returns an independent copy.
func (s *Store) Clone() *Store { return &Store{entries: slices.Clone(s.entries)} }

// Overlay holds writes above a Store (or another Overlay) until Flush; dropping it drops them.
type Overlay struct {
	base   exec.Store
	writes Store
}

// NewOverlay returns an empty overlay above base.
func NewOverlay(base exec.Store) *Overlay { return &Overlay{base: base} }

// Get returns the value of key as this overlay sees it, nil if absent.
func (o *Overlay) Get(key []byte) []byte {
	if i, found := o.writes.find(key); found {
		return o.writes.entries[i].value
	}
	return o.base.Get(key)
}

// Set stores value under key in the overlay.
func (o *Overlay) Set(key, value []byte) {
	mustNotBeEmpty(key, value)
	o.writes.put(key, bytes.Clone(value))
}

// Delete hides key.
func (o *Overlay) Delete(key []byte) { o.writes.put(key, nil) }

// Range merges the overlay with what is beneath it: start ≤ key < end in byte order.
func (o *Overlay) Range(start, end []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		next, stop := iter.Pull2(o.base.Range(start, end))
		defer stop()
		baseKey, baseValue, more := next()
		for key, value := range o.writes.Range(start, end) {
			for more && bytes.Compare(baseKey, key) < 0 {
				if !yield(baseKey, baseValue) {
					return
				}
				baseKey, baseValue, more = next()
			}
			if more && bytes.Equal(baseKey, key) {
				baseKey, baseValue, more = next()
			}
			if value != nil && !yield(key, value) {
				return
			}
		}
		for more {
			if !yield(baseKey, baseValue) {
				return
			}
			baseKey, baseValue, more = next()
		}
	}
}

// Flush applies the writes to what is beneath, in key order, and empties the overlay.
func (o *Overlay) Flush() {
	for _, e := range o.writes.entries {
		if e.value == nil {
			o.base.Delete(e.key)
		} else {
			o.base.Set(e.key, e.value)
		}
	}
	o.writes = Store{}
}

func mustNotBeEmpty(key, value []byte) {
	if len(key) == 0 || len(value) == 0 {
		panic("exectest: empty key or value")
	}
}
