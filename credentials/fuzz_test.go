package credentials

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// seeds are secured credentials of every form, and credentials that break the data model.
func seeds(f *testing.F, issuer *Issuer) {
	for _, form := range documentForms() {
		if !slices.Contains(form.Algorithms(), keys.EdDSA) {
			continue // the same code with another key
		}
		i := *issuer
		i.Form = form
		f.Add([]byte(issue(f, &i, degree(i.DID, map[string]any{"credentialStatus": map[string]any{
			"type": EntryType, "statusPurpose": "revocation", "statusListIndex": "7", "statusListCredential": listURL}})).Body))
		for _, bad := range badCredentials {
			row, _ := formNamed(form)
			if secured, err := row.secure(f.Context(), &i, degree(i.DID, bad.edits)); err == nil {
				f.Add([]byte(secured.Body))
			}
		}
	}
	f.Add([]byte(`"a.b.c"`))
	f.Add([]byte(`{"proof":[]}`))
}

// FuzzVerify: a report for any input, complete and in order; nothing but what the issuer signed is accepted.
func FuzzVerify(f *testing.F) {
	issuer := newIssuer(f, FormJWT, keys.EdDSA)
	seeds(f, issuer)
	f.Fuzz(func(t *testing.T, input []byte) {
		v := newVerifier()
		v.Status = statusFunc(func(StatusQuery) (StatusResult, error) { return StatusResult{}, nil })
		report, credential, err := v.Verify(t.Context(), input, VerifyOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Checks) != len(order) {
			t.Fatalf("%d checks", len(report.Checks))
		}
		for i, c := range report.Checks {
			if c.ID != order[i] || c.Outcome == "" || c.Outcome == Fail && c.Problem == nil || c.Outcome == Indeterminate && c.Problem == nil {
				t.Fatalf("check %+v", c)
			}
		}
		if report.Decision == Accept && credential == nil {
			t.Fatal("accepted without a credential")
		}
	})
}

// FuzzInspect: an explanation or an error for any input, and a text that can be printed.
func FuzzInspect(f *testing.F) {
	seeds(f, newIssuer(f, FormJWT, keys.EdDSA))
	f.Fuzz(func(t *testing.T, input []byte) {
		i, err := Inspect(input, nil)
		if err != nil {
			if _, ok := errors.AsType[*ProblemError](err); !ok {
				t.Fatalf("error is no problem: %v", err)
			}
			return
		}
		var text bytes.Buffer
		if err := i.Text(&text); err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsAny(text.Bytes(), "\x1b\x00\r") {
			t.Fatalf("text is %q", text.String())
		}
	})
}

// FuzzIssue: what can be issued verifies, in every form.
func FuzzIssue(f *testing.F) {
	issuer := newIssuer(f, FormJWT, keys.EdDSA)
	f.Add(toJSON(f, degree(issuer.DID, nil)))
	for _, bad := range badCredentials {
		f.Add(toJSON(f, degree(issuer.DID, bad.edits)))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		v, err := jcs.Parse(input, jcs.Limits{})
		c, ok := v.(map[string]any)
		if err != nil || !ok {
			return
		}
		if object, ok := c["issuer"].(map[string]any); ok {
			object["id"] = issuer.DID.String()
		} else {
			c["issuer"] = issuer.DID.String()
		}
		for _, form := range documentForms() {
			if !slices.Contains(form.Algorithms(), keys.EdDSA) {
				continue // the same code with another key
			}
			i := *issuer
			i.Form = form
			secured, err := i.Issue(t.Context(), c)
			if err != nil {
				if _, ok := errors.AsType[*ProblemError](err); !ok {
					t.Fatalf("error is no problem: %v", err)
				}
				continue
			}
			report := verifyWith(t, newVerifier(), secured.Body, VerifyOptions{Checks: []string{ChecksProof}})
			if report.Decision != Accept {
				problems, _ := report.Problems()
				t.Fatalf("%s: issued, then %s: %+v", form, report.Decision, problems)
			}
		}
	})
}

func FuzzRelatedDigest(f *testing.F) {
	f.Add(sriPublishedV2)
	f.Add("uEiBZlVztZpfWHgPyslVv6_5TCKsWhChG9bWG1_H3reyScw")
	f.Fuzz(func(t *testing.T, s string) {
		for _, read := range []func(string) ([]digest, bool){parseSRI, parseMultibase} {
			if list, ok := read(s); ok && len(list) == 0 {
				t.Fatal("read, but without a digest")
			}
		}
	})
}
