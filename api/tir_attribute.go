package api

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// TirAttributeView is a right of an issuer (EBSI TIR v5).
type TirAttributeView struct {
	Hash       string `json:"hash"`       // SHA-256 of the characters of body, hexadecimal
	Body       string `json:"body"`       // the accreditation as a credential, compact JWS (base64url parts)
	IssuerType string `json:"issuerType"` // RootTAO, TAO, TI or Revoked
	Tao        string `json:"tao"`        // who gave the right: a DID, or the URI of the league
	RootTao    string `json:"rootTao"`    // where the path of the right begins
}

// The kinds of issuers. A right that is not in force is Revoked, for whatever reason: revoked or suspended, itself or above
// it, expired, or not valid yet.
const (
	tirRoot    = "RootTAO" // a center, of its own right
	tirTAO     = "TAO"     // accredited to accredit
	tirTI      = "TI"      // accredited to issue or to verify
	tirRevoked = "Revoked"
)

// tirEntry is an attribute of an issuer: an accreditation, or what the present rule table lets a center accredit for of its own
// right.
type tirEntry struct {
	id      string // hexadecimal of 32 bytes
	subject did.DID

	accreditation *trust.Accreditation

	// Without an accreditation: what the center may accredit for, and since when.
	resource governance.Resource
	since    int64
}

// tirRevision is an attribute from one change on. The last one is the present.
type tirRevision struct {
	id   string
	at   int64 // unix seconds
	last bool
}

// revisions lists the grant and the changes after it, each named by its operation.
func (e *tirEntry) revisions() []tirRevision {
	if e.accreditation == nil {
		return []tirRevision{{id: e.id, at: e.since, last: true}}
	}
	list := []tirRevision{{id: e.id, at: e.accreditation.Granted}}
	for _, change := range e.accreditation.Changes {
		list = append(list, tirRevision{id: hex.EncodeToString(change.ID[:]), at: change.Time})
	}
	list[len(list)-1].last = true
	return list
}

func (e *tirEntry) last() tirRevision {
	list := e.revisions()
	return list[len(list)-1]
}

// tirEntries reads a page of an issuer's attributes and how many there are: its accreditations as they were given, then its
// own rights. Who was never accredited and never was a center is no issuer.
func tirEntries(r exec.Reader, issuer did.DID, page tirPage) ([]tirEntry, int64, error) {
	given, total, err := trust.OfSubject(r, issuer, page.first(), page.size)
	if err != nil {
		return nil, 0, err
	}
	own, isCenter, err := ownRights(r, issuer)
	if err != nil {
		return nil, 0, err
	}
	if total == 0 && !isCenter {
		return nil, 0, tirIssuerNotFound(issuer)
	}
	var entries []tirEntry
	for i := range given {
		entries = append(entries, entryOf(&given[i]))
	}
	entries = append(entries, window(own, page.first()-total, page.size-len(entries))...)
	return entries, total + int64(len(own)), nil
}

func entryOf(a *trust.Accreditation) tirEntry {
	return tirEntry{id: hex.EncodeToString(a.ID[:]), subject: a.Subject, accreditation: a}
}

// ownRights lists what the present rule table lets a center accredit for, and whether issuer is or was a center.
func ownRights(r exec.Reader, issuer did.DID) ([]tirEntry, bool, error) {
	since, isCenter, err := admitted(r, issuer)
	if err != nil || !isCenter {
		return nil, false, err
	}
	rules, err := governance.PresentRules(r)
	if err != nil {
		return nil, false, err
	}
	rule := rules.Rule("trust.accredit", governance.RoleCenter)
	if rule == nil {
		return nil, true, nil
	}
	var list []tirEntry
	for _, resource := range rule.Resources {
		id := sha256.Sum256([]byte("trust.accredit\x00" + string(issuer) + "\x00" + string(resource)))
		list = append(list, tirEntry{id: hex.EncodeToString(id[:]), subject: issuer, resource: resource, since: max(since, rules.Since)})
	}
	return list, true, nil
}

// admitted says since when (block time; 0: genesis) a center has been known to the league, whatever became of it.
func admitted(r exec.Reader, id did.DID) (since int64, isCenter bool, err error) {
	center, err := governance.Get(r, id)
	if err != nil || center == nil {
		return 0, false, err
	}
	if center.N > 1 {
		if center, err = governance.DecodeCenter(r.Get(governance.CenterVersionKey(op.HashCenter(id), 1))); err != nil {
			return 0, false, err
		}
	}
	return center.Since, true, nil
}

// findTirEntry reads the attribute of an issuer with an id.
func findTirEntry(r exec.Reader, issuer did.DID, text string) (*tirEntry, error) {
	own, isCenter, err := ownRights(r, issuer)
	if err != nil {
		return nil, err
	}
	id := hexID(text)
	if i := slices.IndexFunc(own, func(e tirEntry) bool { return e.id == id }); i >= 0 {
		return &own[i], nil
	}
	_, given, err := trust.OfSubject(r, issuer, 0, 0)
	if err != nil {
		return nil, err
	}
	if given == 0 && !isCenter {
		return nil, tirIssuerNotFound(issuer)
	}
	raw, err := hex.DecodeString(id)
	if err != nil || len(raw) != len(op.ID{}) {
		return nil, tirAttributeNotFound(text)
	}
	a, err := trust.Get(r, op.ID(raw))
	if err != nil {
		return nil, err
	}
	if a == nil || a.Subject != issuer {
		return nil, tirAttributeNotFound(text)
	}
	entry := entryOf(a)
	return &entry, nil
}

// hexID is the id that a client means: it may have written a prefix 0x.
func hexID(text string) string { return strings.ToLower(strings.TrimPrefix(text, "0x")) }
