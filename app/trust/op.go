package trust

import (
	"errors"
	"strconv"
	"strings"
	"unicode"

	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// Grant is a validated trust.accredit: body {subject, action, resource, limits?, parent?, validFrom?, validUntil?, evidence?,
// framework?}, by the authority. As a proposal of the same kind the content is the same without parent, and the league is the authority.
type Grant struct {
	by         did.DID // empty: the league
	subject    did.DID
	action     Action
	resource   governance.Resource
	limits     Limits
	parent     *op.ID
	validFrom  int64 // 0: block time
	validUntil int64
	evidence   string
	framework  string
	pointer    string // where the members stand
}

// Alter is a validated trust.suspend, trust.reinstate or trust.revoke: body {accreditation, reason?, note?, from?}, by the
// authority of the accreditation or one above it; its subject may revoke it with the reason cessationOfOperation. As
// proposals of the same kinds: by the league, any accreditation.
type Alter struct {
	by      did.DID // empty: the league
	id      op.ID
	state   State
	reason  Reason
	note    string
	from    int64
	dated   bool // from is there
	pointer string
}

// ValidateGrant checks the bytes of a trust.accredit. Errors are *exec.Error.
func ValidateGrant(o *op.Operation) (*Grant, error) {
	m := object.New(o.Body, "/body")
	g := &Grant{by: o.By, parent: readOptID(m, "parent")}
	if err := g.read(m, "/body"); err != nil {
		return nil, err
	}
	return g, nil
}

// read reads the members that operation and proposal share, and finishes m.
func (g *Grant) read(m *object.Reader, pointer string) error {
	g.pointer = pointer
	g.subject = readDID(m, "subject")
	if g.action = Action(m.String("action")); !g.action.known() {
		m.Fail("action", "none of issue, verify, accredit")
	}
	g.resource = readResource(m, "resource", m.String("resource"))
	g.validFrom, g.validUntil = readTime(m, "validFrom"), readTime(m, "validUntil")
	if g.validUntil != 0 && g.validUntil <= g.validFrom {
		m.Fail("validUntil", "not after validFrom")
	}
	if m.Has("evidence") {
		g.evidence = m.String("evidence")
		if _, err := op.ParseID(g.evidence); err != nil { // the form of a SHA-256 too
			m.Fail("evidence", "not a SHA-256 in base64url")
		}
	}
	if g.framework = m.OptString("framework"); g.framework != "" && !validURL(g.framework) {
		m.Fail("framework", "not an https URL of at most 512 bytes")
	}
	var limits error
	g.limits, limits = readLimits(m, pointer, g.action)
	if err := errors.Join(m.Done(), limits); err != nil {
		return object.Malformed(err)
	}
	return nil
}

// ValidateAlter checks the bytes of a trust.suspend, trust.reinstate or trust.revoke. Errors are *exec.Error.
func ValidateAlter(o *op.Operation) (*Alter, error) {
	a := &Alter{by: o.By}
	if err := a.read(object.New(o.Body, "/body"), o.Type, "/body"); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *Alter) read(m *object.Reader, kind, pointer string) error {
	a.pointer = pointer
	a.id = readID(m, "accreditation")
	switch kind {
	case "trust.suspend":
		a.state = Suspended
	case "trust.reinstate":
		a.state = Active
	default:
		a.state = Revoked
		a.dated = m.Has("from")
		a.from = m.OptInt("from", 0)
		if a.dated && a.from < 0 {
			m.Fail("from", "negative")
		}
	}
	if a.reason = Reason(m.OptString("reason")); a.state == Active {
		if a.reason != "" {
			m.Fail("reason", "a reinstatement has none")
		}
	} else if a.reason == "" {
		a.reason = Unspecified
	} else if !a.reason.known() {
		m.Fail("reason", "none of RFC 5280, 5.3.1, that is used here")
	}
	if a.note = m.OptString("note"); len(a.note) > maxNoteBytes || strings.ContainsFunc(a.note, unicode.IsControl) {
		m.Fail("note", "not up to "+strconv.Itoa(maxNoteBytes)+" bytes without control characters")
	}
	if err := m.Done(); err != nil {
		return object.Malformed(err)
	}
	return nil
}

func readDID(m *object.Reader, name string) did.DID {
	d, err := did.Parse(m.String(name))
	if err != nil {
		m.Fail(name, "not a DID")
	}
	return d
}

// readResource checks the text of a resource. One that names a schema must name it as schemas are registered.
func readResource(m *object.Reader, name, text string) governance.Resource {
	resource, err := governance.ParseResource(text)
	digest, schema := strings.CutPrefix(text, "schema:")
	if err != nil || schema && !validDigest(digest) {
		m.Fail(name, "not type:…, prefix:… or schema:<digest>")
	}
	return resource
}

// readTime reads unix seconds that may be absent: 0.
func readTime(m *object.Reader, name string) int64 {
	if !m.Has(name) {
		return 0
	}
	t := m.Int(name)
	if t <= 0 {
		m.Fail(name, "not a positive number of seconds")
	}
	return t
}

// validURL checks bytes, not what a URL parser of the day accepts: this is consensus.
func validURL(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	return ok && len(s) <= maxURLBytes && rest != "" && rest[0] != '/' && rest[0] != ':' && printable(s)
}

// printable reports whether s is made of ASCII characters that may stand in a URI.
func printable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte(`"<>\^{|}`+"`", c) >= 0 {
			return false
		}
	}
	return true
}
