package trust_test

import (
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// all reads every page of a list.
func (w *world) all(f trust.Filter) (ids []op.ID, pages int) {
	for pages = 1; ; pages++ {
		page, next, err := trust.List(w.store, f)
		w.must(err)
		for _, a := range page {
			ids = append(ids, a.ID)
		}
		if next == nil {
			return ids, pages
		}
		f.After = next
	}
}

func TestListsArePagedInAStableOrder(t *testing.T) {
	w := newWorld(t, 2, "prefix:Example")
	w.create("university")
	u := w.give("c1", "university", trust.Accredit, "prefix:Example", nil, nil)
	want := map[string][]op.ID{"c1": {*u}, "all": {*u}}
	for n := range 25 {
		for _, by := range []string{"c1", "university"} {
			parent := u
			if by == "c1" {
				parent = nil
			}
			id := *w.give(by, w.named(n%5), trust.Issue, fmt.Sprint("type:Example", n), parent, nil)
			want[by] = append(want[by], id)
			want[w.named(n%5)] = append(want[w.named(n%5)], id)
			want["all"] = append(want["all"], id)
		}
		w.pass(1)
	}
	for name, c := range map[string]struct {
		filter trust.Filter
		want   []op.ID
		order  bool // as it was given
	}{
		"all":          {trust.Filter{}, want["all"], false},
		"of a subject": {trust.Filter{Subject: w.dids["d3"]}, want["d3"], true},
		"by a center":  {trust.Filter{Authority: string(w.dids["c1"])}, want["c1"], false},
		"under one":    {trust.Filter{Parent: u}, want["university"], true},
		"both":         {trust.Filter{Subject: w.dids["d3"], Authority: string(w.dids["university"])}, each(want["d3"], 1), true},
		"of a type":    {trust.Filter{Resource: "type:Example7"}, want["all"][15:17], false},
		"to accredit":  {trust.Filter{Action: trust.Accredit}, []op.ID{*u}, true},
		"nothing":      {trust.Filter{Subject: w.dids["c2"]}, nil, true},
	} {
		for _, limit := range []int{1, 4, 1000} {
			f := c.filter
			f.Limit = limit
			got, _ := w.all(f)
			want := c.want
			if !c.order {
				got, want = sorted(got), sorted(want)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %d a page: %s", name, limit, diff)
			}
		}
	}
	subjects, err := trust.Subjects(w.store, 0, 100)
	w.must(err)
	order := []did.DID{w.dids["university"], w.dids["d0"], w.dids["d1"], w.dids["d2"], w.dids["d3"], w.dids["d4"]}
	if diff := cmp.Diff(order, subjects); diff != "" {
		t.Error(diff)
	}
	part, err := trust.Subjects(w.store, 2, 2)
	w.must(err)
	if diff := cmp.Diff(order[2:4], part); diff != "" {
		t.Error(diff)
	}
	if n, err := trust.SubjectCount(w.store); err != nil || n != 6 {
		t.Errorf("%d subjects (%v)", n, err)
	}
	page, total, err := trust.OfSubject(w.store, w.dids["d3"], 3, 4)
	w.must(err)
	if total != 10 || len(page) != 4 || page[0].ID != want["d3"][3] || page[0].Number != 3 {
		t.Errorf("%d of %d", len(page), total)
	}
	w.sound(t)
}

func each(ids []op.ID, odd int) (out []op.ID) {
	for i, id := range ids {
		if i%2 == odd {
			out = append(out, id)
		}
	}
	return out
}

func sorted(ids []op.ID) []op.ID {
	return slices.SortedFunc(slices.Values(ids), func(a, b op.ID) int { return slices.Compare(a[:], b[:]) })
}

func TestListsRefuseBadCursorsAndLimits(t *testing.T) {
	w := newWorld(t, 1, "prefix:")
	w.create("a")
	w.create("b")
	a := w.give("c1", "a", trust.Issue, degree, nil, nil)
	unknown := &op.ID{1}
	for name, c := range map[string]struct {
		f    trust.Filter
		want exec.Code
	}{
		"no limit":        {trust.Filter{}, exec.CodeMalformed},
		"too many":        {trust.Filter{Limit: 1001}, exec.CodeMalformed},
		"after nothing":   {trust.Filter{Limit: 1, After: unknown}, exec.CodeUnknownGrant},
		"another's":       {trust.Filter{Limit: 1, After: a, Subject: w.dids["b"]}, exec.CodeUnknownGrant},
		"under nothing":   {trust.Filter{Limit: 1, Parent: unknown}, exec.CodeUnknownGrant},
		"not by that one": {trust.Filter{Limit: 1, After: a, Authority: "x"}, exec.CodeUnknownGrant},
	} {
		if _, _, err := trust.List(w.store, c.f); exec.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// counting counts what is read of a state.
type counting struct {
	exec.Reader
	gets, keys int
}

func (c *counting) Get(key []byte) []byte { c.gets++; return c.Reader.Get(key) }

func (c *counting) Range(start, end []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		for k, v := range c.Reader.Range(start, end) {
			c.keys++
			if !yield(k, v) {
				return
			}
		}
	}
}

// Ten thousand accreditations by one authority: pages cost what is on them, whatever the filter, and a path is found at once.
func TestTenThousandAccreditationsByOneAuthority(t *testing.T) {
	const n = 10_000
	w := newLargeWorld(t, 1, "prefix:Example")
	w.create("university")
	u := w.give("c1", "university", trust.Accredit, "prefix:Example", nil, nil)
	for i := range n {
		w.know(fmt.Sprint("s", i), did.DID(apptest.Key(fmt.Sprint("s", i)).Public().DIDKey()))
		w.give("university", fmt.Sprint("s", i), trust.Issue, degree, u, nil)
	}
	ids, pages := w.all(trust.Filter{Authority: string(w.dids["university"]), Limit: 1000})
	if len(ids) != n || pages != 10 {
		t.Errorf("%d in %d pages", len(ids), pages)
	}
	last := w.dids[fmt.Sprint("s", n-1)]
	for name, f := range map[string]trust.Filter{
		"all, of one resource": {Resource: "type:Other", Limit: 1000},
		"by one, to accredit":  {Authority: string(w.dids["university"]), Action: trust.Accredit, Limit: 1},
		"by one, of a subject": {Authority: string(w.dids["university"]), Subject: last, Limit: 1000},
		"under one, of a type": {Parent: u, Resource: "type:Other", Limit: 1000},
		"one a page":           {Limit: 1},
	} {
		c := &counting{Reader: w.store}
		if _, _, err := trust.List(c, f); err != nil {
			t.Fatal(err)
		}
		if c.gets > 2010 || c.keys > 2010 {
			t.Errorf("%s: %d reads, %d keys", name, c.gets, c.keys)
		}
	}
	c := &counting{Reader: w.store}
	p, err := trust.Find(c, w.time, trust.Question{Subject: last, Action: trust.Issue, Resource: degree})
	if err != nil || !p.Held || c.gets > 20 || c.keys > 5 {
		t.Errorf("%d reads, %d keys (%v)", c.gets, c.keys, err)
	}
	w.sound(t)
}
