package status

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// Bounds that are part of the format, not parameters.
const (
	maxOperators = 16
	maxURLBytes  = 512
	maxReplica   = 64
	urlSuffix    = "/status-lists/"
)

// Create is a validated status.create: body {issuer, operators, purposes, size, bits, url}; `by` is the owner. The issuer
// is the owner, or a did:hanse, did:key or did:jwk that signs too (the ledger knows no key of other methods).
type Create struct {
	issuer    did.DID
	owner     did.DID
	operators []string
	purposes  []string
	size      int64
	bits      int64
	url       string
}

// Draw is a validated status.lease: body {list, count, replica}. `by` is the owner, the signature an operator's.
// A value belongs to one execution, as a Change does: Authorize leaves what it read for Apply.
type Draw struct {
	id      op.ID
	owner   did.DID
	count   int64
	replica string
	list    *List
}

// Change is a validated status.set: body {list, set: {"<index>": value, …}}. `by` is the owner, the signature an operator's.
type Change struct {
	id      op.ID
	owner   did.DID
	entries []entry // in index order
	list    *List
}

type entry struct {
	index int64
	value int64
}

// ValidateCreate checks the bytes of a status.create. Errors are *exec.Error.
func ValidateCreate(o *op.Operation) (*Create, error) {
	m := object.New(o.Body, "/body")
	c := &Create{
		owner:     o.By,
		operators: m.Strings("operators"),
		purposes:  m.Strings("purposes"),
		size:      m.Int("size"),
		bits:      m.Int("bits"),
		url:       m.String("url"),
	}
	issuer, err := did.Parse(m.String("issuer"))
	if err != nil {
		m.Fail("issuer", "not a DID")
	}
	c.issuer = issuer
	c.check(m)
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return c, nil
}

func (c *Create) check(m *object.Reader) {
	if !c.vouched() && c.issuer.Method() != "web" && !foreignKey(c.issuer) {
		m.Fail("issuer", "not a DID of method hanse, key, jwk or web, or not a key")
	}
	if len(c.operators) == 0 || len(c.operators) > maxOperators {
		m.Fail("operators", "not 1 to "+strconv.Itoa(maxOperators))
	}
	for i, k := range c.operators {
		if key, err := keys.ParseMultikey(k); err != nil || !key.Algorithm().OnLedger() || slices.Contains(c.operators[:i], k) {
			m.Fail("operators", "not distinct Ed25519 or P-256 multikeys")
		}
	}
	if len(c.purposes) == 0 {
		m.Fail("purposes", "empty")
	}
	for i, p := range c.purposes {
		known := p == Revocation || p == Suspension || p == Refresh || p == Message
		if !known || slices.Contains(c.purposes[:i], p) {
			m.Fail("purposes", "not distinct purposes of Bitstring Status List")
		}
	}
	if c.bits != 1 && c.bits != 2 && c.bits != 4 && c.bits != 8 {
		m.Fail("bits", "not 1, 2, 4 or 8")
	}
	if c.bits == 1 && slices.Contains(c.purposes, Revocation) && slices.Contains(c.purposes, Suspension) {
		m.Fail("bits", "revocation and suspension in one list need two bits")
	}
	if c.size < MinSize || c.size%ChunkEntries != 0 {
		m.Fail("size", "below 131072 or not a multiple of 1024")
	}
	if !validURL(c.url) {
		m.Fail("url", "not an https URL (http on loopback) that ends in "+urlSuffix)
	}
}

// vouched reports whether the ledger can ask the issuer itself. Otherwise (did:web, keys that sign no operations) the owner's word
// stands alone: the list matters to those credentials only that name its URL under their issuer's signature.
func (c *Create) vouched() bool { return c.issuer == c.owner || identity.CanSign(c.issuer) }

// foreignKey reports whether d is a well-formed did:key or did:jwk of a kind that signs no operations.
func foreignKey(d did.DID) bool {
	if !identity.SelfCertified(d) {
		return false
	}
	_, _, err := identity.KeyOf(d)
	return errors.Is(err, keys.ErrUnsupported)
}

// validURL checks bytes, not what a URL parser of the day accepts: this is consensus.
func validURL(s string) bool {
	if len(s) > maxURLBytes || !strings.HasSuffix(s, urlSuffix) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte(`"<>\^{|}#?@`+"`", c) >= 0 {
			return false
		}
	}
	if rest, ok := strings.CutPrefix(s, "https://"); ok {
		return len(rest) > len(urlSuffix) && strings.HasSuffix(rest, urlSuffix) && rest[0] != '/' && rest[0] != ':'
	}
	for _, loopback := range [...]string{"http://127.0.0.1", "http://[::1]", "http://localhost"} {
		if rest, ok := strings.CutPrefix(s, loopback); ok && (rest[0] == ':' || rest[0] == '/') {
			return true
		}
	}
	return false
}

// ValidateLease checks the bytes of a status.lease. Errors are *exec.Error.
func ValidateLease(o *op.Operation) (*Draw, error) {
	m := object.New(o.Body, "/body")
	d := &Draw{owner: o.By, count: m.Int("count"), replica: m.String("replica")}
	d.id = listID(m)
	if d.count < 1 {
		m.Fail("count", "below 1")
	}
	if !validReplica(d.replica) {
		m.Fail("replica", "not 1 to 64 letters, digits or '-', '.', '_'")
	}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return d, nil
}

func listID(m *object.Reader) op.ID {
	id, err := op.ParseID(m.String("list"))
	if err != nil {
		m.Fail("list", "not an operation id")
	}
	return id
}

func validReplica(s string) bool {
	if s == "" || len(s) > maxReplica {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}

// ValidateSet checks the bytes of a status.set. Errors are *exec.Error.
func ValidateSet(o *op.Operation) (*Change, error) {
	m := object.New(o.Body, "/body")
	c := &Change{owner: o.By, id: listID(m)}
	set := m.Object("set")
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	if len(set) == 0 {
		m.Fail("set", "empty")
	}
	values := object.New(set, "/body/set")
	c.entries = make([]entry, 0, len(set))
	for _, name := range object.Names(set) {
		index, ok := parseIndex(name)
		if !ok {
			values.Fail(name, "not an index in decimal")
		}
		value := values.Int(name)
		if value < 0 || value > 0xFF {
			values.Fail(name, "not a value of a status list")
		}
		c.entries = append(c.entries, entry{index, value})
	}
	slices.SortFunc(c.entries, func(a, b entry) int { return cmp.Compare(a.index, b.index) })
	if err := errors.Join(m.Done(), values.Done()); err != nil {
		return nil, object.Malformed(err)
	}
	return c, nil
}

// Chunks is how many chunks c touches: each is read, and written with a record of its history.
func (c *Change) Chunks() int64 {
	n, last := int64(0), int64(-1)
	for _, e := range c.entries {
		if e.index/ChunkEntries != last {
			n, last = n+1, e.index/ChunkEntries
		}
	}
	return n
}

// parseIndex reads an index in the one form it has: decimal digits without leading zeros, at most 15 of them.
func parseIndex(s string) (int64, bool) {
	if s == "" || len(s) > 15 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	n := int64(0)
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}
