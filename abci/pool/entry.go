package pool

import (
	"container/heap"
	"time"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// entry is one operation of this center that has no outcome yet.
type entry struct {
	id        op.ID
	by        did.DID // "": its DID's quota does not count it
	exp       int64
	envelope  []byte
	journaled bool
	group     *group    // the group that will journal it; nil once it has
	batch     *batch    // the own batch that carries it now, if any
	due       time.Time // while waiting: when to look again
	recheck   bool      // a block refused it: admit it again before offering it again
	waiting   bool
	tries     int
	seq       uint64 // in the order they were accepted
}

// counted is the DID whose pending operations count o; "" for recoveries, which are exempt from the ledger's quota too
// (`ledger.md` 7): a thief must not be able to keep them out by filling it.
func counted(o *op.Operation) did.DID {
	if o.Type == "did.recover" || o.Type == "did.recover.cancel" {
		return ""
	}
	return o.By
}

// waitHeap orders waiting entries by when they are due, then by when they were accepted.
type waitHeap []*entry

func (h waitHeap) Len() int { return len(h) }
func (h waitHeap) Less(i, j int) bool {
	if c := h[i].due.Compare(h[j].due); c != 0 {
		return c < 0
	}
	return h[i].seq < h[j].seq
}
func (h waitHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *waitHeap) Push(x any)   { *h = append(*h, x.(*entry)) }
func (h *waitHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return e
}

// wait parks an entry until due. Called with mu held.
func (p *Pool) wait(e *entry, due time.Time) {
	if e.waiting {
		return
	}
	e.waiting, e.due = true, due
	heap.Push(&p.waiting, e)
}

// takeDue moves entries whose time has come out of the heap, reviveOps at a time; those that ended meanwhile are
// dropped. Called with mu held.
func (p *Pool) takeDue(now time.Time) []*entry {
	var due []*entry
	for len(p.waiting) > 0 && !p.waiting[0].due.After(now) {
		if len(due) == reviveOps {
			signal(p.wake)
			break
		}
		e := heap.Pop(&p.waiting).(*entry)
		e.waiting = false
		if p.entries[e.id] == e {
			due = append(due, e)
		}
	}
	return due
}

// enlist makes an entry known; it counts from now on. Called with mu held.
func (p *Pool) enlist(e *entry) {
	p.seq++
	e.seq = p.seq
	p.entries[e.id] = e
	if e.by != "" {
		p.perDID[e.by]++
	}
	p.bytes += len(e.envelope)
}

// forget ends an entry's life in the pool. Called with mu held.
func (p *Pool) forget(e *entry) {
	if p.entries[e.id] != e {
		return
	}
	delete(p.entries, e.id)
	p.bytes -= len(e.envelope)
	if n := p.perDID[e.by]; n > 1 {
		p.perDID[e.by]--
	} else {
		delete(p.perDID, e.by)
	}
	if b := e.batch; b != nil {
		e.batch = nil
		if b.live--; b.live <= 0 {
			p.removeOwn(b)
		}
	}
}
