// Package due is the league's calendar: what has to happen at a time, whoever asked for it. Blocks fire what is due, in the
// order of its times and then in the order it was put there, a bounded number at a time; what is left fires in the next
// block. A module puts items in and is called back with them by package app.
//
//	due.Put(env.Store, closes, "proposal", "17")
//	for _, item := range due.Until(store, blockTime, limit) { …; due.Drop(store, item) }
//
// State:
//
//	d/n                        the number of the last item
//	d/q/<time, 8><number, 8>   {"kind", "ref"}
package due

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/did/jcs"
)

const (
	lastKey     = "d/n"
	queuePrefix = "d/q/"
)

// ErrLater is what a module answers when an item cannot be served in this block and should be offered to the next one.
var ErrLater = errors.New("due item waits for the next block")

// Item is one entry of the calendar.
type Item struct {
	At   int64 // block time from which on it is due, unix seconds
	N    int64 // order among items of one time
	Kind string
	Ref  string // what it is about, in the words of the module that put it there
}

// Key is the state key of the item.
func (i Item) Key() []byte {
	key := binary.BigEndian.AppendUint64([]byte(queuePrefix), uint64(i.At))
	return binary.BigEndian.AppendUint64(key, uint64(i.N))
}

// Put enters an item that is due at block time at (unix seconds, not negative). It returns the item, for Drop.
func Put(s exec.Store, at int64, kind, ref string) (Item, error) {
	last, err := readLast(s)
	if err != nil {
		return Item{}, err
	}
	item := Item{At: max(at, 0), N: last + 1, Kind: kind, Ref: ref}
	data, err := jcs.Encode(map[string]any{"kind": kind, "ref": ref})
	if err != nil {
		return Item{}, fmt.Errorf("due item: %w", err)
	}
	s.Set([]byte(lastKey), binary.BigEndian.AppendUint64(nil, uint64(item.N)))
	s.Set(item.Key(), data)
	return item, nil
}

// readLast reads the number of the last item; 0 if there never was one.
func readLast(r exec.Reader) (int64, error) {
	last := r.Get([]byte(lastKey))
	if last == nil {
		return 0, nil
	}
	if len(last) != 8 {
		return 0, fmt.Errorf("%s: %d bytes", lastKey, len(last))
	}
	return int64(binary.BigEndian.Uint64(last)), nil
}

// Drop removes an item; one that is not there is no error.
func Drop(s exec.Store, item Item) {
	if s.Get(item.Key()) != nil {
		s.Delete(item.Key())
	}
}

// Until lists the items that are due at block time now, at most limit of them, in order. An error means that the state is
// corrupt.
func Until(r exec.Reader, now, limit int64) ([]Item, error) {
	var items []Item
	end := binary.BigEndian.AppendUint64([]byte(queuePrefix), uint64(max(now, 0)+1))
	for key, data := range r.Range([]byte(queuePrefix), end) {
		if int64(len(items)) >= limit {
			break
		}
		item, err := decode(key, data)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

func decode(key, data []byte) (Item, error) {
	if len(key) != len(queuePrefix)+16 {
		return Item{}, fmt.Errorf("%q: not the key of a due item", key)
	}
	m, err := object.Parse(data)
	if err != nil {
		return Item{}, fmt.Errorf("due item: %w", err)
	}
	at, n := key[len(queuePrefix):len(queuePrefix)+8], key[len(queuePrefix)+8:]
	item := Item{
		At: int64(binary.BigEndian.Uint64(at)), N: int64(binary.BigEndian.Uint64(n)),
		Kind: m.String("kind"), Ref: m.String("ref"),
	}
	return item, m.Done()
}

// Check reads everything this package keeps and reports what breaks its invariants (fsck): every item decodes, is in JCS form
// and has a number that was given out.
func Check(r exec.Reader, problem func(error)) {
	last, err := readLast(r)
	if err != nil {
		problem(err)
	}
	for key, data := range r.Range([]byte(queuePrefix), exec.PrefixEnd(queuePrefix)) {
		item, err := decode(key, data)
		if err != nil {
			problem(err)
		}
		if item.N > last {
			problem(fmt.Errorf("%q: after the last item, %d", key, last))
		}
		if !jcs.IsCanonical(data) {
			problem(fmt.Errorf("%q: not in JCS form", key))
		}
	}
}
