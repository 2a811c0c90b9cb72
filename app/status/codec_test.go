package status

import (
	"bytes"
	"testing"
)

func FuzzDecodeHistory(f *testing.F) {
	data, err := step{time: 5, changes: []change{{1, 2}, {1023, 255}}}.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"changes":[[1024,0]],"time":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decodeStep(data)
		if err != nil {
			return
		}
		again, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decodeStep(again); err != nil || len(back.changes) != len(s.changes) {
			t.Errorf("%s: %v", again, err)
		}
	})
}

func FuzzDecodeList(f *testing.F) {
	data, err := (&List{Issuer: "did:a:b", Owner: "did:a:b", Operators: []string{"z"}, Purposes: []string{"revocation"}, Size: MinSize, Bits: 1}).encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := decodeList(data)
		if err != nil {
			return
		}
		again, err := l.encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := decodeList(again)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := back.encode(); err != nil || !bytes.Equal(again, twice) {
			t.Errorf("not stable: %s (%v)", again, err)
		}
	})
}

// The largest bits come first, in every width: entry 0 of a chunk is in the top of byte 0.
func TestEntriesArePackedInW3COrder(t *testing.T) {
	for bits, want := range map[int64][]byte{1: {0b1100_0000}, 2: {0b0110_0000}, 4: {0x1A}, 8: {0x01}} {
		c := newChunk(bits)
		for i, v := range map[int64][]uint8{1: {1, 1}, 2: {1, 2}, 4: {1, 10}, 8: {1, 200}}[bits] {
			c.set(int64(i), v)
			if got := c.get(int64(i)); got != v {
				t.Errorf("%d bits, entry %d: got %d", bits, i, got)
			}
		}
		if !bytes.Equal(want, c.data[:1]) {
			t.Errorf("%d bits: got %08b", bits, c.data[0])
		}
	}
}
