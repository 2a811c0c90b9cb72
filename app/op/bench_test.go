package op_test

import (
	stded25519 "crypto/ed25519"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/hanse-id/hanse/app/op"
)

func manyChecks(n int) []op.Check {
	checks := make([]op.Check, n)
	for i := range checks {
		checks[i] = check(ed(byte(i)), fmt.Sprintf("%600d", i))
	}
	return checks
}

// BenchmarkDecode has encoding/json on the payload alone, unchecked, as control.
func BenchmarkDecode(b *testing.B) {
	envelope := signed(b, draft(), ed(1))
	several := signed(b, draft(), ed(1), ed(2), ec(1))
	payload := must(draft().Payload())
	b.Run("compact", func(b *testing.B) {
		b.SetBytes(int64(len(envelope)))
		for b.Loop() {
			must(op.Decode(envelope))
		}
	})
	b.Run("general-3", func(b *testing.B) {
		b.SetBytes(int64(len(several)))
		for b.Loop() {
			must(op.Decode(several))
		}
	})
	b.Run("control-json-payload", func(b *testing.B) {
		b.SetBytes(int64(len(payload)))
		for b.Loop() {
			var v any
			if err := json.Unmarshal(payload, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkVerify reports ns per signature; the control is crypto/ed25519 on the same messages.
func BenchmarkVerify(b *testing.B) {
	checks := manyChecks(1024)
	perSignature := func(b *testing.B, n int) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/sig")
	}
	b.Run("control-crypto-ed25519", func(b *testing.B) {
		public := stded25519.PublicKey(checks[0].Key.Bytes())
		for b.Loop() {
			if !stded25519.Verify(public, checks[0].Input, checks[0].Value) {
				b.Fatal("does not verify")
			}
		}
		perSignature(b, 1)
	})
	b.Run("single-ed25519", func(b *testing.B) {
		for b.Loop() {
			checks[0].Verify()
		}
		perSignature(b, 1)
	})
	b.Run("single-p256", func(b *testing.B) {
		c := check(ec(1), "message")
		for b.Loop() {
			c.Verify()
		}
		perSignature(b, 1)
	})
	for _, n := range []int{64, 256, 1024} {
		b.Run(fmt.Sprintf("batch-%d", n), func(b *testing.B) {
			for b.Loop() {
				op.VerifyAll(checks[:n])
			}
			perSignature(b, n)
		})
		b.Run(fmt.Sprintf("batch-%d-half-bad", n), func(b *testing.B) {
			broken := append([]op.Check(nil), checks[:n]...)
			for i := range broken {
				if i%2 == 0 {
					broken[i].Input = []byte("not what was signed")
				}
			}
			for b.Loop() {
				op.VerifyAll(broken)
			}
			perSignature(b, n)
		})
	}
}

// BenchmarkBatch seals and opens what a busy center sends: 400 operations.
func BenchmarkBatch(b *testing.B) {
	envelopes := make([][]byte, 400)
	raw := 0
	for i := range envelopes {
		d := draft()
		d.Nonce[15] = byte(i)
		d.Nonce[14] = byte(i >> 8)
		envelopes[i] = signed(b, d, ed(byte(i)))
		raw += len(envelopes[i])
	}
	tx := sealed(b, envelopes...)
	h := must(op.DecodeHeader(tx))
	b.Run("seal-400", func(b *testing.B) {
		b.SetBytes(int64(raw))
		b.ReportMetric(float64(len(tx))/400, "wire-B/op")
		for b.Loop() {
			sealed(b, envelopes...)
		}
	})
	b.Run("open-400", func(b *testing.B) {
		b.SetBytes(int64(raw))
		for b.Loop() {
			must(h.Open())
		}
	})
}
