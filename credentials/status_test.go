package credentials

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		f, _ := formNamed(issuer.Form)
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
			{"size 2", sized(json.Number("2")), Pass, "", Accept},
			{"no purpose", edited(entry("", "1"), nil), Fail, ProblemMalformed, Reject},
			{"list is no URL", edited(entry("revocation", "1"), map[string]any{"statusListCredential": "x"}), Fail, ProblemMalformed, Reject},
		} {
			t.Run(test.name, func(t *testing.T) {
				c := degree(issuer.DID, map[string]any{"credentialStatus": test.status})
				secured, err := f.secure(t.Context(), issuer, c)
				if err != nil {
					t.Fatal(err)
				}
				if err := issuer.CheckIssuable(c); (test.problem == ProblemMalformed) && err == nil {
					t.Error("a malformed entry can be issued")
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
	} {
		got, err := StatusEntries(map[string]any{"credentialStatus": []any{map[string]any{"type": "OtherStatus"}, e.Value()}})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]StatusEntry{e}, got); d != "" {
			t.Error(d)
		}
	}
}
