package state

import (
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/exec"
)

// commit commits records (an empty value deletes) as the next version.
func commit(t fatal, s *Store, records ...[2]string) {
	t.Helper()
	b := s.Begin()
	for _, r := range records {
		if r[1] == "" {
			b.Delete([]byte(r[0]))
		} else {
			b.Set([]byte(r[0]), []byte(r[1]))
		}
	}
	if err := s.Commit(b, s.Version()+1, nil); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

func record(i int) [2]string { return [2]string{fmt.Sprintf("i/r/%d", i), fmt.Sprintf("value %d", i)} }

func records(from, to int) (list [][2]string) {
	for i := from; i < to; i++ {
		list = append(list, record(i))
	}
	return list
}

func snapshot(t *testing.T, s *Store, height int64) *Snapshot {
	t.Helper()
	v, err := s.Snapshot(height)
	if err != nil {
		t.Fatalf("snapshot %d: %v", height, err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func TestRootsAreTheGoldenOnes(t *testing.T) {
	s := newStore(t, Options{})
	if s.Root() != ([32]byte{}) || s.Version() != 0 {
		t.Errorf("a new store has version %d and root %x", s.Version(), s.Root())
	}
	for _, c := range []struct {
		records [][2]string
		want    string
	}{
		{nil, "9f8ae702ca0775836412e11b6180f81951032254c77e3d33512f79f5c4088103"},
		{records(0, 1), "dd4427bb66948d12741606c42570149f9a7e4ad360b102f850a5a1a1c9b89307"},
		{records(1, 1000), "0678fef6f767fa9037399faa40a5f6e737a4564777a5dd901058f2ce690fd908"},
	} {
		commit(t, s, c.records...)
		if got := s.Root(); hex.EncodeToString(got[:]) != c.want {
			t.Errorf("root of version %d is %x", s.Version(), got)
		}
	}
}

func TestSixteenVersionsAreKept(t *testing.T) {
	s := newStore(t, Options{})
	for h := 1; h <= 40; h++ {
		commit(t, s, record(h), [2]string{"i/height", fmt.Sprint(h)}, [2]string{record(h - 10)[0], ""})
	}
	for h := int64(1); h <= 41; h++ {
		v, err := s.Snapshot(h)
		if h <= 24 || h == 41 {
			if !errors.Is(err, ErrVersion) {
				t.Errorf("snapshot %d: %v", h, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("snapshot %d: %v", h, err)
		}
		if got := string(v.Get([]byte("i/height"))); got != fmt.Sprint(h) || v.Version() != h {
			t.Errorf("snapshot %d holds height %q and is version %d", h, got, v.Version())
		}
		verify(t, v, "i/height", fmt.Sprint(h))
		verify(t, v, record(int(h))[0], record(int(h))[1])
		verify(t, v, record(int(h) - 10)[0], "")
		verify(t, v, record(int(h) + 1)[0], "")
		v.Close()
	}
}

func TestAnOpenSnapshotOutlivesItsVersion(t *testing.T) {
	s := newStore(t, Options{Versions: 1})
	commit(t, s, records(0, 100)...)
	v := snapshot(t, s, 1)
	commit(t, s, [2]string{record(1)[0], "changed"}, [2]string{record(2)[0], ""})
	if _, err := s.Snapshot(1); !errors.Is(err, ErrVersion) {
		t.Errorf("snapshot 1: %v", err)
	}
	verify(t, v, record(1)[0], record(1)[1])
	verify(t, v, record(2)[0], record(2)[1])
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	if err := v.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestOnlyTheLatestVersionIsKeptAcrossARestart(t *testing.T) {
	db := openDB(t, vfs.NewMem())
	s := openStore(t, db, Options{})
	commit(t, s, records(0, 500)...)
	commit(t, s, records(500, 600)...)
	root := s.Root()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, db, Options{})
	defer closeAll(t, s, db)
	if s.Version() != 2 || s.Root() != root || s.Count() != 601 {
		t.Fatalf("reopened at version %d with %d records", s.Version(), s.Count())
	}
	if _, err := s.Snapshot(1); !errors.Is(err, ErrVersion) {
		t.Errorf("snapshot 1: %v", err)
	}
	v, err := s.Snapshot(2)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for i := range 700 {
		value := ""
		if i < 600 {
			value = record(i)[1]
		}
		verify(t, v, record(i)[0], value)
	}
}

func TestCommitRefusesWhatDoesNotExtendTheLastVersion(t *testing.T) {
	s := newStore(t, Options{})
	early := s.Begin()
	early.Set([]byte("k"), []byte("v"))
	b := s.Begin()
	if err := s.Commit(b, 0, nil); !errors.Is(err, ErrHeight) {
		t.Errorf("height 0: %v", err)
	}
	if err := s.Commit(b, 5, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(b, 6, nil); !errors.Is(err, ErrStale) {
		t.Errorf("the same block again: %v", err)
	}
	if err := s.Commit(early, 6, nil); !errors.Is(err, ErrStale) {
		t.Errorf("a block begun before: %v", err)
	}
	if err := s.Commit(s.Begin(), 5, nil); !errors.Is(err, ErrHeight) {
		t.Errorf("the same height: %v", err)
	}
	if s.Version() != 5 {
		t.Errorf("version %d", s.Version())
	}
}

func TestTheSentinelIsThereFromTheFirstCommit(t *testing.T) {
	s := newStore(t, Options{})
	v := snapshot(t, s, 0)
	if _, err := v.Prove([]byte("k")); !errors.Is(err, ErrEmpty) {
		t.Errorf("proof in an empty store: %v", err)
	}
	commit(t, s)
	v = snapshot(t, s, 0)
	verify(t, v, SentinelKey, sentinelValue)
	for i := range 20 {
		verify(t, v, record(i)[0], "")
	}
}

func TestBrokenInvariantsPanic(t *testing.T) {
	s := newStore(t, Options{})
	b := s.Begin()
	stale := s.Begin()
	if err := s.Commit(b, 1, nil); err != nil {
		t.Fatal(err)
	}
	o := s.Begin().Overlay()
	for name, f := range map[string]func(){
		"empty value":        func() { o.Set([]byte("k"), nil) },
		"empty key":          func() { o.Set(nil, []byte("v")) },
		"delete empty key":   func() { o.Delete(nil) },
		"set the sentinel":   func() { o.Set([]byte(SentinelKey), []byte("v")) },
		"delete sentinel":    func() { o.Delete([]byte(SentinelKey)) },
		"root after a later": func() { stale.Root() },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func TestCallersMayReuseWhatTheySet(t *testing.T) {
	s := newStore(t, Options{})
	b := s.Begin()
	key, value := []byte("key"), []byte("value")
	b.Set(key, value)
	key[0], value[0] = 'x', 'x'
	if got := string(b.Get([]byte("key"))); got != "value" {
		t.Errorf("got %q", got)
	}
}

func TestIndexIsOrderedAndOutsideTheRoot(t *testing.T) {
	s := newStore(t, Options{})
	commit(t, s, record(1))
	root := s.Root()
	kv := func(k, v string) KV { return KV{Key: []byte(k), Value: []byte(v)} }
	if err := s.Commit(s.Begin(), 2, []KV{kv("r/b", "2"), kv("r/a", "1"), kv("h/1", "3"), kv("r/c", "4")}); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, s, 2)
	if err := s.Commit(s.Begin(), 3, []KV{kv("r/b", "")}); err != nil {
		t.Fatal(err)
	}
	if s.Root() != root {
		t.Error("index entries changed the root")
	}
	var got []string
	for k, v := range s.IndexRange([]byte("r/"), []byte("r0")) {
		got = append(got, string(k)+"="+string(v))
	}
	if diff := cmp.Diff([]string{"r/a=1", "r/c=4"}, got); diff != "" {
		t.Error(diff)
	}
	if v, err := s.Index([]byte("r/b")); v != nil || err != nil {
		t.Errorf("deleted entry: %q, %v", v, err)
	}
	if v, err := before.Index([]byte("r/b")); string(v) != "2" || err != nil {
		t.Errorf("entry of the version before: %q, %v", v, err)
	}
	if v, err := s.Index([]byte("h/1")); string(v) != "3" || err != nil {
		t.Errorf("entry: %q, %v", v, err)
	}
}

func TestRangeSeesWhatIsWrittenAhead(t *testing.T) {
	s := newStore(t, Options{})
	commit(t, s, [2]string{"a/1", "x"}, [2]string{"a/3", "x"}, [2]string{"a/5", "x"}, [2]string{"b/1", "x"})
	o := s.Begin().Overlay()
	var got []string
	for k := range o.Range([]byte("a/"), []byte("a0")) {
		got = append(got, string(k))
		if string(k) == "a/1" {
			o.Delete([]byte("a/3"))
			o.Set([]byte("a/0"), []byte("behind"))
			o.Set([]byte("a/4"), []byte("ahead"))
		}
	}
	if diff := cmp.Diff([]string{"a/1", "a/4", "a/5"}, got); diff != "" {
		t.Error(diff)
	}
	for k := range o.Range([]byte("a/"), nil) {
		got = append(got[:0], string(k))
		break
	}
	if diff := cmp.Diff([]string{"a/0"}, got); diff != "" {
		t.Error(diff)
	}
	for k := range o.Range([]byte("b"), []byte("a")) {
		t.Errorf("an inverted range gives %q", k)
	}
}

func TestReadersSeeWholeVersionsWhileBlocksAreCommitted(t *testing.T) {
	s := newStore(t, Options{LeafCacheBytes: 64 << 10})
	commit(t, s, records(0, 400)...)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for r := range 3 {
		readers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				v, err := s.Snapshot(0)
				if err != nil {
					t.Error(err)
					return
				}
				// Every record of a version holds the version's own height.
				want := fmt.Sprint(v.Version())
				n := 0
				for _, value := range v.Range([]byte("x/"), []byte("x0")) {
					if string(value) != want {
						t.Errorf("version %s holds a value of %s", want, value)
					}
					n++
				}
				if v.Version() > 1 {
					verify(t, v, fmt.Sprintf("x/%d", i%50), want)
					verify(t, v, fmt.Sprintf("y/%d", r), "")
				}
				if err := v.Close(); err != nil {
					t.Error(err)
				}
				_, _, _ = s.Root(), s.Version(), s.Count()
			}
		})
	}
	for h := int64(2); h < 80; h++ {
		b := s.Begin()
		for i := range 50 {
			b.Set(fmt.Appendf(nil, "x/%d", i), fmt.Append(nil, h))
		}
		if err := s.Commit(b, h, nil); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	readers.Wait()
}

func TestAClosedStoreGivesNoSnapshots(t *testing.T) {
	db := openDB(t, vfs.NewMem())
	s := openStore(t, db, Options{})
	v, err := s.Snapshot(0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Snapshot(0); !errors.Is(err, ErrClosed) {
		t.Errorf("snapshot: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

var _ exec.Store = (*Overlay)(nil)
