package status

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/jcs"
)

// change is one entry of a chunk that took a value.
type change struct {
	at    int64 // within the chunk
	value uint8
}

// step is what one block changed in a chunk.
type step struct {
	time    int64 // block time, unix seconds
	changes []change
}

func historyKey(id op.ID, n, height int64) []byte {
	return binary.BigEndian.AppendUint64(historyOf(id, n), uint64(height))
}

func historyOf(id op.ID, n int64) []byte {
	return binary.BigEndian.AppendUint32(append([]byte(historyPrefix), id[:]...), uint32(n))
}

// record adds changes to the block's step of chunk n. Several operations of a block share it, and the last value of an
// entry stands: a step never holds more than one change an entry, whatever is flipped to and fro.
func (l *List) record(env *exec.Env, n int64, changes []change) error {
	key := historyKey(l.ID, n, env.Block.Height)
	s := step{time: env.Block.Time}
	if data := env.Store.Get(key); data != nil {
		var err error
		if s, err = decodeStep(data); err != nil {
			return fmt.Errorf("status list %s: history of chunk %d: %w", l.ID, n, err)
		}
	}
	s.changes = merge(s.changes, changes)
	data, err := s.encode()
	if err != nil {
		return fmt.Errorf("status list %s: history of chunk %d: %w", l.ID, n, err)
	}
	env.Store.Set(key, data)
	return nil
}

// merge returns one change an entry, in order of entries; later ones win.
func merge(earlier, later []change) []change {
	merged := slices.Clone(earlier)
	for _, c := range later {
		i, found := slices.BinarySearchFunc(merged, c.at, func(have change, at int64) int { return cmp.Compare(have.at, at) })
		if found {
			merged[i] = c
		} else {
			merged = slices.Insert(merged, i, c)
		}
	}
	return merged
}

func (s step) encode() ([]byte, error) {
	list := make([]any, len(s.changes))
	for i, c := range s.changes {
		list[i] = []any{c.at, int64(c.value)}
	}
	return jcs.Encode(map[string]any{"time": s.time, "changes": list})
}

func decodeStep(data []byte) (step, error) {
	m, err := object.Parse(data)
	if err != nil {
		return step{}, err
	}
	s := step{time: m.Int("time")}
	list := m.List("changes")
	if err := m.Done(); err != nil {
		return step{}, err
	}
	s.changes = make([]change, len(list))
	for i, item := range list {
		pair, _ := item.([]any)
		if len(pair) != 2 {
			return step{}, fmt.Errorf("change %d is no pair", i)
		}
		at, ok := pair[0].(int64)
		value, valued := pair[1].(int64)
		if !ok || !valued || at < 0 || at >= ChunkEntries || value < 0 || value > 0xFF {
			return step{}, fmt.Errorf("change %d is out of range", i)
		}
		s.changes[i] = change{at, uint8(value)}
	}
	return s, nil
}

// replay returns chunk n as it was after the last block whose time is ≤ t.
func (l *List) replay(r exec.Reader, n, t int64) (chunk, error) {
	c := newChunk(l.Bits)
	for key, data := range r.Range(historyOf(l.ID, n), historyOf(l.ID, n+1)) {
		s, err := decodeStep(data)
		if err != nil {
			return chunk{}, fmt.Errorf("status list %s: history %x: %w", l.ID, key, err)
		}
		if s.time > t {
			break
		}
		for _, ch := range s.changes {
			c.set(ch.at, ch.value)
		}
	}
	return c, nil
}
