package keys_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/hanse-id/hanse/did/keys"
)

func TestARememberedKeyAnswersAsAnyOther(t *testing.T) {
	var empty *keys.Cache
	list, answers := odd(t)
	for n := range 20 {
		list, answers = append(list, good(t, n)), append(answers, true)
	}
	for _, c := range []*keys.Cache{empty, {}} {
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for round := range 3 { // seen, prepared, used
					for i, q := range list {
						if got := c.Verify(q); got != answers[i] {
							t.Errorf("%d, round %d: %t", i, round, got)
						}
					}
				}
			})
		}
		readers.Wait()
	}
}

func TestTextsOfKeysAreRememberedAndMistakesAreNot(t *testing.T) {
	var empty *keys.Cache
	for _, c := range []*keys.Cache{empty, {}} {
		for range 2 {
			for _, f := range fixtures {
				if key, err := c.ParseMultikey(f.multikey); err != nil || key.Multikey() != f.multikey {
					t.Errorf("%s: %v, %v", f.name, key, err)
				}
			}
			if _, err := c.ParseMultikey("z1"); !errors.Is(err, keys.ErrInvalid) {
				t.Errorf("got %v", err)
			}
		}
	}
}

func TestManyKeysAreForgotten(t *testing.T) {
	var c keys.Cache
	const many = 3000
	texts := make([]string, many)
	for n := range texts {
		texts[n] = key(t, keys.EdDSA, ed25519.NewKeyFromSeed(fmt.Appendf(nil, "%032d", n))[32:]).Multikey()
	}
	for _, text := range texts {
		if k, err := c.ParseMultikey(text); err != nil || k.Multikey() != text {
			t.Fatalf("%v, %v", k, err)
		}
	}
	if n := c.Len(); n != 1024 {
		t.Errorf("%d keys are remembered", n)
	}
}

// BenchmarkCache compares a key that is prepared with one that is not, and with crypto/ed25519.
func BenchmarkCache(b *testing.B) {
	q := good(b, 1)
	raw := ed25519.PublicKey(q.Key.Bytes())
	var c keys.Cache
	for name, verify := range map[string]func() bool{
		"prepared":       func() bool { return c.Verify(q) },
		"control=single": q.Verify,
		"control=crypto": func() bool { return ed25519.Verify(raw, q.Message, q.Signature) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if !verify() {
					b.Fatal("refused")
				}
			}
		})
	}
}
