package state

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	ics23 "github.com/cosmos/ics23/go"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// fatal is what tests and rapid share.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

// openDB opens a database of tests: in memory, with a small memtable so that tables are flushed and compacted.
func openDB(t fatal, fs vfs.FS) *pebble.DB {
	t.Helper()
	opts := PebbleOptions(1)
	opts.FS, opts.MemTableSize = fs, 64<<10
	db, err := pebble.Open("state", opts)
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	return db
}

func openStore(t fatal, db *pebble.DB, opts Options) *Store {
	t.Helper()
	s, err := Open(db, opts)
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	return s
}

// newStore opens an empty store that ends with the test.
func newStore(t *testing.T, opts Options) *Store {
	t.Helper()
	db := openDB(t, vfs.NewMem())
	s := openStore(t, db, opts)
	t.Cleanup(func() { closeAll(t, s, db) })
	return s
}

func closeAll(t fatal, s *Store, db *pebble.DB) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("close store: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatalf("close database: %v", err)
	}
}

// model is what a state should be.
type model map[string]string

func (m model) clone() model {
	return maps.Clone(m)
}

// root is the reference: the tree by its definition, one bit at a time, without collapsed storage or caches.
func (m model) root() [32]byte {
	all := [][2][32]byte{leafOfModel(SentinelKey, sentinelValue)}
	for k, v := range m {
		all = append(all, leafOfModel(k, v))
	}
	return naive(all, 0)
}

func leafOfModel(k, v string) [2][32]byte {
	kh, vh := sha256.Sum256([]byte(k)), sha256.Sum256([]byte(v))
	return [2][32]byte{kh, sha256.Sum256(slices.Concat([]byte{0}, kh[:], vh[:]))}
}

func naive(leaves [][2][32]byte, depth int) [32]byte {
	if len(leaves) == 0 {
		return [32]byte{}
	}
	if len(leaves) == 1 {
		return leaves[0][1]
	}
	var halves [2][][2][32]byte
	for _, l := range leaves {
		b := l[0][depth/8] >> (7 - depth%8) & 1
		halves[b] = append(halves[b], l)
	}
	left, right := naive(halves[0], depth+1), naive(halves[1], depth+1)
	return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
}

// pairs lists the records start ≤ key < end in order, without the sentinel.
func (m model) pairs(start, end string) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k >= start && (end == "" || k < end) {
			out = append(out, k+"="+m[k])
		}
	}
	return out
}

func collect(seq func(yield func([]byte, []byte) bool)) []string {
	var out []string
	for k, v := range seq {
		if string(k) != SentinelKey {
			out = append(out, string(k)+"="+string(v))
		}
	}
	return out
}

// verify checks with the ics23 library alone that view proves key to be value, or absent if value is empty.
func verify(t fatal, view *Snapshot, key, value string) {
	t.Helper()
	proof, err := view.Prove([]byte(key))
	if err != nil {
		t.Fatalf("prove %q: %v", key, err)
	}
	root := view.Root()
	var ok bool
	if value != "" {
		ok = ics23.VerifyMembership(ics23.SmtSpec, root[:], proof, []byte(key), []byte(value))
	} else {
		ok = ics23.VerifyNonMembership(ics23.SmtSpec, root[:], proof, []byte(key))
	}
	if !ok {
		t.Fatalf("version %d: proof of %q = %q does not verify", view.Version(), key, value)
	}
	if value != "" && ics23.VerifyMembership(ics23.SmtSpec, root[:], proof, []byte(key), []byte(value+"x")) {
		t.Fatalf("a proof of %q verifies for another value", key)
	}
}

func TestStoreBehavesAsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fs := vfs.NewMem()
		opts := Options{
			Versions:       rapid.IntRange(1, 4).Draw(t, "versions"),
			LeafCacheBytes: rapid.SampledFrom([]int64{-1, 4096, 1 << 20}).Draw(t, "cache"),
			Workers:        rapid.IntRange(1, 3).Draw(t, "workers"),
		}
		db := openDB(t, fs)
		s := openStore(t, db, opts)
		state, history := model{}, []model{}
		key := rapid.Custom(func(t *rapid.T) string {
			return string(rapid.SampledFrom([]byte("abc")).Draw(t, "module")) + string(rune('0'+rapid.IntRange(0, 120).Draw(t, "key")))
		})
		for range rapid.IntRange(1, 6).Draw(t, "blocks") {
			b := s.Begin()
			pending := state.clone()
			for range rapid.IntRange(0, 8).Draw(t, "operations") {
				o, draft := b.Overlay(), pending.clone()
				for range rapid.IntRange(0, 30).Draw(t, "writes") {
					k := key.Draw(t, "k")
					if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
						o.Delete([]byte(k))
						delete(draft, k)
					} else {
						v := rapid.StringN(1, 8, -1).Draw(t, "v")
						o.Set([]byte(k), []byte(v))
						draft[k] = v
					}
					probe := key.Draw(t, "probe")
					if got := string(o.Get([]byte(probe))); got != draft[probe] {
						t.Fatalf("overlay has %q = %q, want %q", probe, got, draft[probe])
					}
				}
				from, to := key.Draw(t, "from"), key.Draw(t, "to")
				if diff := cmp.Diff(rangeModel(draft, from, to), collect(o.Range([]byte(from), []byte(to)))); diff != "" {
					t.Fatalf("overlay range %q %q: %s", from, to, diff)
				}
				if rapid.Bool().Draw(t, "merge") {
					o.Merge()
					pending = draft
				}
				if rapid.IntRange(0, 5).Draw(t, "early root") == 0 && b.Root() != pending.root() {
					t.Fatalf("early root differs")
				}
			}
			if diff := cmp.Diff(pending.pairs("", ""), collect(b.Range(nil, nil))); diff != "" {
				t.Fatalf("block range: %s", diff)
			}
			if b.Root() != pending.root() {
				t.Fatalf("root of %d records differs from the reference", len(pending))
			}
			if rapid.IntRange(0, 3).Draw(t, "drop") == 0 {
				continue
			}
			if err := s.Commit(b, s.Version()+1, nil); err != nil {
				t.Fatalf("commit: %v", err)
			}
			state = pending
			history = append(history, state)
			if rapid.IntRange(0, 4).Draw(t, "reopen") == 0 {
				closeAll(t, s, db)
				db = openDB(t, fs)
				s = openStore(t, db, opts)
			}
			if s.Root() != state.root() || s.Count() != int64(len(state)+1) {
				t.Fatalf("committed root or count differs")
			}
		}
		if err := s.Check(nil); err != nil {
			t.Fatalf("check: %v", err)
		}
		for i, want := range history {
			view, err := s.Snapshot(int64(i + 1))
			if errors.Is(err, ErrVersion) && i < len(history)-1 {
				continue
			}
			if err != nil {
				t.Fatalf("snapshot %d: %v", i+1, err)
			}
			if view.Root() != want.root() {
				t.Fatalf("root of version %d differs", i+1)
			}
			if diff := cmp.Diff(want.pairs("", ""), collect(view.Range(nil, nil))); diff != "" {
				t.Fatalf("version %d: %s", i+1, diff)
			}
			for range 5 {
				k := key.Draw(t, "proved")
				if got := view.Get([]byte(k)); !bytes.Equal(got, []byte(want[k])) {
					t.Fatalf("version %d has %q = %q, want %q", i+1, k, got, want[k])
				}
				verify(t, view, k, want[k])
			}
			if err := view.Close(); err != nil {
				t.Fatalf("close view: %v", err)
			}
		}
		closeAll(t, s, db)
	})
}

func rangeModel(m model, from, to string) []string {
	if from >= to {
		return nil
	}
	return m.pairs(from, to)
}
