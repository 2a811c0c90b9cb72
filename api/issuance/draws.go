package issuance

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"sync"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/credentials"
)

// drawAhead is how many indices are drawn and persisted at once, so that a sync to disk is shared by as many issuances.
// A crash wastes at most as many.
const drawAhead = 32

// draws hands out the status indices of one issuer and purpose. An index goes leased → drawn and persisted → used, and
// only forward: what is not known to be undrawn is never drawn.
type draws struct {
	service *Service
	purpose string

	mu      sync.Mutex
	issuer  *issuing
	ready   []drawn // persisted, not used
	lots    []lot   // leased, not drawn; the first is drawn from
	filling *filling

	known map[op.ID]bool // lists reconciled with the ledger in this process; only the filling goroutine uses it
}

// drawn is an index that this process may use once.
type drawn struct {
	list  *List
	index int64
}

// entry is the index as an entry of a credential. A list of two bits for revocation and suspension together is a list for
// revocation, with the meaning of its values beside.
func (one drawn) entry(purpose string) credentials.StatusEntry {
	e := credentials.StatusEntry{Type: credentials.EntryType, Purpose: purpose, Index: one.index, List: one.list.URL, Size: 1}
	if purpose == StatusPurpose {
		e.Purpose, e.Size = Revocation, 2
	}
	return e
}

// lot is what remains of the leases of a list.
type lot struct {
	list *List
	free []int64
}

// filling is an attempt at making lists and leases, which several takers may wait for.
type filling struct {
	done chan struct{}
	err  error
}

func (d *draws) adopt(i *issuing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.issuer = i
}

// take returns a persisted index at once; ok is false if none is at hand (see wait).
func (d *draws) take(ctx context.Context) (one drawn, ok bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.ready) == 0 && len(d.lots) > 0 {
		if err := d.draw(ctx); err != nil {
			return drawn{}, false, err
		}
	}
	if d.remaining() < d.service.opts.Lease/4 {
		d.fill()
	}
	if len(d.ready) == 0 {
		return drawn{}, false, nil
	}
	last := len(d.ready) - 1
	one, d.ready = d.ready[last], d.ready[:last]
	return one, true, nil
}

// wait takes an index, waiting for a lease if there is none. An attempt that was under way before may fail for a reason
// that has passed: then a second one is made.
func (d *draws) wait(ctx context.Context) (drawn, error) {
	for attempts := 0; ; {
		d.mu.Lock()
		joined := d.filling != nil
		d.mu.Unlock()
		one, ok, err := d.take(ctx)
		if ok || err != nil {
			return one, err
		}
		d.mu.Lock()
		f := d.fill()
		d.mu.Unlock()
		select {
		case <-f.done:
			if attempts++; f.err != nil && (!joined || attempts > 1) {
				return drawn{}, f.err
			}
		case <-ctx.Done():
			return drawn{}, unavailable("no status index is leased from the ledger yet", ctx.Err())
		}
	}
}

// giveBack returns an index that was surely not used: nothing was signed with it.
func (d *draws) giveBack(one drawn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ready = append(d.ready, one)
}

// draw picks indices of the first lot at random, persists them and makes them ready. The caller holds d.mu.
func (d *draws) draw(ctx context.Context) error {
	l := &d.lots[0]
	picked := make([]int64, 0, drawAhead)
	for len(picked) < drawAhead && len(l.free) > 0 {
		n, last := randomBelow(len(l.free)), len(l.free)-1
		picked = append(picked, l.free[n])
		l.free[n], l.free = l.free[last], l.free[:last]
	}
	list := l.list
	if len(l.free) == 0 {
		d.lots = d.lots[1:]
	}
	// Whatever happens now, picked is out of the free indices: if the store fails, it may have been persisted or not.
	fresh, err := d.service.store.Draw(ctx, list.ID, picked)
	if err != nil {
		return unavailable("the issuance store cannot be written", err)
	}
	for _, n := range shuffled(fresh) {
		d.ready = append(d.ready, drawn{list: list, index: n})
	}
	return nil
}

func (d *draws) remaining() int64 {
	n := len(d.ready)
	for _, l := range d.lots {
		n += len(l.free)
	}
	return int64(n)
}

// fill starts an attempt at leasing more, unless one is under way, and returns it. The caller holds d.mu.
func (d *draws) fill() *filling {
	if d.filling != nil {
		return d.filling
	}
	f := &filling{done: make(chan struct{})}
	if d.service.background.Err() != nil {
		f.err = unavailable("the issuing service is closed", nil)
		close(f.done)
		return f
	}
	d.filling = f
	d.service.work.Go(func() {
		ctx, cancel := context.WithTimeout(d.service.background, fillTime)
		defer cancel()
		more, err := d.lease(ctx)
		d.mu.Lock()
		d.lots = append(d.lots, more...)
		d.filling = nil
		d.mu.Unlock()
		f.err = err
		close(f.done)
		if err != nil && d.service.background.Err() == nil {
			d.service.opts.Log.Warn("no status indices leased", "issuer", d.issuerName(), "purpose", d.purpose, "error", err)
		}
	})
	return f
}

func (d *draws) issuerName() string { return d.config().Name }

func (d *draws) config() Issuer {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.issuer.Issuer
}

// randomBelow returns an unpredictable number in [0, n): who sees one index learns nothing of the next.
func randomBelow(n int) int {
	bound := uint64(n)
	limit := ^uint64(0) - ^uint64(0)%bound
	for {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
		if v := binary.LittleEndian.Uint64(b[:]); v < limit {
			return int(v % bound)
		}
	}
}

func shuffled(all []int64) []int64 {
	for i := len(all) - 1; i > 0; i-- {
		n := randomBelow(i + 1)
		all[i], all[n] = all[n], all[i]
	}
	return all
}
