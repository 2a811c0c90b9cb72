package statuslist

import (
	"bytes"
	"encoding/json"
	"testing"

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

func FuzzDecodeToken(f *testing.F) {
	f.Add("eNrbuRgAAhcBXQ", 1)
	f.Add("eNo76fITAAPfAgc", 2)
	f.Fuzz(func(t *testing.T, lst string, size int) {
		list, err := DecodeToken(lst, size)
		if err != nil {
			return
		}
		again, err := EncodeToken(list, size)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeToken(again, size); err != nil || !bytes.Equal(back, list) {
			t.Fatalf("round trip: %v", err)
		}
	})
}

// FuzzOrders is differential: a value read in Bitstring order equals the one read in Token order after turning over.
func FuzzOrders(f *testing.F) {
	f.Add([]byte{0xB9, 0xA3}, int64(3), 1)
	f.Add([]byte{0xC9, 0x44, 0xF9}, int64(11), 2)
	f.Fuzz(func(t *testing.T, list []byte, index int64, size int) {
		value, err := Value(list, index, size)
		token, turnErr := FromBitstring(list, size)
		if turnErr != nil {
			if err == nil {
				t.Fatalf("size %d is read but not turned over", size)
			}
			return
		}
		other, tokenErr := TokenValue(token, index, size)
		if (err == nil) != (tokenErr == nil) || value != other {
			t.Fatalf("%d, %v against %d, %v", value, err, other, tokenErr)
		}
	})
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
