package credentials

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hanse-id/hanse/did"
)

// AccreditationType is the type of the credential that is the portable copy of an accreditation.
const AccreditationType = "AccreditationCredential"

// Accreditation is one right on a ledger in plain values: that Authority lets Subject issue, verify or accredit Resource. Its
// copy as a credential says what was given and never changes; what became of it is its status, which the ledger answers.
type Accreditation struct {
	ID         string // on the ledger: letters, digits, "-" and "_"; empty for a right that no record gives (a center's own)
	Authority  string // a DID, or the URI of a league
	Subject    did.DID
	Action     string // "issue", "verify", "accredit"
	Resource   string // "type:…", "prefix:…", "schema:…"
	Limits     AccreditationLimits
	Parent     string // ID of the accreditation of the authority; may be empty
	ValidFrom  time.Time
	ValidUntil time.Time // zero: open end
	Framework  string    // URL of the governance framework; may be empty
	Evidence   string    // digest of what it stands on; may be empty
}

// AccreditationLimits narrow an accreditation. Zero values do not limit.
type AccreditationLimits struct {
	Jurisdictions []string // ISO 3166 codes
	Validity      int64    // longest validity of a credential that is issued under it, seconds
	Depth         int64    // how many more levels of accredit may be given under it
	Count         int64    // how many accreditations may be given under it
}

// Credential returns the copy as an unsecured credential (VC Data Model 2.0) of an issuer who vouches for it, usually the center
// that serves it at publicURL: {publicURL}/v1/accreditations/{id}/credential. Its status is that of the accreditation. Without
// an ID it has neither id nor status. Equal values give equal credentials. An error names the member that cannot be said.
func (a Accreditation) Credential(issuer did.DID, publicURL string) (map[string]any, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	c := map[string]any{
		"@context":          []any{contextV2, accreditationContext()},
		"type":              []any{baseType, AccreditationType},
		"issuer":            issuer.String(),
		"credentialSubject": map[string]any{"id": a.Subject.String(), "accreditation": a.value()},
	}
	setTime(c, "validFrom", a.ValidFrom)
	setTime(c, "validUntil", a.ValidUntil)
	if a.ID != "" {
		record := strings.TrimRight(publicURL, "/") + "/v1/accreditations/" + a.ID
		if !isURL(record) {
			return nil, fmt.Errorf("public URL %.256q is not a URL", publicURL)
		}
		c["id"] = record + "/credential"
		c["credentialStatus"] = StatusEntry{Type: AccreditationEntryType, ID: record + "#status", Accreditation: a.ID}.Value()
	}
	return c, nil
}

// IssueAccreditation signs the copy of an accreditation. It takes its times from the accreditation and none from the clock, so
// that with an Ed25519 key equal values give equal bytes.
func (i *Issuer) IssueAccreditation(ctx context.Context, a Accreditation, publicURL string) (*Secured, error) {
	credential, err := a.Credential(i.DID, publicURL)
	if err != nil {
		return nil, err
	}
	timeless := *i
	timeless.Now = func() time.Time { return a.ValidFrom }
	timeless.Disclosable, timeless.Decoys = []string{}, 0 // a copy is compared with the ledger as a whole, and salts would differ
	return timeless.Issue(ctx, credential)
}

func (a Accreditation) check() error {
	switch {
	case a.ID != "" && !isAccreditationID(a.ID):
		return fmt.Errorf("accreditation id %.64q has other characters than letters, digits, - and _", a.ID)
	case a.Parent != "" && !isAccreditationID(a.Parent):
		return fmt.Errorf("accreditation parent %.64q has other characters than letters, digits, - and _", a.Parent)
	case !isURL(a.Authority):
		return fmt.Errorf("accreditation authority %.64q is neither a DID nor another URI", a.Authority)
	case !isURL(a.Subject.String()):
		return fmt.Errorf("accreditation subject %.64q is not a DID", a.Subject)
	case a.Framework != "" && !isURL(a.Framework):
		return fmt.Errorf("accreditation framework %.64q is not a URL", a.Framework)
	case a.Action == "" || a.Resource == "":
		return fmt.Errorf("accreditation of %.64q has no action or no resource", a.Subject)
	}
	return nil
}

// value is what the copy says of the accreditation.
func (a Accreditation) value() map[string]any {
	v := map[string]any{"authority": a.Authority, "action": a.Action, "resource": a.Resource}
	for name, id := range map[string]string{"id": a.ID, "parent": a.Parent} {
		if id != "" {
			v[name] = accreditationURN + id
		}
	}
	for name, text := range map[string]string{"framework": a.Framework, "evidence": a.Evidence} {
		if text != "" {
			v[name] = text
		}
	}
	if limits := a.Limits.value(); len(limits) > 0 {
		v["limits"] = limits
	}
	setTime(v, "validFrom", a.ValidFrom)
	setTime(v, "validUntil", a.ValidUntil)
	return v
}

func (l AccreditationLimits) value() map[string]any {
	v := map[string]any{}
	if len(l.Jurisdictions) > 0 {
		list := make([]any, len(l.Jurisdictions))
		for i, j := range l.Jurisdictions {
			list[i] = j
		}
		v["jurisdictions"] = list
	}
	for name, n := range map[string]int64{"validity": l.Validity, "depth": l.Depth, "count": l.Count} {
		if n != 0 {
			v[name] = n
		}
	}
	return v
}

func setTime(to map[string]any, name string, t time.Time) {
	if !t.IsZero() {
		to[name] = t.UTC().Format(time.RFC3339)
	}
}

// accreditationURN begins the id of an accreditation where a URL is needed: whichever center serves it, it is the same one.
const accreditationURN = "urn:hanse:accreditation:"

// maxAccreditationID bounds ids.
const maxAccreditationID = 128

func isAccreditationID(s string) bool {
	return s != "" && len(s) <= maxAccreditationID && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	})
}

// accreditationTerms begins the terms of the copies.
const accreditationTerms = "https://hanse.id/ns/trust#"

// accreditationContext defines every term of a copy that the base context does not, so that whoever reads one needs no other
// file: what it means is part of what is signed. Each call returns a new one.
func accreditationContext() map[string]any {
	typed := func(term, kind string) map[string]any {
		return map[string]any{"@id": accreditationTerms + term, "@type": kind}
	}
	const date, integer = "http://www.w3.org/2001/XMLSchema#dateTime", "http://www.w3.org/2001/XMLSchema#integer"
	scoped := map[string]any{
		"@protected": true,
		"authority":  typed("authority", "@id"), "parent": typed("parent", "@id"), "framework": typed("framework", "@id"),
		"action": accreditationTerms + "action", "resource": accreditationTerms + "resource", "evidence": accreditationTerms + "evidence",
		"limits":        accreditationTerms + "limits",
		"jurisdictions": map[string]any{"@id": accreditationTerms + "jurisdiction", "@container": "@set"},
		"validity":      typed("validity", integer), "depth": typed("depth", integer), "count": typed("count", integer),
		"validFrom": typed("validFrom", date), "validUntil": typed("validUntil", date),
	}
	return map[string]any{
		"@protected":           true,
		AccreditationType:      accreditationTerms + AccreditationType,
		AccreditationEntryType: accreditationTerms + AccreditationEntryType,
		"accreditation":        map[string]any{"@id": accreditationTerms + "accreditation", "@context": scoped},
	}
}
