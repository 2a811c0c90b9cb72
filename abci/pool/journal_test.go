package pool

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

func journalWith(t *testing.T, groups ...[]record) (string, []int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	j, _, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	var ends []int64
	for _, g := range groups {
		if err := j.Append(g); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, j.Size())
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return path, ends
}

func read(t *testing.T, path string) []record {
	t.Helper()
	j, records, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return records
}

var groups = [][]record{
	{{Envelope: []byte("one")}, {Envelope: []byte("two")}},
	{{ID: op.ID{7}, Code: exec.CodeExpired, At: 99}, {Envelope: bytes.Repeat([]byte("x"), 1000)}},
	{{Envelope: []byte("four")}},
}

func TestJournalReturnsWhatWasAppended(t *testing.T) {
	path, _ := journalWith(t, groups...)
	var want []record
	for _, g := range groups {
		want = append(want, g...)
	}
	if diff := cmp.Diff(want, read(t, path)); diff != "" {
		t.Fatal(diff)
	}
}

func TestTornTailIsCutAtEveryLength(t *testing.T) {
	path, ends := journalWith(t, groups...)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := ends[1]; cut < ends[2]; cut++ {
		for _, tail := range [][]byte{nil, make([]byte, 64)} { // short, or the size grew and the data did not come
			torn := append(bytes.Clone(whole[:cut]), tail...)
			if err := os.WriteFile(path, torn, 0o600); err != nil {
				t.Fatal(err)
			}
			if got := read(t, path); len(got) != 4 {
				t.Fatalf("cut at %d: %d records", cut, len(got))
			}
			if info, _ := os.Stat(path); info.Size() != ends[1] {
				t.Fatalf("cut at %d: tail is still there", cut)
			}
		}
	}
}

func TestDamageInTheMiddleIsAnError(t *testing.T) {
	path, ends := journalWith(t, groups...)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := ends[0]; at < ends[1]; at++ {
		bad := bytes.Clone(whole)
		bad[at] ^= 0x40
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := openJournal(path)
		corrupt, ok := errors.AsType[*CorruptError](err)
		if !ok || corrupt.Offset != ends[0] {
			t.Fatalf("bit flipped at %d: %v", at, err)
		}
	}
}

func TestRewriteKeepsOnlyWhatItIsGiven(t *testing.T) {
	path, _ := journalWith(t, groups...)
	j, _, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Rewrite(groups[2]); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(groups[0]); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", []byte("left by a crash"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := append(append([]record{}, groups[2]...), groups[0]...)
	if diff := cmp.Diff(want, read(t, path)); diff != "" {
		t.Fatal(diff)
	}
}

func TestSettledJournalIsRewritten(t *testing.T) {
	f := newFixture(t, Limits{JournalBytes: 4000})
	for range 12 {
		f.submit(f.operation(time.Minute))
		f.commit(time.Second, f.pool.Reap(t.Context(), 0)...)
	}
	pending := f.operation(time.Minute)
	f.submit(pending)
	eventually(t, "journal shrinks", func() bool { return f.pool.journal.Size() < 4000 })
	f.stop()
	f.start()
	eventually(t, "settled operations are dropped", func() bool { return f.pool.Pending() == 1 })
	if _, ok := f.pool.Receipt(idOf(t, pending)); !ok {
		t.Fatal("pending operation was lost")
	}
}

func FuzzJournal(f *testing.F) {
	var whole []byte
	for _, g := range groups {
		whole = appendFrame(whole, g)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add([]byte(frameMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, n, err := readFrame(data)
		if err != nil {
			return
		}
		if n > len(data) {
			t.Fatal("frame is longer than its data")
		}
		if again := appendFrame(nil, records); !bytes.Equal(again, data[:n]) {
			t.Fatalf("round trip: %x became %x", data[:n], again)
		}
	})
}
