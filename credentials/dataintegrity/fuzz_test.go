package dataintegrity

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

func FuzzProofs(f *testing.F) {
	key := newKey(f, keys.EdDSA)
	signed, err := json.Marshal(add(f, document(f, plain), key))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add([]byte(`{"proof":[{"type":"DataIntegrityProof","id":"a","previousProof":["a"]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jcs.Parse(data, jcs.Limits{})
		doc, ok := v.(map[string]any)
		if err != nil || !ok {
			return
		}
		proofs, err := Proofs(doc)
		if err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnsupported) {
			t.Fatalf("error is none of this package: %v", err)
		}
		for _, p := range proofs {
			_ = p.Verify(doc, key.Public(), nil)
		}
	})
}

func FuzzDecodeProofValue(f *testing.F) {
	f.Add("z" + base58.Encode(make([]byte, 64)))
	f.Fuzz(func(t *testing.T, value string) {
		raw, err := decodeValue(value)
		if err == nil && "z"+base58.Encode(raw) != value {
			t.Fatalf("%q has another form", value)
		}
	})
}
