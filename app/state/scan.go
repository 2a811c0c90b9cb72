package state

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// leafScan reads buckets from the leaf table with one iterator. Its zero value is ready; close it.
type leafScan struct {
	it     *pebble.Iterator
	buffer [bucketLeaves]leaf
}

// bucket reads the leaves under path, of which there must be count, at most bucketLeaves. r must be the same in all
// calls. The result is valid until the next call.
func (s *leafScan) bucket(r pebble.Reader, at path, count uint32) ([]leaf, error) {
	if s.it == nil {
		it, err := iterate(r, tableLeaves, nil, nil)
		if err != nil {
			return nil, err
		}
		s.it = it
	}
	leaves := s.buffer[:0]
	last := at.last()
	var key [33]byte
	key[0] = tableLeaves
	copy(key[1:], at.bits[:])
	for ok := s.it.SeekGE(key[:]); ok; ok = s.it.Next() {
		value, err := s.it.ValueAndErr()
		if err != nil {
			return nil, err
		}
		l, err := decodeLeaf(s.it.Key()[1:], value)
		if err != nil {
			return nil, err
		}
		if l.compare(&last) > 0 {
			break
		}
		if len(leaves) == int(count) {
			return nil, &CorruptError{Table: Leaves, Key: l.key[:], Reason: fmt.Sprintf("bucket %x has more than its %d leaves", at.append(nil), count)}
		}
		leaves = append(leaves, l)
	}
	if err := s.it.Error(); err != nil {
		return nil, err
	}
	if len(leaves) != int(count) {
		return nil, &CorruptError{Table: Leaves, Key: at.bits[:], Reason: fmt.Sprintf("bucket %x has %d leaves instead of %d", at.append(nil), len(leaves), count)}
	}
	return leaves, nil
}

func (s *leafScan) close() {
	if s.it != nil {
		fail(s.it.Close())
		s.it = nil
	}
}

func decodeLeaf(key, value []byte) (leaf, error) {
	var l leaf
	if copy(l.key[:], key) != len(key) || len(key) != len(l.key) || len(value) != len(l.sum) {
		return l, &CorruptError{Table: Leaves, Key: append([]byte{}, key...), Reason: fmt.Sprintf("record of %d and %d bytes", len(key), len(value))}
	}
	copy(l.sum[:], value)
	return l, nil
}
