package statuslist

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The example list of Bitstring Status List 1.0 section 2.2: 131,072 zero bits.
const specificationList = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"

func TestSpecificationListDecodes(t *testing.T) {
	bits, err := Decode(specificationList, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(bits) != MinEntries/8 || !bytes.Equal(bits, make([]byte, len(bits))) {
		t.Errorf("%d bytes, want %d zeros", len(bits), MinEntries/8)
	}
}

func TestFirstEntryIsInTheMostSignificantBits(t *testing.T) {
	for size, want := range map[int]byte{1: 0x80, 2: 0x40, 4: 0x10, 8: 0x01} {
		list := make([]byte, 2)
		if err := Set(list, 0, size, 1); err != nil {
			t.Fatal(err)
		}
		if list[0] != want {
			t.Errorf("size %d: first byte is %#x, want %#x", size, list[0], want)
		}
	}
}

// A list is a map from index to value: setting one entry changes no other.
func TestEntriesAreIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1, 2, 4, 8}).Draw(t, "size")
		list := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "list")
		model := map[int64]uint64{}
		for i := range Entries(list, size) {
			model[i], _ = Value(list, i, size)
		}
		index := rapid.Int64Range(0, Entries(list, size)-1).Draw(t, "index")
		value := rapid.Uint64Range(0, mask(size)).Draw(t, "value")
		if err := Set(list, index, size, value); err != nil {
			t.Fatal(err)
		}
		model[index] = value
		for i, want := range model {
			if v, _ := Value(list, i, size); v != want {
				t.Fatalf("entry %d is %d, want %d", i, v, want)
			}
		}
	})
}

func TestRangesAreChecked(t *testing.T) {
	list := make([]byte, 4)
	for _, test := range []struct {
		index int64
		size  int
		err   error
	}{
		{-1, 1, ErrRange}, {32, 1, ErrRange}, {1<<53 + 1, 1, ErrRange}, {-1 << 63, 8, ErrRange}, {4, 8, ErrRange},
		{0, 3, ErrVerification}, {0, 0, ErrVerification}, {0, 16, ErrVerification}, {0, -1, ErrVerification}, {31, 1, nil}, {3, 8, nil},
	} {
		if _, err := Value(list, test.index, test.size); !errors.Is(err, test.err) {
			t.Errorf("Value(%d, %d): %v", test.index, test.size, err)
		}
	}
	if err := Set(list, 0, 2, 4); !errors.Is(err, ErrVerification) {
		t.Errorf("a value that does not fit: %v", err)
	}
}

func zipped(parts ...[]byte) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		w := gzip.NewWriter(&b)
		_, _ = w.Write(p)
		_ = w.Close()
	}
	return b.Bytes()
}

func text(raw []byte) string { return "u" + base64.RawURLEncoding.EncodeToString(raw) }

// Reliability table 60 and 61.
func TestBadEncodedListsAreRefused(t *testing.T) {
	list := make([]byte, MinEntries/8)
	good := zipped(list)
	wrongCRC := bytes.Clone(good)
	wrongCRC[len(wrongCRC)-8] ^= 1
	wrongLength := bytes.Clone(good)
	wrongLength[len(wrongLength)-1] ^= 1
	bomb := zipped(make([]byte, 32<<20))
	for _, test := range []struct {
		name    string
		encoded string
		size    int
		err     error
	}{
		{"good", text(good), 1, nil},
		{"empty", "", 1, ErrVerification},
		{"only the prefix", "u", 1, ErrVerification},
		{"no prefix", text(good)[1:], 1, ErrVerification},
		{"another base", "z" + text(good)[1:], 1, ErrVerification},
		{"padding", text(good) + "=", 1, ErrVerification},
		{"line break", "u\n" + text(good)[1:], 1, ErrVerification},
		{"not gzip", text(list), 1, ErrVerification},
		{"several members", text(zipped(list[:8192], list[8192:])), 1, ErrVerification},
		{"wrong checksum", text(wrongCRC), 1, ErrVerification},
		{"wrong length", text(wrongLength), 1, ErrVerification},
		{"truncated", text(good[:len(good)-4]), 1, ErrVerification},
		{"trailing bytes", text(append(bytes.Clone(good), 0)), 1, ErrVerification},
		{"bomb", text(bomb), 1, ErrLength},
		{"text beyond any list", "u" + strings.Repeat("A", maxText+1), 1, ErrLength},
		{"one entry short", text(zipped(list[1:])), 1, ErrLength},
		{"too short for two bits", text(good), 2, ErrLength},
		{"long enough for two bits", text(zipped(make([]byte, MinEntries/4))), 2, nil},
		{"size 3", text(good), 3, ErrVerification},
	} {
		start := time.Now()
		_, err := Decode(test.encoded, test.size)
		if !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
			t.Errorf("%s: error is %v, want %v", test.name, err, test.err)
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s: took %s", test.name, d)
		}
	}
	if _, err := Encode(list[1:], 1); !errors.Is(err, ErrLength) {
		t.Errorf("encoding a short list: %v", err)
	}
}
