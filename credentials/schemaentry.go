package credentials

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hanse-id/hanse/credentials/schema"
)

// errSchemaDigest says that a schema is not the one whose digest a credential names.
var errSchemaDigest = errors.New("its digest is another than the credential says")

// schemaEntry is one credentialSchema object with its place.
type schemaEntry struct {
	pointer string
	id      string
	types   []string
	sri     string     // digestSRI, as it is written
	digests [][]digest // each group must match; any digest of a group will do
}

// schemaEntries parses the credentialSchema objects of a credential that satisfies the data model. The error is a *ProblemError.
func schemaEntries(credential map[string]any) ([]schemaEntry, error) {
	v, ok := credential["credentialSchema"]
	if !ok {
		return nil, nil
	}
	list, many, ok := objects(v)
	if !ok || len(list) > maxSchemas {
		return nil, malformed("/credentialSchema", fmt.Sprintf("must be an object or a list of at most %d objects", maxSchemas))
	}
	out := make([]schemaEntry, 0, len(list))
	for i, object := range list {
		e := schemaEntry{pointer: "/credentialSchema"}
		if many {
			e.pointer = point(e.pointer, i)
		}
		e.id, _ = object["id"].(string)
		e.types, _ = texts(object["type"])
		e.sri, _ = object["digestSRI"].(string)
		if object["digestSRI"] != nil || object["digestMultibase"] != nil {
			r := related{pointer: e.pointer}
			if err := r.read(object); err != nil {
				return nil, err
			}
			e.digests = r.digests
		}
		out = append(out, e)
	}
	return out, nil
}

// matches reports whether a document is one that the entry's digests mean: one of each way to write them.
func (e schemaEntry) matches(document []byte) bool {
	p := &pinned{raw: document}
	return !slices.ContainsFunc(e.digests, func(group []digest) bool { return p.compareAny(group) != matches })
}

// schemaVerdict is what came of evaluating one schema.
type schemaVerdict struct {
	err      error  // nil: satisfied; *schema.InvalidError, ErrSchemaUnknown, errSchemaDigest, an error of package schema; else unavailable
	what     string // the schema, in words
	pointer  string // of the entry that names it
	evidence *Evidence
}

// evaluator evaluates schemas of a source.
type evaluator struct {
	source   SchemaSource  // nil: knows none
	compiled *schema.Cache // nil: each is compiled when it is used
}

// evaluate holds a credential against one schema that it names.
func (v evaluator) evaluate(ctx context.Context, credential map[string]any, e schemaEntry) schemaVerdict {
	verdict := schemaVerdict{what: fmt.Sprintf("schema %.256s", e.id), pointer: e.pointer}
	verdict.err = v.validate(ctx, credential, e, &verdict)
	return verdict
}

func (v evaluator) validate(ctx context.Context, credential map[string]any, e schemaEntry, verdict *schemaVerdict) error {
	if !slices.Contains(e.types, SchemaType) {
		return fmt.Errorf("%w: schemas of type %.128q are not evaluated", ErrSchemaUnknown, e.types)
	}
	if v.source == nil {
		return fmt.Errorf("%w: no schemas are configured", ErrSchemaUnknown)
	}
	types, _ := texts(credential["type"])
	found, err := v.source.Schema(ctx, SchemaQuery{ID: e.id, Digest: e.sri, Types: types})
	if err != nil {
		return err
	}
	verdict.evidence = &found.Evidence
	if !e.matches(found.Document) {
		return errSchemaDigest
	}
	s, err := v.compiled.Compile(found.Document, schema.Options{ID: found.ID, Find: func(url string) ([]byte, bool) {
		other, err := v.source.Schema(ctx, SchemaQuery{ID: url})
		return other.Document, err == nil
	}})
	if err != nil {
		return err
	}
	return s.Validate(withoutProof(credential))
}
