package credentials

import (
	"maps"

	"github.com/hanse-id/hanse/credentials/statuslist"
)

// This file has the status claim of tokens (draft-ietf-oauth-status-list, section 6): {"status": {"status_list": {"idx": 7, "uri": "…"}}}.

// maxMechanisms bounds the members of a status claim that are looked at.
const maxMechanisms = 16

// claimEntries parses the status claim of an SD-JWT VC: a place in a Token Status List, and other mechanisms as far as their name. The
// error is a *ProblemError.
func claimEntries(claims map[string]any) ([]entry, error) {
	v, ok := claims["status"]
	if !ok {
		return nil, nil
	}
	mechanisms, ok := v.(map[string]any)
	if !ok || len(mechanisms) == 0 || len(mechanisms) > maxMechanisms {
		return nil, malformed("/status", "must be an object with at most 16 members")
	}
	out := make([]entry, 0, len(mechanisms))
	for _, name := range sortedKeys(mechanisms) {
		e := entry{pointer: point("/status", name), types: []string{name}}
		if name == TokenEntryType {
			var err error
			if e.status, err = parseTokenEntry(mechanisms[name], e.pointer); err != nil {
				return nil, err
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// parseTokenEntry reads a status_list claim strictly (section 6.1).
func parseTokenEntry(v any, pointer string) (*StatusEntry, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, malformed(pointer, "must be an object")
	}
	e := &StatusEntry{Type: TokenEntryType}
	if e.List, ok = object["uri"].(string); !ok || !isURL(e.List) {
		return nil, malformed(point(pointer, "uri"), "must be a URI")
	}
	if e.Index, ok = integer(object["idx"]); !ok || e.Index < 0 {
		return nil, malformed(point(pointer, "idx"), "must be a whole number, not negative")
	}
	if e.Index > maxIndex {
		return nil, &ProblemError{Err: statuslist.ErrRange, Problem: Problem{
			Type: ProblemRange, Title: "status index out of range", Detail: "larger than any list", Pointer: point(pointer, "idx"),
		}}
	}
	return e, nil
}

// withStatusClaim writes the one entry of an SD-JWT VC into the claims it is made of.
func withStatusClaim(credential map[string]any, entries []StatusEntry) (map[string]any, error) {
	if len(entries) > 1 {
		return nil, malformed("/claims/status", "a status claim has room for one place in one list")
	}
	claims, ok := credential["claims"].(map[string]any)
	if !ok {
		return nil, malformed("/claims", "must be an object")
	}
	if _, has := claims["status"]; has {
		return nil, malformed("/claims/status", "is the issuer's to write: a status claim has room for one place in one list")
	}
	e := entries[0]
	if e.Type == AccreditationEntryType || e.List == "" {
		return nil, malformed("/claims/status", "a status claim names a place in a list")
	}
	e.Type = TokenEntryType
	out := maps.Clone(credential)
	claims = maps.Clone(claims)
	claims["status"] = e.Value()
	out["claims"] = claims
	return out, nil
}
