package state

import (
	"bytes"
	"fmt"
)

// writes is a set of pending writes by key. A nil value deletes.
type writes struct {
	values  map[string][]byte
	keys    []string // in the order of their first write: maps are never ranged over
	ordered orderedKeys
	sorted  int // how many of keys are in ordered: only Range needs them there
}

func (w *writes) get(key []byte) (value []byte, ok bool) {
	value, ok = w.values[string(key)]
	return value, ok
}

// put notes a write and keeps value. A nil value deletes.
func (w *writes) put(key string, value []byte) {
	if w.values == nil {
		w.values = make(map[string][]byte)
	}
	if _, ok := w.values[key]; !ok {
		w.keys = append(w.keys, key)
	}
	w.values[key] = value
}

// set is put for a caller who keeps key and value. Empty keys and values are broken invariants.
func (w *writes) set(key, value []byte) {
	if len(key) == 0 || len(value) == 0 {
		panic(fmt.Sprintf("state: set of key %q to %d bytes: neither may be empty", key, len(value)))
	}
	w.put(string(key), bytes.Clone(value))
}

func (w *writes) delete(key []byte) {
	if len(key) == 0 {
		panic("state: delete of an empty key")
	}
	w.put(string(key), nil)
}

// seek returns the first written key ≥ from, or > from if after is set.
func (w *writes) seek(from string, after bool) (string, bool) {
	for ; w.sorted < len(w.keys); w.sorted++ {
		w.ordered.insert(w.keys[w.sorted])
	}
	return w.ordered.seek(from, after)
}

// moveTo adds the writes to dst, in order, and empties w.
func (w *writes) moveTo(dst *writes) {
	for _, key := range w.keys {
		dst.put(key, w.values[key])
	}
	*w = writes{}
}
