package op

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// Keys of small order and non-canonical encodings are refused by keys.New, long before consensus sees them. The rule
// itself must still give one answer for them, so these tests ask it below keys.Public.

type speccase struct {
	Number                        int
	Note                          string
	Message, PublicKey, Signature string
	Valid                         bool
}

func speccheck(t testing.TB) []speccase {
	t.Helper()
	data, err := os.ReadFile("testdata/speccheck.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []speccase }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) != 12 {
		t.Fatalf("speccheck has %d cases, want 12", len(file.Cases))
	}
	return file.Cases
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// inBatches asks the same question alone in batches, and among others that are good, or good and bad.
func inBatches(t *testing.T, q question, want bool) {
	t.Helper()
	for _, size := range []int{1, 2, 16, 95} {
		for _, neighbours := range []string{"same", "good", "mixed"} {
			questions := make([]question, size)
			answers := make([]bool, size)
			for i := range questions {
				questions[i], answers[i] = q, want
				if neighbours != "same" && i%2 == 1 {
					questions[i], answers[i] = goodQuestion(i), true
				}
				if neighbours == "mixed" && i%5 == 3 {
					questions[i].message, answers[i] = []byte("another"), false
				}
			}
			seed := bytes.Repeat([]byte{byte(size)}, 32)
			for i, got := range verifyEquation(questions, seed) {
				if neighbours == "mixed" && i%5 == 3 {
					continue // small-order keys may verify any message
				}
				if got != answers[i] {
					t.Errorf("batch of %d with %s neighbours: element %d is %t, want %t", size, neighbours, i, got, answers[i])
				}
			}
		}
	}
}

func goodQuestion(i int) question {
	secret := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(i)}, 32))
	message := fmt.Appendf(nil, "message %d", i)
	return question{secret.Public().(ed25519.PublicKey), message, ed25519.Sign(secret, message)}
}

// reliability (3) 6
func TestSpeccheckGivesOneAnswerSingleAndInBatches(t *testing.T) {
	for _, c := range speccheck(t) {
		t.Run(fmt.Sprint(c.Number), func(t *testing.T) {
			q := question{unhex(t, c.PublicKey), unhex(t, c.Message), unhex(t, c.Signature)}
			if got := verifyEd25519(q.key, q.message, q.signature); got != c.Valid {
				t.Errorf("%s: %t, want %t", c.Note, got, c.Valid)
			}
			inBatches(t, q, c.Valid)
		})
	}
}

// The encodings of the eight points of small order, canonical and not (ZIP 215, "Test vectors").
var smallOrderPoints = []string{
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}

// reliability (3) 6
func TestSmallOrderKeysAndCommitmentsVerifyAsInZIP215(t *testing.T) {
	message := []byte("Zcash")
	var all []question
	for _, a := range smallOrderPoints {
		for _, r := range smallOrderPoints {
			q := question{unhex(t, a), message, append(unhex(t, r), make([]byte, 32)...)}
			if !verifyEd25519(q.key, q.message, q.signature) {
				t.Errorf("A %s R %s: refused", a, r)
			}
			all = append(all, q)
		}
	}
	for i, ok := range verifyEquation(all, make([]byte, 32)) {
		if !ok {
			t.Errorf("question %d: refused in a batch", i)
		}
	}
}

// The order of the group, little-endian: S + L is another encoding of the same scalar and must not pass.
func TestScalarAboveTheOrderIsRefused(t *testing.T) {
	order := unhex(t, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	q := goodQuestion(1)
	carry := 0
	for i := range 32 {
		sum := int(q.signature[32+i]) + int(order[i]) + carry
		q.signature[32+i], carry = byte(sum), sum>>8
	}
	if verifyEd25519(q.key, q.message, q.signature) {
		t.Error("S + L verifies")
	}
	inBatches(t, q, false)
}

func TestKeysOfOddLengthVerifyNothing(t *testing.T) {
	q := goodQuestion(1)
	for _, key := range [][]byte{nil, q.key[:31], append(bytes.Clone(q.key), 0)} {
		if verifyEd25519(key, q.message, q.signature) {
			t.Errorf("key of %d bytes verifies", len(key))
		}
	}
}
