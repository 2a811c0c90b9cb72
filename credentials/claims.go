package credentials

import (
	"slices"
	"time"
)

// claims are the registered JWT claims of a payload that say when it holds.
type claims struct {
	issuedAt  time.Time // zero if absent
	notBefore time.Time
	expires   time.Time
}

// parseClaims reads iat, nbf and exp, which must be whole seconds since 1970, and checks that the other registered claims are
// of their type. Without exp or nbf only validFrom and validUntil bound a credential.
func parseClaims(payload map[string]any) (claims, error) {
	var c claims
	for _, f := range []struct {
		name string
		to   *time.Time
	}{{"iat", &c.issuedAt}, {"nbf", &c.notBefore}, {"exp", &c.expires}} {
		v, ok := payload[f.name]
		if !ok {
			continue
		}
		t, ok := parseNumericDate(v)
		if !ok {
			return c, malformed(point("", f.name), "must be whole seconds since 1970, as a number")
		}
		*f.to = t
	}
	for _, name := range []string{"iss", "sub", "jti"} {
		if v, ok := payload[name]; ok {
			if s, isString := v.(string); !isString || s == "" {
				return c, malformed(point("", name), "must be a string")
			}
		}
	}
	if v, ok := payload["aud"]; ok {
		if _, isText := texts(v); !isText {
			return c, malformed("/aud", "must be a string or a list of strings")
		}
	}
	return c, nil
}

// checkConsistent compares registered claims with the members of the credential that say the same (VC-JOSE-COSE section 3.1.3).
func checkConsistent(payload map[string]any, m *model) error {
	if iss, ok := payload["iss"]; ok && iss != m.issuer {
		return malformed("/iss", "is not the issuer")
	}
	if jti, ok := payload["jti"]; ok && m.id != "" && jti != m.id {
		return malformed("/jti", "is not the credential's id")
	}
	named := slices.ContainsFunc(m.subjects, func(id string) bool { return id != "" })
	if sub, ok := payload["sub"].(string); ok && named && !slices.Contains(m.subjects, sub) {
		return malformed("/sub", "is not the id of a subject")
	}
	return nil
}

// period is the time in which something holds; zero bounds are open.
type period struct {
	name        string // of the member that bounds it, for messages; it may stand within another: "proof/created"
	from, until time.Time
}

// proofPeriods are the times that proofs say they were made at and hold until.
func proofPeriods(proofs []proof) []period {
	list := make([]period, 0, 2*len(proofs))
	for _, p := range proofs {
		list = append(list, period{"proof/created", p.created, time.Time{}}, period{"proof/expires", time.Time{}, p.expires})
	}
	return list
}

// check reports a RANGE_ERROR unless at lies within. Clocks may differ by skew where something begins; an end is an end.
func (p period) check(at time.Time, skew time.Duration) *Problem {
	switch {
	case !p.from.IsZero() && at.Add(skew).Before(p.from):
		return &Problem{Type: ProblemRange, Title: "not yet valid", Pointer: "/" + p.name,
			Detail: p.told("begins at") + p.from.UTC().Format(time.RFC3339)}
	case !p.until.IsZero() && at.After(p.until):
		return &Problem{Type: ProblemRange, Title: "no longer valid", Pointer: "/" + p.name,
			Detail: p.told("ended at") + p.until.UTC().Format(time.RFC3339)}
	}
	return nil
}

// told begins a message with what happens at a time; of a proof it says so, because the credential is not meant.
func (p period) told(what string) string {
	switch p.name {
	case "proof/created":
		return "the proof's created is "
	case "proof/expires":
		return "the proof's expires was "
	}
	return what + " "
}
