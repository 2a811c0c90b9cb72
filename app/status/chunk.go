package status

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// chunkVersion is the first byte of a chunk record, so that no value is empty and the layout can change.
const chunkVersion = 1

// chunk is 1,024 entries of some bits each, packed with entry 0 in the most significant bits of byte 0.
type chunk struct {
	bits int64
	data []byte
}

func newChunk(bits int64) chunk { return chunk{bits: bits, data: make([]byte, ChunkEntries*bits/8)} }

// locate returns the byte of entry i and how far its bits are from the least significant end.
func (c chunk) locate(i int64) (at int64, shift uint) {
	bit := i * c.bits
	return bit / 8, uint(8 - c.bits - bit%8)
}

func (c chunk) get(i int64) uint8 {
	at, shift := c.locate(i)
	return c.data[at] >> shift & (1<<c.bits - 1)
}

func (c chunk) set(i int64, value uint8) {
	at, shift := c.locate(i)
	mask := byte(1<<c.bits-1) << shift
	c.data[at] = c.data[at]&^mask | value<<shift
}

func chunkKey(id op.ID, n int64) []byte {
	return binary.BigEndian.AppendUint32(append([]byte(chunkPrefix), id[:]...), uint32(n))
}

// readChunk returns chunk n of l in bytes of its own.
func (l *List) readChunk(r exec.Reader, n int64) (chunk, error) {
	data := r.Get(chunkKey(l.ID, n))
	if data == nil {
		return newChunk(l.Bits), nil
	}
	return l.decodeChunk(n, data)
}

func (l *List) decodeChunk(n int64, data []byte) (chunk, error) {
	if int64(len(data)) != 1+ChunkEntries*l.Bits/8 || data[0] != chunkVersion {
		return chunk{}, fmt.Errorf("status list %s: chunk %d is damaged", l.ID, n)
	}
	return chunk{bits: l.Bits, data: bytes.Clone(data[1:])}, nil
}

// setChunk sets entries, all of one chunk, and records what changed. It returns how many did.
func (l *List) setChunk(env *exec.Env, entries []entry) (int64, error) {
	n := entries[0].index / ChunkEntries
	c, err := l.readChunk(env.Store, n)
	if err != nil {
		return 0, err
	}
	var changes []change
	for _, e := range entries {
		at, value := e.index%ChunkEntries, uint8(e.value)
		old := c.get(at)
		if old == value {
			continue
		}
		if l.final(old) {
			return 0, exec.Errorf(exec.CodeIrreversible, "index %d: %d is final", e.index, old)
		}
		c.set(at, value)
		changes = append(changes, change{at, value})
	}
	if len(changes) == 0 {
		return 0, nil
	}
	env.Store.Set(chunkKey(l.ID, n), append([]byte{chunkVersion}, c.data...))
	return int64(len(changes)), l.record(env, n, changes)
}
