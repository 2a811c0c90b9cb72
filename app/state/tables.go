package state

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Every key in the database starts with the byte of its table.
const (
	tableBuckets byte = 'b' // bucket path → count ‖ hash
	tableIndex   byte = 'i' // index key → index value, outside the root
	tableKeys    byte = 'k' // SHA-256(key) → key, written at insert only
	tableLeaves  byte = 'l' // SHA-256(key) → leaf hash
	tableMeta    byte = 'm' // one record
	tableValues  byte = 'v' // key → value
)

// format is the first byte of the meta record: the layout that this package reads and writes.
const format byte = 1

// meta is the record that makes a version: written in the same batch as everything else.
type meta struct {
	height int64
	count  int64
	root   hash
}

func (m meta) encode() []byte {
	out := make([]byte, 0, 1+8+8+len(m.root))
	out = append(out, format)
	out = binary.BigEndian.AppendUint64(out, uint64(m.height))
	out = binary.BigEndian.AppendUint64(out, uint64(m.count))
	return append(out, m.root[:]...)
}

func decodeMeta(data []byte) (meta, error) {
	if len(data) == 0 || data[0] != format {
		return meta{}, ErrFormat
	}
	if len(data) != 1+8+8+32 {
		return meta{}, &CorruptError{Table: Meta, Reason: fmt.Sprintf("record of %d bytes", len(data))}
	}
	m := meta{height: int64(binary.BigEndian.Uint64(data[1:])), count: int64(binary.BigEndian.Uint64(data[9:]))}
	copy(m.root[:], data[17:])
	return m, nil
}

// tableKey returns the database key of key in a table.
func tableKey(table byte, key []byte) []byte {
	out := make([]byte, 1+len(key))
	out[0] = table
	copy(out[1:], key)
	return out
}

// tableBounds returns the database bounds of start ≤ key < end in a table; an empty end is the table's end.
func tableBounds(table byte, start, end []byte) (lower, upper []byte) {
	lower = tableKey(table, start)
	if len(end) == 0 {
		return lower, []byte{table + 1}
	}
	return lower, tableKey(table, end)
}

// lookup reads one record; nil if absent. The result belongs to the caller.
func lookup(r pebble.Reader, table byte, key []byte) ([]byte, error) {
	var buf [96]byte
	value, closer, err := r.Get(append(append(buf[:0], table), key...))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(value))
	copy(out, value)
	return out, closer.Close()
}

// iterate opens an iterator over start ≤ key < end of a table.
func iterate(r pebble.Reader, table byte, start, end []byte) (*pebble.Iterator, error) {
	lower, upper := tableBounds(table, start, end)
	return r.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
}
