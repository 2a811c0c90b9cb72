package identity

import (
	"bytes"
	"testing"

	"github.com/hanse-id/hanse/did"
)

func FuzzDecodeRecord(f *testing.F) {
	r := &Record{DID: "did:hanse:test:a", N: 2, VersionID: "2-x", Threshold: 1, Next: []string{"h"}, Recovery: map[string]any{"a": int64(1)},
		Document: &did.Document{Context: []any{did.Context}, ID: "did:hanse:test:a"}, Created: 1, Updated: 2, Height: 3, NextVersion: "3-y", NextUpdate: 4}
	data, err := r.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"deactivated":true}`))
	f.Fuzz(func(t *testing.T, data []byte) {
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
	})
}
