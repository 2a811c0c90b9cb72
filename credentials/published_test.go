package credentials

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// The credentials of the shared data folder were published by others. Those whose contexts are at hand must be issued and
// verified in every form, the others refused for their context; the signed ones are signed with a cryptosuite that is not
// implemented, and must not be called forged.

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

func TestCredentialsOfAnUnknownCryptosuiteAreIndeterminateNotForged(t *testing.T) {
	files, contexts := published(t, "credentials/signed/*.json")
	for _, c := range []*Contexts{contexts, EmbeddedContexts()} {
		verifier := newVerifier()
		verifier.Contexts = c
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			report := verify(t, verifier, data)
			wantDecision(t, report, Undecided)
			check := want(t, report, CheckAlgorithm, Indeterminate, ProblemNotSupported)
			if check.Problem.Title != "cryptosuite not supported" {
				t.Errorf("title is %q", check.Problem.Title)
			}
			want(t, report, CheckSignature, Skip, "")
		}
	}
}
