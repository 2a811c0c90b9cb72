package pool

import (
	"slices"

	"github.com/hanse-id/hanse/app/op"
)

// Candidates lists batches for a proposal at height and block time, up to maxBytes: one of each center in turn,
// beginning with another center at every height, each center's in the order they came. Batches whose operations
// are all settled, or too early, or carried by batches before them in the list, are left out. The state machine
// decides what of it a block may contain.
func (p *Pool) Candidates(height, blockTime, maxBytes int64) [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	queues := p.queues(blockTime)
	chosen := make(map[op.ID]struct{})
	var txs [][]byte
	for turn := 0; len(queues) > 0; turn++ {
		i := turn % len(queues)
		if turn == 0 {
			i = int(height % int64(len(queues)))
		}
		b := queues[i][0]
		if queues[i] = queues[i][1:]; len(queues[i]) == 0 {
			queues = slices.Delete(queues, i, i+1)
		}
		if !addsTo(chosen, b) {
			continue
		}
		if maxBytes -= int64(len(b.tx)); maxBytes < 0 {
			break
		}
		txs = append(txs, b.tx)
	}
	return txs
}

// Waiting reports whether there is a batch that the next block may take.
func (p *Pool) Waiting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	eligible := p.eligible(p.now())
	for _, b := range p.batches {
		if eligible(b) {
			return true
		}
	}
	return false
}

// eligible says of a batch whether a block at blockTime may take it. Called with mu held.
func (p *Pool) eligible(blockTime int64) func(*batch) bool {
	latest := blockTime + p.rules.Params.WindowSeconds
	return func(b *batch) bool {
		return b.opened && b.live > 0 && b.notBefore <= blockTime && b.notAfter > blockTime && b.notAfter <= latest
	}
}

// queues lists the eligible batches of each center, centers in a fixed order. Called with mu held.
func (p *Pool) queues(blockTime int64) [][]*batch {
	eligible := p.eligible(blockTime)
	var own []*batch
	for el := p.own.Front(); el != nil; el = el.Next() {
		if b := el.Value.(*batch); eligible(b) {
			own = append(own, b)
		}
	}
	centers := make([]op.CenterHash, 0, len(p.peers))
	for c := range p.peers {
		centers = append(centers, c)
	}
	slices.SortFunc(centers, func(a, b op.CenterHash) int { return slices.Compare(a[:], b[:]) })
	var queues [][]*batch
	if len(own) > 0 {
		queues = append(queues, own)
	}
	for _, c := range centers {
		from := p.peers[c]
		var q []*batch
		for _, b := range from.order {
			if from.batches[b.hash] == b && eligible(b) {
				q = append(q, b)
			}
		}
		if len(q) > 0 {
			queues = append(queues, q)
		}
	}
	return queues
}

// addsTo reports whether b carries an operation that chosen lacks, and adds its operations.
func addsTo(chosen map[op.ID]struct{}, b *batch) bool {
	fresh := false
	add := func(id op.ID) {
		if _, ok := chosen[id]; !ok {
			chosen[id] = struct{}{}
			fresh = true
		}
	}
	for _, e := range b.entries {
		add(e.id)
	}
	for _, id := range b.ids {
		add(id)
	}
	return fresh
}
