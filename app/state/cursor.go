package state

import (
	"bytes"
	"iter"

	"github.com/cockroachdb/pebble/v2"
)

// cursor walks ordered records. The slices it returns are the caller's to keep, not to modify.
type cursor interface {
	next() (key, value []byte, ok bool)
	close()
}

// tableCursor walks a table of the database.
type tableCursor struct {
	it      *pebble.Iterator
	started bool
}

func newTableCursor(r pebble.Reader, table byte, start, end []byte) *tableCursor {
	it, err := iterate(r, table, start, end)
	fail(err)
	return &tableCursor{it: it}
}

func (c *tableCursor) next() (key, value []byte, ok bool) {
	if c.started {
		ok = c.it.Next()
	} else {
		ok, c.started = c.it.First(), true
	}
	if !ok {
		fail(c.it.Error())
		return nil, nil, false
	}
	v, err := c.it.ValueAndErr()
	fail(err)
	k := c.it.Key()[1:]
	both := make([]byte, len(k)+len(v))
	copy(both[copy(both, k):], v)
	return both[:len(k):len(k)], both[len(k):], true
}

func (c *tableCursor) close() { fail(c.it.Close()) }

// overlayCursor merges writes over a base; the writes win. It finds its place by key, so that writing while
// ranging is defined: what is written ahead of the cursor is seen.
type overlayCursor struct {
	writes *writes
	base   cursor
	at     string // last written key that was passed, or the start
	passed bool   // at itself was passed
	end    []byte

	baseKey, baseValue []byte
	baseOK, baseRead   bool
}

func newOverlayCursor(w *writes, base cursor, start, end []byte) *overlayCursor {
	return &overlayCursor{writes: w, base: base, at: string(start), end: end}
}

func (c *overlayCursor) next() (key, value []byte, ok bool) {
	for {
		if !c.baseRead {
			c.baseKey, c.baseValue, c.baseOK = c.base.next()
			c.baseRead = true
		}
		written, found := c.writes.seek(c.at, c.passed)
		if found && len(c.end) > 0 && written >= string(c.end) {
			found = false
		}
		switch {
		case !found && !c.baseOK:
			return nil, nil, false
		case !found || c.baseOK && string(c.baseKey) < written:
			c.baseRead = false
			// A write behind the base key must not be returned out of order afterwards.
			c.at, c.passed = string(c.baseKey), true
			return c.baseKey, c.baseValue, true
		}
		if c.baseOK && string(c.baseKey) == written {
			c.baseRead = false
		}
		c.at, c.passed = written, true
		if v := c.writes.values[written]; v != nil {
			return []byte(written), v, true
		}
	}
}

func (c *overlayCursor) close() { c.base.close() }

// sequence makes the one-use cursors that open returns an iterator for range loops.
func sequence(start, end []byte, open func(start, end []byte) cursor) iter.Seq2[[]byte, []byte] {
	start, end = bytes.Clone(start), bytes.Clone(end)
	return func(yield func([]byte, []byte) bool) {
		if len(end) > 0 && bytes.Compare(start, end) >= 0 {
			return
		}
		c := open(start, end)
		defer c.close()
		for {
			key, value, ok := c.next()
			if !ok || !yield(key, value) {
				return
			}
		}
	}
}
