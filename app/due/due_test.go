package due

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/exec/exectest"
)

func put(t testing.TB, s exec.Store, at int64, ref string) Item {
	t.Helper()
	item, err := Put(s, at, "test", ref)
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// Random items come out in the order of their times, then in the order they were put in; each once, none early.
func TestItemsComeInOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := exectest.NewStore()
		var model []Item
		now := int64(0)
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			switch rapid.IntRange(0, 3).Draw(r, "step") {
			case 0, 1:
				at := rapid.Int64Range(-3, 50).Draw(r, "at")
				item := put(t, s, at, rapid.StringMatching(`[a-z]{0,3}`).Draw(r, "ref"))
				model = append(model, Item{At: max(at, 0), N: item.N, Kind: "test", Ref: item.Ref})
				slices.SortFunc(model, func(a, b Item) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.N, b.N)) })
			case 2:
				if len(model) > 0 {
					i := rapid.IntRange(0, len(model)-1).Draw(r, "dropped")
					Drop(s, model[i])
					Drop(s, model[i]) // gone already: no error
					model = slices.Delete(model, i, i+1)
				}
			case 3:
				now += rapid.Int64Range(0, 9).Draw(r, "seconds")
			}
			limit := rapid.Int64Range(0, 5).Draw(r, "limit")
			got, err := Until(s, now, limit)
			if err != nil {
				r.Fatal(err)
			}
			var want []Item
			for _, item := range model {
				if item.At <= now && int64(len(want)) < limit {
					want = append(want, item)
				}
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				r.Fatal(diff)
			}
		}
		Check(s, func(err error) { r.Error(err) })
	})
}

func TestNothingIsDueBeforeItsTime(t *testing.T) {
	s := exectest.NewStore()
	put(t, s, 1<<40, "far")
	for _, now := range []int64{-1 << 62, -1, 0, 1<<40 - 1} {
		if items, err := Until(s, now, 10); err != nil || len(items) > 0 {
			t.Errorf("at %d: %v (%v)", now, items, err)
		}
	}
	for _, now := range []int64{1 << 40, 1<<63 - 2} {
		if items, err := Until(s, now, 10); err != nil || len(items) != 1 {
			t.Errorf("at %d: %v (%v)", now, items, err)
		}
	}
}

func TestCorruptRecordsAreReported(t *testing.T) {
	for name, spoil := range map[string]func(s *exectest.Store, item Item){
		"a short key":           func(s *exectest.Store, _ Item) { s.Set([]byte("d/q/abc"), []byte(`{"kind":"a","ref":"b"}`)) },
		"no JSON":               func(s *exectest.Store, i Item) { s.Set(i.Key(), []byte(`x`)) },
		"not in JCS form":       func(s *exectest.Store, i Item) { s.Set(i.Key(), []byte(`{"kind":"a", "ref":"b"}`)) },
		"another member":        func(s *exectest.Store, i Item) { s.Set(i.Key(), []byte(`{"a":1,"kind":"a","ref":"b"}`)) },
		"after the last one":    func(s *exectest.Store, _ Item) { s.Set([]byte("d/n"), make([]byte, 8)) },
		"a number of 7 bytes":   func(s *exectest.Store, _ Item) { s.Set([]byte("d/n"), make([]byte, 7)) },
		"no number of the last": func(s *exectest.Store, _ Item) { s.Delete([]byte("d/n")) },
	} {
		s := exectest.NewStore()
		spoil(s, put(t, s, 5, "x"))
		problems := 0
		Check(s, func(error) { problems++ })
		if problems == 0 {
			t.Errorf("%s: nothing reported", name)
		}
	}
	s := exectest.NewStore()
	s.Set([]byte("d/n"), make([]byte, 7))
	if _, err := Put(s, 1, "test", "x"); err == nil {
		t.Error("a number of 7 bytes is counted on")
	}
	s.Set([]byte("d/q/\x00"), []byte("x"))
	if _, err := Until(s, 1<<62, 1); err == nil {
		t.Error("a key that is none was read")
	}
}

func FuzzDecode(f *testing.F) {
	s := exectest.NewStore()
	item := put(f, s, 5, "x")
	f.Add(item.Key(), s.Get(item.Key()))
	f.Fuzz(func(t *testing.T, key, data []byte) {
		item, err := decode(key, data)
		if err != nil {
			return
		}
		if !bytes.Equal(item.Key()[len(queuePrefix):], key[len(queuePrefix):]) {
			t.Errorf("%x stands under %x", key, item.Key())
		}
		s := exectest.NewStore()
		again, err := Put(s, item.At, item.Kind, item.Ref)
		if err != nil {
			t.Fatal(err)
		}
		read, err := decode(again.Key(), s.Get(again.Key()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(again, read); diff != "" {
			t.Error(diff)
		}
	})
}
