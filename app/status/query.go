package status

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// What a read of a list can say beside its answer.
var (
	ErrRange    = errors.New("status index out of range") // below 0, or not below the list's size
	ErrTooEarly = errors.New("status list did not exist at that time")
)

// Get reads a list; nil if there is none. An error means that the state is corrupt.
func Get(r exec.Reader, id op.ID) (*List, error) {
	data := r.Get(Key(id))
	if data == nil {
		return nil, nil
	}
	return decodeList(data)
}

// Value reads one entry now or as of a time (zero: now): the value after the last block whose time, in whole seconds, is
// not after at. ErrRange, ErrTooEarly.
func Value(r exec.Reader, l *List, index int64, at time.Time) (uint8, error) {
	if index < 0 || index >= l.Size {
		return 0, fmt.Errorf("%w: %d of %d", ErrRange, index, l.Size)
	}
	c, err := l.chunkAt(r, index/ChunkEntries, at)
	if err != nil {
		return 0, err
	}
	return c.get(index % ChunkEntries), nil
}

func (l *List) chunkAt(r exec.Reader, n int64, at time.Time) (chunk, error) {
	if at.IsZero() {
		return l.readChunk(r, n)
	}
	if at.Unix() < l.Created {
		return chunk{}, ErrTooEarly
	}
	return l.replay(r, n, at.Unix())
}

// Bits reads the whole list now or as of a time: Size entries of Bits bits, index 0 in the
// most significant bits of byte 0 (W3C order). Missing chunks are zeros. ErrTooEarly.
func Bits(r exec.Reader, l *List, at time.Time) ([]byte, error) {
	if !at.IsZero() && at.Unix() < l.Created {
		return nil, ErrTooEarly
	}
	out := make([]byte, l.Size*l.Bits/8)
	size := ChunkEntries * l.Bits / 8
	for key, data := range r.Range(chunkKey(l.ID, 0), chunkKey(l.ID, l.Size/ChunkEntries)) { // chunks that ever changed
		n := int64(binary.BigEndian.Uint32(key[len(key)-4:]))
		c, err := l.decodeChunk(n, data)
		if err == nil && !at.IsZero() {
			c, err = l.replay(r, n, at.Unix())
		}
		if err != nil {
			return nil, err
		}
		copy(out[n*size:], c.data)
	}
	return out, nil
}

// Leases lists the leases of a list in index order: those of a replica, or all if replica is empty.
func Leases(r exec.Reader, id op.ID, replica string) ([]Lease, error) {
	var out []Lease
	for key, data := range r.Range(leaseKey(id, 0), leaseKey(id, 1<<62)) {
		l, err := decodeLease(key, data)
		if err != nil {
			return nil, err
		}
		if replica == "" || l.Replica == replica {
			out = append(out, *l)
		}
	}
	return out, nil
}
