package credentials

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/credentials/statuslist"
)

// ListStatus reads an entry from the credential of its status list, which the caller has fetched or made: body is what
// Verify takes. The list is verified like any credential, must be issued by q.Issuer, be meant for the entry's purpose, be
// valid at q.At, and must not be older than the copy that seen knows (seen may be nil). height is the ledger height the
// copy was made at, 0 where there is none. Errors are *ProblemError with a status-list problem type, and fail closed: a
// list whose proof cannot be decided is STATUS_RETRIEVAL_ERROR, and so is one that is not of the past instant asked for.
func (v *Verifier) ListStatus(ctx context.Context, q StatusQuery, body []byte, height int64, seen *statuslist.Watermark) (StatusResult, error) {
	verifier := *v
	verifier.Status = nil                           // a list has no status of its own: Open refuses it
	verifier.Trust, verifier.Policy = nil, Policy{} // the policy is about credentials: who made the list is the issuer's word
	report, credential, err := verifier.Verify(ctx, body, VerifyOptions{At: q.At})
	if err != nil {
		return StatusResult{}, statusError(ProblemStatusRetrieval, err)
	}
	if credential != nil {
		if _, has := credential["credentialStatus"]; has {
			return StatusResult{}, statusError(ProblemStatusVerification, fmt.Errorf("%w: the list has a status of its own", statuslist.ErrVerification))
		}
	}
	switch {
	case report.Decision == Reject && !q.At.IsZero() && genuine(report):
		return StatusResult{}, statusError(ProblemStatusRetrieval, fmt.Errorf("the list at hand is not the one of that time: %s", firstProblem(report)))
	case report.Decision == Reject:
		return StatusResult{}, statusError(ProblemStatusVerification, fmt.Errorf("%w: %s", statuslist.ErrVerification, firstProblem(report)))
	case report.Decision == Undecided:
		return StatusResult{}, statusError(ProblemStatusRetrieval, fmt.Errorf("status list cannot be verified: %s", firstProblem(report)))
	}
	list, err := statuslist.Open(credential, statuslist.Want{
		URL: q.Entry.List, Purpose: q.Entry.Purpose, Issuer: q.Issuer.String(), Size: int(q.Entry.Size),
	})
	if err != nil {
		return StatusResult{}, StatusError(err)
	}
	digest := sha256.Sum256(list.Bits)
	if seen != nil && q.At.IsZero() {
		if err := seen.Observe(list.URL, statuslist.Version{Height: height, ValidFrom: list.ValidFrom, Digest: digest}); err != nil {
			return StatusResult{}, StatusError(err)
		}
	}
	value, err := statuslist.Value(list.Bits, q.Entry.Index, int(q.Entry.Size))
	if err != nil {
		return StatusResult{}, StatusError(err)
	}
	evidence := Evidence{Source: list.URL, Height: height, Digest: hex.EncodeToString(digest[:])}
	if now := verifier.newRun(VerifyOptions{}).now; !list.ValidFrom.IsZero() {
		evidence.Age = max(0, int64(now.Sub(list.ValidFrom)/time.Second))
	}
	return StatusResult{Value: value, Purposes: list.Purposes, Evidence: evidence}, nil
}

// genuine reports whether a list that was rejected is its issuer's, and just not valid at the instant of the verification: what
// became of the credential then is not known, neither way.
func genuine(r *Report) bool {
	for _, c := range r.Checks {
		if c.Severity == SeverityError && c.Outcome == Fail && c.ID != CheckValidity {
			return false
		}
	}
	c, _ := r.Check(CheckSignature)
	return c.Outcome == Pass
}

// firstProblem says in words why a list was not accepted.
func firstProblem(r *Report) string {
	problems, _ := r.Problems()
	if len(problems) == 0 {
		return "no reason given"
	}
	return problems[0].Title
}

func statusError(kind string, err error) *ProblemError {
	return &ProblemError{Problem: Problem{Type: kind, Title: "status list is not usable", Detail: err.Error()}, Err: err}
}

// StatusError gives an error of package statuslist, or any other error of a status source, its status-list problem type:
// what is none of statuslist's is STATUS_RETRIEVAL_ERROR.
func StatusError(err error) *ProblemError {
	_, p := statusProblem(err)
	return &ProblemError{Problem: *p, Err: err}
}
