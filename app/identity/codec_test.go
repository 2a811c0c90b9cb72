package identity

import (
	"bytes"
	"testing"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// stable says whether what a decoder accepts is written in one form, which it reads as the same.
func stable[T interface{ encode() ([]byte, error) }](t *testing.T, data []byte, decode func([]byte) (T, error)) {
	r, err := decode(data)
	if err != nil {
		return
	}
	once, err := r.encode()
	if err != nil {
		return // a document with what the ledger never stores
	}
	again, err := decode(once)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := again.encode()
	if err != nil || !bytes.Equal(once, twice) {
		t.Errorf("not stable: %s, %s (%v)", once, twice, err)
	}
}

func FuzzDecodeRecord(f *testing.F) {
	r := &Record{DID: "did:hanse:test:a", N: 2, VersionID: "2-x", Threshold: 1, Next: []string{"h"}, Recovery: &Recovery{Set: []did.DID{"did:key:z"}, Threshold: 1, Delay: 5, League: 9},
		Document: &did.Document{Context: []any{did.Context}, ID: "did:hanse:test:a"}, Created: 1, Updated: 2, Height: 3, NextVersion: "3-y", NextUpdate: 4,
		Recovered: 1, During: "x", RecoveryFrom: 7}
	data, err := r.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"deactivated":true}`))
	f.Fuzz(func(t *testing.T, data []byte) { stable(t, data, decode) })
}

func FuzzDecodePending(f *testing.F) {
	for _, p := range []*Pending{
		{DID: "did:hanse:test:a", ID: op.ID{1}, Base: "2-x", Started: 1, Height: 2, Due: 3, Threshold: 1, item: 9,
			Document: &did.Document{Context: []any{did.Context}, ID: "did:hanse:test:a"}},
		{DID: "did:hanse:test:a", ID: op.ID{1}, League: true, Proposal: 7, Base: "2-x", Threshold: 2, Next: []string{"h"}, item: 9,
			Recovery: &Recovery{League: 9}, Document: &did.Document{Context: []any{did.Context}, ID: "did:hanse:test:a"}},
	} {
		data, err := p.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { stable(t, data, decodePending) })
}

func FuzzDecodeRecovered(f *testing.F) {
	data, err := (&recovered{did: "did:hanse:test:a", n: 3, by: "3-x", base: 1, id: op.ID{1}}).encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) { stable(t, data, decodeRecovered) })
}

func FuzzDecodeTally(f *testing.F) {
	f.Add([]byte(`{"count":3,"hour":7}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := decodeTally(data, hour)
		if err != nil {
			return
		}
		once, err := n.encode(hour)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := decodeTally(once, hour); err != nil || again != n {
			t.Errorf("%+v, then %+v, %v", n, again, err)
		}
	})
}
