package identity

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// Bounds that are part of the format, not parameters.
const (
	saltBytes = 16
	hashBytes = sha256.Size
)

// Create is a validated did.create (`ledger.md` 4): body {document, threshold?, next?, recovery?, salt}.
type Create struct {
	target
}

// Update is a validated did.update: body {prev, document, threshold?, next?, recovery?}, the complete new state.
// The document may omit `id` and use relative references, as in a creation, or be the absolute document of the DID.
// A value belongs to one execution: Authorize leaves what it read for Apply.
type Update struct {
	target
	prev    string
	present *Record
}

// Deactivate is a validated did.deactivate: body {prev, keys?}. keys are the multikeys of revealed next control keys;
// the `kid` of such a key is the DID with the multikey as fragment. A value belongs to one execution.
type Deactivate struct {
	did     did.DID
	prev    string
	keys    []controlKey // revealed
	present *Record
}

// target is the state that a create, an update or a recovery asks for.
type target struct {
	at        string // JSON pointer to where it stands in the operation
	did       did.DID
	document  *did.Document
	control   []controlKey // of document, decoded once
	size      int64        // bytes of the document's JCS form
	threshold int64
	next      []string
	recovery  *Recovery
}

// ValidateCreate checks the bytes of a did.create. Errors are *exec.Error.
func ValidateCreate(o *op.Operation) (*Create, error) {
	return validateCreate(o.League, o.By, o.Body)
}

func validateCreate(league string, by did.DID, body map[string]any) (*Create, error) {
	created, err := op.CreatedDID(league, body)
	if err != nil {
		return nil, exec.Errorf(exec.CodeMalformed, "body: %v", err).At("/body")
	}
	if by != created {
		return nil, exec.Errorf(exec.CodeMalformed, "by is not %s, the DID that this body creates", created).At("/by")
	}
	m := object.New(body, "/body")
	if !isBytes(m.String("salt"), saltBytes) {
		m.Fail("salt", "not 16 bytes in base64url")
	}
	t, err := readTarget(m, "/body", league, created)
	if err != nil {
		return nil, err
	}
	return &Create{target: *t}, nil
}

// ValidateUpdate checks the bytes of a did.update. Errors are *exec.Error.
func ValidateUpdate(o *op.Operation) (*Update, error) {
	m := object.New(o.Body, "/body")
	prev := m.String("prev")
	if err := inLeague(o); err != nil {
		return nil, err
	}
	t, err := readTarget(m, "/body", o.League, o.By)
	if err != nil {
		return nil, err
	}
	return &Update{target: *t, prev: prev}, nil
}

// ValidateDeactivate checks the bytes of a did.deactivate. Errors are *exec.Error.
func ValidateDeactivate(o *op.Operation) (*Deactivate, error) {
	m := object.New(o.Body, "/body")
	d := &Deactivate{did: o.By, prev: m.String("prev")}
	if err := inLeague(o); err != nil {
		return nil, err
	}
	d.keys = readRevealed(m, d.did)
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return d, nil
}

// readRevealed reads the member keys: multikeys of next control keys that an operation reveals.
func readRevealed(m *object.Reader, id did.DID) (revealed []controlKey) {
	texts := m.OptStrings("keys")
	if len(texts) > op.MaxSignatures {
		m.Fail("keys", "more keys than an operation may have signatures")
		return nil
	}
	for i, text := range texts {
		key, err := keys.ParseMultikey(text)
		if err != nil || !key.Algorithm().OnLedger() || slices.Contains(texts[:i], text) {
			m.Fail("keys", "not distinct Ed25519 or P-256 multikeys")
			return nil
		}
		revealed = append(revealed, controlKey{kid: string(id) + "#" + text, key: key})
	}
	return revealed
}

// inLeague refuses a `by` that is not a ledger DID of the operation's league: only these have records.
func inLeague(o *op.Operation) error {
	if !isLedgerDID(o.By, o.League) {
		return exec.Errorf(exec.CodeUnknownDID, "%s is not a DID of league %s", o.By, o.League).At("/by")
	}
	return nil
}

func isLedgerDID(d did.DID, league string) bool {
	return strings.HasPrefix(string(d), "did:hanse:"+league+":")
}

// readTarget reads the members that creation, update and recovery share, which stand at pointer at, and finishes m.
func readTarget(m *object.Reader, at, league string, id did.DID) (*target, error) {
	t := &target{
		at:        at,
		did:       id,
		threshold: m.OptInt("threshold", 1),
		next:      m.OptStrings("next"),
	}
	value, recovery := m.Object("document"), m.OptObject("recovery")
	if m.Has("threshold") && t.threshold < 1 {
		m.Fail("threshold", "below 1")
	}
	if m.Has("next") && len(t.next) == 0 {
		m.Fail("next", "empty: leave it out")
	}
	for i, h := range t.next {
		if !isBytes(h, hashBytes) || slices.Contains(t.next[:i], h) {
			m.Fail("next", "not distinct SHA-256 hashes in base64url")
		}
	}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	if recovery != nil {
		if err := t.declare(recovery, league); err != nil {
			return nil, err
		}
	}
	if err := t.expand(value); err != nil {
		pointer := at + "/document"
		if e, ok := errors.AsType[*did.DocumentError](err); ok {
			pointer += e.Pointer
		}
		return nil, exec.Errorf(exec.CodeInvalidDocument, "%v", err).At(pointer)
	}
	return t, t.checkControl(league)
}

// declare reads the member recovery.
func (t *target) declare(members map[string]any, league string) (err error) {
	at := t.at + "/recovery"
	if t.recovery, err = readDeclaration(members, at); err != nil {
		return object.Malformed(err)
	}
	if err := t.recovery.checkMembers(league, t.did); err != nil {
		return exec.Errorf(exec.CodeMalformed, "recovery: set: %v", err).At(at + "/set")
	}
	return nil
}

// isBytes reports whether s is exactly n bytes in base64url, without padding and with zero trailing bits.
func isBytes(s string, n int) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == n && len(s) == base64.RawURLEncoding.EncodedLen(n)
}

// hashKey is the `next` entry of a key: SHA-256 of its multikey string, base64url.
func hashKey(k keys.Public) string {
	h := sha256.Sum256([]byte(k.Multikey()))
	return base64.RawURLEncoding.EncodeToString(h[:])
}

// NextHash returns the `next` entry that commits to a control key: base64url(SHA-256(multikey)).
func NextHash(k keys.Public) string { return hashKey(k) }
