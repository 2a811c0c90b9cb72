package trust

import (
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

const maxVersionBytes = 32

// Register is a validated schema.register: body {digest, id, version, type, metadata?, metadataDigest?}, by a center.
type Register struct{ schema Schema }

// SetStatus is a validated schema.status: body {digest, status}, by the schema's owner.
type SetStatus struct {
	by     did.DID
	digest string
	status SchemaStatus
}

// ValidateRegister checks the bytes of a schema.register. Errors are *exec.Error.
func ValidateRegister(o *op.Operation) (*Register, error) {
	m := object.New(o.Body, "/body")
	s := Schema{
		Digest: m.String("digest"), ID: m.String("id"), Version: m.String("version"), Type: m.String("type"),
		Metadata: m.OptString("metadata"), MetadataDigest: m.OptString("metadataDigest"),
		Owner: o.By, Status: SchemaActive, Operation: o.ID,
	}
	if !validDigest(s.Digest) {
		m.Fail("digest", "not of the form sha256-…, sha384-… or sha512-… (Subresource Integrity)")
	}
	if !validURI(s.ID) {
		m.Fail("id", "not an https URL or a URN of at most 512 bytes")
	}
	if s.Version == "" || len(s.Version) > maxVersionBytes || !printable(s.Version) {
		m.Fail("version", "not 1 to 32 printable characters")
	}
	if _, err := governance.ParseResource(string(governance.TypeResource(s.Type))); err != nil {
		m.Fail("type", "not a credential type")
	}
	if s.Metadata != "" && !validURI(s.Metadata) {
		m.Fail("metadata", "not an https URL or a URN of at most 512 bytes")
	}
	if s.MetadataDigest != "" && (s.Metadata == "" || !validDigest(s.MetadataDigest)) {
		m.Fail("metadataDigest", "not the digest of metadata (Subresource Integrity)")
	}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return &Register{s}, nil
}

func validURI(s string) bool {
	rest, ok := strings.CutPrefix(s, "urn:")
	return validURL(s) || ok && len(s) <= maxURLBytes && strings.IndexByte(rest, ':') > 0 && printable(s)
}

// Authorize asks for control of an active center to which the rule table gives it. CodeNotCenter, CodeNotPermitted.
func (x *Register) Authorize(env *exec.Env) error {
	return authorizeCenter(env, x.schema.Owner, "schema.register")
}

// Apply writes the schema. CodeExists if its digest is registered.
func (x *Register) Apply(env *exec.Env) error {
	s := x.schema
	present, err := GetSchema(env.Store, s.Digest)
	if err != nil {
		return err
	}
	if present != nil {
		return exec.Errorf(exec.CodeExists, "schema %s: registered by %s", s.Digest, present.Owner).At("/body/digest")
	}
	s.Time, s.Height = env.Block.Time, env.Block.Height
	if err := putValue(env.Store, typeKey(s.Type, s.Digest), map[string]any{}); err != nil {
		return err
	}
	s.emit(env, "schema.registered")
	return s.put(env.Store)
}

func (s *Schema) emit(env *exec.Env, kind string) {
	env.Emit(exec.Event{Type: kind, Subjects: []string{exec.SubjectSchema(s.Digest)}, Attributes: []exec.Attribute{
		{Name: "type", Value: s.Type}, {Name: "status", Value: string(s.Status)},
	}})
}

// ValidateSetStatus checks the bytes of a schema.status. Errors are *exec.Error.
func ValidateSetStatus(o *op.Operation) (*SetStatus, error) {
	m := object.New(o.Body, "/body")
	x := &SetStatus{by: o.By, digest: m.String("digest"), status: SchemaStatus(m.String("status"))}
	if !validDigest(x.digest) {
		m.Fail("digest", "not of the form sha256-…, sha384-… or sha512-… (Subresource Integrity)")
	}
	if !x.status.known() {
		m.Fail("status", "none of active, deprecated, withdrawn")
	}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return x, nil
}

// Authorize asks for control of an active center: a suspended one changes nothing of what others build on. CodeNotCenter.
func (x *SetStatus) Authorize(env *exec.Env) error {
	if _, err := governance.RequireCenter(env.Store, x.by); err != nil {
		return err
	}
	return identity.Authorize(env, x.by)
}

// Apply records the status. CodeUnknownSchema, CodeNotAuthorised (another's schema), CodeIrreversible, CodeWrongState,
// CodeLimitExceeded.
func (x *SetStatus) Apply(env *exec.Env) error {
	s, err := GetSchema(env.Store, x.digest)
	switch {
	case err != nil:
		return err
	case s == nil:
		return exec.Errorf(exec.CodeUnknownSchema, "schema %s: not registered", x.digest).At("/body/digest")
	case s.Owner != x.by:
		return exec.Errorf(exec.CodeNotAuthorised, "schema %s: is %s's", x.digest, s.Owner).At("/by")
	case s.Status == SchemaWithdrawn:
		return exec.Errorf(exec.CodeIrreversible, "schema %s: withdrawn", x.digest).At("/body/status")
	case s.Status == x.status:
		return exec.Errorf(exec.CodeWrongState, "schema %s: %s already", x.digest, x.status).At("/body/status")
	case len(s.Changes) >= maxChanges-1 && x.status != SchemaWithdrawn:
		return exec.Errorf(exec.CodeLimitExceeded, "schema %s: changed %d times, it can only be withdrawn", x.digest, len(s.Changes)).At("/body/status")
	}
	s.Status = x.status
	s.Changes = append(s.Changes, SchemaChange{x.status, env.Block.Time, env.Block.Height})
	s.emit(env, "schema.changed")
	return s.put(env.Store)
}
