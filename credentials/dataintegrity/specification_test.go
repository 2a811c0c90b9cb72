package dataintegrity

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mr-tron/base58"

	"github.com/hanse-id/hanse/credentials/jsonld"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// Vectors of vc-di-eddsa and vc-di-ecdsa; each file of testdata names where they were published.

// pinnedContexts serves the contexts that the binary has.
func pinnedContexts(t testing.TB) jsonld.Contexts {
	t.Helper()
	data, err := os.ReadFile("../contexts/index.json")
	if err != nil {
		t.Fatal(err)
	}
	var index []struct{ URL, File string }
	if err := json.Unmarshal(data, &index); err != nil {
		t.Fatal(err)
	}
	documents := map[string]any{}
	for _, entry := range index {
		raw, err := os.ReadFile(filepath.Join("../contexts", entry.File))
		if err != nil {
			t.Fatal(err)
		}
		v, err := jcs.Parse(raw, jcs.Limits{MaxDepth: 64})
		if err != nil {
			t.Fatal(err)
		}
		documents[entry.URL] = jsonld.Context(v)
	}
	return jsonld.NewPinned(func(url string) (any, bool) { v, ok := documents[url]; return v, ok })
}

// methodKey is the key that a verification method names in its fragment.
func methodKey(t testing.TB, method string) keys.Public {
	t.Helper()
	_, fragment, _ := strings.Cut(method, "#")
	key, err := keys.ParseMultikey(fragment)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func secretKey(t testing.TB, alg keys.Algorithm, multibase string) *keystore.Private {
	t.Helper()
	raw, err := base58.Decode(multibase[1:])
	if err != nil {
		t.Fatal(err)
	}
	key, err := keystore.NewPrivate(alg, raw[2:])
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestSpecificationVectorsVerify(t *testing.T) {
	contexts := pinnedContexts(t)
	file := load(t, "testdata/specification.json")
	for _, v := range file["vectors"].([]any) {
		vector := v.(map[string]any)
		t.Run(vector["source"].(string), func(t *testing.T) {
			doc := maps.Clone(file["document"].(map[string]any))
			doc["proof"] = vector["proof"]
			proofs, err := Proofs(doc)
			if err != nil {
				t.Fatal(err)
			}
			key := methodKey(t, proofs[0].Method)
			if err := proofs[0].Verify(doc, key, contexts); err != nil {
				t.Error(err)
			}
			for name, value := range map[string]any{"name": "Another", "validFrom": "2024-01-01T00:00:00Z", "credentialSubject": map[string]any{"id": "did:example:eve", "alumniOf": "The School of Examples"}} {
				changed := maps.Clone(doc)
				changed[name] = value
				if err := proofs[0].Verify(changed, key, contexts); !errors.Is(err, ErrSignature) {
					t.Errorf("with another %s: %v", name, err)
				}
			}
		})
	}
}

// Ed25519 signatures are deterministic: with the vectors' key we make the very proofs.
func TestSpecificationVectorsAreReproduced(t *testing.T) {
	contexts := pinnedContexts(t)
	key := secretKey(t, keys.EdDSA, "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq")
	file := load(t, "testdata/specification.json")
	jcsVector := load(t, "testdata/eddsa-jcs-2022-signed.json")
	for _, want := range []any{file["vectors"].([]any)[0].(map[string]any)["proof"], jcsVector["proof"]} {
		proof := want.(map[string]any)
		created, _ := ParseTime(proof["created"])
		signed, err := Add(t.Context(), file["document"].(map[string]any), key, Options{
			Suite: proof["cryptosuite"].(string), Method: proof["verificationMethod"].(string), Created: created, Contexts: contexts,
		})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, signed["proof"]); d != "" {
			t.Error(d)
		}
	}
}

func TestSpecificationProofChainVerifies(t *testing.T) {
	contexts := pinnedContexts(t)
	file := load(t, "testdata/specification.json")
	doc := maps.Clone(file["document"].(map[string]any))
	doc["proof"] = file["chain"].(map[string]any)["proofs"]
	proofs, err := Proofs(doc)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range proofs {
		if err := p.Verify(doc, methodKey(t, p.Method), contexts); err != nil {
			t.Errorf("proof %d: %v", i, err)
		}
	}
	other := slices.Clone(doc["proof"].([]any))
	other[0] = maps.Clone(other[0].(map[string]any))
	other[0].(map[string]any)["created"] = time.Now().UTC().Format(time.RFC3339)
	doc["proof"] = other
	if err := proofs[2].Verify(doc, methodKey(t, proofs[2].Method), contexts); !errors.Is(err, ErrSignature) {
		t.Errorf("over another previous proof: %v", err)
	}
}

// The base proof of the vector: our labels, statements, groups and message are those that its keys signed.
func TestSpecificationBaseProofIsReproduced(t *testing.T) {
	contexts := pinnedContexts(t)
	file := load(t, "testdata/ecdsa-sd-2023.json")
	doc := file["base"].(map[string]any)
	proofs, err := Proofs(doc)
	if err != nil || !proofs[0].Base() {
		t.Fatal(err)
	}
	v := proofs[0].base
	if hex.EncodeToString(v.hmac) != strings.ToLower(file["hmacKey"].(string)) {
		t.Errorf("HMAC key is %x", v.hmac)
	}
	if v.encode() != proofs[0].value {
		t.Error("the value encodes to another text")
	}
	unsecured := maps.Clone(doc)
	delete(unsecured, "proof")
	s, err := newStatements(unsecured, v.hmac, contexts)
	if err != nil {
		t.Fatal(err)
	}
	chosen, _, err := s.group(v.mandatory)
	if err != nil {
		t.Fatal(err)
	}
	var mandatory, rest []string
	for i, line := range s.lines {
		if chosen[i] {
			mandatory = append(mandatory, line)
		} else {
			rest = append(rest, line)
		}
	}
	if err := (&derivedValue{key: v.key, statements: v.statements}).checkStatements(rest); err != nil {
		t.Error(err)
	}
	message, err := baseMessage(proofs[0].options, unsecured, v.key, mandatory, contexts)
	if err != nil {
		t.Fatal(err)
	}
	if issuer := secretKey(t, keys.ES256, file["baseKey"].(string)); !issuer.Public().Verify(message, v.signature) {
		t.Error("the issuer's signature does not verify")
	}
	// The same keys of ours make a proof that differs in signatures alone: they are random.
	own := &baseValue{hmac: v.hmac, mandatory: v.mandatory}
	if _, err := own.sign(t.Context(), unsecured, proofs[0].options, secretKey(t, keys.ES256, file["baseKey"].(string)), secretKey(t, keys.ES256, file["proofKey"].(string)), contexts); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(own.key, v.key) || len(own.statements) != len(v.statements) {
		t.Errorf("%d statements, %d in the vector", len(own.statements), len(v.statements))
	}
}

// Deriving as the vector does gives the vector, to the byte: nothing of it is random.
func TestSpecificationDerivedProofIsReproduced(t *testing.T) {
	contexts := pinnedContexts(t)
	file := load(t, "testdata/ecdsa-sd-2023.json")
	var pointers []string
	for _, p := range file["selective"].([]any) {
		pointers = append(pointers, fmt.Sprint(p))
	}
	derived, err := Derive(file["base"].(map[string]any), pointers, contexts)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(file["derived"], any(derived)); d != "" {
		t.Error(d)
	}
	proofs, err := Proofs(derived)
	if err != nil {
		t.Fatal(err)
	}
	if err := proofs[0].Verify(derived, methodKey(t, proofs[0].Method), contexts); err != nil {
		t.Error(err)
	}
	base, err := Proofs(file["base"].(map[string]any))
	if err != nil {
		t.Fatal(err)
	}
	if err := base[0].Verify(file["base"].(map[string]any), methodKey(t, base[0].Method), contexts); !errors.Is(err, ErrSignature) || !strings.Contains(err.Error(), "base proof") {
		t.Errorf("a base proof verifies: %v", err)
	}
}
