package credentials

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hanse-id/hanse/credentials/statuslist"
	"github.com/hanse-id/hanse/did"
)

// EntryType is the type of the status entries that are understood.
const EntryType = "BitstringStatusListEntry"

// maxIndex bounds statusListIndex before any list is known: what every JSON implementation keeps exactly.
const maxIndex = 1<<53 - 1

// entry is one credentialStatus object with its place.
type entry struct {
	pointer string
	types   []string
	status  *StatusEntry // nil where the type is not understood
}

// StatusEntries parses the BitstringStatusListEntry objects of a credential. Objects of other types are left out. The error is
// a *ProblemError.
func StatusEntries(credential map[string]any) ([]StatusEntry, error) {
	entries, err := statusEntries(credential)
	if err != nil {
		return nil, err
	}
	var out []StatusEntry
	for _, e := range entries {
		if e.status != nil {
			out = append(out, *e.status)
		}
	}
	return out, nil
}

func statusEntries(credential map[string]any) ([]entry, error) {
	v, ok := credential["credentialStatus"]
	if !ok {
		return nil, nil
	}
	list, many, ok := objects(v)
	if !ok || len(list) > 16 {
		return nil, malformed("/credentialStatus", "must be an object or a list of at most 16 objects")
	}
	out := make([]entry, 0, len(list))
	for i, object := range list {
		e := entry{pointer: "/credentialStatus"}
		if many {
			e.pointer = point(e.pointer, i)
		}
		e.types, _ = texts(object["type"])
		if slices.Contains(e.types, EntryType) {
			parsed, err := parseEntry(object, e.pointer)
			if err != nil {
				return nil, err
			}
			e.status = parsed
		}
		out = append(out, e)
	}
	return out, nil
}

// Value returns the entry as a credentialStatus object, its id being the list's URL with the index as fragment.
func (e StatusEntry) Value() map[string]any {
	index := strconv.FormatInt(e.Index, 10)
	v := map[string]any{
		"id": e.List + "#" + index, "type": EntryType, "statusPurpose": e.Purpose, "statusListIndex": index, "statusListCredential": e.List,
	}
	if e.Size > 1 {
		v["statusSize"] = e.Size
	}
	return v
}

// parseEntry reads a BitstringStatusListEntry strictly (Bitstring Status List section 2.1).
func parseEntry(object map[string]any, pointer string) (*StatusEntry, error) {
	e := &StatusEntry{Type: EntryType, Size: 1}
	var ok bool
	if e.Purpose, ok = object["statusPurpose"].(string); !ok || e.Purpose == "" {
		return nil, malformed(point(pointer, "statusPurpose"), "must be a string")
	}
	if e.List, ok = object["statusListCredential"].(string); !ok || !isURL(e.List) {
		return nil, malformed(point(pointer, "statusListCredential"), "must be a URL")
	}
	text, ok := object["statusListIndex"].(string)
	if !ok || !isDecimal(text) {
		return nil, malformed(point(pointer, "statusListIndex"), "must be a string of decimal digits")
	}
	var err error
	if e.Index, err = strconv.ParseInt(text, 10, 64); err != nil || e.Index > maxIndex {
		return nil, &ProblemError{Err: statuslist.ErrRange, Problem: Problem{
			Type: ProblemRange, Title: "status index out of range", Detail: "larger than any list", Pointer: point(pointer, "statusListIndex"),
		}}
	}
	if v, has := object["statusSize"]; has {
		if e.Size, ok = integer(v); !ok || !slices.Contains([]int64{1, 2, 4, 8}, e.Size) {
			return nil, malformed(point(pointer, "statusSize"), "must be 1, 2, 4 or 8")
		}
	}
	return e, checkMessages(object, e, pointer)
}

// checkMessages checks statusMessage where it is given: one message for each value of the entry.
func checkMessages(object map[string]any, e *StatusEntry, pointer string) error {
	v, has := object["statusMessage"]
	if !has {
		return nil
	}
	list, ok := v.([]any)
	if !ok || len(list) != 1<<e.Size {
		return malformed(point(pointer, "statusMessage"), fmt.Sprintf("must be a list of %d messages", 1<<e.Size))
	}
	return nil
}

// isDecimal reports whether s is a number without sign, leading zero or exponent.
func isDecimal(s string) bool {
	if s == "" || len(s) > 1 && s[0] == '0' {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// statusChecker evaluates the entries of one credential.
type statusChecker struct {
	source StatusSource
	issuer did.DID
	at     time.Time // zero: now
}

// check evaluates every entry. The worst outcome is the check's: fail, indeterminate, pass; skip where there is nothing to
// evaluate.
func (s statusChecker) check(ctx context.Context, credential map[string]any) Check {
	c := Check{Outcome: Skip}
	entries, err := statusEntries(credential)
	switch {
	case err != nil:
		return fail(problemOf(err, ProblemStatusVerification, "status entry is not valid"))
	case len(entries) == 0:
		c.Note = "the credential has no status"
		return c
	}
	for _, e := range entries {
		if e.status == nil {
			c.Warnings = append(c.Warnings, Problem{
				Type: ProblemStatusVerification, Title: "status type not supported",
				Detail: fmt.Sprintf("%.64q is not evaluated", e.types), Pointer: e.pointer,
			})
			continue
		}
		s.evaluate(ctx, e, &c)
	}
	if c.Outcome == Skip {
		c.Note = "no status of a known type"
	}
	return c
}

// evaluate adds one entry to the check.
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
	if c.Evidence == nil {
		evidence := result.Evidence
		c.Evidence = &evidence
	}
	c.worsen(Pass, nil)
	switch {
	case result.Value == 0:
	case e.status.Purpose == "revocation" || e.status.Purpose == "suspension":
		word := map[string]string{"revocation": "revoked", "suspension": "suspended"}[e.status.Purpose]
		c.worsen(Fail, &Problem{Type: ProblemStatusVerification, Title: "credential is " + word,
			Detail: fmt.Sprintf("entry %d of %s is set", e.status.Index, e.status.List), Pointer: e.pointer})
	default:
		c.note(fmt.Sprintf("%s status is %d", e.status.Purpose, result.Value))
	}
}

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
