package dataintegrity

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// documentHash is the hash of the document of the specification's example (vc-di-eddsa, eddsa-jcs-2022 test vectors). The
// hash of the options is covered by the signature of the vector.
const documentHash = "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19"

func TestSpecificationDocumentHash(t *testing.T) {
	doc := load(t, "testdata/eddsa-jcs-2022-signed.json")
	proofs, err := Proofs(doc)
	if err != nil {
		t.Fatal(err)
	}
	delete(doc, "proof")
	got, err := suites[0].hash(doc, proofs[0].options, keys.EdDSA, nil)
	if err != nil {
		t.Fatal(err)
	}
	if hex.EncodeToString(got[32:]) != documentHash {
		t.Errorf("document hash is %x, want %s", got[32:], documentHash)
	}
}

func newKey(t testing.TB, alg keys.Algorithm) *keystore.Private {
	t.Helper()
	key, err := keystore.GeneratePrivate(alg)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func document(t testing.TB, text string) map[string]any {
	t.Helper()
	v, err := jcs.Parse([]byte(text), jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}

func add(t testing.TB, doc map[string]any, key keystore.Signer) map[string]any {
	t.Helper()
	signed, err := Add(t.Context(), doc, key, Options{Suite: EdDSAJCS2022, Method: "did:example:a#1", Created: time.Unix(1700000000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func verifyAll(doc map[string]any, key keys.Public) error {
	proofs, err := Proofs(doc)
	if err != nil {
		return err
	}
	for _, p := range proofs {
		if err := p.Verify(doc, key, nil); err != nil {
			return err
		}
	}
	return nil
}

const plain = `{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"urn:a:b","n":1.50,"é":"<&>","list":[1,2.5e3,true,null]}`

func TestProofsRoundTripThroughJSON(t *testing.T) {
	key := newKey(t, keys.EdDSA)
	doc := document(t, plain)
	signed := add(t, doc, key)
	if _, has := doc["proof"]; has {
		t.Error("the document was changed")
	}
	data, err := json.Marshal(signed)
	if err != nil {
		t.Fatal(err)
	}
	again := document(t, string(data))
	if err := verifyAll(again, key.Public()); err != nil {
		t.Error(err)
	}
	if err := verifyAll(again, newKey(t, keys.EdDSA).Public()); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	// 49: the cryptosuite decides which keys it takes.
	if err := verifyAll(again, newKey(t, keys.ES256).Public()); !errors.Is(err, ErrSignature) {
		t.Errorf("a P-256 key: %v", err)
	}
	if _, err := Add(t.Context(), doc, newKey(t, keys.ES256), Options{Suite: EdDSAJCS2022}); err == nil {
		t.Error("a P-256 key signed")
	}
	if _, err := Add(t.Context(), doc, key, Options{Suite: "bbs-2023"}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("unknown cryptosuite: %v", err)
	}
	if _, err := Add(t.Context(), doc, key, Options{Suite: EdDSARDFC2022}); !errors.Is(err, ErrContext) {
		t.Errorf("context not pinned: %v", err)
	}
	two, err := Add(t.Context(), signed, key, Options{Suite: EdDSAJCS2022, Method: "did:example:a#1"})
	if err != nil || verifyAll(two, key.Public()) != nil {
		t.Errorf("a second proof beside the first: %v", err)
	}
}

func TestNothingOfDocumentOrOptionsCanChange(t *testing.T) {
	key := newKey(t, keys.EdDSA)
	signed := add(t, document(t, plain), key)
	proof := signed["proof"].(map[string]any)
	with := func(name string, v any) map[string]any {
		out, p := maps.Clone(signed), maps.Clone(proof)
		p[name] = v
		out["proof"] = p
		return out
	}
	for name, doc := range map[string]map[string]any{
		"member added": func() map[string]any { d := maps.Clone(signed); d["x"] = "y"; return d }(),
		"number":       func() map[string]any { d := maps.Clone(signed); d["n"] = json.Number("1.51"); return d }(),
		// 43, 45: a context that is put before, swapped in or taken away.
		"context before": func() map[string]any {
			d := maps.Clone(signed)
			d["@context"] = []any{"https://www.w3.org/ns/credentials/examples/v2", "https://www.w3.org/ns/credentials/v2"}
			return d
		}(),
		"another context": func() map[string]any {
			d := maps.Clone(signed)
			d["@context"] = []any{"https://www.w3.org/ns/credentials/examples/v2"}
			return d
		}(),
		"context taken away": func() map[string]any { d := maps.Clone(signed); delete(d, "@context"); return d }(),
		"proof context":      with("@context", []any{}),
		"created":            with("created", "2023-11-14T22:13:21Z"),
		"expires":            with("expires", "2099-11-14T22:13:21Z"),
		"method":             with("verificationMethod", "did:example:b#1"),
		"purpose":            with("proofPurpose", "authentication"),
		"challenge":          with("challenge", "x"),
		"domain":             with("domain", "x"),
	} {
		if err := verifyAll(doc, key.Public()); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestBadProofsAreRefused(t *testing.T) {
	key := newKey(t, keys.EdDSA)
	signed := add(t, document(t, plain), key)
	proof := signed["proof"].(map[string]any)
	value := proof["proofValue"].(string)
	raw, _ := base58.Decode(value[1:])
	with := func(name string, v any) any {
		p := maps.Clone(proof)
		if v == nil {
			delete(p, name)
		} else {
			p[name] = v
		}
		return p
	}
	for _, test := range []struct {
		name  string
		proof any
		err   error
	}{
		{"no proof", nil, ErrMalformed},
		{"string", "x", ErrMalformed},
		{"empty set", []any{}, ErrMalformed},
		{"set of nine", slices.Repeat([]any{proof}, 9), ErrMalformed},
		{"set holds a string", []any{proof, "x"}, ErrMalformed},
		{"type missing", with("type", nil), ErrMalformed},
		{"another type", with("type", "Ed25519Signature2020"), ErrUnsupported},
		{"another cryptosuite", with("cryptosuite", "bbs-2023"), ErrUnsupported},
		{"no cryptosuite", with("cryptosuite", nil), ErrMalformed},
		{"no method", with("verificationMethod", nil), ErrMalformed},
		{"method is an object", with("verificationMethod", map[string]any{}), ErrMalformed},
		{"no purpose", with("proofPurpose", nil), ErrMalformed},
		{"unknown member", with("extra", "x"), ErrMalformed},
		{"created without zone", with("created", "2023-11-14T22:13:20"), ErrMalformed},
		{"created with an hour of one digit", with("created", "2023-11-14T2:13:20.5Z"), ErrMalformed},
		{"created is a number", with("created", json.Number("1")), ErrMalformed},
		{"id is a list", with("id", []any{}), ErrMalformed},
		// 49
		{"no value", with("proofValue", nil), ErrMalformed},
		{"value in another base", with("proofValue", "u"+value[1:]), ErrMalformed},
		{"value without prefix", with("proofValue", value[1:]), ErrMalformed},
		{"value with a letter that is not base58", with("proofValue", value[:20]+"0"+value[21:]), ErrMalformed},
		{"one byte more", with("proofValue", "z"+base58.Encode(append(slices.Clone(raw), 0))), ErrMalformed},
		{"one byte less", with("proofValue", "z"+base58.Encode(raw[:63])), ErrMalformed},
		{"leading zero byte", with("proofValue", "z1"+value[1:]), ErrMalformed},
		{"very long", with("proofValue", "z"+strings.Repeat("1", 1<<20)), ErrMalformed},
		{"zeros", with("proofValue", "z"+base58.Encode(make([]byte, 64))), ErrSignature},
		// 46
		{"set with one bad", []any{proof, with("created", "2023-11-14T22:13:21Z")}, ErrSignature},
		{"previous proof is not there", with("previousProof", "urn:a:1"), ErrMalformed},
		{"previous proof is itself", func() any { p := with("id", "urn:a:1").(map[string]any); p["previousProof"] = "urn:a:1"; return p }(), ErrMalformed},
		{"previous proofs in a circle", []any{
			map[string]any{"id": "urn:a:1", "previousProof": "urn:a:2", "type": ProofType, "cryptosuite": EdDSAJCS2022, "verificationMethod": "x", "proofPurpose": "y", "proofValue": value},
			map[string]any{"id": "urn:a:2", "previousProof": []any{"urn:a:1"}, "type": ProofType, "cryptosuite": EdDSAJCS2022, "verificationMethod": "x", "proofPurpose": "y", "proofValue": value},
		}, ErrMalformed},
		{"two proofs with one id", []any{with("id", "urn:a:1"), with("id", "urn:a:1")}, ErrMalformed},
		{"previous proof is a number", with("previousProof", json.Number("1")), ErrMalformed},
	} {
		doc := maps.Clone(signed)
		doc["proof"] = test.proof
		if err := verifyAll(doc, key.Public()); !errors.Is(err, test.err) {
			t.Errorf("%s: error is %v, want %v", test.name, err, test.err)
		}
	}
	// A set of good proofs verifies.
	doc := maps.Clone(signed)
	doc["proof"] = []any{proof, proof}
	if err := verifyAll(doc, key.Public()); err != nil {
		t.Error(err)
	}
	// A proof that names a previous one is made over it as well.
	first, second := with("id", "urn:a:1"), with("previousProof", "urn:a:1")
	doc["proof"] = []any{first, second}
	proofs, err := Proofs(doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := proofs[1].Verify(doc, key.Public(), nil); !errors.Is(err, ErrSignature) {
		t.Errorf("chain: %v", err)
	}
}

// A chain: the second proof is made over the first, so that neither can be taken away or replaced under it.
func TestChainsSecureTheProofsTheyAreMadeOver(t *testing.T) {
	notary, witness := newKey(t, keys.EdDSA), newKey(t, keys.ES384)
	one, err := Add(t.Context(), document(t, plain), notary, Options{Suite: EdDSAJCS2022, Method: "did:example:n#1", ID: "urn:a:1"})
	if err != nil {
		t.Fatal(err)
	}
	two, err := Add(t.Context(), one, witness, Options{Suite: ECDSAJCS2019, Method: "did:example:w#1", ID: "urn:a:2", Previous: []string{"urn:a:1"}})
	if err != nil {
		t.Fatal(err)
	}
	check := func(doc map[string]any) (bool, bool) {
		proofs, err := Proofs(doc)
		if err != nil || len(proofs) != 2 {
			return false, false
		}
		return proofs[0].Verify(doc, notary.Public(), nil) == nil, proofs[1].Verify(doc, witness.Public(), nil) == nil
	}
	if first, second := check(two); !first || !second {
		t.Fatalf("chain verifies %v, %v", first, second)
	}
	forged := newKey(t, keys.EdDSA)
	other, err := Add(t.Context(), document(t, plain), forged, Options{Suite: EdDSAJCS2022, Method: "did:example:n#1", ID: "urn:a:1"})
	if err != nil {
		t.Fatal(err)
	}
	swapped := maps.Clone(two)
	swapped["proof"] = []any{other["proof"], two["proof"].([]any)[1]}
	if first, second := check(swapped); first || second {
		t.Errorf("with another first proof it verifies %v, %v", first, second)
	}
	if _, err := Add(t.Context(), one, witness, Options{Suite: ECDSAJCS2019, Method: "x", Previous: []string{"urn:a:9"}}); !errors.Is(err, ErrMalformed) {
		t.Errorf("unknown previous proof: %v", err)
	}
}

// 48: what JCS cannot write the same everywhere is refused, the rest has one form.
func TestNumbersAndNamesAreCanonical(t *testing.T) {
	key := newKey(t, keys.EdDSA)
	for _, text := range []string{`{"n":1e21}`, `{"n":1000000000000000000000.0}`, `{"n":0.1,"m":-0.0}`, `{"\ud83d\ude00":1,"\ufb01":2}`} {
		if err := verifyAll(add(t, document(t, text), key), key.Public()); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{`{"n":1152921504606846977}`, `{"n":-9007199254740993}`} {
		if _, err := Add(t.Context(), document(t, text), key, Options{Suite: EdDSAJCS2022, Method: "x"}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", text, err)
		}
	}
	signed := add(t, document(t, `{"n":1e21,"\ud83d\ude00":1,"\ufb01":2}`), key)
	other := document(t, `{"\ufb01":2,"\ud83d\ude00":1.0,"n":1000000000000000000000.0}`)
	other["proof"] = signed["proof"]
	if err := verifyAll(other, key.Public()); err != nil {
		t.Errorf("the same document written otherwise: %v", err)
	}
}
