package api

import (
	"slices"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
)

// walk collects the accreditations of one page of a graph. It reads a bounded number of records for each of them.
type walk struct {
	*graph
	left int
	last *op.ID // collected last
	full bool   // there is one more than the page has room for
}

// authorities visits all that these authorities granted, and what hangs below.
func (w *walk) authorities(tops []string) error {
	for _, authority := range tops {
		if err := w.siblings(trust.Filter{Authority: authority}); err != nil || w.full {
			return err
		}
	}
	return nil
}

// siblings visits the accreditations of a filter, each with what hangs below.
func (w *walk) siblings(f trust.Filter) error {
	for {
		f.Limit = min(w.left+1, maxLimit)
		page, next, err := trust.List(w.view.Reader(), f)
		if err != nil {
			return err
		}
		for i := range page {
			if err := w.visit(&page[i]); err != nil || w.full {
				return err
			}
		}
		if next == nil {
			return nil
		}
		f.After = next
	}
}

func (w *walk) visit(a *trust.Accreditation) error {
	if w.left == 0 {
		w.full = true
		return nil
	}
	w.left, w.last = w.left-1, &a.ID
	if err := w.add(a); err != nil {
		return err
	}
	return w.below(a)
}

// below visits what was granted under a, unless it hangs below its own authority.
func (w *walk) below(a *trust.Accreditation) error {
	if a.Action != trust.Accredit || w.top[string(a.Subject)] {
		return nil
	}
	return w.siblings(trust.Filter{Parent: &a.ID})
}

// resume visits what follows an accreditation that an earlier page ended with: first what hangs below it, then what follows
// it and those above it.
func (w *walk) resume(after op.ID) error {
	a, err := trust.Get(w.view.Reader(), after)
	if err != nil {
		return err
	}
	if a != nil {
		err = w.below(a)
	}
	for a != nil && err == nil && !w.full {
		id := a.ID
		if w.top[a.Authority] {
			if err := w.siblings(trust.Filter{Authority: a.Authority, After: &id}); err != nil || w.full {
				return err
			}
			return w.authorities(w.tops[slices.Index(w.tops, a.Authority)+1:])
		}
		if a.Parent == nil {
			break
		}
		if err = w.siblings(trust.Filter{Parent: a.Parent, After: &id}); err == nil {
			a, err = trust.Get(w.view.Reader(), *a.Parent)
		}
	}
	if err == nil && !w.full {
		err = badParameter("after", "the graph has no such accreditation")
	}
	return err
}
