package cose

import (
	"bytes"
	"errors"
	"testing"

	"github.com/fxamacker/cbor/v2"
	lib "github.com/veraison/go-cose"

	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

func newSigner(t testing.TB, alg keys.Algorithm) keystore.Signer {
	t.Helper()
	s, err := keystore.GeneratePrivate(alg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var options = SignOptions{Type: "application/vc+cose", ContentType: "application/vc", KeyID: "did:example:a#1"}

func TestEveryKindOfKeySigns(t *testing.T) {
	for _, alg := range []keys.Algorithm{keys.EdDSA, keys.ES256, keys.ES384, keys.ES256K} {
		t.Run(string(alg), func(t *testing.T) {
			signer, other := newSigner(t, alg), newSigner(t, alg)
			data, err := Sign(t.Context(), []byte(`{"a":1}`), signer, options)
			if err != nil {
				t.Fatal(err)
			}
			m, err := Parse(data, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if m.Type != options.Type || m.ContentType != options.ContentType || m.KeyID != options.KeyID || string(m.Payload) != `{"a":1}` {
				t.Errorf("parsed as %+v", m)
			}
			if err := errors.Join(m.CheckType(options.Type), m.CheckAlgorithm(), m.Verify(signer.Public())); err != nil {
				t.Fatal(err)
			}
			if err := m.Verify(other.Public()); !errors.Is(err, ErrSignature) {
				t.Errorf("other key: %v", err)
			}
			for i := range data {
				changed := bytes.Clone(data)
				changed[i] ^= 1
				if m, err := Parse(changed, Limits{}); err == nil && m.Verify(signer.Public()) == nil {
					t.Fatalf("verifies with byte %d changed", i)
				}
			}
		})
	}
}

func TestKeyDecidesTheAlgorithm(t *testing.T) {
	data, err := Sign(t.Context(), []byte("x"), newSigner(t, keys.ES256), options)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range []keys.Algorithm{keys.EdDSA, keys.ES384, keys.ES256K} {
		if err := m.Verify(newSigner(t, alg).Public()); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

// message is a COSE_Sign1 of parts as they are.
func message(t *testing.T, protected map[any]any, unprotected map[any]any, payload any) []byte {
	t.Helper()
	header, err := cbor.Marshal(protected)
	if err != nil {
		t.Fatal(err)
	}
	data, err := cbor.Marshal(cbor.Tag{Number: 18, Content: []any{header, unprotected, payload, make([]byte, 64)}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWhatMeansSomethingElseIsRefused(t *testing.T) {
	good := map[any]any{1: -7}
	for name, data := range map[string][]byte{
		"nothing":               nil,
		"no CBOR":               []byte("hello"),
		"no algorithm":          message(t, map[any]any{16: "x"}, nil, []byte("p")),
		"algorithm unprotected": message(t, map[any]any{}, map[any]any{1: -7}, []byte("p")),
		"type unprotected":      message(t, good, map[any]any{16: "application/vc+cose"}, []byte("p")),
		"certificate":           message(t, good, map[any]any{33: []byte("x")}, []byte("p")),
		"two key ids":           message(t, map[any]any{1: -7, 4: []byte("a")}, map[any]any{4: []byte("b")}, []byte("p")),
		"critical":              message(t, map[any]any{1: -7, 2: []any{99}, 99: 1}, nil, []byte("p")),
		"detached payload":      message(t, good, map[any]any{}, nil),
		"empty payload":         message(t, good, map[any]any{}, []byte{}),
		"type is a number":      message(t, map[any]any{1: -7, 16: 5}, map[any]any{}, []byte("p")),
		"trailing bytes":        append(message(t, good, map[any]any{}, []byte("p")), 0),
	} {
		if m, err := Parse(data, Limits{}); err == nil {
			t.Errorf("%s: parsed as %+v", name, m)
		}
	}
	if _, err := Parse(make([]byte, 2<<20), Limits{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error is %v", err)
	}
	m, err := Parse(message(t, map[any]any{1: 5}, map[any]any{}, []byte("p")), Limits{}) // HMAC 256/256
	if err != nil {
		t.Fatal(err)
	}
	if err := m.CheckAlgorithm(); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("error is %v", err)
	}
	if err := m.Verify(newSigner(t, keys.ES256).Public()); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("error is %v", err)
	}
}

// A message that go-cose signs with its own signer is one to us.
func TestMessagesOfTheLibraryVerify(t *testing.T) {
	raw, err := keystore.GeneratePrivate(keys.ES256)
	if err != nil {
		t.Fatal(err)
	}
	data, err := Sign(t.Context(), []byte("x"), raw, options)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := lib.NewVerifier(lib.AlgorithmES256, raw.Public().ECDSA())
	if err != nil {
		t.Fatal(err)
	}
	m := lib.NewSign1Message()
	if err := m.UnmarshalCBOR(data); err != nil {
		t.Fatal(err)
	}
	if err := m.Verify(nil, verifier); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	data, err := Sign(f.Context(), []byte("x"), newSigner(f, keys.EdDSA), options)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	key := newSigner(f, keys.EdDSA).Public()
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data, Limits{})
		if err == nil && m.Verify(key) == nil {
			t.Fatal("a key that signed nothing verifies")
		}
	})
}
