package keys_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keys/keystest"
	"github.com/hanse-id/hanse/did/keystore"
)

func key(t testing.TB, alg keys.Algorithm, raw []byte) keys.Public {
	t.Helper()
	k, err := keys.New(alg, raw)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// good is a question that is answered with yes, different for every n.
func good(t testing.TB, n int) keys.Question {
	t.Helper()
	secret := ed25519.NewKeyFromSeed(fmt.Appendf(nil, "%032d", n))
	message := fmt.Appendf(nil, "message %d", n)
	return keys.Question{Key: key(t, keys.EdDSA, secret[32:]), Message: message, Signature: ed25519.Sign(secret, message)}
}

// mixed is a signature whose commitment has a part of small order.
func mixed(t testing.TB, n int) keys.Question {
	t.Helper()
	secret := ed25519.NewKeyFromSeed(fmt.Appendf(nil, "%032d", n))
	message := fmt.Appendf(nil, "mixed %d", n)
	signature, err := keystest.SignMixed(secret, message, n)
	if err != nil {
		t.Fatal(err)
	}
	return keys.Question{Key: key(t, keys.EdDSA, secret[32:]), Message: message, Signature: signature}
}

// odd lists questions that implementations are known to disagree about, with the one answer that is given here.
func odd(t testing.TB) (list []keys.Question, answers []bool) {
	t.Helper()
	data, err := os.ReadFile("testdata/speccheck.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Number                        int
			Message, PublicKey, Signature string
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, c := range file.Cases {
		k, err := keys.New(keys.EdDSA, unhexed(t, c.PublicKey))
		if err != nil { // a key of small order or in another encoding is none
			refused++
			continue
		}
		list = append(list, keys.Question{Key: k, Message: unhexed(t, c.Message), Signature: unhexed(t, c.Signature)})
		answers = append(answers, c.Number >= 2 && c.Number <= 5)
	}
	if refused != 4 || len(list) != 8 {
		t.Fatalf("%d keys refused, %d cases left", refused, len(list))
	}
	for n := range 7 {
		q := mixed(t, n)
		if ed25519.Verify(q.Key.Bytes(), q.Message, q.Signature) {
			t.Fatal("what should tell the two equations apart does not")
		}
		list, answers = append(list, q), append(answers, true)
	}
	q := good(t, 1)
	for _, change := range []func(*keys.Question){
		func(q *keys.Question) { q.Signature = nil },
		func(q *keys.Question) { q.Signature = append(slices.Clone(q.Signature), 0) },
		func(q *keys.Question) { q.Signature = make([]byte, 64) },
		func(q *keys.Question) { q.Key = keys.Public{} },
		func(q *keys.Question) { q.Message = nil },
		func(q *keys.Question) { q.Signature = tooLarge(q.Signature) },
	} {
		changed := q
		change(&changed)
		list, answers = append(list, changed), append(answers, false)
	}
	return list, answers
}

// tooLarge adds the order of the group to S: the same number, written in another way.
func tooLarge(signature []byte) []byte {
	order := []byte{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10}
	out, carry := slices.Clone(signature), 0
	for i, b := range order {
		carry += int(out[32+i]) + int(b)
		out[32+i], carry = byte(carry), carry>>8
	}
	return out
}

func unhexed(t testing.TB, s string) []byte {
	t.Helper()
	var out []byte
	if _, err := fmt.Sscanf(s, "%x", &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// reliability (3) 6
func TestOddSignaturesGetOneAnswerAloneAndInBatches(t *testing.T) {
	list, answers := odd(t)
	for i, q := range list {
		if q.Verify() != answers[i] {
			t.Errorf("%d: answered %t, want %t", i, q.Verify(), answers[i])
		}
		for _, size := range []int{1, 2, 3, 16, 300} {
			for _, neighbours := range []string{"same", "good", "odd"} {
				questions, want := make([]keys.Question, size), make([]bool, size)
				for n := range questions {
					questions[n], want[n] = q, answers[i]
					if n%2 == 1 && neighbours == "good" {
						questions[n], want[n] = good(t, n), true
					}
					if n%2 == 1 && neighbours == "odd" {
						questions[n], want[n] = list[n%len(list)], answers[n%len(list)]
					}
				}
				if d := cmp.Diff(want, keys.VerifyAll(questions)); d != "" {
					t.Errorf("%d in a batch of %d, neighbours %s: %s", i, size, neighbours, d)
				}
			}
		}
	}
	if got := keys.VerifyAll(nil); len(got) != 0 {
		t.Errorf("nothing is answered with %v", got)
	}
}

func TestKeysOfEveryKindShareABatch(t *testing.T) {
	var questions []keys.Question
	var want []bool
	for n := range 3 * 8 {
		alg := []keys.Algorithm{keys.EdDSA, keys.ES256, keys.ES384, keys.ES256K}[n%4]
		signer, err := keystore.GeneratePrivate(alg)
		if err != nil {
			t.Fatal(err)
		}
		message := fmt.Appendf(nil, "message %d", n)
		signature, err := signer.Sign(t.Context(), message)
		if err != nil {
			t.Fatal(err)
		}
		if n%5 == 0 {
			message = append(message, '!')
		}
		questions, want = append(questions, keys.Question{Key: signer.Public(), Message: message, Signature: signature}), append(want, n%5 != 0)
	}
	if d := cmp.Diff(want, keys.VerifyAll(questions)); d != "" {
		t.Error(d)
	}
}

// FuzzVerifyAll changes one byte of one signature, key or message in a batch with odd neighbours: single and batch agree.
func FuzzVerifyAll(f *testing.F) {
	f.Add(uint16(3), uint16(5), byte(1))
	f.Add(uint16(20), uint16(63), byte(0x80))
	list, _ := odd(f)
	for n := range 8 {
		list = append(list, good(f, n), mixed(f, n))
	}
	f.Fuzz(func(t *testing.T, which, where uint16, flip byte) {
		questions := slices.Clone(list)
		q := &questions[int(which)%len(questions)]
		text := slices.Concat(q.Signature, q.Message)
		if len(text) == 0 {
			return
		}
		text[int(where)%len(text)] ^= flip
		q.Signature, q.Message = text[:len(q.Signature)], text[len(q.Signature):]
		for i, got := range keys.VerifyAll(questions) {
			if want := questions[i].Verify(); got != want {
				t.Errorf("%d: %t in a batch, %t alone", i, got, want)
			}
		}
	})
}

// BenchmarkVerifyAll compares batches with verifying one by one, ours and crypto/ed25519's, in the same run.
func BenchmarkVerifyAll(b *testing.B) {
	for _, n := range []int{16, 64, 256, 1000} {
		questions := make([]keys.Question, n)
		for i := range questions {
			questions[i] = good(b, i)
		}
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for b.Loop() {
				if slices.Contains(keys.VerifyAll(questions), false) {
					b.Fatal("refused")
				}
			}
		})
		b.Run(fmt.Sprintf("n=%d/control=single", n), func(b *testing.B) {
			for b.Loop() {
				for _, q := range questions {
					q.Verify()
				}
			}
		})
		b.Run(fmt.Sprintf("n=%d/control=crypto", n), func(b *testing.B) {
			raw := make([]ed25519.PublicKey, n)
			for i, q := range questions {
				raw[i] = q.Key.Bytes()
			}
			for b.Loop() {
				for i, q := range questions {
					ed25519.Verify(raw[i], q.Message, q.Signature)
				}
			}
		})
	}
}
