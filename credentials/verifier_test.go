package credentials

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/resolve"
)

func TestReportHasEveryCheckInTheDesignedOrder(t *testing.T) {
	designed := strings.Fields("limits parse algorithm dataModel accreditation issuer signature consistency validity status schema resources holder linkedDomain policy")
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	for _, input := range [][]byte{issue(t, issuer, degree(issuer.DID, nil)).Body, []byte("nonsense"), nil, bytes.Repeat([]byte("a"), 2<<20)} {
		report := verify(t, newVerifier(), input)
		var got []string
		for _, c := range report.Checks {
			got = append(got, string(c.ID))
			if c.Severity == "" || c.Outcome == "" {
				t.Errorf("check %+v is not complete", c)
			}
			if c.Outcome == Skip && c.Note == "" {
				t.Errorf("%s is skipped silently", c.ID)
			}
		}
		if d := cmp.Diff(designed, got); d != "" {
			t.Error(d)
		}
	}
}

func TestEveryByteOfASecuredCredentialCounts(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		secured := issue(t, issuer, degree(issuer.DID, map[string]any{"name": "Degree", "description": "of Science"}))
		for i := range secured.Body {
			changed := bytes.Clone(secured.Body)
			changed[i] ^= 1
			report := verify(t, newVerifier(), changed)
			if report.Decision == Accept {
				t.Fatalf("accepted with byte %d changed: %q", i, changed[max(0, i-20):min(len(changed), i+20)])
			}
		}
	})
}

func TestIssuerMustBeActiveAndOwnTheKey(t *testing.T) {
	id := did.DID("did:hanse:test:abc")
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		method := id.String() + "#key-1"
		issuer.DID, issuer.Method = id, method
		body := issue(t, issuer, degree(id, nil)).Body
		key := did.VerificationMethod{ID: method, Type: "Multikey", Controller: id, PublicKeyMultibase: issuer.Signer.Public().Multikey()}
		other := key
		other.ID = id.String() + "#key-2"
		relative := key
		relative.ID = "#key-1"
		foreign := key
		foreign.Controller = "did:example:other"
		document := func(m did.VerificationMethod, r did.Relationship) *did.Document {
			return &did.Document{ID: id, VerificationMethod: []did.VerificationMethod{m}, Relationships: map[did.Relationship][]did.Reference{r: {{URL: m.ID}}}}
		}
		good := document(key, did.AssertionMethod)
		before, after := noon.Add(-time.Hour), noon.Add(time.Hour)
		for _, test := range []struct {
			name    string
			version did.Version
			err     error
			at      time.Time
			outcome Outcome
			problem string
		}{
			{"active", did.Version{Document: good, Height: 7}, nil, time.Time{}, Pass, ""},
			{"deactivated", did.Version{Deactivated: true}, nil, time.Time{}, Fail, ProblemCryptography},
			{"deactivated, document still there", did.Version{Deactivated: true, Document: good}, nil, time.Time{}, Fail, ProblemCryptography},
			{"deactivated after the instant", did.Version{Deactivated: true, Document: good, NextUpdate: after}, nil, noon, Pass, ""},
			{"deactivated, nothing came after this version", did.Version{Deactivated: true, Document: good}, nil, noon, Fail, ProblemCryptography},
			{"deactivated before the instant", did.Version{Deactivated: true, Document: good, NextUpdate: before}, nil, noon, Fail, ProblemCryptography},
			{"key is for authentication only", did.Version{Document: document(key, did.Authentication)}, nil, time.Time{}, Fail, ProblemCryptography},
			{"key has another name", did.Version{Document: document(other, did.AssertionMethod)}, nil, time.Time{}, Fail, ProblemCryptography},
			{"key is controlled by another DID", did.Version{Document: document(foreign, did.AssertionMethod)}, nil, time.Time{}, Fail, ProblemCryptography},
			{"document of another DID", did.Version{Document: &did.Document{ID: "did:example:other", VerificationMethod: good.VerificationMethod, Relationships: good.Relationships}}, nil, time.Time{}, Fail, ProblemCryptography},
			{"not found", did.Version{}, did.ErrNotFound, time.Time{}, Fail, ProblemCryptography},
			{"not created yet", did.Version{}, did.ErrNoVersion, noon, Fail, ProblemCryptography},
			{"invalid", did.Version{}, did.ErrInvalidDID, time.Time{}, Fail, ProblemCryptography},
			{"method not supported", did.Version{}, did.ErrMethodNotSupported, time.Time{}, Indeterminate, ProblemNotSupported},
			{"key type not supported", did.Version{}, fmt.Errorf("did:key: %w", keys.ErrUnsupported), time.Time{}, Indeterminate, ProblemNotSupported},
			{"identifiers in the document are relative", did.Version{Document: document(relative, did.AssertionMethod)}, nil, time.Time{}, Pass, ""},
			{"unavailable", did.Version{}, errors.New("ledger is away"), time.Time{}, Indeterminate, ProblemUnavailable},
		} {
			t.Run(test.name, func(t *testing.T) {
				v := newVerifier()
				v.Resolver = resolverFunc(func(_ context.Context, got did.DID, at did.At) (did.Version, error) {
					if got != id || !at.Time.Equal(test.at) {
						t.Errorf("asked for %s at %v", got, at)
					}
					return test.version, test.err
				})
				report := verifyWith(t, v, body, VerifyOptions{At: test.at})
				c := want(t, report, CheckIssuer, test.outcome, test.problem)
				if c.Problem != nil && strings.HasPrefix(c.Problem.Detail, c.Problem.Title) {
					t.Errorf("the detail repeats the title: %+v", c.Problem)
				}
				if early := errors.Is(test.err, did.ErrNoVersion); early != (c.Problem != nil && c.Problem.Title == "issuer had no version at that time") {
					t.Errorf("problem is %+v", c.Problem)
				}
				wantDecision(t, report, map[Outcome]Decision{Pass: Accept, Fail: Reject, Indeterminate: Undecided}[test.outcome])
				if test.outcome == Pass && test.version.Height > 0 && (c.Evidence.Height != 7 || c.Evidence.Source != "ledger") {
					t.Errorf("evidence is %+v", c.Evidence)
				}
				if test.outcome != Pass {
					want(t, report, CheckSignature, Skip, "")
					want(t, report, CheckStatus, Skip, "")
				}
			})
		}
	})
}

func TestIssuerThatIsNoDIDIsIndeterminate(t *testing.T) {
	issuer := newIssuer(t, FormEdDSAJCS, keys.EdDSA)
	f, _ := formNamed(issuer.Form)
	secured, err := f.secure(t.Context(), issuer, degree("https://university.example/", nil))
	if err != nil {
		t.Fatal(err)
	}
	report := verify(t, newVerifier(), secured.Body)
	want(t, report, CheckIssuer, Indeterminate, ProblemNotSupported)
	wantDecision(t, report, Undecided)
}

func TestNothingIsFetchedBeforeTheIssuerIsAccepted(t *testing.T) {
	issuer, mallory := newIssuer(t, FormJWT, keys.EdDSA), newIssuer(t, FormJWT, keys.EdDSA)
	status := map[string]any{"credentialStatus": map[string]any{
		"type": EntryType, "statusPurpose": "revocation", "statusListIndex": "1", "statusListCredential": "https://attacker.example/list"}}
	v := newVerifier()
	asked := 0
	v.Status = statusFunc(func(StatusQuery) (StatusResult, error) { asked++; return StatusResult{}, nil })
	v.Resolver = resolverFunc(func(ctx context.Context, id did.DID, at did.At) (did.Version, error) {
		asked++
		return resolve.Key{}.Resolve(ctx, id, at)
	})
	v.Trust, v.Policy.RequireAccreditation = AllowList{}, true
	report := verify(t, v, issue(t, issuer, degree(issuer.DID, status)).Body)
	want(t, report, CheckAccreditation, Fail, ProblemNotAccredited)
	if wantDecision(t, report, Reject); asked != 0 {
		t.Errorf("%d things were asked for", asked)
	}

	// A signature that does not verify keeps its status list unread.
	v.Trust, v.Policy.RequireAccreditation = nil, false
	forged := token(t, mallory, headerOf(t, issuer, nil), payloadOf(t, issuer, status))
	report = verify(t, v, []byte(forged))
	want(t, report, CheckSignature, Fail, ProblemCryptography)
	if want(t, report, CheckStatus, Skip, ""); asked != 1 {
		t.Errorf("%d things were asked for, want the issuer only", asked)
	}
	// So does a key of another DID: not even the issuer is resolved.
	asked = 0
	report = verify(t, v, []byte(token(t, mallory, headerOf(t, mallory, nil), payloadOf(t, issuer, status))))
	if want(t, report, CheckIssuer, Fail, ProblemCryptography); asked != 0 {
		t.Errorf("%d things were asked for", asked)
	}
}

func TestAccreditationWarnsUnlessRequired(t *testing.T) {
	issuer := newIssuer(t, FormEdDSAJCS, keys.EdDSA)
	body := issue(t, issuer, degree(issuer.DID, nil)).Body
	away := trustFunc(func(TrustQuery) (TrustResult, error) { return TrustResult{}, errors.New("registry is away") })
	for _, test := range []struct {
		name     string
		source   TrustSource
		required bool
		outcome  Outcome
		problem  string
		decision Decision
	}{
		{"listed", AllowList{issuer.DID: {"ExampleDegreeCredential"}}, true, Pass, "", Accept},
		{"listed for everything", AllowList{issuer.DID: {"*"}}, true, Pass, "", Accept},
		{"listed for another type", AllowList{issuer.DID: {"Other"}}, true, Fail, ProblemNotAccredited, Reject},
		{"listed for another type, not required", AllowList{issuer.DID: {"Other"}}, false, Fail, ProblemNotAccredited, Accept},
		{"not listed", AllowList{}, false, Fail, ProblemNotAccredited, Accept},
		{"unavailable", away, true, Indeterminate, ProblemUnavailable, Undecided},
		{"unavailable, not required", away, false, Indeterminate, ProblemUnavailable, Accept},
		{"no source", nil, false, Skip, "", Accept},
		{"no source, required", nil, true, Indeterminate, ProblemUnavailable, Undecided},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVerifier()
			v.Trust, v.Policy.RequireAccreditation = test.source, test.required
			report := verify(t, v, body)
			c := want(t, report, CheckAccreditation, test.outcome, test.problem)
			wantDecision(t, report, test.decision)
			if wanted := map[bool]Severity{true: SeverityError, false: SeverityWarning}[test.required]; c.Severity != wanted {
				t.Errorf("severity is %s, want %s", c.Severity, wanted)
			}
			if test.outcome == Pass && len(c.Path) != 1 {
				t.Errorf("path is %+v", c.Path)
			}
		})
	}
}

func TestKeyAccreditationAndStatusAreEvaluatedAtTheSameInstant(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	body := issue(t, issuer, degree(issuer.DID, map[string]any{"credentialStatus": map[string]any{
		"type": EntryType, "statusPurpose": "revocation", "statusListIndex": "7", "statusListCredential": "https://center.example/status-lists/1"}})).Body
	then := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	revoked := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	for _, at := range []time.Time{{}, then} {
		v := newVerifier()
		var instants []time.Time
		v.Resolver = resolverFunc(func(ctx context.Context, id did.DID, q did.At) (did.Version, error) {
			instants = append(instants, q.Time)
			return resolve.Key{}.Resolve(ctx, id, did.At{})
		})
		v.Trust = trustFunc(func(q TrustQuery) (TrustResult, error) {
			instants = append(instants, q.At)
			return TrustResult{Accredited: true}, nil
		})
		v.Status = statusFunc(func(q StatusQuery) (StatusResult, error) {
			instants = append(instants, q.At)
			value := uint64(0)
			if q.At.IsZero() || q.At.After(revoked) {
				value = 1
			}
			return StatusResult{Value: value}, nil
		})
		report := verifyWith(t, v, body, VerifyOptions{At: at})
		if d := cmp.Diff([]time.Time{at, at, at}, instants); d != "" {
			t.Error(d)
		}
		wantDecision(t, report, map[bool]Decision{true: Reject, false: Accept}[at.IsZero()])
	}
	report := verifyWith(t, newVerifier(), body, VerifyOptions{At: time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)})
	if want(t, report, CheckValidity, Fail, ProblemRange); report.At != "2025-12-31T00:00:00Z" {
		t.Errorf("at is %s", report.At)
	}
}

func TestVerificationEndsWithItsContext(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	body := issue(t, issuer, degree(issuer.DID, nil)).Body
	ctx, cancel := context.WithCancel(t.Context())
	v := newVerifier()
	v.Resolver = resolverFunc(func(context.Context, did.DID, did.At) (did.Version, error) {
		cancel()
		return did.Version{}, ctx.Err()
	})
	report, _, err := v.Verify(ctx, body, VerifyOptions{})
	if !errors.Is(err, context.Canceled) || report == nil || report.Decision == Accept {
		t.Errorf("error is %v, report %+v", err, report)
	}
	if _, _, err := v.Verify(t.Context(), body, VerifyOptions{Checks: []string{"everything"}}); err == nil {
		t.Error("an unknown selection of checks must be an error")
	}
}
