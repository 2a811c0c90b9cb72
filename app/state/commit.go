package state

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"
)

// write persists an update in one synced batch. Within a table entries are in key order where that is cheap: the
// memtable inserts runs faster.
func (s *Store) write(b *Block, u *update, m meta, index []KV) error {
	batch := s.db.NewBatchWithSize(batchSize(b, u, index))
	defer batch.Close()
	w := batchWriter{batch: batch}
	w.values(b, u)
	w.leaves(b, u)
	w.buckets(u)
	w.index(index)
	w.set(tableMeta, "", m.encode())
	if w.err != nil {
		return w.err
	}
	return s.db.Apply(batch, pebble.Sync)
}

// batchSize is about what the batch will take, so that it is allocated once.
func batchSize(b *Block, u *update, index []KV) int {
	n := 1024
	for _, key := range b.writes.keys {
		n += 2*len(key) + len(b.writes.values[key]) + 160
	}
	for _, kv := range index {
		n += len(kv.Key) + len(kv.Value) + 16
	}
	return n
}

// batchWriter fills a batch; err is the first failure.
type batchWriter struct {
	batch *pebble.Batch
	err   error
}

func (w *batchWriter) set(table byte, key string, value []byte) {
	if w.err != nil {
		return
	}
	op := w.batch.SetDeferred(1+len(key), len(value))
	op.Key[0] = table
	copy(op.Key[1:], key)
	copy(op.Value, value)
	w.err = op.Finish()
}

func (w *batchWriter) delete(table byte, key string) {
	if w.err != nil {
		return
	}
	op := w.batch.DeleteDeferred(1 + len(key))
	op.Key[0] = table
	copy(op.Key[1:], key)
	w.err = op.Finish()
}

func (w *batchWriter) values(b *Block, u *update) {
	keys := make([]string, 0, len(u.changes))
	for i := range u.changes {
		if c := &u.changes[i]; !c.same {
			keys = append(keys, b.writes.keys[c.write])
		}
	}
	slices.SortFunc(keys, strings.Compare)
	for _, key := range keys {
		if value := b.writes.values[key]; value != nil {
			w.set(tableValues, key, value)
		} else {
			w.delete(tableValues, key)
		}
	}
}

func (w *batchWriter) leaves(b *Block, u *update) {
	for i := range u.changes {
		switch c := &u.changes[i]; {
		case c.same:
		case c.remove:
			w.delete(tableLeaves, string(c.key[:]))
		default:
			w.set(tableLeaves, string(c.key[:]), c.sum[:])
		}
	}
	for i := range u.changes {
		switch c := &u.changes[i]; {
		case c.remove && c.existed:
			w.delete(tableKeys, string(c.key[:]))
		case !c.remove && !c.existed:
			w.set(tableKeys, string(c.key[:]), []byte(b.writes.keys[c.write]))
		}
	}
}

// buckets writes what became of the buckets. A retired bucket is deleted before its place is taken again, so only
// the last entry of a place counts; most places have a deletion followed by their new bucket, which is left out.
func (w *batchWriter) buckets(u *update) {
	var buf [64]byte
	for _, p := range u.parts {
		for i, bucket := range p.buckets {
			key := string(bucket.path.append(buf[:0]))
			if bucket.node == nil {
				if i+1 == len(p.buckets) || p.buckets[i+1].node == nil || p.buckets[i+1].path != bucket.path {
					w.delete(tableBuckets, key)
				}
				continue
			}
			w.set(tableBuckets, key, encodeBucket(bucket.node))
		}
	}
}

func (w *batchWriter) index(index []KV) {
	for _, kv := range index {
		if len(kv.Value) == 0 {
			w.delete(tableIndex, string(kv.Key))
		} else {
			w.set(tableIndex, string(kv.Key), kv.Value)
		}
	}
}

// encodeBucket is the bucket's record: count (one byte) ‖ hash.
func encodeBucket(n *node) []byte {
	return append([]byte{byte(n.count)}, n.sum[:]...)
}

func decodeBucket(key, value []byte) (path, *node, error) {
	at, err := decodePath(key)
	if err == nil && (len(value) != 33 || value[0] == 0 || value[0] > bucketLeaves) {
		err = fmt.Errorf("record of %d bytes", len(value))
	}
	if err != nil {
		return at, nil, &CorruptError{Table: Buckets, Key: slices.Clone(key), Reason: err.Error()}
	}
	n := &node{count: uint32(value[0]), slot: slotNone}
	copy(n.sum[:], value[1:])
	return at, n, nil
}
