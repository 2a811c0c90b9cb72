package app

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/state"
)

// The index stands beside the state, outside the root (`ledger.md` 8): nothing under consensus reads it, and it can be
// rebuilt from blocks. So its entries are plain encoding/json.
//
//	r/<id, 32>     receipt of a consumed operation
//	h/<height, 8>  block: head, ids it consumed, block events
const (
	receiptPrefix = "r/"
	blockPrefix   = "h/"
)

// ErrNoBlock means that the index has no block of this height.
var ErrNoBlock = errors.New("block is not in the index")

func receiptKey(id op.ID) []byte { return append([]byte(receiptPrefix), id[:]...) }

func blockKey(height int64) []byte { return heightKey(blockPrefix, height) }

// blockEntry is an h/ entry.
type blockEntry struct {
	Head
	IDs    []op.ID      `json:"ids,omitempty"`
	Events []exec.Event `json:"events,omitempty"`
}

// index lists what Commit writes beside the state.
func (x *execution) index() ([]state.KV, error) {
	entry := blockEntry{Head: x.result.Summary.Head, Events: x.result.Events}
	entries := make([]state.KV, 0, len(x.result.Receipts)+1)
	for _, r := range x.result.Receipts {
		data, err := json.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("receipt %s: %w", r.ID, err)
		}
		entries = append(entries, state.KV{Key: receiptKey(r.ID), Value: data})
		entry.IDs = append(entry.IDs, r.ID)
	}
	data, err := json.Marshal(entry)
	if err != nil {
		return nil, fmt.Errorf("block %d: %w", x.block.Height, err)
	}
	return append(entries, state.KV{Key: blockKey(x.block.Height), Value: data}), nil
}

// indexed reads the index as of a version: *state.Snapshot.
type indexed interface {
	Index(key []byte) ([]byte, error)
	Version() int64
}

func readBlock(r indexed, height int64) (*blockEntry, error) {
	data, err := r.Index(blockKey(height))
	if err != nil {
		return nil, err
	}
	if data == nil {
		return nil, fmt.Errorf("%w: height %d", ErrNoBlock, height)
	}
	var e blockEntry
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, fmt.Errorf("index of block %d: %w", height, err)
	}
	return &e, nil
}

func readHead(r indexed) (Head, error) {
	e, err := readBlock(r, r.Version())
	if err != nil {
		return Head{}, err
	}
	return e.Head, nil
}

// readReceipt reads a receipt; nil if the index has none.
func readReceipt(r indexed, id op.ID) (*Receipt, error) {
	data, err := r.Index(receiptKey(id))
	if err != nil || data == nil {
		return nil, err
	}
	var receipt Receipt
	if err := json.Unmarshal(data, &receipt); err != nil {
		return nil, fmt.Errorf("index of receipt %s: %w", id, err)
	}
	return &receipt, nil
}

// oldestBlock is the lowest height the index covers, 0 if none.
func oldestBlock(s *state.Store) int64 {
	for key := range s.IndexRange([]byte(blockPrefix), exec.PrefixEnd(blockPrefix)) {
		return int64(binary.BigEndian.Uint64(key[len(blockPrefix):]))
	}
	return 0
}
