package app

import (
	"encoding/binary"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// Replay protection (`ledger.md` 2, 5). State:
//
//	b/i/<height, 8>             until when (8), then the (id, code) pairs that the block consumed, 36 bytes each
//	b/r/<height, 8>             RFC 6962 root over these pairs, kept for ever
//	b/t/<batch hash>            batches seen; the value is notAfter (8)
//	b/x/<notAfter, 8><hash>     the same, by time
//
// A block that consumed nothing has no records: an idle chain leaves the state alone.
const (
	idsPrefix       = "b/i/"
	rootPrefix      = "b/r/"
	batchPrefix     = "b/t/"
	batchTimePrefix = "b/x/"
)

func heightKey(prefix string, height int64) []byte {
	return binary.BigEndian.AppendUint64([]byte(prefix), uint64(height))
}

func batchKey(hash [32]byte) []byte { return append([]byte(batchPrefix), hash[:]...) }

func batchTimeKey(notAfter int64, hash [32]byte) []byte {
	return append(heightKey(batchTimePrefix, notAfter), hash[:]...)
}

// BlockRootKey is the state key of the RFC 6962 root over the (id, code) pairs of the block at height: what a proof of a
// receipt stands on. Absent where a block consumed nothing.
func BlockRootKey(height int64) []byte { return heightKey(rootPrefix, height) }

// remembered is a b/i/ record.
type remembered struct {
	until int64 // block time from which on none of the ids can execute: they may be forgotten
	pairs []pair
}

// pair is what a block says of a consumed operation.
type pair struct {
	id   op.ID
	code exec.Code
}

const pairBytes = len(op.ID{}) + 4

// encode writes until (8 bytes), then for each pair its ReceiptLeaf. Not JSON: blocks of thousands of ids are read often.
func (r *remembered) encode() []byte {
	data := make([]byte, 0, 8+len(r.pairs)*pairBytes)
	data = binary.BigEndian.AppendUint64(data, uint64(r.until))
	for _, p := range r.pairs {
		data = append(data, ReceiptLeaf(p.id, p.code)...)
	}
	return data
}

func decodeRemembered(data []byte) (*remembered, error) {
	if len(data) < 8 || (len(data)-8)%pairBytes != 0 {
		return nil, fmt.Errorf("block ids: %d bytes", len(data))
	}
	r := &remembered{until: int64(binary.BigEndian.Uint64(data))}
	data = data[8:]
	r.pairs = make([]pair, len(data)/pairBytes)
	for i := range r.pairs {
		p := data[i*pairBytes:]
		r.pairs[i] = pair{id: op.ID(p[:len(op.ID{})]), code: exec.Code(binary.BigEndian.Uint32(p[len(op.ID{}):]))}
	}
	return r, nil
}

func (r *remembered) ids() []op.ID {
	ids := make([]op.ID, len(r.pairs))
	for i, p := range r.pairs {
		ids[i] = p.id
	}
	return ids
}

// eachRemembered calls f with the consumed ids of every block that state remembers.
func eachRemembered(state exec.Reader, f func([]op.ID)) error {
	for _, data := range state.Range([]byte(idsPrefix), exec.PrefixEnd(idsPrefix)) {
		r, err := decodeRemembered(data)
		if err != nil {
			return err
		}
		f(r.ids())
	}
	return nil
}

// beginBlock forgets what can no longer be replayed. The work is bounded by a parameter; what is left is done by the
// next blocks, and remembering it longer changes no outcome: expiry refuses it all the same.
func (x *execution) beginBlock() error {
	budget := x.params.BeginBlockItems
	return x.forgetIDs(budget - x.forgetBatches(budget/2))
}

func (x *execution) forgetBatches(budget int64) (done int64) {
	var keys [][]byte
	for key := range x.state.Range([]byte(batchTimePrefix), heightKey(batchTimePrefix, x.block.Time+1)) {
		if done == budget {
			break
		}
		keys = append(keys, append([]byte(nil), key...))
		done++
	}
	for _, key := range keys {
		x.state.Delete(key)
		x.state.Delete(append([]byte(batchPrefix), key[len(batchTimePrefix)+8:]...))
	}
	return done
}

// forgetIDs goes by height and stops at the first block that is still within its window. Every id is an item, and a
// block's ids go together.
func (x *execution) forgetIDs(budget int64) error {
	var keys [][]byte
	for key, data := range x.state.Range([]byte(idsPrefix), exec.PrefixEnd(idsPrefix)) {
		if int64(len(x.forgotten)) >= budget {
			break
		}
		r, err := decodeRemembered(data)
		if err != nil {
			return err
		}
		if r.until > x.block.Time {
			break
		}
		keys = append(keys, append([]byte(nil), key...))
		x.forgotten = append(x.forgotten, r.ids()...)
	}
	for _, key := range keys {
		x.state.Delete(key)
	}
	return nil
}

// rememberBatch keeps a batch's hash until its notAfter.
func (x *execution) rememberBatch(h *op.Header) {
	x.state.Set(batchKey(h.Hash), binary.BigEndian.AppendUint64(nil, uint64(h.NotAfter)))
	x.state.Set(batchTimeKey(h.NotAfter, h.Hash), []byte{1})
}

// remember writes the block's (id, code) pairs and their root.
func (x *execution) remember() {
	if len(x.result.Receipts) == 0 {
		return
	}
	r := &remembered{until: x.block.Time + x.params.WindowSeconds, pairs: make([]pair, len(x.result.Receipts))}
	for i, receipt := range x.result.Receipts {
		r.pairs[i] = pair{receipt.ID, receipt.Code}
	}
	x.state.Set(heightKey(idsPrefix, x.block.Height), r.encode())
	root := receiptsRoot(r.pairs)
	x.state.Set(heightKey(rootPrefix, x.block.Height), root[:])
}
