package credentials

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hanse-id/hanse/credentials/jsonld"
	"github.com/hanse-id/hanse/credentials/rdfc"
	"github.com/hanse-id/hanse/did/jcs"
)

// The credentials of the shared data folder were published by others. Those whose contexts are at hand must be issued and
// verified in every form, the others refused for their context; the signed ones must verify, and nothing that was changed.

const sharedData = "../../shared/data"

func published(t *testing.T, pattern string) (files []string, contexts *Contexts) {
	t.Helper()
	files, _ = filepath.Glob(filepath.Join(sharedData, pattern))
	if len(files) == 0 {
		t.Skipf("%s is absent", filepath.Join(sharedData, pattern))
	}
	contexts, err := EmbeddedContexts().With(filepath.Join(sharedData, "contexts"))
	if err != nil {
		t.Fatal(err)
	}
	return files, contexts
}

func TestPublishedCredentialsIssueAndVerifyInEveryForm(t *testing.T) {
	files, contexts := published(t, "credentials/*.json")
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		issuer.Contexts = contexts
		verifier := newVerifier()
		verifier.Contexts = contexts
		issued := 0
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := parseJSON(t, data)
			if object, ok := c["issuer"].(map[string]any); ok {
				c["issuer"] = edited(object, map[string]any{"id": issuer.DID.String()})
			} else {
				c["issuer"] = issuer.DID.String()
			}
			c["id"] = "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33"
			secured, err := issuer.Issue(t.Context(), c)
			if errors.Is(err, ErrContextUnknown) {
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", filepath.Base(file), err)
				continue
			}
			issued++
			secured = shown(t, issuer, secured)
			report := verifyWith(t, verifier, secured.Body, VerifyOptions{Checks: []string{ChecksProof}})
			if report.Decision != Accept {
				problems, _ := report.Problems()
				t.Errorf("%s: %s: %v", filepath.Base(file), report.Decision, problems)
			}
		}
		if issued < 6 {
			t.Errorf("%d credentials issued, want at least 6", issued)
		}
		t.Logf("%d of %d issued", issued, len(files))
	})
}

// Published credentials that an implementation that is not ours signed (ecdsa-rdfc-2019) verify, and fail when any byte changes.
func TestPublishedSignedCredentialsVerify(t *testing.T) {
	files, contexts := published(t, "credentials/signed/*.json")
	verifier := newVerifier()
	verifier.Contexts = contexts
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			report := verify(t, verifier, data)
			want(t, report, CheckSignature, Pass, "")
			wantDecision(t, report, Accept)
			step := 1
			if testing.Short() {
				step = 13
			}
			for i := 0; i < len(data); i += step {
				for _, bit := range []byte{0x01, 0x20} { // another letter or digit; another case, or no text at all
					changed := bytes.Clone(data)
					changed[i] ^= bit
					if verify(t, verifier, changed).Decision == Accept && !sameMeaning(t, data, changed, contexts) {
						t.Fatalf("accepted with byte %d changed: %q", i, changed[max(0, i-20):min(len(changed), i+20)])
					}
				}
			}
			embedded := verify(t, newVerifier(), data)
			if embedded.Decision == Accept {
				t.Error("accepted without its contexts")
			}
		})
	}
}

// sameMeaning reports whether two documents differ in nothing but the version of a context, and say the same in RDF: citizenship
// v2 and v3 both define every term of these. No RDFC signature can tell such documents apart, and none has to.
func sameMeaning(t *testing.T, a, b []byte, contexts *Contexts) bool {
	t.Helper()
	replaced := bytes.ReplaceAll(b, []byte("https://w3id.org/citizenship/v3"), []byte("https://w3id.org/citizenship/v2"))
	if !bytes.Equal(a, replaced) {
		return false
	}
	var texts []string
	for _, data := range [][]byte{a, b} {
		v, err := jcs.Parse(data, jcs.Limits{})
		if err != nil {
			return false
		}
		document := v.(map[string]any)
		delete(document, "proof")
		quads, err := jsonld.Quads(document, contexts.lookup)
		if err != nil {
			return false
		}
		c, err := rdfc.Canonicalize(quads, rdfc.Options{})
		if err != nil {
			return false
		}
		texts = append(texts, c.Text())
	}
	return texts[0] == texts[1]
}
