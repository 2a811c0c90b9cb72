package exectest_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/exec/exectest"
)

// model is what a store should hold.
type model map[string]string

func (m model) inRange(start, end string, bounded bool) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k >= start && (!bounded || k < end) {
			out = append(out, k+"="+m[k])
		}
	}
	return out
}

func collect(r exec.Reader, start, end []byte) []string {
	var out []string
	for k, v := range r.Range(start, end) {
		out = append(out, string(k)+"="+string(v))
	}
	return out
}

var keyGen = rapid.StringMatching(`[a-e]{1,3}`)

func TestOverlaysBehaveAsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := exectest.NewStore()
		stack := []exec.Store{base}
		models := []model{{}}
		top := func() (exec.Store, model) { return stack[len(stack)-1], models[len(models)-1] }
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				s, m := top()
				k, v := keyGen.Draw(t, "key"), rapid.StringMatching(`[a-z]{1,3}`).Draw(t, "value")
				s.Set([]byte(k), []byte(v))
				m[k] = v
			},
			"delete": func(t *rapid.T) {
				s, m := top()
				k := keyGen.Draw(t, "key")
				s.Delete([]byte(k))
				delete(m, k)
			},
			"push": func(t *rapid.T) {
				if len(stack) == 4 {
					t.Skip("deep enough")
				}
				s, m := top()
				stack, models = append(stack, exectest.NewOverlay(s)), append(models, maps.Clone(m))
			},
			"pop": func(t *rapid.T) {
				if len(stack) == 1 {
					t.Skip("nothing to pop")
				}
				s, m := top()
				stack, models = stack[:len(stack)-1], models[:len(models)-1]
				if rapid.Bool().Draw(t, "flush") {
					s.(*exectest.Overlay).Flush()
					models[len(models)-1] = m
				}
			},
			"": func(t *rapid.T) {
				s, m := top()
				k := keyGen.Draw(t, "key")
				if got := string(s.Get([]byte(k))); got != m[k] {
					t.Fatalf("get %s: %q, want %q", k, got, m[k])
				}
				start, end := keyGen.Draw(t, "start"), keyGen.Draw(t, "end")
				if diff := cmp.Diff(m.inRange(start, end, true), collect(s, []byte(start), []byte(end))); diff != "" {
					t.Fatalf("range %s to %s: %s", start, end, diff)
				}
				if diff := cmp.Diff(m.inRange("", "", false), collect(s, nil, nil)); diff != "" {
					t.Fatalf("range over all: %s", diff)
				}
			},
		})
	})
}

func TestRangesCanBeLeftEarly(t *testing.T) {
	base := exectest.NewStore()
	over := exectest.NewOverlay(base)
	base.Set([]byte("a"), []byte("1"))
	base.Set([]byte("c"), []byte("3"))
	over.Set([]byte("b"), []byte("2"))
	for n := 1; n <= 3; n++ {
		seen := 0
		for range over.Range(nil, nil) {
			if seen++; seen == n {
				break
			}
		}
		if seen != n {
			t.Errorf("left after %d, want %d", seen, n)
		}
	}
}

func TestStoresAreComparedByContent(t *testing.T) {
	a := exectest.NewStore()
	a.Set([]byte("k"), []byte("v"))
	b := a.Clone()
	if !a.Equal(b) || b.Len() != 1 {
		t.Error("a clone differs")
	}
	b.Set([]byte("k"), []byte("w"))
	if a.Equal(b) || string(a.Get([]byte("k"))) != "v" {
		t.Error("a clone shares")
	}
}

func TestEmptyValuesPanicAsInTheRealStore(t *testing.T) {
	for _, s := range []exec.Store{exectest.NewStore(), exectest.NewOverlay(exectest.NewStore())} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("stored an empty value")
				}
			}()
			s.Set([]byte("k"), nil)
		}()
	}
}
