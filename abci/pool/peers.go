package pool

import (
	"crypto/sha256"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// peer is what is kept of one other center's batches.
type peer struct {
	batches  map[[32]byte]*batch
	order    []*batch // in the order they came; removed ones are skipped
	unopened []*batch // not opened yet, in the order they came; removed ones are skipped
	bytes    int
}

// Insert takes a batch that came by gossip (or over RPC). It runs in the peer's receive routine, where slow checks
// delay votes: it decodes the header and checks one signature, nothing is decompressed. OK: it is kept, or known.
// retry says that the refusal may not hold later (CometBFT then forgets that it has seen the bytes).
func (p *Pool) Insert(tx []byte) (code exec.Code, retry bool) {
	h, err := op.DecodeHeader(tx)
	if err != nil {
		return p.refuseBatch(exec.CodeBatchMalformed, false)
	}
	p.mu.Lock()
	rules, head, now := p.rules, p.head, p.now()
	known := p.batches[h.Hash] != nil || p.settled.has(h.Hash)
	p.mu.Unlock()
	if known {
		return exec.OK, false
	}
	if code, retry := screen(h, rules, head.Time, now, len(tx)); code != exec.OK {
		return p.refuseBatch(code, retry)
	}
	if !sponsored(h, rules.Centers[h.Center]) {
		return p.refuseBatch(exec.CodeSponsorSig, false)
	}
	return p.keep(h, tx, head.Height)
}

func (p *Pool) refuseBatch(code exec.Code, retry bool) (exec.Code, bool) {
	p.metrics.batchRefused(code)
	return code, retry
}

// screen judges a batch by its header and the rules of the last committed block.
func screen(h *op.Header, rules Rules, blockTime, now int64, size int) (exec.Code, bool) {
	center, ok := rules.Centers[h.Center]
	params := rules.Params
	switch {
	case h.League != op.HashLeague(rules.League):
		return exec.CodeBatchMalformed, false
	case !ok:
		return exec.CodeUnknownSponsor, true // admitted in a block that we have not seen yet
	case center.Halted:
		return exec.CodeSponsorHalted, true
	case h.NotAfter <= blockTime:
		return exec.CodeBatchExpired, false
	case h.NotAfter > max(blockTime, now)+params.WindowSeconds:
		return exec.CodeBatchExpired, true
	case int64(size) > params.MaxBatchBytes, int64(h.RawLen) > params.MaxBatchRaw, int64(h.Count) > params.MaxBatchOps:
		return exec.CodeBatchLimit, true
	}
	return exec.OK, false
}

func sponsored(h *op.Header, center Sponsors) bool {
	for _, key := range center.Keys {
		if h.VerifySponsor(key) {
			return true
		}
	}
	return false
}

// keep stores a sponsored batch within the room of its center, to be opened and verified behind.
func (p *Pool) keep(h *op.Header, tx []byte, height int64) (exec.Code, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.batches[h.Hash] != nil || p.settled.has(h.Hash) {
		return exec.OK, false
	}
	from := p.peers[h.Center]
	if from == nil {
		from = &peer{batches: map[[32]byte]*batch{}}
		p.peers[h.Center] = from
	}
	if len(from.batches) >= p.limits.PeerBatches || from.bytes+len(tx) > p.limits.PeerBytes {
		return p.refuseBatch(exec.CodePoolFull, true)
	}
	b := &batch{
		hash: h.Hash, tx: tx, center: h.Center, notAfter: h.NotAfter, height: height, count: int(h.Count), raw: int(h.RawLen),
	}
	from.batches[b.hash] = b
	from.order = append(from.order, b)
	from.bytes += len(tx)
	p.batches[b.hash] = b
	from.unopened = append(from.unopened, b)
	signal(p.backlog)
	return exec.OK, false
}

// removePeer drops another center's batch. Called with mu held.
func (p *Pool) removePeer(b *batch) {
	from := p.peers[b.center]
	if from == nil || from.batches[b.hash] != b {
		return
	}
	delete(from.batches, b.hash)
	delete(p.batches, b.hash)
	from.bytes -= len(b.tx)
	for len(from.order) > 0 && from.batches[from.order[0].hash] != from.order[0] {
		from.order[0] = nil
		from.order = from.order[1:]
	}
	if len(from.order) > 2*len(from.batches)+16 {
		from.sweep()
	}
	for _, id := range b.ids {
		p.uncarry(id, b)
	}
}

// nextUnopened takes the next batch to be opened; nil if there is none.
func (f *peer) nextUnopened() *batch {
	for len(f.unopened) > 0 {
		b := f.unopened[0]
		f.unopened[0] = nil
		f.unopened = f.unopened[1:]
		if f.batches[b.hash] == b {
			return b
		}
	}
	f.unopened = nil
	return nil
}

// sweep drops removed batches from the order.
func (f *peer) sweep() {
	kept := make([]*batch, 0, len(f.batches))
	for _, b := range f.order {
		if f.batches[b.hash] == b {
			kept = append(kept, b)
		}
	}
	f.order = kept
}

func (p *Pool) uncarry(id op.ID, b *batch) {
	rest := p.carried[id][:0]
	for _, other := range p.carried[id] {
		if other != b {
			rest = append(rest, other)
		}
	}
	if len(rest) == 0 {
		delete(p.carried, id)
		return
	}
	p.carried[id] = rest
}

// hashOf names a transaction.
func hashOf(tx []byte) [32]byte { return sha256.Sum256(tx) }
