package op_test

import (
	"bytes"
	"testing"

	"github.com/hanse-id/hanse/app/op"
)

func FuzzDecode(f *testing.F) {
	f.Add(compact(header, payload))
	f.Add(general(signature("did:example:a#a"), signature("did:example:a#b")))
	for _, o := range readVectors(f).Operations {
		f.Add([]byte(o.Envelope))
	}
	f.Fuzz(func(t *testing.T, envelope []byte) {
		o, err := op.Decode(envelope)
		if err != nil {
			if o != nil {
				t.Fatal("an operation beside an error")
			}
			return
		}
		d := op.Draft{League: o.League, Type: o.Type, By: o.By, Exp: o.Exp, Nonce: o.Nonce, Body: o.Body}
		if d.Nonce != [16]byte{} {
			if again := must(d.Payload()); !bytes.Equal(again, o.Payload) {
				t.Fatalf("payload %q became %q", o.Payload, again)
			}
		}
		again := must(op.Assemble(o.Payload, o.Signatures))
		twin := must(op.Decode(again))
		if twin.ID != o.ID || len(twin.Signatures) != len(o.Signatures) {
			t.Fatalf("%q became %q", envelope, again)
		}
		low := must(op.NormalizeS(envelope))
		if lowOp := must(op.Decode(low)); lowOp.ID != o.ID {
			t.Fatal("normalising changed the id")
		}
		if len(o.Signatures) == 1 && !bytes.Equal(again, envelope) {
			t.Fatalf("a second form of a compact operation: %q and %q", envelope, again)
		}
	})
}

func FuzzDecodeHeader(f *testing.F) {
	raw := rawFrame("one", "two")
	f.Add(withFrame(2, uint32(len(raw)), pack(raw)))
	f.Add(withFrame(1, 1<<20, bomb(true)[:200]))
	f.Fuzz(func(t *testing.T, tx []byte) {
		h, err := op.DecodeHeader(tx)
		if err != nil {
			return
		}
		h.VerifySponsor(ed(9).Public())
		checkOpened(t, h)
	})
}

// FuzzOpen puts what the fuzzer makes where the frame is, so that it gets behind the header.
func FuzzOpen(f *testing.F) {
	raw := rawFrame("one", "two", string(compact(header, payload)))
	f.Add(uint32(3), uint32(len(raw)), pack(raw))
	f.Add(uint32(3), uint32(len(raw)), stored(raw))
	f.Add(uint32(3), uint32(len(raw)), streamed(raw))
	f.Add(uint32(1), uint32(1<<20), bomb(false)[:400])
	f.Fuzz(func(t *testing.T, count, rawLen uint32, frame []byte) {
		if h, err := op.DecodeHeader(withFrame(count, rawLen, frame)); err == nil {
			checkOpened(t, h)
		}
	})
}

func checkOpened(t *testing.T, h *op.Header) {
	envelopes, err := h.Open()
	if err != nil {
		return
	}
	size := 0
	for _, e := range envelopes {
		size += 4 + len(e)
	}
	if len(envelopes) != int(h.Count) || size != int(h.RawLen) {
		t.Fatalf("%d operations in %d bytes, header says %d in %d", len(envelopes), size, h.Count, h.RawLen)
	}
	again := must(open(sealed(t, envelopes...)))
	for i := range again {
		if !bytes.Equal(again[i], envelopes[i]) {
			t.Fatalf("operation %d changed", i)
		}
	}
}

// FuzzManyAtOnce is differential: batch against single verification, P-256 between.
func FuzzManyAtOnce(f *testing.F) {
	f.Add([]byte("message"), check(ed(1), "message").Value, uint8(3))
	f.Fuzz(func(t *testing.T, message, value []byte, at uint8) {
		checks := []op.Check{check(ed(1), "a"), check(ed(2), "b"), check(ec(1), "c"), check(ed(3), "d"), check(ed(1), "e")}
		for i := range checks {
			if i == int(at)%len(checks) {
				checks[i].Input, checks[i].Value = message, value
			}
		}
		for i, ok := range op.VerifyAll(checks) {
			if ok != checks[i].Verify() {
				t.Fatalf("check %d: %t at once", i, ok)
			}
		}
	})
}

func FuzzParseID(f *testing.F) {
	f.Add(op.PayloadID(nil).String())
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := op.ParseID(s); err == nil && id.String() != s {
			t.Fatalf("%q became %q", s, id)
		}
	})
}
