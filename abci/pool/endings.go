package pool

import (
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// ending is an outcome that is no receipt: an accepted operation that can never be executed.
type ending struct {
	Code exec.Code
	At   int64 // unix seconds of block time
}

// endings remembers the last outcomes that are no receipts.
type endings struct {
	limit   int
	known   map[op.ID]ending
	order   []op.ID // ring
	next    int
	unsaved []record // not in the journal yet
}

func newEndings(limit int) endings {
	return endings{limit: limit, known: map[op.ID]ending{}}
}

func (e *endings) get(id op.ID) (ending, bool) {
	end, ok := e.known[id]
	return end, ok
}

// add remembers an ending; the oldest makes room. save: it is to be journaled.
func (e *endings) add(id op.ID, end ending, save bool) {
	if _, ok := e.known[id]; !ok {
		if len(e.order) < e.limit {
			e.order = append(e.order, id)
		} else {
			delete(e.known, e.order[e.next])
			e.order[e.next] = id
			e.next = (e.next + 1) % e.limit
		}
	}
	e.known[id] = end
	if save {
		e.unsaved = append(e.unsaved, record{ID: id, Code: end.Code, At: end.At})
	}
}

// takeUnsaved returns the endings that the next journal frame should carry.
func (e *endings) takeUnsaved() []record {
	rs := e.unsaved
	e.unsaved = nil
	return rs
}

// records lists what a rewritten journal should keep: endings at or after since.
func (e *endings) records(since int64) []record {
	var rs []record
	for _, id := range e.order {
		if end, ok := e.known[id]; ok && end.At >= since {
			rs = append(rs, record{ID: id, Code: end.Code, At: end.At})
		}
	}
	return rs
}
