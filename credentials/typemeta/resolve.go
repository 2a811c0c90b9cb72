package typemeta

import (
	"context"
	"fmt"
	"slices"
)

// MaxChain bounds how many documents a type may stand on, its own included.
const MaxChain = 8

// Source finds the document of a type. integrity is what it will be checked against, or empty: a source may choose by it.
type Source func(ctx context.Context, vct, integrity string) ([]byte, error)

// Type is what a type says, with everything that it extends.
type Type struct {
	VCT     string
	Chain   []string // the type, the one it extends, and so on
	Digests []string // of their documents, "sha256-…"
	Name    string   // of the nearest document that has one
	Display []Display
	Claims  []Claim // of the types it extends first
	Schemas []any   // JSON Schemas that documents of the chain have: each must hold
	Named   int     // schemas that they name and do not have
}

// Resolve gets the document of a type and those of the types it extends. Errors wrap ErrMalformed, ErrIntegrity or ErrExtends, or
// are the source's.
func Resolve(ctx context.Context, source Source, vct, integrity string) (*Type, error) {
	t := &Type{VCT: vct}
	var documents []*Document
	for vct != "" {
		if slices.Contains(t.Chain, vct) {
			return nil, fmt.Errorf("%w: %.256q extends itself", ErrExtends, vct)
		}
		if len(t.Chain) == MaxChain {
			return nil, fmt.Errorf("%w: more than %d documents", ErrExtends, MaxChain)
		}
		data, err := source(ctx, vct, integrity)
		if err != nil {
			return nil, err
		}
		d, err := read(data, vct, integrity)
		if err != nil {
			return nil, err
		}
		t.Chain, t.Digests = append(t.Chain, vct), append(t.Digests, Digest(data))
		documents = append(documents, d)
		vct, integrity = d.Extends, d.ExtendsIntegrity
	}
	for _, d := range slices.Backward(documents) {
		if err := t.extend(d); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// read checks a document against what names it.
func read(data []byte, vct, integrity string) (*Document, error) {
	if integrity != "" {
		want, err := ParseIntegrity(integrity)
		if err == nil {
			err = want.Check(data)
		}
		if err != nil {
			return nil, fmt.Errorf("%w (%.256q)", err, vct)
		}
	}
	d, err := Parse(data)
	if err != nil {
		return nil, err
	}
	if d.VCT != vct {
		return nil, fmt.Errorf("%w: /vct is %.256q, not %.256q", ErrMalformed, d.VCT, vct)
	}
	return d, nil
}

// extend puts a document on top of what it extends: what it says of a claim stands instead of what was said, as long as it lifts
// no rule.
func (t *Type) extend(d *Document) error {
	if d.Name != "" {
		t.Name = d.Name
	}
	if len(d.Display) > 0 {
		t.Display = d.Display
	}
	if d.Schema != nil {
		t.Schemas = append(t.Schemas, d.Schema)
	}
	if d.SchemaURI != "" {
		t.Named++
	}
	known := make(map[string]int, len(t.Claims))
	for i, c := range t.Claims {
		known[c.Path.String()] = i
	}
	for _, c := range d.Claims {
		i, has := known[c.Path.String()]
		if !has {
			t.Claims = append(t.Claims, c)
			continue
		}
		below := t.Claims[i]
		if below.SD != Allowed && c.SD != below.SD {
			return fmt.Errorf("%w: %.256q makes %s %s, which is %s", ErrExtends, d.VCT, c.Path, c.SD, below.SD)
		}
		if below.Mandatory && !c.Mandatory {
			return fmt.Errorf("%w: %.256q makes %s optional, which is mandatory", ErrExtends, d.VCT, c.Path)
		}
		t.Claims[i] = c
	}
	if len(t.Claims) > maxClaims {
		return fmt.Errorf("%w: more than %d claims", ErrExtends, maxClaims)
	}
	return nil
}
