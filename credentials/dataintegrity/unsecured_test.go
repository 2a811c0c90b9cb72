package dataintegrity

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/keys"
)

// vc-di-eddsa section 3.3.2 step 4: contexts may be appended after signing. They are no part of what is authentic.
func TestAppendedContextsAreNoPartOfWhatIsSigned(t *testing.T) {
	key := newKey(t, keys.EdDSA)
	doc := document(t, plain)
	injected := add(t, doc, key)
	injected["@context"] = []any{"https://www.w3.org/ns/credentials/v2", map[string]any{"n": "https://attacker.example/n"}}
	if err := verifyAll(injected, key.Public()); err != nil {
		t.Fatal(err)
	}
	proofs, err := Proofs(injected)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Unsecured(injected, proofs)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(doc, got); d != "" {
		t.Error(d)
	}
	if len(injected["@context"].([]any)) != 2 || injected["proof"] == nil {
		t.Error("the document was changed")
	}
}

// A context object counts as a whole: its members are compared, not its place in memory.
func TestInlineContextsAreComparedByContent(t *testing.T) {
	key := newKey(t, keys.EdDSA)
	text := func(n string) string {
		return `{"@context":["https://a.example",{"n":"https://a.example/` + n + `"}],"n":1}`
	}
	signed := add(t, document(t, text("n")), key)
	for n, want := range map[string]error{"n": nil, "m": ErrSignature} {
		doc := document(t, text(n))
		doc["proof"] = signed["proof"]
		if err := verifyAll(doc, key.Public()); !errors.Is(err, want) {
			t.Errorf("%s: %v", n, err)
		}
	}
}

// No single document is what all proofs of such a set are over.
func TestProofsOverDifferentContextsHaveNoDocumentInCommon(t *testing.T) {
	key := newKey(t, keys.EdDSA)
	short := document(t, plain)
	long := maps.Clone(short)
	long["@context"] = []any{"https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"}
	both := maps.Clone(long)
	both["proof"] = []any{add(t, short, key)["proof"], add(t, long, key)["proof"]}
	if err := verifyAll(both, key.Public()); err != nil {
		t.Fatalf("each proof verifies alone: %v", err)
	}
	proofs, err := Proofs(both)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Unsecured(both, proofs); !errors.Is(err, ErrUnsupported) {
		t.Errorf("error is %v", err)
	}
}
