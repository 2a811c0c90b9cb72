package credentials

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hanse-id/hanse/credentials/statuslist"
	"github.com/hanse-id/hanse/did"
)

// statusChecker evaluates the entries of one credential.
type statusChecker struct {
	source StatusSource
	issuer did.DID
	at     time.Time // zero: now
	claims bool      // the credential is the claims of an SD-JWT VC
}

// entries are the places where the credential's status is.
func (s statusChecker) entries(credential map[string]any) ([]entry, error) {
	if s.claims {
		return claimEntries(credential)
	}
	return statusEntries(credential)
}

// check evaluates every entry. The worst outcome is the check's: fail, indeterminate, pass; skip where there is nothing to
// evaluate.
func (s statusChecker) check(ctx context.Context, credential map[string]any) Check {
	c := Check{Outcome: Skip}
	entries, err := s.entries(credential)
	switch {
	case err != nil:
		return fail(problemOf(err, ProblemStatusVerification, "status entry is not valid"))
	case len(entries) == 0 && !namesAccreditation(credential):
		c.Note = "the credential has no status"
		return c
	}
	if namesAccreditation(credential) && !slices.ContainsFunc(entries, func(e entry) bool { return e.status != nil && e.status.Type == AccreditationEntryType }) {
		return fail(&Problem{Type: ProblemStatusVerification, Title: "copy of an accreditation without its status", Pointer: "/credentialStatus",
			Detail: "a copy that names an accreditation has an entry of type " + AccreditationEntryType + ", or it would outlive what it is a copy of"})
	}
	for _, e := range entries {
		switch {
		case e.status == nil:
			c.notEvaluated(e)
		case e.status.Type == AccreditationEntryType:
			s.evaluateAccreditation(ctx, e, credential, &c)
		default:
			s.evaluate(ctx, e, &c)
		}
	}
	if c.Outcome == Skip {
		c.Note = "no status of a known type"
	}
	return c
}

// notEvaluated remarks upon an entry that nobody here knows how to evaluate.
func (c *Check) notEvaluated(e entry) {
	c.Warnings = append(c.Warnings, Problem{
		Type: ProblemStatusVerification, Title: "status type not supported",
		Detail: fmt.Sprintf("%.64q is not evaluated", e.types), Pointer: e.pointer,
	})
}

// evaluate adds one entry of a status list to the check.
func (s statusChecker) evaluate(ctx context.Context, e entry, c *Check) {
	if s.source == nil {
		c.worsen(Indeterminate, &Problem{Type: ProblemStatusRetrieval, Title: "status unavailable",
			Detail: "no source of status lists is configured", Pointer: e.pointer})
		return
	}
	result, err := s.source.Status(ctx, StatusQuery{Issuer: s.issuer, Entry: *e.status, At: s.at})
	if err != nil {
		outcome, problem := statusProblem(err)
		problem.Pointer = e.pointer
		c.worsen(outcome, problem)
		return
	}
	c.stand(result.Evidence)
	c.worsen(Pass, nil)
	if result.Stale {
		c.Warnings = append(c.Warnings, Problem{Type: ProblemStatusRetrieval, Title: "status may be out of date", Pointer: e.pointer,
			Detail: fmt.Sprintf("it was last known %d seconds ago", result.Evidence.Age)})
	}
	switch {
	case result.Value == 0:
	case e.status.Type == TokenEntryType:
		c.worsen(Fail, &Problem{Type: ProblemStatusVerification, Title: "credential is " + tokenMeaning(result.Value),
			Detail: fmt.Sprintf("entry %d of %s is %d", e.status.Index, e.status.List, result.Value), Pointer: e.pointer})
	case e.status.Purpose == "revocation" || e.status.Purpose == "suspension":
		c.worsen(Fail, &Problem{Type: ProblemStatusVerification, Title: "credential is " + meaning(e.status, result),
			Detail: fmt.Sprintf("entry %d of %s is %d", e.status.Index, e.status.List, result.Value), Pointer: e.pointer})
	case e.status.Purpose == "refresh" || e.status.Purpose == "message":
		c.note(fmt.Sprintf("%s status is %d", e.status.Purpose, result.Value))
	default:
		c.Warnings = append(c.Warnings, Problem{Type: ProblemStatusVerification, Title: "status purpose not supported",
			Detail: fmt.Sprintf("status %.64q is %d, and what that means is not known here", e.status.Purpose, result.Value), Pointer: e.pointer})
	}
}

// stand keeps the evidence of the part of a check whose evidence is oldest: the whole is no fresher.
func (c *Check) stand(e Evidence) {
	if c.Evidence == nil || e.Age > c.Evidence.Age {
		c.Evidence = &e
	}
}

// meaning says what a value other than 0 says of a credential. In a list of one purpose it is that purpose, whatever the value.
// One list for revocation and suspension needs two bits an entry, whose values are those of a Token Status List (1 invalid,
// 2 suspended); any other value of such a list is final too, as 1 is. Where the source does not say what its list is for, a
// value that could be either is called both.
func meaning(e *StatusEntry, r StatusResult) string {
	both := slices.Contains(r.Purposes, "revocation") && slices.Contains(r.Purposes, "suspension")
	switch {
	case e.Size > 1 && both && r.Value == suspendedValue:
		return "suspended"
	case e.Size > 1 && both:
		return "revoked"
	case e.Size > 1 && len(r.Purposes) == 0:
		return "revoked or suspended"
	case e.Purpose == "suspension":
		return "suspended"
	}
	return "revoked"
}

// tokenMeaning says what a value other than 0 of a Token Status List says of a credential (draft-ietf-oauth-status-list section
// 7.1). What an application means by other values is not known here, and it does not mean valid.
func tokenMeaning(value uint64) string {
	switch value {
	case 1:
		return "revoked"
	case suspendedValue:
		return "suspended"
	}
	return fmt.Sprintf("not valid (status %#02x)", value)
}

// suspendedValue is the value of a Token Status List for a credential that may become valid again.
const suspendedValue = 2

// statusProblem maps what a StatusSource says to outcome and problem.
func statusProblem(err error) (Outcome, *Problem) {
	for _, known := range []struct {
		sentinel error
		kind     string
	}{
		{statuslist.ErrRange, ProblemRange}, {statuslist.ErrLength, ProblemStatusLength}, {statuslist.ErrVerification, ProblemStatusVerification},
	} {
		if errors.Is(err, known.sentinel) {
			return Fail, problemOf(err, known.kind, known.sentinel.Error())
		}
	}
	p := problemOf(err, ProblemStatusRetrieval, "status unavailable")
	switch p.Type {
	case ProblemStatusVerification, ProblemStatusLength, ProblemRange:
		return Fail, p
	}
	return Indeterminate, p
}
