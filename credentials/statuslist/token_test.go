package statuslist

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The examples of draft-ietf-oauth-status-list, sections 4.1 and 4.2, with their compressed forms.
var published = []struct {
	size   int
	values []uint64
	bytes  []byte
	lst    string
}{
	{1, []uint64{1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1}, []byte{0xB9, 0xA3}, "eNrbuRgAAhcBXQ"},
	{2, []uint64{1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3}, []byte{0xC9, 0x44, 0xF9}, "eNo76fITAAPfAgc"},
}

func TestPublishedListsDecode(t *testing.T) {
	for _, p := range published {
		token, err := OpenClaims(map[string]any{"sub": "https://example.com/1", "iat": int64(1), "status_list": map[string]any{"bits": int64(p.size), "lst": p.lst}})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(p.bytes, mirror(token.Bits, p.size)); d != "" {
			t.Error(d)
		}
		for i, want := range p.values {
			if got, err := Value(token.Bits, int64(i), p.size); err != nil || got != want {
				t.Errorf("entry %d is %d, %v; want %d", i, got, err, want)
			}
		}
	}
}

// Both encodings of one list give the same values, and the IETF's has entry 0 in the least significant bits.
func TestBothOrdersSayTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1, 2, 4, 8}).Draw(t, "size")
		list := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "list")
		mirrored := mirror(list, size)
		if !bytes.Equal(mirror(mirrored, size), list) {
			t.Fatal("mirroring twice is not nothing")
		}
		for i := range Entries(list, size) {
			want, _ := Value(list, i, size)
			perByte := int64(8 / size)
			if got := uint64(mirrored[i/perByte]) >> (int(i%perByte) * size) & mask(size); got != want {
				t.Fatalf("entry %d of %d bits: %d, want %d", i, size, got, want)
			}
		}
	})
}

func token(size int) *Token {
	return &Token{URI: "https://c.example/1", IssuedAt: time.Unix(1_800_000_000, 0).UTC(), Expires: time.Unix(1_800_003_600, 0).UTC(), TTL: time.Minute, Size: size, Bits: bytes.Repeat([]byte{1, 2, 3, 250}, 100)}
}

func TestTokensRoundTrip(t *testing.T) {
	for _, size := range []int{1, 2, 4, 8} {
		want := token(size)
		claims, err := want.Claims()
		if err != nil {
			t.Fatal(err)
		}
		got, err := OpenClaims(claims)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		payload, err := want.CBOR()
		if err != nil {
			t.Fatal(err)
		}
		if got, err = OpenCBOR(payload); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

func TestBadTokensAreRefused(t *testing.T) {
	good, err := token(2).Claims()
	if err != nil {
		t.Fatal(err)
	}
	list := good["status_list"].(map[string]any)
	with := func(name string, v any) map[string]any {
		out := map[string]any{}
		for n, old := range good {
			out[n] = old
		}
		out[name] = v
		return out
	}
	within := func(name string, v any) map[string]any {
		return with("status_list", map[string]any{"bits": list["bits"], "lst": list["lst"], name: v})
	}
	for name, claims := range map[string]map[string]any{
		"no sub":         with("sub", nil),
		"sub empty":      with("sub", ""),
		"iat a text":     with("iat", "1"),
		"iat zero":       with("iat", int64(0)),
		"exp negative":   with("exp", int64(-1)),
		"ttl zero":       with("ttl", int64(0)),
		"ttl enormous":   with("ttl", int64(1)<<60),
		"no list":        with("status_list", nil),
		"list a text":    with("status_list", "x"),
		"3 bits":         within("bits", int64(3)),
		"0 bits":         within("bits", int64(0)),
		"2^32+1 bits":    within("bits", int64(1)<<32+1),
		"no lst":         within("lst", nil),
		"lst padded":     within("lst", list["lst"].(string)+"="),
		"lst no base64":  within("lst", "!"),
		"lst no zlib":    within("lst", "AAAA"),
		"lst cut":        within("lst", list["lst"].(string)[:20]),
		"lst empty":      within("lst", "eNoDAAAAAAE"),
		"gzip":           within("lst", "H4sIAAAAAAAC_wMAAAAAAAAAAAA"),
		"trailing bytes": within("lst", "eNrbuRgAAhcBXQAA"),
	} {
		if got, err := OpenClaims(claims); !errors.Is(err, ErrVerification) && !errors.Is(err, ErrLength) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for name, payload := range map[string][]byte{"nothing": nil, "a text": []byte("\x61a"), "an empty map": {0xA0}, "twice": {0xA2, 2, 0x61, 'a', 2, 0x61, 'b'}} {
		if got, err := OpenCBOR(payload); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzOpenCBOR(f *testing.F) {
	payload, err := token(1).CBOR()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload)
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, err := OpenCBOR(payload)
		if err != nil {
			return
		}
		again, err := got.CBOR()
		if err != nil {
			t.Fatal(err)
		}
		twice, err := OpenCBOR(again)
		if err != nil || cmp.Diff(got, twice) != "" {
			t.Fatalf("%v became %v, %v", got, twice, err)
		}
	})
}
