package statuslist

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/hanse-id/hanse/did/jcs"
)

func FuzzDecode(f *testing.F) {
	f.Add(specificationList, 1)
	f.Add(text(zipped(make([]byte, MinEntries/8))), 2)
	f.Fuzz(func(t *testing.T, encoded string, size int) {
		list, err := Decode(encoded, size)
		if err != nil {
			return
		}
		again, err := Encode(list, size)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Decode(again, size); err != nil || !bytes.Equal(back, list) {
			t.Fatalf("round trip: %v", err)
		}
	})
}

// A list that is read entry by entry, straight from the specifications' words and the standard library, says what ours says, in
// both orders: Bitstring Status List 1.0 section 3.2 and Token Status List section 4.1.
func FuzzAgreesWithAPlainReading(f *testing.F) {
	f.Add([]byte{0xC9, 0x44, 0xF9}, uint8(1))
	f.Add([]byte{0b10_01_00_11}, uint8(2))
	f.Fuzz(func(t *testing.T, seed []byte, power uint8) {
		size := 1 << (power % 4)
		list := make([]byte, MinEntries*size/8)
		copy(list, seed)
		bitstring, err := Encode(list, size)
		if err != nil {
			t.Fatal(err)
		}
		token := &Token{URI: "https://a.example/1", IssuedAt: time.Unix(1, 0), Size: size, Bits: list}
		claims, err := token.Claims()
		if err != nil {
			t.Fatal(err)
		}
		packed, _ := claims[tokenClaim].(map[string]any)["lst"].(string)
		first := unpacked(t, bitstring[1:], func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) })
		second := unpacked(t, packed, zlib.NewReader)
		for index := range min(len(seed)+1, 64) * 8 / size {
			want, err := Value(list, int64(index), size)
			if err != nil {
				t.Fatal(err)
			}
			var left, right uint64
			for bit := index * size; bit < (index+1)*size; bit++ {
				left = left<<1 | uint64(first[bit/8]>>(7-bit%8)&1)
				right |= uint64(second[bit/8]>>(bit%8)&1) << (bit - index*size)
			}
			if left != want || right != want {
				t.Fatalf("entry %d of %d bits: bitstring %d, token %d, ours %d", index, size, left, right, want)
			}
		}
	})
}

func unpacked(t *testing.T, encoded string, open func(io.Reader) (io.ReadCloser, error)) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	r, err := open(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	list, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func FuzzOpen(f *testing.F) {
	c, err := Build(exampleList())
	if err != nil {
		f.Fatal(err)
	}
	data, _ := json.Marshal(c)
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jcs.Parse(data, jcs.Limits{})
		m, ok := v.(map[string]any)
		if err != nil || !ok {
			return
		}
		l := exampleList()
		if got, err := Open(m, Want{URL: l.URL, Purpose: "revocation", Issuer: l.Issuer, Size: 1}); err == nil && got.Issuer != l.Issuer {
			t.Fatal("a list of another issuer was opened")
		}
	})
}
