package issuance

import (
	"bytes"
	"sync"
	"time"

	"github.com/hanse-id/hanse/app/op"
)

// pastPublications bounds how many signed lists of past times are kept.
const pastPublications = 128

// publications keeps signed lists. Slots exist only for lists of our own issuers, so their number is bounded.
type publications struct {
	mu      sync.Mutex
	present map[op.ID]*slot
	before  map[moment]*Publication
	order   []moment // of before, oldest first
}

// slot is what is published of one list at present, in each encoding that was asked for; its mutex makes sure that one caller signs
// while others wait.
type slot struct {
	mu     sync.Mutex
	last   map[Encoding]*Publication // over bits
	bits   []byte
	height int64 // of the ledger when bits were read last
}

type moment struct {
	list op.ID
	as   Encoding
	at   int64
}

func newPublications() *publications {
	return &publications{present: map[op.ID]*slot{}, before: map[moment]*Publication{}}
}

func (p *publications) slot(id op.ID) *slot {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.present[id]
	if one == nil {
		one = &slot{last: map[Encoding]*Publication{}}
		p.present[id] = one
	}
	return one
}

// read takes note of what the ledger says of the list, unless the read was overtaken by a later one: an older list than before is
// never shown, in whichever encoding. The caller holds s.mu.
func (s *slot) read(bits []byte, height int64) {
	if height < s.height {
		return
	}
	if !bytes.Equal(bits, s.bits) {
		s.bits = bits
		clear(s.last)
	}
	s.height = height
}

// fallback returns the last signed copy while it is valid; cause otherwise, and whenever the ledger did answer.
func (p *publications) fallback(id op.ID, at, now time.Time, as Encoding, cause error) (*Publication, error) {
	p.mu.Lock()
	one := p.present[id]
	p.mu.Unlock()
	if one == nil || !at.IsZero() || !isUnavailable(cause) {
		return nil, cause
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	last := one.last[as]
	if last == nil || !now.Before(last.Until) {
		return nil, cause
	}
	return last, nil
}

func (p *publications) past(m moment) *Publication {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.before[m]
}

func (p *publications) keepPast(m moment, one *Publication) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.before[m] == nil {
		p.order = append(p.order, m)
	}
	p.before[m] = one
	for len(p.order) > pastPublications {
		delete(p.before, p.order[0])
		p.order = p.order[1:]
	}
}
