package app

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// manySignatures is an operation of about 120 KiB whose 16 signing inputs take ten times as much.
func manySignatures(t *testing.T, n int) []byte {
	t.Helper()
	payload, err := op.Draft{
		League: "test", Type: "did.update", By: "did:hanse:test:x", Exp: 1, Nonce: [16]byte{1, byte(n)},
		Body: map[string]any{"x": strings.Repeat("x", 60_000)},
	}.Payload()
	if err != nil {
		t.Fatal(err)
	}
	signatures := make([]op.Signature, op.MaxSignatures)
	for i := range signatures {
		kid := did.URL{DID: "did:hanse:test:x", Fragment: fmt.Sprintf("k%02d", i)}
		signatures[i] = op.Signature{Alg: keys.EdDSA, KID: kid, Value: make([]byte, 64)}
	}
	envelope, err := op.Assemble(payload, signatures)
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}

// What is kept opened is bounded by what it takes, not by what was sent: small batches can hold large operations.
func TestOpenedBatchesAreBoundedByWhatTheyTake(t *testing.T) {
	seed := sha256.Sum256([]byte("sponsor"))
	sponsor, err := keystore.NewPrivate(keys.EdDSA, seed[:])
	if err != nil {
		t.Fatal(err)
	}
	var b batches
	for n := range 24 {
		tx, err := op.SealBatch(t.Context(), "test", "did:hanse:test:center", [16]byte{byte(n)}, 1, [][]byte{manySignatures(t, n)}, sponsor)
		if err != nil {
			t.Fatal(err)
		}
		h, err := op.DecodeHeader(tx)
		if err != nil {
			t.Fatal(err)
		}
		ops, err := b.open(h)
		if err != nil || ops[0] == nil {
			t.Fatal(err)
		}
	}
	held := 0
	for _, ops := range b.kept {
		for _, s := range ops[0].Signatures {
			held += len(s.Input)
		}
	}
	if held > openedBytes || held == 0 || b.bytes > openedBytes {
		t.Errorf("%d bytes held, %d counted, at most %d allowed", held, b.bytes, openedBytes)
	}
}
