package credentials

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/multiformats/go-multibase"
	"github.com/multiformats/go-multihash"

	"github.com/hanse-id/hanse/did/keys"
)

// sriPublishedV2 is the digest W3C publishes for the base context.
const sriPublishedV2 = "sha256-WZVc7WaX1h4D8rJVb+vlMIqxaEKEb1tYbX8fet7JJzQ="

const sriOfV2 = sriPublishedV2

func TestEveryContextOfTheSpecificationIsEmbedded(t *testing.T) {
	for _, url := range []string{
		contextV1, contextV2, "https://www.w3.org/ns/credentials/examples/v2", "https://w3id.org/security/data-integrity/v1", contextProofs,
		"https://w3id.org/security/multikey/v1", "https://www.w3.org/ns/cid/v1", "https://www.w3.org/ns/did/v1", "https://www.w3.org/ns/did/v1.1",
		contextLinkage,
	} {
		if _, ok := EmbeddedContexts().Document(url); !ok {
			t.Errorf("%s is not embedded", url)
		}
	}
	if n := len(EmbeddedContexts().URLs()); n != 10 {
		t.Errorf("%d contexts are embedded, want 10", n)
	}
}

func TestContextsAreAddedFromAFolderAndNothingOutsideIt(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.jsonld", `{"@context":{"colour":"https://x.example/colour"}}`)
	write("index.json", `{"https://x.example/v1":"a.jsonld"}`)
	contexts, err := EmbeddedContexts().With(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := contexts.Document("https://x.example/v1"); !ok {
		t.Error("context was not added")
	}
	if _, ok := EmbeddedContexts().Document("https://x.example/v1"); ok {
		t.Error("the embedded set was changed")
	}
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	issuer.Contexts = contexts
	c := degree(issuer.DID, map[string]any{"@context": []any{contextV2, "https://x.example/v1"}, "colour": "blue"})
	if err := issuer.CheckIssuable(c); err != nil {
		t.Error(err)
	}
	for name, index := range map[string]string{
		"file outside":      `{"https://x.example/v1":"../x.jsonld"}`,
		"absolute file":     `{"https://x.example/v1":"/etc/passwd"}`,
		"missing file":      `{"https://x.example/v1":"b.jsonld"}`,
		"not a URL":         `{"x":"a.jsonld"}`,
		"not an object":     `[]`,
		"not a context":     `{"https://x.example/v1":"index.json"}`,
		"duplicate members": `{"https://x.example/v1":"a.jsonld","https://x.example/v1":"a.jsonld"}`,
	} {
		write("index.json", index)
		if _, err := EmbeddedContexts().With(dir); !errors.Is(err, ErrContexts) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if _, err := EmbeddedContexts().With(filepath.Join(dir, "absent")); !errors.Is(err, ErrContexts) {
		t.Errorf("error is %v", err)
	}
}

func TestRelatedResourcesAreComparedWithPinnedContexts(t *testing.T) {
	raw, _ := EmbeddedContexts().Document(contextProofs)
	sum256, sum384 := sha256.Sum256(raw), sha512.Sum384(raw)
	good := "sha384-" + base64.StdEncoding.EncodeToString(sum384[:])
	hash, _ := multihash.Encode(sum256[:], multihash.SHA2_256)
	multi, _ := multibase.Encode(multibase.Base64url, hash)
	other := sha256.Sum256([]byte("something else"))
	wrong := "sha256-" + base64.StdEncoding.EncodeToString(other[:])

	everyForm(t, func(t *testing.T, issuer *Issuer) {
		f, _ := formNamed(issuer.Form)
		for _, test := range []struct {
			name     string
			resource map[string]any
			outcome  Outcome
			problem  string
		}{
			{"digestSRI matches", map[string]any{"id": contextProofs, "digestSRI": good}, Pass, ""},
			{"one of two SRI hashes matches", map[string]any{"id": contextProofs, "digestSRI": good + " sha384-" + base64.StdEncoding.EncodeToString(make([]byte, 48))}, Pass, ""},
			{"digestMultibase matches", map[string]any{"id": contextProofs, "digestMultibase": multi}, Pass, ""},
			{"published digest of a copy in another layout", map[string]any{"id": contextV2, "digestSRI": sriPublishedV2}, Pass, ""},
			{"resource is not at hand", map[string]any{"id": "https://x.example/image", "digestSRI": wrong}, Skip, ""},
			{"layout unknown", map[string]any{"id": "https://www.w3.org/ns/did/v1", "digestSRI": wrong}, Skip, ""},
			{"digest differs", map[string]any{"id": contextProofs, "digestSRI": wrong}, Fail, ProblemCryptography},
			{"one digest of two differs", map[string]any{"id": contextProofs, "digestSRI": wrong, "digestMultibase": multi}, Fail, ProblemCryptography},
		} {
			t.Run(test.name, func(t *testing.T) {
				c := degree(issuer.DID, map[string]any{"relatedResource": []any{test.resource}})
				if test.outcome == Fail {
					refused(t, issuer, c, ProblemMalformed, "/relatedResource/0")
				} else if err := issuer.CheckIssuable(c); err != nil {
					t.Fatal(err)
				}
				secured, err := f.secure(t.Context(), issuer, c)
				if err != nil {
					t.Fatal(err)
				}
				want(t, verify(t, newVerifier(), secured.Body), CheckResources, test.outcome, test.problem)
			})
		}
	})
}
