package state

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app/state/proof"
)

// verifyBytes checks key through the encoding, as a client does.
func verifyBytes(t fatal, view *Snapshot, key, value string) {
	t.Helper()
	p, err := view.Prove([]byte(key))
	if err != nil {
		t.Fatalf("prove %q: %v", key, err)
	}
	data, err := proof.Encode(p)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	root := view.Root()
	if value == "" {
		err = proof.VerifyAbsence(root[:], []byte(key), data)
		if proof.VerifyInclusion(root[:], []byte(key), []byte("x"), data) == nil {
			t.Fatalf("absence of %q verifies as presence", key)
		}
	} else {
		err = proof.VerifyInclusion(root[:], []byte(key), []byte(value), data)
		if proof.VerifyAbsence(root[:], []byte(key), data) == nil {
			t.Fatalf("presence of %q verifies as absence", key)
		}
	}
	if err != nil {
		t.Fatalf("%q = %q: %v", key, value, err)
	}
	root[0] ^= 1
	if proof.VerifyInclusion(root[:], []byte(key), []byte(value), data) == nil || proof.VerifyAbsence(root[:], []byte(key), data) == nil {
		t.Fatalf("%q verifies under another root", key)
	}
}

func TestProofsVerifyAtEverySize(t *testing.T) {
	s := newStore(t, Options{})
	commit(t, s) // the sentinel alone: one leaf, no path
	for n := range 70 {
		v := snapshot(t, s, 0)
		for i := range n + 30 {
			value := ""
			if i < n {
				value = record(i)[1]
			}
			verify(t, v, record(i)[0], value)
			verifyBytes(t, v, record(i)[0], value)
		}
		verifyBytes(t, v, SentinelKey, sentinelValue)
		commit(t, s, record(n))
	}
}

func TestProofsVerifyWhileTheTreeShrinks(t *testing.T) {
	s := newStore(t, Options{})
	commit(t, s, records(0, 300)...)
	for n := 300; n > 0; n -= 7 {
		commit(t, s, [][2]string{
			{record(n)[0], ""}, {record(n - 1)[0], ""}, {record(n - 2)[0], ""}, {record(n - 3)[0], ""},
			{record(n - 4)[0], ""}, {record(n - 5)[0], ""}, {record(n - 6)[0], ""}, {record(n - 7)[0], ""},
		}...)
		v := snapshot(t, s, 0)
		for i := range 20 {
			at := (n - 17 + i*5 + 600) % 300
			value := ""
			if at < n-7 {
				value = record(at)[1]
			}
			verifyBytes(t, v, record(at)[0], value)
		}
	}
	if s.Count() != 1 {
		t.Errorf("%d records are left", s.Count())
	}
	if err := s.Check(nil); err != nil {
		t.Error(err)
	}
}

func TestProofsOfRandomKeysVerifyAfterARestart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		db := openDB(t, vfs.NewMem())
		s := openStore(t, db, Options{})
		m := model{}
		for range rapid.IntRange(1, 3).Draw(t, "blocks") {
			b := s.Begin()
			for range rapid.IntRange(0, 150).Draw(t, "records") {
				k := string(rapid.SliceOfN(rapid.Byte(), 1, 3).Draw(t, "key"))
				if k == SentinelKey {
					continue
				}
				m[k] = rapid.StringN(1, 300, -1).Draw(t, "value")
				b.Set([]byte(k), []byte(m[k]))
			}
			if err := s.Commit(b, s.Version()+1, nil); err != nil {
				t.Fatalf("commit: %v", err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
		s = openStore(t, db, Options{})
		v, err := s.Snapshot(0)
		if err != nil {
			t.Fatalf("snapshot: %v", err)
		}
		for i, k := range slices.Sorted(maps.Keys(m)) {
			if i%10 == 0 {
				verifyBytes(t, v, k, m[k])
			}
		}
		for range 20 {
			k := string(rapid.SliceOfN(rapid.Byte(), 1, 3).Draw(t, "probe"))
			if k != SentinelKey {
				verifyBytes(t, v, k, m[k])
			}
		}
		if err := v.Close(); err != nil {
			t.Fatalf("close view: %v", err)
		}
		closeAll(t, s, db)
	})
}

func TestRootAndBucketsDependOnContentOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := records(0, rapid.IntRange(0, 400).Draw(t, "records"))
		noise := rapid.IntRange(0, 400).Draw(t, "noise")
		straight, winding := openDB(t, vfs.NewMem()), openDB(t, vfs.NewMem())
		a, b := openStore(t, straight, Options{}), openStore(t, winding, Options{LeafCacheBytes: -1, Workers: 1})
		commit(t, a, content...)

		// The other one inserts in another order, in several blocks, with records that do not stay.
		order := rapid.Permutation(content).Draw(t, "order")
		for len(order) > 0 {
			n := rapid.IntRange(1, len(order)).Draw(t, "block")
			var extra [][2]string
			for i := range noise {
				extra = append(extra, [2]string{fmt.Sprintf("noise/%d", i), fmt.Sprint(n)})
			}
			commit(t, b, append(extra, [2]string{order[0][0], "another value"})...)
			commit(t, b, order[:n]...)
			order = order[n:]
		}
		var gone [][2]string
		for i := range noise {
			gone = append(gone, [2]string{fmt.Sprintf("noise/%d", i), ""})
		}
		commit(t, b, gone...)
		if a.Root() != b.Root() || a.Count() != b.Count() {
			t.Fatalf("roots %x and %x", a.Root(), b.Root())
		}
		if err := b.Check(nil); err != nil {
			t.Fatalf("check: %v", err)
		}
		x, y := bucketsOf(t, straight), bucketsOf(t, winding)
		if len(x) != len(y) {
			t.Fatalf("%d and %d buckets", len(x), len(y))
		}
		for i := range x {
			if x[i].path != y[i].path || x[i].node.sum != y[i].node.sum {
				t.Fatalf("bucket %d differs", i)
			}
		}
		closeAll(t, a, straight)
		closeAll(t, b, winding)
	})
}

func TestProveNamesACorruptTable(t *testing.T) {
	s := newStore(t, Options{})
	commit(t, s, records(0, 100)...)
	tamper(t, s, tableValues, []byte(record(7)[0]), []byte("forged"))
	commit(t, s, record(100))
	_, err := snapshot(t, s, 0).Prove([]byte(record(7)[0]))
	if corrupt, ok := errors.AsType[*CorruptError](err); !ok || corrupt.Table != Leaves {
		t.Errorf("prove: %v", err)
	}
}
