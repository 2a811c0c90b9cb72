package status_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/status"
)

// plain is the model of a list: the values at every moment.
type plain struct {
	bits     int
	purposes string
	next     int64
	values   map[int64]uint8
	past     []moment
}

type moment struct {
	time   int64
	values map[int64]uint8
}

// frozen says whether a value never changes again in a list with these purposes.
func (p *plain) frozen(v uint8) bool {
	if v == 0 || !strings.Contains(p.purposes, "revocation") {
		return false
	}
	return !(v == 2 && strings.Contains(p.purposes, "suspension"))
}

// set returns whether all of set may happen, and does it if so.
func (p *plain) set(set map[int64]int64) bool {
	for i, v := range set {
		if i >= p.next || v >= 1<<p.bits || p.frozen(p.values[i]) && v != int64(p.values[i]) {
			return false
		}
	}
	for i, v := range set {
		p.values[i] = uint8(v)
	}
	return true
}

// Leases never overlap, an index is never given twice, revocation never goes back, and values at any time of the past are
// what they were.
func TestListsFollowTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := &plain{
			bits:     rapid.SampledFrom([]int{2, 4, 8, 1}).Draw(rt, "bits"),
			purposes: rapid.SampledFrom([]string{"revocation", "revocation,suspension", "suspension", "message"}).Draw(rt, "purposes"),
			values:   map[int64]uint8{},
		}
		if p.bits == 1 && p.purposes == "revocation,suspension" {
			p.bits = 2
		}
		s := apptest.Run(t, apptest.Options{Centers: 1}, fmt.Sprintf(`
			create A keys=a1 by a1
			list L owner=A purposes=%s bits=%d by a1
		`, p.purposes, p.bits))
		created := s.Time - 1
		p.past = append(p.past, moment{created, map[int64]uint8{}})
		given := map[int64]bool{}
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			grouped := rapid.Bool().Draw(rt, "two in a block")
			if grouped {
				s.Play("{")
			}
			var want []bool
			want = append(want, p.step(rt, s))
			if grouped {
				want = append(want, p.step(rt, s))
				s.Play("}")
			}
			for i, w := range want {
				got := s.Results[len(s.Results)-len(want)+i].Code
				if (got == exec.OK) != w {
					rt.Fatalf("step %d of the block: got %s, the model says %t", i, got, w)
				}
			}
			p.past = append(p.past, moment{s.Time - 1, maps.Clone(p.values)})
		}
		p.check(rt, s, given)
	})
}

// step plays one operation and returns whether the model accepts it.
func (p *plain) step(rt *rapid.T, s *apptest.Script) bool {
	if rapid.IntRange(0, 3).Draw(rt, "kind") == 0 {
		count := rapid.SampledFrom([]int64{1, 3, 1500, 70_000}).Draw(rt, "count")
		s.Play(fmt.Sprintf("lease L count=%d by o1 -> ?", count))
		if p.next+count > status.MinSize {
			return false
		}
		p.next += count
		return true
	}
	set := map[int64]int64{}
	line := "set L"
	for range rapid.IntRange(1, 4).Draw(rt, "indices") {
		index := rapid.SampledFrom([]int64{0, 1, 2, 3, 7, 1023, 1024, 1025, 1499, 131_071}).Draw(rt, "index")
		set[index] = rapid.Int64Range(0, int64(min(3, 1<<p.bits-1))).Draw(rt, "value")
	}
	for index, value := range set {
		line += fmt.Sprintf(" %d=%d", index, value)
	}
	s.Play(line + " by o1 -> ?")
	return p.set(set)
}

func (p *plain) check(t *rapid.T, s *apptest.Script, given map[int64]bool) {
	if err := app.Fsck(s.Store, nil); err != nil {
		t.Fatal(err)
	}
	view, err := s.App.View(0)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	r := view.Reader()
	l, err := status.Get(r, s.Lists["L"])
	if err != nil {
		t.Fatal(err)
	}
	leases, err := status.Leases(r, l.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, lease := range leases {
		for i := lease.Start; i < lease.Start+lease.Count; i++ {
			if given[i] || i >= status.MinSize {
				t.Fatalf("index %d was given twice or is out of range", i)
			}
			given[i] = true
		}
	}
	if int64(len(given)) != p.next {
		t.Fatalf("%d indices given, want %d", len(given), p.next)
	}
	if _, err := status.Value(r, l, 0, time.Unix(p.past[0].time-1, 0)); !errors.Is(err, status.ErrTooEarly) {
		t.Fatalf("before creation: %v", err)
	}
	for i, m := range p.past {
		p.checkAt(t, r, l, time.Unix(m.time, 500), m.values)
		if i == len(p.past)-1 {
			p.checkAt(t, r, l, time.Time{}, m.values)
		}
	}
}

// checkAt compares Value and Bits with the model.
func (p *plain) checkAt(t *rapid.T, r exec.Reader, l *status.List, at time.Time, want map[int64]uint8) {
	bits, err := status.Bits(r, l, at)
	if err != nil {
		t.Fatal(err)
	}
	expected := make([]byte, status.MinSize*p.bits/8)
	for i, v := range want {
		for b := range p.bits { // most significant bit first
			bit := int(i)*p.bits + b
			expected[bit/8] |= v >> (p.bits - 1 - b) & 1 << (7 - bit%8)
		}
		one, err := status.Value(r, l, i, at)
		if err != nil || one != v {
			t.Fatalf("index %d at %v: got %d (%v), want %d", i, at, one, err, v)
		}
	}
	if !bytes.Equal(expected, bits) {
		t.Fatalf("at %v: bits are not those of %v", at, want)
	}
}

func TestIndicesOutOfRangeAreErrors(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, "create A keys=a1 by a1\nlist L owner=A by a1")
	view, err := s.App.View(0)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	l, err := status.Get(view.Reader(), s.Lists["L"])
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range []int64{-1, status.MinSize, 1<<53 + 1} {
		if _, err := status.Value(view.Reader(), l, index, time.Time{}); !errors.Is(err, status.ErrRange) {
			t.Errorf("index %d: %v", index, err)
		}
	}
}
