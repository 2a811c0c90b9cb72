package did

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// Context is the JSON-LD context of DID documents (DID Core 1.1), ContextV1 its predecessor.
const (
	Context   = "https://www.w3.org/ns/did/v1.1"
	ContextV1 = "https://www.w3.org/ns/did/v1"
)

// The verification method types whose keys hanse reads (CID 1.0 2.2).
const (
	Multikey   = "Multikey"
	JSONWebKey = "JsonWebKey"
)

// Relationship is a verification relationship (DID Core 5.3).
type Relationship string

// The relationships of DID Core.
const (
	Authentication       Relationship = "authentication"
	AssertionMethod      Relationship = "assertionMethod"
	KeyAgreement         Relationship = "keyAgreement"
	CapabilityInvocation Relationship = "capabilityInvocation"
	CapabilityDelegation Relationship = "capabilityDelegation"
)

// Relationships returns the relationships of DID Core in the order of that specification.
func Relationships() []Relationship { return slices.Clone(relationships[:]) }

var relationships = [...]Relationship{Authentication, AssertionMethod, KeyAgreement, CapabilityInvocation, CapabilityDelegation}

// Document is a DID document (DID Core 5). Marshals to and from JSON; unknown top-level members are kept in Extra
// (ledger documents allow none). A document that others may hold is never changed: Clone it first.
type Document struct {
	Context            []any
	ID                 DID
	AlsoKnownAs        []string
	Controller         []DID
	VerificationMethod []VerificationMethod
	Relationships      map[Relationship][]Reference
	Service            []Service
	Extra              map[string]any
}

// VerificationMethod is one key of a document (CID 1.0 2.2): type Multikey with publicKeyMultibase, or JsonWebKey with publicKeyJwk.
// ID is a DID URL; in documents that did not come from a ledger it may be relative.
type VerificationMethod struct {
	ID                 string
	Type               string
	Controller         DID
	PublicKeyMultibase string
	PublicKeyJWK       map[string]any
	Extra              map[string]any
}

// Reference names a verification method by DID URL, or embeds it.
type Reference struct {
	URL      string
	Embedded *VerificationMethod
}

// Service is a service entry (DID Core 5.4). Endpoint is a string, a map or a list of these.
type Service struct {
	ID       string
	Type     []string
	Endpoint any
	Extra    map[string]any
}

// Key decodes the method's public key. Errors are those of keys.ParseMultikey and keys.ParseJWK; keys.ErrUnsupported for
// methods without either form.
func (m VerificationMethod) Key() (keys.Public, error) {
	switch {
	case m.PublicKeyMultibase != "":
		return keys.ParseMultikey(m.PublicKeyMultibase)
	case m.PublicKeyJWK != nil:
		return keys.ParseJWK(m.PublicKeyJWK)
	}
	return keys.Public{}, fmt.Errorf("%w: verification method of type %s", keys.ErrUnsupported, quote(m.Type))
}

// Method finds a verification method by absolute DID URL (embedded ones included).
func (d *Document) Method(url string) (VerificationMethod, bool) {
	for m := range d.methods {
		if d.same(m.ID, url) {
			return *m, true
		}
	}
	return VerificationMethod{}, false
}

// MethodsFor lists the methods of a relationship in document order; references are followed inside the document only.
func (d *Document) MethodsFor(r Relationship) []VerificationMethod {
	var list []VerificationMethod
	for _, ref := range d.Relationships[r] {
		if ref.Embedded != nil {
			list = append(list, *ref.Embedded)
		} else if m, ok := d.Method(d.Absolute(ref.URL)); ok {
			list = append(list, m)
		}
	}
	return list
}

// Has reports whether the method with this absolute URL is in a relationship.
func (d *Document) Has(r Relationship, url string) bool {
	for _, ref := range d.Relationships[r] {
		id := ref.URL
		if ref.Embedded != nil {
			id = ref.Embedded.ID
		}
		if d.same(id, url) {
			_, ok := d.Method(url)
			return ok
		}
	}
	return false
}

// ServiceByID finds a service by absolute DID URL.
func (d *Document) ServiceByID(url string) (Service, bool) {
	for _, s := range d.Service {
		if s.ID != "" && d.same(s.ID, url) {
			return s, true
		}
	}
	return Service{}, false
}

// Absolute turns a relative DID URL of this document into an absolute one; others stay.
func (d *Document) Absolute(url string) string {
	if isRelative(url) {
		return string(d.ID) + url
	}
	return url
}

// same compares a URL of the document with an absolute one, without allocating.
func (d *Document) same(own, absolute string) bool {
	if !isRelative(own) {
		return own == absolute
	}
	return strings.HasPrefix(absolute, string(d.ID)) && absolute[len(d.ID):] == own
}

func isRelative(url string) bool {
	return url != "" && (url[0] == '#' || url[0] == '/' || url[0] == '?')
}

// methods yields every verification method of the document, embedded ones after the listed ones.
func (d *Document) methods(yield func(*VerificationMethod) bool) {
	for i := range d.VerificationMethod {
		if !yield(&d.VerificationMethod[i]) {
			return
		}
	}
	for _, r := range relationships {
		for _, ref := range d.Relationships[r] {
			if ref.Embedded != nil && !yield(ref.Embedded) {
				return
			}
		}
	}
}

// Clone returns a copy that shares nothing changeable with d but the values inside Context, Endpoint, PublicKeyJWK and
// Extra, which are read-only everywhere.
func (d *Document) Clone() *Document {
	c := *d
	c.Context = slices.Clone(d.Context)
	c.AlsoKnownAs = slices.Clone(d.AlsoKnownAs)
	c.Controller = slices.Clone(d.Controller)
	c.VerificationMethod = slices.Clone(d.VerificationMethod)
	c.Service = slices.Clone(d.Service)
	c.Extra = maps.Clone(d.Extra)
	c.Relationships = maps.Clone(d.Relationships)
	for _, r := range relationships {
		refs := slices.Clone(d.Relationships[r])
		for i, ref := range refs {
			if ref.Embedded != nil {
				m := *ref.Embedded
				refs[i].Embedded = &m
			}
		}
		if refs != nil {
			c.Relationships[r] = refs
		}
	}
	return &c
}

// ExpandRelative returns a copy in which the identifiers of methods and services and the references to methods are
// absolute (DID Resolution 4.1, expandRelativeUrls).
func (d *Document) ExpandRelative() *Document {
	c := d.Clone()
	for m := range c.methods {
		m.ID = c.Absolute(m.ID)
	}
	for i := range c.Service {
		c.Service[i].ID = c.Absolute(c.Service[i].ID)
	}
	for _, r := range relationships {
		for i := range c.Relationships[r] {
			c.Relationships[r][i].URL = c.Absolute(c.Relationships[r][i].URL)
		}
	}
	return c
}

// Canonical returns the deterministic JSON form of d (RFC 8785). It is what MarshalJSON writes too.
func (d *Document) Canonical() ([]byte, error) { return jcs.EncodeFractions(d.Value()) }

// MarshalJSON writes the canonical form.
func (d *Document) MarshalJSON() ([]byte, error) { return d.Canonical() }

// UnmarshalJSON reads a document as ParseDocument does.
func (d *Document) UnmarshalJSON(data []byte) error {
	parsed, err := ParseDocument(data)
	if err != nil {
		return err
	}
	*d = *parsed
	return nil
}
