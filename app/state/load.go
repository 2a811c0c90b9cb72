package state

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// placed is a bucket and where it stands.
type placed struct {
	path path
	node *node
}

// load reads the last version: its meta record and the tree over its buckets.
func load(db *pebble.DB) (*version, error) {
	data, err := lookup(db, tableMeta, nil)
	if err != nil {
		return nil, err
	}
	if data == nil {
		return loadEmpty(db)
	}
	m, err := decodeMeta(data)
	if err != nil {
		return nil, err
	}
	snap := db.NewSnapshot()
	root, err := loadTree(snap)
	if err == nil && (root.hash() != m.root || int64(root.size()) != m.count) {
		err = &CorruptError{Table: Buckets, Reason: fmt.Sprintf("root %x over %d records, meta says %x over %d", root.hash(), root.size(), m.root, m.count)}
	}
	if err != nil {
		snap.Close()
		return nil, err
	}
	return &version{meta: m, root: root, snap: snap}, nil
}

// loadEmpty is version 0 of a database that holds nothing.
func loadEmpty(db *pebble.DB) (*version, error) {
	it, err := db.NewIter(nil)
	if err != nil {
		return nil, err
	}
	found := it.First()
	if err := it.Close(); err != nil {
		return nil, err
	}
	if found {
		return nil, &CorruptError{Table: Meta, Reason: "record is missing"}
	}
	return &version{snap: db.NewSnapshot()}, nil
}

// loadTree rebuilds the tree above the bucket table.
func loadTree(r pebble.Reader) (*node, error) {
	buckets, err := readBuckets(r)
	if err != nil {
		return nil, err
	}
	return plant(buckets, path{})
}

func readBuckets(r pebble.Reader) ([]placed, error) {
	it, err := iterate(r, tableBuckets, nil, nil)
	if err != nil {
		return nil, err
	}
	defer it.Close()
	var buckets []placed
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return nil, err
		}
		at, n, err := decodeBucket(it.Key()[1:], value)
		if err != nil {
			return nil, err
		}
		buckets = append(buckets, placed{at, n})
	}
	return buckets, it.Error()
}

// plant builds the tree over sorted buckets, all of which must lie under at.
func plant(buckets []placed, at path) (*node, error) {
	if len(buckets) == 0 {
		return nil, nil
	}
	if len(buckets) == 1 && buckets[0].path == at {
		return buckets[0].node, nil
	}
	n := 0
	for _, b := range buckets {
		if b.path.depth <= at.depth || pathOf(&b.path.bits, at.depth) != at {
			return nil, &CorruptError{Table: Buckets, Key: b.path.append(nil), Reason: "overlaps its neighbour"}
		}
		if bit(&b.path.bits, at.depth) == 0 {
			n++
		}
	}
	left, err := plant(buckets[:n], at.child(0))
	if err != nil {
		return nil, err
	}
	right, err := plant(buckets[n:], at.child(1))
	if err != nil {
		return nil, err
	}
	if left.size()+right.size() <= bucketLeaves {
		return nil, &CorruptError{Table: Buckets, Key: buckets[0].path.append(nil), Reason: "should be one bucket with its neighbour"}
	}
	return newInner(left, right), nil
}
