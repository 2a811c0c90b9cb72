package issuance

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
)

// The status purposes that issuers may have (Bitstring Status List 1.0, section 2.2).
const (
	Revocation = "revocation" // never undone
	Suspension = "suspension"
)

// StatusPurpose is the purpose of a list of two bits that says revocation and suspension together (Token Status List: 0 valid,
// 1 invalid, 2 suspended). Forms that have room for one entry only use it.
const StatusPurpose = "status"

// Issuer is one configured issuer of a center.
type Issuer struct {
	// Name is how the API addresses it: 1 to 64 of a–z, 0–9, '.', '_' and '-'.
	Name string `json:"name"`
	// DID is what its credentials name as issuer: did:hanse with a ledger record, did:key or did:jwk without one.
	DID did.DID `json:"did"`
	// Method is the verification method URL, listed in the DID's assertionMethod, whose private key is Key in the keystore.
	Method string `json:"method"`
	Key    string `json:"key"`
	// Form is the securing form used when a request names none.
	Form credentials.Form `json:"form"`
	// Alternatives are further forms that a request may ask for, with the verification method each is signed under.
	// They are signed with Key, unless Keys names another.
	Alternatives map[credentials.Form]string `json:"alternatives,omitempty"`
	// Keys names the keystore keys of forms that are not signed with Key: an issuer may have keys of several kinds.
	Keys map[credentials.Form]string `json:"keys,omitempty"`
	// Control names the keystore keys that control a did:hanse issuer's record: they create its status lists.
	// Issuers without a record need none: the center's keys do it.
	Control []string `json:"control,omitempty"`
	// Purposes are the status purposes of every credential; empty: revocation and suspension. ["none"]: no status. ["status"]: both
	// in one list. Forms with room for one entry use that where there are several.
	Purposes []string `json:"purposes,omitempty"`
	// Retain keeps the issued credentials, sealed, until they are deleted. Otherwise only ids, indices and digests are kept.
	Retain bool `json:"retain,omitempty"`
	// RequireSchema refuses credentials that name a schema that is not known here; otherwise it is not evaluated.
	RequireSchema bool `json:"requireSchema,omitempty"`
	// PublicURL overrides the center's public URL in the URLs of new status lists.
	PublicURL string `json:"publicUrl,omitempty"`
}

var issuerName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// Validate checks an issuer's configuration; the error is a *Refusal that names the member.
func (i Issuer) Validate() error {
	if !issuerName.MatchString(i.Name) {
		return invalid("/name", "issuer name %q: want 1 to 64 of a-z, 0-9, '.', '_', '-'", i.Name)
	}
	if _, err := did.Parse(string(i.DID)); err != nil {
		return invalid("/did", "issuer %s: did %q: %v", i.Name, i.DID, err)
	}
	if i.Key == "" {
		return invalid("/key", "issuer %s: no key", i.Name)
	}
	for form, method := range i.forms() {
		if len(form.Algorithms()) == 0 {
			return invalid(i.formAt(form, "/form"), "issuer %s: form %.64q is not supported", i.Name, form)
		}
		u, err := did.ParseURL(method)
		if err != nil || u.Fragment == "" || u.DID != i.DID {
			return invalid(i.formAt(form, "/method"), "issuer %s: method %q is not a verification method of %s", i.Name, method, i.DID)
		}
	}
	for form, key := range i.Keys {
		if _, has := i.forms()[form]; !has || key == "" {
			return invalid("/keys/"+escape(string(form)), "issuer %s: keys: %.64q is none of its forms, or has no key", i.Name, form)
		}
	}
	if err := checkPurposes(i.purposes()); err != nil {
		return invalid("/purposes", "issuer %s: %v", i.Name, err)
	}
	if i.DID.Method() == "hanse" && len(i.purposes()) > 0 && len(i.Control) == 0 {
		return invalid("/control", "issuer %s: control: a did:hanse issuer needs its control keys to create status lists", i.Name)
	}
	if i.PublicURL != "" {
		if err := validatePublicURL(i.PublicURL); err != nil {
			return invalid("/publicUrl", "issuer %s: %v", i.Name, err)
		}
	}
	return nil
}

// formAt is the JSON pointer to an alternative form, or to what is said of the default one.
func (i Issuer) formAt(form credentials.Form, byDefault string) string {
	if form == i.Form {
		return byDefault
	}
	return "/alternatives/" + escape(string(form))
}

// checkPurposes checks a list of status purposes.
func checkPurposes(purposes []string) error {
	for n, p := range purposes {
		if p == StatusPurpose && len(purposes) == 1 {
			continue
		}
		if p != Revocation && p != Suspension || slices.Contains(purposes[:n], p) {
			return fmt.Errorf("purpose %q: want %s and %s at most once each, %q alone, or \"none\"", p, Revocation, Suspension, StatusPurpose)
		}
	}
	return nil
}

// validatePublicURL wants an absolute https URL without query, fragment, user or trailing slash; http on loopback only.
func validatePublicURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(s, "/") {
		return fmt.Errorf("public URL %q: want https://host[/path] without trailing slash", s)
	}
	host := u.Hostname()
	loopback := host == "localhost" || net.ParseIP(host).IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return fmt.Errorf("public URL %q: only loopback may do without https", s)
	}
	return nil
}

// purposes returns the status purposes in effect.
func (i Issuer) purposes() []string {
	switch {
	case len(i.Purposes) == 0:
		return []string{Revocation, Suspension}
	case len(i.Purposes) == 1 && i.Purposes[0] == noStatus:
		return nil
	}
	return i.Purposes
}

// noStatus alone stands for no purposes.
const noStatus = "none"

// purposesOf returns the purposes of the lists that a credential of a form has entries of.
func (i Issuer) purposesOf(form credentials.Form) []string { return purposesIn(form, i.purposes()) }

// purposesIn is how a form says purposes: one that has room for one entry says several in one list.
func purposesIn(form credentials.Form, purposes []string) []string {
	if form.Claims() && len(purposes) > 1 {
		return []string{StatusPurpose}
	}
	return purposes
}

// allPurposes returns the purposes of all lists that the issuer may need, those of its default form first.
func (i Issuer) allPurposes() []string {
	all := slices.Clone(i.purposesOf(i.Form))
	for form := range i.forms() {
		for _, p := range i.purposesOf(form) {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return all
}

// keyFor names the keystore key that signs a form.
func (i Issuer) keyFor(form credentials.Form) string {
	if key := i.Keys[form]; key != "" {
		return key
	}
	return i.Key
}

// forms returns the verification method of every form the issuer can be asked for.
func (i Issuer) forms() map[credentials.Form]string {
	all := make(map[credentials.Form]string, 1+len(i.Alternatives))
	for form, method := range i.Alternatives {
		all[form] = method
	}
	all[i.Form] = i.Method
	return all
}

// makes lists the forms for people, the default one first.
func (i Issuer) makes() string {
	all := []string{string(i.Form)}
	for _, form := range slices.Sorted(maps.Keys(i.Alternatives)) {
		if form != i.Form {
			all = append(all, string(form))
		}
	}
	return strings.Join(all, ", ")
}
