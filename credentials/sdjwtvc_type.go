package credentials

import (
	"context"
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/credentials/schema"
	"github.com/hanse-id/hanse/credentials/typemeta"
)

// This file has the part of the schema check that is about the type of an SD-JWT VC.

// ProblemType is the type of a credential that breaks a rule of its type (vct).
const ProblemType = "https://hanse.id/problems/type-violated"

// judgeType checks the claims of an SD-JWT VC against the metadata of its type and takes that into the schema check. Nothing is asked
// for before the issuer's signature is established: vct is a stranger's word until then.
func (r *run) judgeType(ctx context.Context, c *Check) {
	switch {
	case r.Types == nil && r.Policy.RequireSchema:
		c.worsen(Fail, &Problem{Type: ProblemNotAccepted, Title: "type is not known", Detail: "no source of type metadata is configured", Pointer: "/vct"})
		return
	case r.Types == nil:
		c.unlessDone("no source of type metadata is configured")
		return
	case r.checks[CheckSignature].Outcome != Pass:
		c.note("the type was not evaluated: the issuer's signature was not established")
		return
	}
	t, evidence, err := resolveType(ctx, r.Types, r.opened.credential)
	if c.Evidence == nil {
		c.Evidence = evidence
	}
	if err != nil {
		r.judgeTypeError(c, err)
		return
	}
	violations, err := t.Check(r.presented())
	if err != nil {
		c.worsen(Indeterminate, &Problem{Type: ProblemNotSupported, Title: "type cannot be evaluated", Detail: err.Error(), Pointer: "/vct"})
		return
	}
	c.worsen(Pass, nil)
	for _, v := range violations {
		c.worsen(Fail, &Problem{Type: ProblemType, Title: "type is violated", Detail: "claim " + v.String(), Pointer: v.Pointer})
	}
	r.judgeTypeSchemas(c, t)
}

// resolveType gets the metadata of the type of claims, with those it extends. Evidence is that of the type's own document.
func resolveType(ctx context.Context, source TypeSource, claims map[string]any) (*typemeta.Type, *Evidence, error) {
	vct, _ := claims["vct"].(string)
	integrity, _ := claims["vct#integrity"].(string)
	var first *Evidence
	t, err := typemeta.Resolve(ctx, func(ctx context.Context, vct, integrity string) ([]byte, error) {
		document, evidence, err := source.Type(ctx, vct, integrity)
		if err == nil && first == nil {
			first = &evidence
		}
		return document, err
	}, vct, integrity)
	return t, first, err
}

// presented is what the SD-JWT of a run shows.
func (r *run) presented() typemeta.Presented {
	p := typemeta.Presented{Claims: r.opened.credential, Disclosed: map[string]bool{}}
	if r.opened.sd == nil {
		return p
	}
	p.Hidden = r.opened.sd.Hidden()
	places, err := r.opened.sd.Places()
	if err != nil { // opened before
		return p
	}
	for _, at := range places {
		p.Disclosed[at] = true
	}
	return p
}

// judgeTypeError tells a type that is not known, one that is not what it must be, and one that could not be asked for apart.
func (r *run) judgeTypeError(c *Check, err error) {
	p := &Problem{Type: ProblemUnavailable, Title: "type metadata unavailable", Detail: err.Error(), Pointer: "/vct"}
	switch {
	case errors.Is(err, ErrTypeUnknown) && r.Policy.RequireSchema:
		p.Type, p.Title = ProblemNotAccepted, "type is not known"
		c.worsen(Fail, p)
	case errors.Is(err, ErrTypeUnknown):
		c.note("the type's metadata is not known here")
	case errors.Is(err, typemeta.ErrIntegrity):
		p.Type, p.Title = ProblemCryptography, "type metadata differs from its integrity"
		p.Detail = beside(typemeta.ErrIntegrity.Error(), err)
		c.worsen(Fail, p)
	case errors.Is(err, typemeta.ErrMalformed), errors.Is(err, typemeta.ErrExtends):
		p.Type, p.Title = ProblemType, "type metadata is not valid"
		c.worsen(Fail, p)
	default:
		c.worsen(Indeterminate, p)
	}
}

// judgeTypeSchemas evaluates the JSON Schemas that drafts until 2025 let type metadata have; those that it only names are not
// fetched, and that is said.
func (r *run) judgeTypeSchemas(c *Check, t *typemeta.Type) {
	for _, document := range t.Schemas {
		data, err := marshal(document)
		if err == nil {
			var s *schema.Schema
			if s, err = r.Compiled.Compile(data, schema.Options{}); err == nil {
				err = s.Validate(r.opened.credential)
			}
		}
		r.judgeSchema(c, schemaVerdict{err: err, what: "the schema of type " + fmt.Sprintf("%.256q", t.VCT)})
	}
	if t.Named > 0 {
		c.note("schemas that the type metadata names by schema_uri are not evaluated")
	}
}
