package op_test

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/keys"
)

func check(s op.Signer, message string) op.Check {
	value, err := s.Sign(context.Background(), []byte(message))
	if err != nil {
		panic(err)
	}
	if s.Public().Algorithm() == keys.ES256 {
		value = lowOf(value)
	}
	return op.Check{Key: s.Public(), Alg: s.Public().Algorithm(), Input: []byte(message), Value: value}
}

func lowOf(signature []byte) []byte {
	if isHigh(signature) {
		return highS(signature)
	}
	return signature
}

func isHigh(signature []byte) bool {
	return new(big.Int).SetBytes(signature[32:]).Cmp(new(big.Int).Rsh(orderP256, 1)) > 0
}

func TestGoodSignaturesVerify(t *testing.T) {
	for _, s := range []op.Signer{ed(1), ec(1)} {
		if c := check(s, "hello"); !c.Verify() {
			t.Errorf("%s: refused", c.Alg)
		}
	}
}

// reliability (3) 8
func TestHighSIsRefusedByConsensus(t *testing.T) {
	c := check(ec(1), "hello")
	c.Value = highS(c.Value)
	if !c.Key.Verify(c.Input, c.Value) {
		t.Fatal("the high-S twin is not a signature at all")
	}
	if c.Verify() {
		t.Error("high S verifies under consensus")
	}
}

// reliability (3) 8
func TestOutOfRangeScalarsAreRefused(t *testing.T) {
	zero, one := make([]byte, 32), append(make([]byte, 31), 1)
	order := elliptic.P256().Params().N.Bytes()
	c := check(ec(1), "hello")
	r, s := c.Value[:32], c.Value[32:]
	for name, value := range map[string][]byte{
		"r and s zero":    bytes.Join([][]byte{zero, zero}, nil),
		"r zero":          bytes.Join([][]byte{zero, s}, nil),
		"s zero":          bytes.Join([][]byte{r, zero}, nil),
		"r and s one":     bytes.Join([][]byte{one, one}, nil),
		"r is the order":  bytes.Join([][]byte{order, s}, nil),
		"s is the order":  bytes.Join([][]byte{r, order}, nil),
		"all bits set":    bytes.Repeat([]byte{0xff}, 64),
		"cut short":       c.Value[:63],
		"one byte longer": append(bytes.Clone(c.Value), 0),
		"empty":           nil,
	} {
		c.Value = value
		if c.Verify() {
			t.Errorf("%s: verifies", name)
		}
	}
}

// reliability (3) 8
func TestDERSignaturesAreRefused(t *testing.T) {
	c := check(ec(1), "hello")
	c.Value = ec(1).der(c.Input)
	if c.Verify() {
		t.Error("DER verifies")
	}
	c.Value = c.Value[:64]
	if c.Verify() {
		t.Error("64 bytes of DER verify")
	}
}

func TestAlgorithmMustBeTheKeys(t *testing.T) {
	for _, s := range []op.Signer{ed(1), ec(1)} {
		for _, alg := range []keys.Algorithm{keys.EdDSA, keys.ES256, "none", ""} {
			c := check(s, "hello")
			if c.Alg == alg {
				continue
			}
			c.Alg = alg
			if c.Verify() || op.VerifyAll([]op.Check{c, c, c, c})[0] {
				t.Errorf("%s key verifies as %q", s.Public().Algorithm(), alg)
			}
		}
	}
	if (op.Check{Alg: keys.EdDSA, Value: make([]byte, 64)}).Verify() {
		t.Error("no key verifies")
	}
}

func TestVerdictKeysDifferInEveryPart(t *testing.T) {
	base := check(ed(1), "hello")
	seen := map[op.VerdictKey]string{base.CacheKey(): "base"}
	variants := map[string]func(*op.Check){
		"key":   func(c *op.Check) { c.Key = ed(2).Public() },
		"alg":   func(c *op.Check) { c.Alg = keys.ES256 },
		"input": func(c *op.Check) { c.Input = []byte("hellp") },
		"value": func(c *op.Check) { c.Value = bytes.Clone(c.Value); c.Value[63] ^= 1 },
		"short": func(c *op.Check) { c.Value = c.Value[:63] },
	}
	for name, vary := range variants {
		c := base
		vary(&c)
		if other, ok := seen[c.CacheKey()]; ok {
			t.Errorf("%s has the verdict key of %s", name, other)
		}
		seen[c.CacheKey()] = name
	}
}

// reliability (3) 7
func TestOneBadSignatureOf256IsNamed(t *testing.T) {
	checks := make([]op.Check, 256)
	for i := range checks {
		checks[i] = check(ed(byte(i%7)+1), fmt.Sprint(i))
	}
	for _, bad := range []int{0, 97, 255} {
		broken := append([]op.Check(nil), checks...)
		broken[bad].Input = []byte("not what was signed")
		for i, ok := range op.VerifyAll(broken) {
			if ok != (i != bad) {
				t.Errorf("bad at %d: verdict %d is %t", bad, i, ok)
			}
		}
	}
}

// reliability (3) 7, and 6 for what is decodable
func TestManyAtOnceEqualsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "n")
		checks := make([]op.Check, n)
		for i := range checks {
			var s op.Signer = ed(rapid.ByteRange(1, 5).Draw(t, "seed"))
			if rapid.IntRange(0, 9).Draw(t, "kind") == 0 {
				s = ec(rapid.ByteRange(1, 3).Draw(t, "scalar"))
			}
			checks[i] = check(s, rapid.StringN(0, 5, 10).Draw(t, "message"))
			if at := rapid.IntRange(0, 200).Draw(t, "flip"); at < 64 {
				checks[i].Value = bytes.Clone(checks[i].Value)
				checks[i].Value[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			}
		}
		for i, ok := range op.VerifyAll(checks) {
			if want := checks[i].Verify(); ok != want {
				t.Fatalf("check %d: %t at once, %t alone", i, ok, want)
			}
		}
	})
}

func TestAlternatingGoodAndBadSignaturesAreToldApart(t *testing.T) {
	checks := make([]op.Check, 300) // more than one batch
	for i := range checks {
		checks[i] = check(ed(byte(i%5)+1), fmt.Sprint(i))
		if i%2 == 1 {
			checks[i].Input = []byte("not what was signed")
		}
	}
	for i, ok := range op.VerifyAll(checks) {
		if ok != (i%2 == 0) {
			t.Errorf("verdict %d is %t", i, ok)
		}
	}
}
