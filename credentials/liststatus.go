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
	list, err := v.readList(ctx, q, body)
	if err != nil {
		return StatusResult{}, err
	}
	if err := list.check(q); err != nil { // before it is remembered: another entry's list says nothing of this one's age
		return StatusResult{}, err
	}
	if seen != nil && q.At.IsZero() {
		if err := list.observe(seen, height); err != nil {
			return StatusResult{}, err
		}
	}
	result, err := list.answer(q, v.newRun(VerifyOptions{}).now)
	result.Evidence.Height = height
	return result, err
}

// readList verifies and decodes the status list of an entry, be it a credential or a token. Errors are *ProblemError.
func (v *Verifier) readList(ctx context.Context, q StatusQuery, body []byte) (*keptList, error) {
	if q.Entry.Type == TokenEntryType {
		return v.readTokenList(ctx, q, body)
	}
	verifier := *v
	verifier.Status = nil                                                  // a list has no status of its own: Open refuses it
	verifier.Trust, verifier.Policy, verifier.Decider = nil, Policy{}, nil // the policy is about credentials: who made the list is the issuer's word
	report, credential, err := verifier.Verify(ctx, body, VerifyOptions{At: q.At})
	if err != nil {
		return nil, statusError(ProblemStatusRetrieval, err)
	}
	if credential != nil {
		if _, has := credential["credentialStatus"]; has {
			return nil, statusError(ProblemStatusVerification, fmt.Errorf("%w: the list has a status of its own", statuslist.ErrVerification))
		}
	}
	if err := listVerdict(report, q.At); err != nil {
		return nil, err
	}
	list, err := statuslist.Read(credential, q.Entry.List, q.Issuer.String())
	if err != nil {
		return nil, StatusError(err)
	}
	return &keptList{List: *list, digest: sha256.Sum256(list.Bits)}, nil
}

// listVerdict is what the verification of a list's credential means for a status.
func listVerdict(report *Report, at time.Time) error {
	switch {
	case report.Decision == Reject && !at.IsZero() && genuine(report):
		return statusError(ProblemStatusRetrieval, fmt.Errorf("the list at hand is not the one of that time: %s", firstProblem(report)))
	case report.Decision == Reject:
		return statusError(ProblemStatusVerification, fmt.Errorf("%w: %s", statuslist.ErrVerification, firstProblem(report)))
	case report.Decision == Undecided:
		return statusError(ProblemStatusRetrieval, fmt.Errorf("status list cannot be verified: %s", firstProblem(report)))
	}
	return nil
}

// keptList is a list that was verified, of either form. It is never written to.
type keptList struct {
	statuslist.List // of a token: Size is its own, no purposes
	token           bool
	digest          [32]byte // SHA-256 of the bits
}

// check reports why an entry cannot be one of the list. Errors are *ProblemError.
func (l *keptList) check(q StatusQuery) error {
	if l.token {
		return nil
	}
	err := l.Serves(statuslist.Want{URL: q.Entry.List, Purpose: q.Entry.Purpose, Issuer: q.Issuer.String(), Size: int(q.Entry.Size)})
	if err != nil {
		return StatusError(err)
	}
	return nil
}

// observe refuses a list that is older than one seen before.
func (l *keptList) observe(seen *statuslist.Watermark, height int64) error {
	name := l.Issuer + " " + l.URL
	if l.token {
		name = TokenEntryType + " " + name // one URL may serve both forms, made at different times
	}
	if err := seen.Observe(name, statuslist.Version{Height: height, ValidFrom: l.ValidFrom, Digest: l.digest}); err != nil {
		return StatusError(err)
	}
	return nil
}

// answer reads one entry. Errors are *ProblemError.
func (l *keptList) answer(q StatusQuery, now time.Time) (StatusResult, error) {
	if err := l.check(q); err != nil {
		return StatusResult{}, err
	}
	size := l.Size
	if !l.token {
		size = int(q.Entry.Size)
	}
	value, err := statuslist.Value(l.Bits, q.Entry.Index, size)
	if err != nil {
		return StatusResult{}, StatusError(err)
	}
	evidence := Evidence{Source: l.URL, Digest: hex.EncodeToString(l.digest[:])}
	if !l.ValidFrom.IsZero() {
		evidence.Age = max(0, int64(now.Sub(l.ValidFrom)/time.Second))
	}
	return StatusResult{Value: value, Purposes: l.Purposes, Evidence: evidence}, nil
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
