package issuance

import (
	"context"
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// lease makes sure that the issuer has a list for the purpose, and returns further indices of it. It runs in one
// goroutine at a time.
func (d *draws) lease(ctx context.Context) ([]lot, error) {
	list, err := d.currentList(ctx)
	if err != nil {
		return nil, err
	}
	if d.known == nil {
		d.known = map[op.ID]bool{}
	}
	if !d.known[list.ID] {
		old, err := d.reconcile(ctx, list)
		if err != nil {
			return nil, err
		}
		d.known[list.ID] = true
		if len(old.free) > 0 {
			return []lot{old}, nil
		}
	}
	fresh, err := d.leaseMore(ctx, list)
	if refusal, ok := errors.AsType[*exec.Error](err); ok && refusal.Code == exec.CodeListFull {
		if list, err = d.nextList(ctx, list); err != nil {
			return nil, err
		}
		d.known[list.ID] = true // nothing of it can have been leased before
		fresh, err = d.leaseMore(ctx, list)
	}
	if err != nil {
		return nil, err
	}
	return []lot{fresh}, nil
}

// leaseMore leases a range of the list; an *exec.Error with CodeListFull if there is none left.
func (d *draws) leaseMore(ctx context.Context, list *List) (lot, error) {
	s := d.service
	record, err := readList(ctx, s.ledger, list.ID)
	if err != nil {
		return lot{}, err
	}
	if record.Size-record.Next < s.opts.Lease {
		return lot{}, &exec.Error{Code: exec.CodeListFull, Detail: "list " + list.ID.String() + " is full"}
	}
	o, err := s.byOperator(ctx, record.Owner, "status.lease", map[string]any{
		"list": list.ID.String(), "count": s.opts.Lease, "replica": s.tag,
	})
	if err != nil {
		return lot{}, err
	}
	if _, err := s.commit(ctx, o); err != nil {
		return lot{}, leaseError(list, err)
	}
	return d.newLeases(ctx, list)
}

// newLeases stores the ledger's leases that the store does not know, and returns their indices. Only leases that this
// process asked for are such: reconcile has dealt with older ones.
func (d *draws) newLeases(ctx context.Context, list *List) (lot, error) {
	s := d.service
	leases, err := s.ledger.Leases(ctx, list.ID, s.tag)
	if err != nil {
		return lot{}, unavailable("the leases of a status list cannot be read", err)
	}
	fresh := lot{list: list}
	for _, l := range leases {
		err := s.store.AddLease(ctx, Lease{List: list.ID, Start: l.Start, Count: l.Count})
		if errors.Is(err, ErrExists) {
			continue
		}
		if err != nil {
			return lot{}, unavailable("the issuance store cannot be written", err)
		}
		for n := l.Start; n < l.Start+l.Count; n++ {
			fresh.free = append(fresh.free, n)
		}
	}
	if len(fresh.free) == 0 {
		return lot{}, unavailable("the ledger committed a lease and does not show it yet", nil)
	}
	return fresh, nil
}

// reconcile compares what the store knows of a list with the ledger, once a process, and returns the indices that
// may still be drawn. If the ledger knows more than the store, the store is not the one that drew last (it was
// restored from a backup, or a crash lost a lease): then everything it knows of this list is abandoned.
func (d *draws) reconcile(ctx context.Context, list *List) (lot, error) {
	s := d.service
	stored, err := s.store.Leases(ctx, list.ID)
	if err != nil {
		return lot{}, unavailable("the issuance store cannot be read", err)
	}
	onLedger, err := s.ledger.Leases(ctx, list.ID, s.tag)
	if err != nil {
		return lot{}, unavailable("the leases of a status list cannot be read", err)
	}
	known := map[int64]bool{}
	for _, l := range stored {
		known[l.Start] = true
	}
	behind := false
	for _, l := range onLedger {
		if known[l.Start] {
			continue
		}
		behind = true
		lost := Lease{List: list.ID, Start: l.Start, Count: l.Count, Abandoned: true}
		if err := s.store.AddLease(ctx, lost); err != nil && !errors.Is(err, ErrExists) {
			return lot{}, unavailable("the issuance store cannot be written", err)
		}
	}
	free, used, err := d.undrawn(ctx, list, stored)
	if err != nil {
		return lot{}, err
	}
	if behind || used {
		s.opts.Log.Warn("the issuance store is behind the ledger: its leases are abandoned", "issuer", d.issuerName(), "purpose", d.purpose, "list", list.ID.String())
		if err := s.store.AbandonLeases(ctx, list.ID); err != nil {
			return lot{}, unavailable("the issuance store cannot be written", err)
		}
		return lot{list: list}, nil
	}
	return lot{list: list, free: free}, nil
}

// undrawn lists the indices of open leases that were never drawn. used reports that the ledger has a status on one of
// them, which cannot be unless another store drew it.
func (d *draws) undrawn(ctx context.Context, list *List, leases []Lease) (free []int64, used bool, err error) {
	s := d.service
	bits, _, err := s.ledger.Bits(ctx, list.ID, timeNow)
	if err != nil {
		return nil, false, unavailable("a status list cannot be read", err)
	}
	_, width := ledgerPurposes(list.Purpose)
	for _, l := range leases {
		if l.Abandoned {
			continue
		}
		taken, err := s.store.Drawn(ctx, list.ID, l.Start, l.Count)
		if err != nil {
			return nil, false, unavailable("the issuance store cannot be read", err)
		}
		next := 0
		for n := l.Start; n < l.Start+l.Count; n++ {
			if next < len(taken) && taken[next] == n {
				next++
				continue
			}
			if entryAt(bits, width, n) != 0 {
				used = true
			}
			free = append(free, n)
		}
	}
	return free, used, nil
}

// leaseError keeps CodeListFull for the caller and explains the rest.
func leaseError(list *List, err error) error {
	refusal, ok := errors.AsType[*exec.Error](err)
	switch {
	case ok && refusal.Code == exec.CodeListFull:
		return refusal
	case ok:
		return fmt.Errorf("issuance: lease from %s: %w", list.URL, err)
	}
	if pending, ok := errors.AsType[*PendingError](err); ok {
		return unavailable("no status index is leased from the ledger yet", pending)
	}
	return err
}
