package issuance

import (
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

// slot is the present publication of one list; its mutex makes sure that one caller signs while others wait.
type slot struct {
	mu   sync.Mutex
	last *Publication
	bits []byte // that last was signed over
}

type moment struct {
	list op.ID
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
		one = &slot{}
		p.present[id] = one
	}
	return one
}

// fallback returns the last signed copy while it is valid; cause otherwise, and whenever the ledger did answer.
func (p *publications) fallback(id op.ID, at, now time.Time, cause error) (*Publication, error) {
	p.mu.Lock()
	one := p.present[id]
	p.mu.Unlock()
	if one == nil || !at.IsZero() || !isUnavailable(cause) {
		return nil, cause
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.last == nil || !now.Before(one.last.Until) {
		return nil, cause
	}
	return one.last, nil
}

func (p *publications) past(id op.ID, at time.Time) *Publication {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.before[moment{id, at.Unix()}]
}

func (p *publications) keepPast(id op.ID, at time.Time, one *Publication) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := moment{id, at.Unix()}
	if p.before[m] == nil {
		p.order = append(p.order, m)
	}
	p.before[m] = one
	for len(p.order) > pastPublications {
		delete(p.before, p.order[0])
		p.order = p.order[1:]
	}
}
