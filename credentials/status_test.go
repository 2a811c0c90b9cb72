package credentials

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/keys"
)

func TestStatusOfEveryEntryIsEvaluated(t *testing.T) {
	entry := func(purpose, index string) map[string]any {
		return map[string]any{"type": EntryType, "statusPurpose": purpose, "statusListIndex": index, "statusListCredential": "https://center.example/status-lists/1"}
	}
	problem := func(kind string) error { return &ProblemError{Problem: Problem{Type: kind, Title: "x"}} }
	source := statusFunc(func(q StatusQuery) (StatusResult, error) {
		switch q.Entry.Index {
		case 1:
			return StatusResult{Value: 1, Evidence: Evidence{Source: "ledger", Height: 9}}, nil
		case 2:
			return StatusResult{}, problem(ProblemStatusRetrieval)
		case 3:
			return StatusResult{}, problem(ProblemStatusVerification)
		case 4:
			return StatusResult{}, problem(ProblemRange)
		case 5:
			return StatusResult{}, problem(ProblemStatusLength)
		case 6:
			return StatusResult{}, errors.New("connection refused")
		}
		return StatusResult{Evidence: Evidence{Source: "ledger", Height: 9}}, nil
	})
	other := map[string]any{"type": "OtherStatus"}
	sized := func(v any) map[string]any { return edited(entry("revocation", "0"), map[string]any{"statusSize": v}) }
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		for _, test := range []struct {
			name     string
			status   any
			outcome  Outcome
			problem  string
			decision Decision
		}{
			{"not set", entry("revocation", "0"), Pass, "", Accept},
			{"revoked", entry("revocation", "1"), Fail, ProblemStatusVerification, Reject},
			{"suspended", entry("suspension", "1"), Fail, ProblemStatusVerification, Reject},
			{"message is set", entry("message", "1"), Pass, "", Accept},
			{"refresh is set", entry("refresh", "1"), Pass, "", Accept},
			{"revoked in one of two", []any{entry("suspension", "0"), entry("revocation", "1")}, Fail, ProblemStatusVerification, Reject},
			{"unreachable", entry("revocation", "2"), Indeterminate, ProblemStatusRetrieval, Undecided},
			{"plain error", entry("revocation", "6"), Indeterminate, ProblemStatusRetrieval, Undecided},
			{"list is not valid", entry("revocation", "3"), Fail, ProblemStatusVerification, Reject},
			{"index out of range", entry("revocation", "4"), Fail, ProblemRange, Reject},
			{"list too short", entry("revocation", "5"), Fail, ProblemStatusLength, Reject},
			{"unreachable and revoked", []any{entry("revocation", "2"), entry("revocation", "1")}, Fail, ProblemStatusVerification, Reject},
			{"unknown type", other, Skip, "", Accept},
			{"unknown type and not set", []any{other, entry("revocation", "0")}, Pass, "", Accept},
			{"index is negative", entry("revocation", "-1"), Fail, ProblemMalformed, Reject},
			{"index with exponent", entry("revocation", "1e3"), Fail, ProblemMalformed, Reject},
			{"index with leading zero", entry("revocation", "01"), Fail, ProblemMalformed, Reject},
			{"index beyond 2^53", entry("revocation", "9007199254740993"), Fail, ProblemRange, Reject},
			{"index beyond 2^64", entry("revocation", "99999999999999999999"), Fail, ProblemRange, Reject},
			{"index is a number", edited(entry("revocation", ""), map[string]any{"statusListIndex": json.Number("1")}), Fail, ProblemMalformed, Reject},
			{"size 3", sized(json.Number("3")), Fail, ProblemMalformed, Reject},
			{"size 0", sized(json.Number("0")), Fail, ProblemMalformed, Reject},
			{"size is a string", sized("1"), Fail, ProblemMalformed, Reject},
			{"size 2 without messages", sized(json.Number("2")), Fail, ProblemMalformed, Reject},
			{"size 2", StatusEntry{Purpose: "revocation", List: listURL, Size: 2}.Value(), Pass, "", Accept},
			{"size 2, message without status", edited(StatusEntry{Purpose: "revocation", List: listURL, Size: 2}.Value(), map[string]any{
				"statusMessage": []any{map[string]any{"message": "valid"}, "x", "x", "x"}}), Fail, ProblemMalformed, Reject},
			{"id is the list's URL", edited(entry("revocation", "0"), map[string]any{"id": "https://center.example/status-lists/1"}), Fail, ProblemMalformed, Reject},
			{"purpose that nobody knows", entry("oddity", "1"), Pass, "", Accept},
			{"no purpose", edited(entry("", "1"), nil), Fail, ProblemMalformed, Reject},
			{"list is no URL", edited(entry("revocation", "1"), map[string]any{"statusListCredential": "x"}), Fail, ProblemMalformed, Reject},
		} {
			t.Run(test.name, func(t *testing.T) {
				c := degree(issuer.DID, map[string]any{"credentialStatus": test.status})
				if err := issuer.CheckIssuable(c); (test.problem == ProblemMalformed) && err == nil {
					t.Error("a malformed entry can be issued")
				}
				secured, possible := secureAnyway(t, issuer, c)
				if !possible {
					return
				}
				v := newVerifier()
				v.Status = source
				report := verify(t, v, secured.Body)
				want(t, report, CheckStatus, test.outcome, test.problem)
				wantDecision(t, report, test.decision)
				proofOnly := verifyWith(t, v, secured.Body, VerifyOptions{Checks: []string{ChecksProof}})
				want(t, proofOnly, CheckStatus, Skip, "")
				want(t, proofOnly, CheckValidity, Skip, "")
				wantDecision(t, proofOnly, Accept)
			})
		}
		v := newVerifier()
		report := verify(t, v, issue(t, issuer, degree(issuer.DID, map[string]any{"credentialStatus": entry("revocation", "0")})).Body)
		want(t, report, CheckStatus, Indeterminate, ProblemStatusRetrieval)
	})
}

func TestStatusEntriesRoundTrip(t *testing.T) {
	for _, e := range []StatusEntry{
		{Type: EntryType, Purpose: "revocation", Index: 0, List: listURL, Size: 1},
		{Type: EntryType, Purpose: "message", Index: 131_071, List: listURL, Size: 2},
		{Type: EntryType, Purpose: "suspension", Index: 3, List: listURL, Size: 8},
	} {
		c := parseJSON(t, toJSON(t, map[string]any{"credentialStatus": []any{map[string]any{"type": "OtherStatus"}, e.Value()}}))
		got, err := statusEntries(c)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].status != nil {
			t.Error("a status of another type was parsed")
		}
		if d := cmp.Diff(&e, got[1].status); d != "" {
			t.Error(d)
		}
	}
}

// What an entry of a list with two purposes says is in its value: 1 is revoked, 2 suspended, whatever else is as final as 1.
func TestStatusIsCalledWhatItIs(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	both := []string{"revocation", "suspension"}
	for _, test := range []struct {
		purpose string
		size    int64
		list    []string
		value   uint64
		title   string
	}{
		{"revocation", 1, []string{"revocation"}, 1, "credential is revoked"},
		{"suspension", 1, []string{"suspension"}, 1, "credential is suspended"},
		{"revocation", 2, both, 1, "credential is revoked"},
		{"suspension", 2, both, 1, "credential is revoked"},
		{"revocation", 2, both, 2, "credential is suspended"},
		{"suspension", 2, both, 2, "credential is suspended"},
		{"revocation", 2, both, 3, "credential is revoked"},
		{"suspension", 2, both, 3, "credential is revoked"},
		{"revocation", 2, []string{"revocation"}, 2, "credential is revoked"},
		{"suspension", 2, []string{"suspension"}, 1, "credential is suspended"},
		{"revocation", 1, nil, 1, "credential is revoked"},
		{"revocation", 2, nil, 2, "credential is revoked or suspended"},
	} {
		v := newVerifier()
		v.Status = statusFunc(func(StatusQuery) (StatusResult, error) {
			return StatusResult{Value: test.value, Purposes: test.list}, nil
		})
		e := StatusEntry{Purpose: test.purpose, Index: 7, List: listURL, Size: test.size}
		report := verify(t, v, issue(t, issuer, degree(issuer.DID, map[string]any{"credentialStatus": e.Value()})).Body)
		wantDecision(t, report, Reject)
		if c := want(t, report, CheckStatus, Fail, ProblemStatusVerification); c.Problem.Title != test.title {
			t.Errorf("%+v: %q", test, c.Problem.Title)
		}
	}
}

func TestAStatusOfUnknownPurposeIsRemarked(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	v := newVerifier()
	v.Status = statusFunc(func(StatusQuery) (StatusResult, error) { return StatusResult{Value: 1}, nil })
	e := StatusEntry{Purpose: "oddity", Index: 7, List: listURL, Size: 1}
	report := verify(t, v, issue(t, issuer, degree(issuer.DID, map[string]any{"credentialStatus": e.Value()})).Body)
	if c := want(t, report, CheckStatus, Pass, ""); len(c.Warnings) != 1 {
		t.Errorf("warnings are %+v", c.Warnings)
	}
}
