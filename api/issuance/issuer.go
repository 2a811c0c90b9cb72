package issuance

import (
	"fmt"
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
	// All of them are signed with Key.
	Alternatives map[credentials.Form]string `json:"alternatives,omitempty"`
	// Control names the keystore keys that control a did:hanse issuer's record: they create its status lists.
	// Issuers without a record need none: the center's keys do it.
	Control []string `json:"control,omitempty"`
	// Purposes are the status purposes of every credential; empty: revocation and suspension. ["none"]: no status.
	Purposes []string `json:"purposes,omitempty"`
	// Retain keeps the issued credentials, sealed, until they are deleted. Otherwise only ids, indices and digests are kept.
	Retain bool `json:"retain,omitempty"`
	// PublicURL overrides the center's public URL in the URLs of new status lists.
	PublicURL string `json:"publicUrl,omitempty"`
}

var issuerName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// Validate checks an issuer's configuration; the error names the member.
func (i Issuer) Validate() error {
	if !issuerName.MatchString(i.Name) {
		return fmt.Errorf("issuer name %q: want 1 to 64 of a-z, 0-9, '.', '_', '-'", i.Name)
	}
	if _, err := did.Parse(string(i.DID)); err != nil {
		return fmt.Errorf("issuer %s: did %q: %w", i.Name, i.DID, err)
	}
	if i.Key == "" {
		return fmt.Errorf("issuer %s: no key", i.Name)
	}
	for form, method := range i.forms() {
		if len(form.Algorithms()) == 0 {
			return fmt.Errorf("issuer %s: form %q is not supported", i.Name, form)
		}
		u, err := did.ParseURL(method)
		if err != nil || u.Fragment == "" || u.DID != i.DID {
			return fmt.Errorf("issuer %s: method %q is not a verification method of %s", i.Name, method, i.DID)
		}
	}
	for n, p := range i.purposes() {
		if p != Revocation && p != Suspension || slices.Contains(i.purposes()[:n], p) {
			return fmt.Errorf("issuer %s: purpose %q: want %s and %s at most once each, or \"none\"", i.Name, p, Revocation, Suspension)
		}
	}
	if i.DID.Method() == "hanse" && len(i.purposes()) > 0 && len(i.Control) == 0 {
		return fmt.Errorf("issuer %s: control: a did:hanse issuer needs its control keys to create status lists", i.Name)
	}
	if i.PublicURL != "" {
		return validatePublicURL(i.PublicURL)
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
	case len(i.Purposes) == 1 && i.Purposes[0] == "none":
		return nil
	}
	return i.Purposes
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
