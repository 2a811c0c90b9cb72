// Package keystoretest is what every keystore must do, as one suite that is run against each of them.
package keystoretest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// Run runs the suite. open returns an empty store, new for every call.
func Run(t *testing.T, open func(t *testing.T) keystore.Importer) {
	for name, test := range map[string]func(*testing.T, keystore.Importer){
		"generated keys sign":            signs,
		"signatures have a low S":        lowS,
		"names are listed in order":      lists,
		"names are checked":              checksNames,
		"a name is taken once":           takesOnce,
		"one of many wins a name":        races,
		"imported keys sign":             imports,
		"signers are safe to share":      shares,
		"unknown algorithms are refused": refusesAlgorithms,
		"a cancelled context ends it":    cancels,
		"secrets are never printed":      redacts,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var algorithms = []keys.Algorithm{keys.EdDSA, keys.ES256, keys.ES384, keys.ES256K}

func signs(t *testing.T, s keystore.Importer) {
	for _, alg := range algorithms {
		name := strings.ToLower(string(alg))
		made, err := s.Generate(t.Context(), name, alg)
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.Signer(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if made.Public() != found.Public() || made.Public().Algorithm() != alg {
			t.Errorf("made %v, found %v", made.Public(), found.Public())
		}
		message := []byte("message")
		signature, err := found.Sign(t.Context(), message)
		if err != nil {
			t.Fatal(err)
		}
		if !made.Public().Verify(message, signature) {
			t.Errorf("%s: the signature does not verify", alg)
		}
		if made.Public().Verify([]byte("another"), signature) {
			t.Errorf("%s: the signature verifies another message", alg)
		}
	}
}

// half is (n−1)/2 of P-256, big endian.
const half = "\x7f\xff\xff\xff\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff\xde\x73\x7d\x56\xd3\x8b\xcf\x42\x79\xdc\xe5\x61\x7e\x31\x92\xa8"

func lowS(t *testing.T, s keystore.Importer) {
	signer, err := s.Generate(t.Context(), "key", keys.ES256)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 64 {
		message := fmt.Appendf(nil, "message %d", i)
		signature, err := signer.Sign(t.Context(), message)
		if err != nil {
			t.Fatal(err)
		}
		if len(signature) != 64 || string(signature[32:]) > half || !signer.Public().Verify(message, signature) {
			t.Fatalf("got %x", signature)
		}
	}
}

func lists(t *testing.T, s keystore.Importer) {
	names, err := s.Names(t.Context())
	if err != nil || len(names) != 0 {
		t.Fatalf("an empty store: got %v, %v", names, err)
	}
	for _, name := range []string{"b", "a.2", "0", "a-1"} {
		if _, err := s.Generate(t.Context(), name, keys.EdDSA); err != nil {
			t.Fatal(err)
		}
	}
	names, err = s.Names(t.Context())
	if diff := cmp.Diff([]string{"0", "a-1", "a.2", "b"}, names); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func checksNames(t *testing.T, s keystore.Importer) {
	for _, name := range []string{"", ".", "..", ".hidden", "a/b", "../a", "a\\b", "A", "a b", "a\x00", "ä", "-a", strings.Repeat("a", 65)} {
		if _, err := s.Generate(t.Context(), name, keys.EdDSA); !errors.Is(err, keystore.ErrName) {
			t.Errorf("generate %q: got %v", name, err)
		}
		if _, err := s.Signer(t.Context(), name); !errors.Is(err, keystore.ErrName) {
			t.Errorf("signer %q: got %v", name, err)
		}
	}
	if _, err := s.Signer(t.Context(), "absent"); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Generate(t.Context(), strings.Repeat("a", 64), keys.EdDSA); err != nil {
		t.Error(err)
	}
}

func takesOnce(t *testing.T, s keystore.Importer) {
	first, err := s.Generate(t.Context(), "key", keys.EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Generate(t.Context(), "key", keys.ES256); !errors.Is(err, keystore.ErrExists) {
		t.Errorf("got %v", err)
	}
	again, err := s.Signer(t.Context(), "key")
	if err != nil || again.Public() != first.Public() {
		t.Errorf("the first key is gone: %v, %v", again, err)
	}
}

func races(t *testing.T, s keystore.Importer) {
	var group sync.WaitGroup
	var mu sync.Mutex
	var won []keys.Public
	for range 8 {
		group.Go(func() {
			signer, err := s.Generate(t.Context(), "key", keys.EdDSA)
			if err != nil {
				if !errors.Is(err, keystore.ErrExists) {
					t.Error(err)
				}
				return
			}
			mu.Lock()
			defer mu.Unlock()
			won = append(won, signer.Public())
		})
	}
	group.Wait()
	signer, err := s.Signer(t.Context(), "key")
	if err != nil || len(won) != 1 || signer.Public() != won[0] {
		t.Errorf("%d won: %v", len(won), err)
	}
}

func imports(t *testing.T, s keystore.Importer) {
	for _, alg := range algorithms {
		key, err := keystore.GeneratePrivate(alg)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.ToLower(string(alg))
		if _, err := s.Import(t.Context(), name, key); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Import(t.Context(), name, key); !errors.Is(err, keystore.ErrExists) {
			t.Errorf("got %v", err)
		}
		found, err := s.Signer(t.Context(), name)
		if err != nil || found.Public() != key.Public() {
			t.Fatalf("got %v, %v", found, err)
		}
		signature, err := found.Sign(t.Context(), nil)
		if err != nil || !key.Public().Verify(nil, signature) {
			t.Errorf("the signature does not verify: %v", err)
		}
	}
}

func shares(t *testing.T, s keystore.Importer) {
	signer, err := s.Generate(t.Context(), "key", keys.ES256)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			message := []byte{byte(i)}
			signature, err := signer.Sign(t.Context(), message)
			if err != nil || !signer.Public().Verify(message, signature) {
				t.Errorf("the signature does not verify: %v", err)
			}
			if names, err := s.Names(t.Context()); err != nil || !slices.Contains(names, "key") {
				t.Errorf("got %v, %v", names, err)
			}
		})
	}
	group.Wait()
}

func refusesAlgorithms(t *testing.T, s keystore.Importer) {
	for _, alg := range []keys.Algorithm{"", "none", "HS256", "ES512", "eddsa"} {
		if _, err := s.Generate(t.Context(), "key", alg); !errors.Is(err, keys.ErrUnsupported) {
			t.Errorf("%q: got %v", alg, err)
		}
	}
	if names, err := s.Names(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("something is left: %v, %v", names, err)
	}
}

func cancels(t *testing.T, s keystore.Importer) {
	signer, err := s.Generate(t.Context(), "key", keys.EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, generateErr := s.Generate(ctx, "another", keys.EdDSA)
	_, signerErr := s.Signer(ctx, "key")
	_, namesErr := s.Names(ctx)
	_, signErr := signer.Sign(ctx, nil)
	for i, err := range []error{generateErr, signerErr, namesErr, signErr} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("call %d: got %v", i, err)
		}
	}
}

func redacts(t *testing.T, s keystore.Importer) {
	seed := []byte("a seed that nobody ever may see!")
	key, err := keystore.NewPrivate(keys.EdDSA, seed)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := s.Import(t.Context(), "key", key)
	if err != nil {
		t.Fatal(err)
	}
	marshalled, err := json.Marshal(signer)
	if err != nil {
		t.Fatal(err)
	}
	shown := string(marshalled) + fmt.Sprintf("%v %+v %#v %s %q %x %d %v %+v", signer, signer, signer, signer, signer, signer, signer,
		[]any{signer}, struct{ S keystore.Signer }{signer})
	for _, secret := range []string{string(seed), fmt.Sprintf("%x", seed), fmt.Sprint(seed)[1:40], "YSBzZWVkIHRoYXQ"} {
		if strings.Contains(shown, secret) {
			t.Errorf("the secret shows: %s", shown)
		}
	}
	if !strings.Contains(shown, key.Public().Multikey()) {
		t.Errorf("the public key does not show: %s", shown)
	}
}
