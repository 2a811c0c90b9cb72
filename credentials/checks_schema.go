package credentials

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hanse-id/hanse/credentials/schema"
)

// Types of credentialSchema entries (VC JSON Schema 1.0, section 2).
const (
	SchemaType           = "JsonSchema"
	SchemaCredentialType = "JsonSchemaCredential" // not evaluated: the schema is inside of another credential
)

// ProblemSchema is the type of a credential that breaks a schema.
const ProblemSchema = "https://hanse.id/problems/schema-violated"

// maxSchemas bounds the schemas of one credential that are evaluated.
const maxSchemas = 8

// ErrSchemaUnknown says that a source has no such schema.
var ErrSchemaUnknown = errors.New("schema is not known")

// SchemaSource finds JSON Schemas that a credential names (VC JSON Schema 1.0). It asks nobody that its owner did not allow.
// ErrSchemaUnknown says that there is no such schema here; any other error means unavailable: indeterminate.
type SchemaSource interface {
	Schema(ctx context.Context, q SchemaQuery) (Schema, error)
}

// SchemaQuery is one credentialSchema entry, or the URL of a schema that another one refers to.
type SchemaQuery struct {
	ID     string   // URL
	Digest string   // digestSRI; empty: not said
	Types  []string // of the credential
}

// Schema is a JSON Schema, as bytes: what its digest is over.
type Schema struct {
	ID       string
	Document []byte
	Digest   string // SRI, "sha256-…"
	Evidence Evidence
}

// checkSchema evaluates the schemas that the credential names, and the policy's own.
func (r *run) checkSchema(ctx context.Context) Check {
	c := Check{Outcome: Skip}
	if r.Policy.Schema != nil {
		s, err := r.Compiled.Compile(r.Policy.Schema, schema.Options{})
		if err == nil {
			err = s.Validate(withoutProof(r.opened.credential))
		}
		r.judgeSchema(&c, schemaVerdict{err: err, what: "the policy's schema"})
	}
	if r.opened.claims {
		r.judgeType(ctx, &c)
		return c
	}
	entries, err := schemaEntries(r.opened.credential)
	if err != nil {
		return fail(problemOf(err, ProblemMalformed, "malformed value"))
	}
	switch {
	case len(entries) == 0:
		c.unlessDone("the credential names no schema")
	case r.checks[CheckSignature].Outcome != Pass: // what a stranger names is not asked for
		c.note("the schemas that the credential names were not evaluated: the issuer's signature was not established")
	default:
		for _, e := range entries {
			r.judgeNamed(&c, evaluator{r.Schemas, r.Compiled}.evaluate(ctx, r.opened.credential, e))
		}
	}
	return c
}

// judgeNamed takes the verdict on a schema that the credential names into the check.
func (r *run) judgeNamed(c *Check, v schemaVerdict) {
	if v.evidence != nil && c.Evidence == nil {
		c.Evidence = v.evidence
	}
	invalid, broken := errors.AsType[*schema.InvalidError](v.err)
	if broken && r.selective() && onlyLacking(invalid) {
		c.Warnings = append(c.Warnings, Problem{Type: ProblemSchema, Title: "claims of the schema are not shown", Pointer: invalid.Violations[0].Pointer,
			Detail: fmt.Sprintf("%s: %s; in this form a holder may withhold them", v.what, invalid.Violations[0].Detail)})
		v.err = nil
	}
	r.judgeSchema(c, v)
}

// judgeSchema takes the verdict on a schema into the check: not known, not decided, broken and satisfied are four outcomes.
func (r *run) judgeSchema(c *Check, v schemaVerdict) {
	problem := &Problem{Type: ProblemSchema, Title: "schema is violated", Pointer: v.pointer}
	if v.err != nil {
		problem.Detail = v.what + ": " + v.err.Error()
	}
	invalid, broken := errors.AsType[*schema.InvalidError](v.err)
	switch {
	case v.err == nil:
		c.worsen(Pass, nil)
	case broken:
		problem.Pointer = invalid.Violations[0].Pointer
		c.worsen(Fail, problem)
	case errors.Is(v.err, errSchemaDigest):
		problem.Type, problem.Title = ProblemCryptography, "schema differs from its digest"
		c.worsen(Fail, problem)
	case errors.Is(v.err, ErrSchemaUnknown) && r.Policy.RequireSchema:
		problem.Type, problem.Title = ProblemNotAccepted, "schema is not known"
		c.worsen(Fail, problem)
	case errors.Is(v.err, ErrSchemaUnknown):
		problem.Type, problem.Title = ProblemNotSupported, "schema was not evaluated"
		c.Warnings = append(c.Warnings, *problem)
		c.note("a schema that the credential names is not known here")
	case errors.Is(v.err, schema.ErrMalformed), errors.Is(v.err, schema.ErrUnsupported), errors.Is(v.err, schema.ErrUnresolved), errors.Is(v.err, schema.ErrCostly):
		problem.Type, problem.Title = ProblemNotSupported, "schema cannot be evaluated"
		c.worsen(Indeterminate, problem)
	default:
		problem.Type, problem.Title = ProblemUnavailable, "schema unavailable"
		c.worsen(Indeterminate, problem)
	}
}

// unlessDone notes why nothing was evaluated, where nothing was.
func (c *Check) unlessDone(why string) {
	if c.Outcome == Skip {
		c.note(why)
	}
}

// selective reports whether the holder of the credential may have withheld claims that its schema asks for. An SD-JWT without a digest
// that stays closed withholds nothing; of a derived proof nobody can tell.
func (r *run) selective() bool {
	switch r.opened.form {
	case FormSDJWT:
		return r.opened.sd != nil && r.opened.sd.Hidden()
	case FormECDSASD:
		return true
	}
	return false
}

// onlyLacking reports whether all that a schema finds wrong is that something is not there.
func onlyLacking(e *schema.InvalidError) bool {
	lacking := []string{"required", "dependentRequired", "minProperties", "minItems", "contains", "minContains"}
	return !e.More && !slices.ContainsFunc(e.Violations, func(v schema.Violation) bool { return !slices.Contains(lacking, v.Keyword) })
}

// withoutProof is the credential that a schema is about: without proof, as it was when it was issued.
func withoutProof(credential map[string]any) map[string]any {
	if _, has := credential["proof"]; !has {
		return credential
	}
	out := maps.Clone(credential)
	delete(out, "proof")
	return out
}
