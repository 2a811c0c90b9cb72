package credentials

import (
	"context"
	"errors"

	"github.com/hanse-id/hanse/credentials/schema"
	"github.com/hanse-id/hanse/did/jcs"
)

// ErrSchemaUnavailable says that a schema that a credential names could not be had, so that nothing was issued.
var ErrSchemaUnavailable = errors.New("schema unavailable")

// CheckSchemas evaluates the schemas that a credential names, as Issue does before it signs. A *ProblemError says which schema is
// violated, differs from its digest or, where RequireSchema is set, is not known; ErrSchemaUnavailable that one cannot be had.
func (i *Issuer) CheckSchemas(ctx context.Context, credential map[string]any) error {
	if i.Form.Claims() {
		return i.checkTypeRules(ctx, credential)
	}
	if i.Schemas == nil && !i.RequireSchema {
		return nil
	}
	entries, err := schemaEntries(credential)
	if err != nil || len(entries) == 0 {
		return err
	}
	plain, err := plainValue(credential)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := i.refuseSchema(evaluator{i.Schemas, i.Compiled}.evaluate(ctx, plain, e)); err != nil {
			return err
		}
	}
	return nil
}

// refuseSchema says whether a verdict keeps a credential from being issued.
func (i *Issuer) refuseSchema(v schemaVerdict) error {
	problem := &ProblemError{Problem: Problem{Type: ProblemSchema, Title: "schema is violated", Pointer: v.pointer}, Err: v.err}
	if v.err != nil {
		problem.Problem.Detail = v.what + ": " + v.err.Error()
	}
	invalid, broken := errors.AsType[*schema.InvalidError](v.err)
	switch {
	case v.err == nil:
		return nil
	case broken:
		problem.Problem.Pointer = invalid.Violations[0].Pointer
		return problem
	case errors.Is(v.err, ErrSchemaUnknown) && !i.RequireSchema:
		return nil
	case errors.Is(v.err, ErrSchemaUnknown), errors.Is(v.err, errSchemaDigest), errors.Is(v.err, schema.ErrMalformed),
		errors.Is(v.err, schema.ErrUnsupported), errors.Is(v.err, schema.ErrUnresolved), errors.Is(v.err, schema.ErrCostly):
		problem.Problem.Type, problem.Problem.Title = ProblemMalformed, "schema cannot be evaluated"
		return problem
	}
	return errors.Join(ErrSchemaUnavailable, v.err)
}

// plainValue is a credential as it reads from JSON: callers may have made it of Go's own types.
func plainValue(credential map[string]any) (map[string]any, error) {
	data, err := marshal(credential)
	if err != nil {
		return nil, err
	}
	v, err := jcs.Parse(data, jcs.Limits{MaxBytes: len(data) + 1, MaxDepth: 2 * maxDepth})
	plain, ok := v.(map[string]any)
	if err != nil || !ok {
		return nil, malformed("", "cannot be written as JSON")
	}
	return plain, nil
}
