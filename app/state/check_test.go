package state

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hanse-id/hanse/app/exec"
)

// tamper writes, or deletes, a record behind the store's back.
func tamper(t fatal, s *Store, table byte, key, value []byte) {
	t.Helper()
	var err error
	if value == nil {
		err = s.db.Delete(tableKey(table, key), pebble.Sync)
	} else {
		err = s.db.Set(tableKey(table, key), value, pebble.Sync)
	}
	if err != nil {
		t.Fatalf("tamper: %v", err)
	}
}

func bucketsOf(t fatal, db *pebble.DB) []placed {
	t.Helper()
	list, err := readBuckets(db)
	if err != nil {
		t.Fatalf("read buckets: %v", err)
	}
	return list
}

func hashed(key string) []byte {
	h := sha256.Sum256([]byte(key))
	return h[:]
}

func TestCheckNamesWhatIsCorrupt(t *testing.T) {
	key := record(33)[0]
	missing := "i/r/missing"
	for _, c := range []struct {
		name  string
		table byte
		key   []byte
		value []byte
		want  Table
		at    []byte
	}{
		{"value changed", tableValues, []byte(key), []byte("forged"), Values, []byte(key)},
		{"value lost", tableValues, []byte(key), nil, Leaves, hashed(key)},
		{"value added", tableValues, []byte(missing), []byte("forged"), Leaves, hashed(missing)},
		{"leaf changed", tableLeaves, hashed(key), make([]byte, 32), Leaves, hashed(key)},
		{"leaf cut", tableLeaves, hashed(key), make([]byte, 31), Leaves, hashed(key)},
		{"leaf lost", tableLeaves, hashed(key), nil, Leaves, hashed(key)},
		{"leaf added", tableLeaves, hashed(missing), make([]byte, 32), Leaves, hashed(missing)},
		{"key changed", tableKeys, hashed(key), []byte(missing), Keys, hashed(key)},
		{"key lost", tableKeys, hashed(key), nil, Keys, hashed(key)},
		{"key added", tableKeys, hashed(missing), []byte(missing), Keys, hashed(missing)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t, Options{})
			commit(t, s, records(0, 500)...)
			tamper(t, s, c.table, c.key, c.value)
			s2 := openStore(t, s.db, Options{})
			defer s2.Close()
			err := s2.Check(nil)
			corrupt, ok := errors.AsType[*CorruptError](err)
			if !ok || corrupt.Table != c.want || !bytes.Equal(corrupt.Key, c.at) {
				t.Errorf("check: %v, want %s at %x", err, c.want, c.at)
			}
		})
	}
}

func TestOpenRefusesCorruptBucketsAndMeta(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(t *testing.T, s *Store, first, second placed)
		want   Table
	}{
		"hash changed": {func(t *testing.T, s *Store, first, _ placed) {
			value := encodeBucket(first.node)
			value[5] ^= 1
			tamper(t, s, tableBuckets, first.path.append(nil), value)
		}, Buckets},
		"lost": {func(t *testing.T, s *Store, first, _ placed) {
			tamper(t, s, tableBuckets, first.path.append(nil), nil)
		}, Buckets},
		"moved": {func(t *testing.T, s *Store, first, second placed) {
			tamper(t, s, tableBuckets, first.path.append(nil), nil)
			tamper(t, s, tableBuckets, second.path.child(0).append(nil), encodeBucket(first.node))
		}, Buckets},
		"parent added": {func(t *testing.T, s *Store, first, _ placed) {
			up := pathOf(&first.path.bits, first.path.depth-1)
			tamper(t, s, tableBuckets, up.append(nil), encodeBucket(first.node))
		}, Buckets},
		"counts too large": {func(t *testing.T, s *Store, first, _ placed) {
			value := encodeBucket(first.node)
			value[0] = bucketLeaves + 1
			tamper(t, s, tableBuckets, first.path.append(nil), value)
		}, Buckets},
		"not a path": {func(t *testing.T, s *Store, first, _ placed) {
			tamper(t, s, tableBuckets, []byte{0xff, 0xff, 0xff}, encodeBucket(first.node))
		}, Buckets},
		"meta lost": {func(t *testing.T, s *Store, _, _ placed) { tamper(t, s, tableMeta, nil, nil) }, Meta},
		"meta cut":  {func(t *testing.T, s *Store, _, _ placed) { tamper(t, s, tableMeta, nil, []byte{format, 0}) }, Meta},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t, Options{})
			commit(t, s, records(0, 500)...)
			list := bucketsOf(t, s.db)
			c.damage(t, s, list[0], list[1])
			_, err := Open(s.db, Options{})
			if corrupt, ok := errors.AsType[*CorruptError](err); !ok || corrupt.Table != c.want {
				t.Errorf("open: %v", err)
			}
		})
	}
}

func TestCheckFindsBucketsThatChangedUnderARunningStore(t *testing.T) {
	s := newStore(t, Options{})
	commit(t, s, records(0, 500)...)
	b := bucketsOf(t, s.db)[3]
	value := encodeBucket(b.node)
	value[9] ^= 1
	tamper(t, s, tableBuckets, b.path.append(nil), value)
	c := checker{version: s.current.Load(), snap: s.db.NewSnapshot(), report: func(int64, int64) {}, batch: checkBatch}
	defer c.snap.Close()
	corrupt, ok := errors.AsType[*CorruptError](catch(c.run))
	if !ok || corrupt.Table != Buckets || !bytes.Equal(corrupt.Key, b.path.append(nil)) {
		t.Errorf("check: %v", corrupt)
	}
}

func TestOpenRefusesAnotherFormat(t *testing.T) {
	s := newStore(t, Options{})
	tamper(t, s, tableMeta, nil, []byte{format + 1})
	if _, err := Open(s.db, Options{}); !errors.Is(err, ErrFormat) {
		t.Errorf("open: %v", err)
	}
}

func TestCheckInSeveralPassesGivesTheSame(t *testing.T) {
	s := newStore(t, Options{})
	commit(t, s, records(0, 700)...)
	for _, batch := range []int64{1, 10, 100, 699, 1000} {
		var last int64
		c := checker{version: s.current.Load(), snap: s.db.NewSnapshot(), batch: batch, report: func(done, total int64) {
			if done < last || done > total || total != 701 {
				t.Errorf("progress %d of %d after %d", done, total, last)
			}
			last = done
		}}
		if err := catch(c.run); err != nil {
			t.Errorf("in batches of %d: %v", batch, err)
		}
		if last != 701 {
			t.Errorf("progress ends at %d", last)
		}
		c.snap.Close()
	}
}

func TestAReadOnlyDatabaseCanBeCheckedAndProved(t *testing.T) {
	mem := vfs.NewMem()
	db := openDB(t, mem)
	s := openStore(t, db, Options{})
	commit(t, s, records(0, 500)...)
	closeAll(t, s, db)

	opts := PebbleOptions(1)
	opts.FS, opts.ReadOnly = mem, true
	db, err := pebble.Open("state", opts)
	if err != nil {
		t.Fatal(err)
	}
	s = openStore(t, db, Options{})
	defer closeAll(t, s, db)
	if err := s.Check(nil); err != nil {
		t.Error(err)
	}
	v := snapshot(t, s, 0)
	verify(t, v, record(3)[0], record(3)[1])
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Commit(s.Begin(), 2, nil); err == nil {
		t.Error("committed to a read-only database")
	}
}

func TestABucketThatLacksALeafStopsTheBlock(t *testing.T) {
	s := newStore(t, Options{LeafCacheBytes: -1})
	commit(t, s, records(0, 500)...)
	tamper(t, s, tableLeaves, hashed(record(33)[0]), nil)
	b := s.Begin()
	for _, r := range records(0, 500) {
		b.Set([]byte(r[0]), []byte("new"))
	}
	err := catch(func() { b.Root() })
	if corrupt, ok := errors.AsType[*CorruptError](err); !ok || corrupt.Table != Leaves {
		t.Errorf("root: %v", err)
	}
}

// TestFlippedBitsOnDiskAreNoticed damages every file in turn: reads stop with a storage error, or nothing is lost.
func TestFlippedBitsOnDiskAreNoticed(t *testing.T) {
	mem := vfs.NewCrashableMem()
	db := openDB(t, mem)
	s := openStore(t, db, Options{})
	for i := range 5 {
		commit(t, s, records(i*300, i*300+300)...)
	}
	if err := db.Flush(); err != nil {
		t.Fatal(err)
	}
	root := s.Root()
	closeAll(t, s, db)
	names, err := mem.List("state")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	damaged := 0
	for _, name := range names {
		if ext := filepath.Ext(name); ext != ".sst" && ext != ".blob" {
			continue
		}
		damaged++
		disk := mem.CrashClone(vfs.CrashCloneCfg{})
		data, err := disk.UnsafeGetFileDataBuffer("state/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for i := 100; i < len(data)-200; i += 997 {
			data[i] ^= 0x10
		}
		if !noticed(t, disk, root) {
			t.Errorf("damage to %s goes unnoticed", name)
		}
	}
	if damaged == 0 {
		t.Error("no file to damage")
	}
}

func noticed(t *testing.T, disk *vfs.MemFS, root [32]byte) bool {
	t.Helper()
	opts := PebbleOptions(1)
	opts.FS = disk
	db, err := pebble.Open("state", opts)
	if err != nil {
		return true
	}
	defer db.Close()
	s, err := Open(db, Options{})
	if err != nil {
		return true
	}
	defer s.Close()
	if s.Root() != root {
		t.Error("opened with another root")
	}
	if s.Check(nil) == nil {
		return false
	}
	// A read of what is damaged panics with a storage error; it never gives a wrong value.
	b := s.Begin()
	for i := range 1500 {
		err := catch(func() {
			if got := string(b.Get([]byte(record(i)[0]))); got != record(i)[1] {
				t.Errorf("record %d reads as %q", i, got)
			}
		})
		var storage *exec.StorageError
		if errors.As(err, &storage) {
			t.Errorf("nested storage error: %v", err)
		}
	}
	return true
}
