package credentials

import (
	"fmt"
	"time"

	"github.com/hanse-id/hanse/credentials/sdjwt"
)

// This file has what Inspect says of SD-JWTs, and of claims that are no document of the VC data model.

// readDisclosures says what can be withheld, whether something is, and whether there is a key binding.
func (i *Inspection) readDisclosures(t *sdjwt.Token) {
	i.Disclosed, _ = t.Places() // opened before
	i.Withheld = t.Hidden()
	if t.Binding == nil {
		return
	}
	get := func(name string) string { s, _ := t.Binding.Payload[name].(string); return s }
	i.Proofs = append(i.Proofs, InspectedProof{Type: "KB-JWT", Algorithm: t.Binding.Algorithm, Purpose: "holder's, for " + get("aud")})
	if made, ok := parseNumericDate(t.Binding.Payload["iat"]); ok {
		i.Proofs[len(i.Proofs)-1].Created = made.Format(time.RFC3339)
	}
}

// describeClaims fills in what the claims of an SD-JWT VC say, as far as they have the right type.
func (i *Inspection) describeClaims(claims map[string]any) {
	get := func(name string) string { s, _ := claims[name].(string); return s }
	i.ID, i.Issuer = get("jti"), get("iss")
	if vct := get("vct"); vct != "" {
		i.Types = []string{vct}
	}
	if sub := get("sub"); sub != "" {
		i.Subjects = []string{sub}
	}
	for name, to := range map[string]*string{"nbf": &i.ValidFrom, "exp": &i.ValidUntil} {
		if t, ok := parseNumericDate(claims[name]); ok {
			*to = t.Format(time.RFC3339)
		}
	}
	for _, name := range sortedKeys(claims) {
		if !claimTerms[name] && name != "vct" && name != "vct#integrity" && name != "status" {
			i.tell(point("", name), claims[name], 0)
		}
	}
	entries, err := claimEntries(claims)
	if err != nil {
		i.warn("status: " + err.Error())
	}
	for _, e := range entries {
		if e.status == nil {
			i.warn(fmt.Sprintf("a status of type %.64q is not evaluated here", e.types))
			continue
		}
		i.Status = append(i.Status, InspectedEntry{Type: e.status.Type, Index: fmt.Sprint(e.status.Index), List: e.status.List})
	}
	if _, err := checkClaimModel(claims); err != nil {
		i.warn("claims: " + err.Error())
		return
	}
	c, _ := parseClaims(claims)
	for _, p := range []period{{"nbf", c.notBefore, time.Time{}}, {"exp", time.Time{}, c.expires}} {
		if problem := p.check(time.Now(), 0); problem != nil {
			i.warn(problem.Title + ": " + problem.Detail)
		}
	}
}
