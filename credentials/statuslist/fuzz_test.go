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
