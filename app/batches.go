package app

import (
	"sync"

	"github.com/hanse-id/hanse/app/op"
)

// openedBytes bounds the batches that are kept opened, as footprint counts them: some full blocks of default size.
const openedBytes = 16 << 20

// batches keeps batches opened between Prepare, CheckProposal and Execute, so that a frame is decompressed and its
// operations are decoded once. What it returns is a function of the transaction's bytes alone: a hit and a miss are the
// same. Safe for concurrent use; the operations are shared and read-only.
type batches struct {
	mu    sync.Mutex
	kept  map[[32]byte][]*op.Operation
	sizes map[[32]byte]int64
	order [][32]byte // oldest first; dropped ones stay until they are evicted
	bytes int64
}

// open returns the operations of a batch, nil in place of those that cannot be decoded. *op.Error if its frame is bad.
func (b *batches) open(h *op.Header) ([]*op.Operation, error) {
	b.mu.Lock()
	ops, ok := b.kept[h.Hash]
	b.mu.Unlock()
	if ok {
		return ops, nil
	}
	envelopes, err := h.Open()
	if err != nil {
		return nil, err
	}
	ops = make([]*op.Operation, len(envelopes))
	for i, envelope := range envelopes {
		if o, err := op.Decode(envelope); err == nil {
			ops[i] = o
		}
	}
	b.keep(h, ops)
	return ops, nil
}

func (b *batches) keep(h *op.Header, ops []*op.Operation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept == nil {
		b.kept, b.sizes = map[[32]byte][]*op.Operation{}, map[[32]byte]int64{}
	}
	if _, ok := b.kept[h.Hash]; ok {
		return
	}
	size := footprint(h, ops)
	b.kept[h.Hash], b.sizes[h.Hash] = ops, size
	b.order = append(b.order, h.Hash)
	b.bytes += size
	for b.bytes > openedBytes || len(b.order) > 2*len(b.kept)+16 {
		b.remove(b.order[0])
		b.order = b.order[1:]
	}
}

// footprint is what an opened batch takes, but for the decoded bodies: its frame, and the signing inputs that operations of
// several signatures hold, each with a copy of the payload. Of 128 KiB with 16 signatures that makes 1.5 MiB.
func footprint(h *op.Header, ops []*op.Operation) int64 {
	n := int64(h.RawLen)
	for _, o := range ops {
		if o == nil || len(o.Signatures) == 1 {
			continue // the input of a single one is part of the frame
		}
		for _, s := range o.Signatures {
			n += int64(len(s.Input))
		}
	}
	return n
}

// drop forgets batches that were committed.
func (b *batches) drop(hashes [][32]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, h := range hashes {
		b.remove(h)
	}
}

func (b *batches) remove(hash [32]byte) {
	b.bytes -= b.sizes[hash]
	delete(b.kept, hash)
	delete(b.sizes, hash)
}

// Open returns the operations of a transaction in order, nil in place of those that cannot be decoded, so that their
// signatures can be verified ahead of Execute. The sponsor's signature is not checked: ask CheckProposal first. The
// operations are shared: read only. *op.Error if the transaction is malformed.
func (a *App) Open(tx []byte) ([]*op.Operation, error) {
	h, err := op.DecodeHeader(tx)
	if err != nil {
		return nil, err
	}
	return a.batches.open(h)
}
