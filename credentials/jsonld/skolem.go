package jsonld

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/piprate/json-gold/ld"

	"github.com/hanse-id/hanse/credentials/rdfc"
)

// skolemPrefix begins the names that anonymous nodes have while a document is taken apart (vc-di-ecdsa section 3.4, skolemizeCompactJsonLd). They
// never leave this package.
const skolemPrefix = "urn:bnid:"

// Skolemized is a document whose anonymous nodes have names, so that a node that is in a part of it is known to be the same as in
// the whole (vc-di-ecdsa section 3.4).
type Skolemized struct {
	document map[string]any // as it was given
	compact  map[string]any // the same with its names
	quads    []rdfc.Quad
	contexts Contexts
}

// Skolemize names the anonymous nodes of a document. What cannot be written with names is ErrMalformed: compacting would have
// changed it.
func Skolemize(document map[string]any, contexts Contexts) (*Skolemized, error) {
	expanded, err := expanded(document, contexts)
	if err != nil {
		return nil, err
	}
	plain, err := (&writer{}).dataset(expanded)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(plain, namesSkolem) {
		return nil, fmt.Errorf("%w: IRIs that begin with %s are kept for anonymous nodes", ErrMalformed, skolemPrefix)
	}
	canonical, err := rdfc.Canonicalize(plain, rdfc.Options{})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	s := &Skolemized{document: document, contexts: contexts}
	if named, ok := (&skolemizer{}).inPlace(document).(map[string]any); ok && s.take(named, canonical) == nil {
		return s, nil
	}
	options, loader := processing(contexts)
	compact, err := compact((&skolemizer{}).items(expanded), document["@context"], options)
	if err != nil {
		return nil, loader.classify(err)
	}
	return s, s.take(compact, canonical)
}

// take makes a document with names that of s, if it says what the document without names says.
func (s *Skolemized) take(compact map[string]any, canonical *rdfc.Canonical) error {
	quads, err := s.named(compact)
	if err != nil {
		return err
	}
	same, err := rdfc.Canonicalize(quads, rdfc.Options{})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !slices.Equal(canonical.Lines, same.Lines) {
		return fmt.Errorf("%w: its nodes cannot be told apart by name", ErrMalformed)
	}
	s.compact, s.quads = compact, quads
	return nil
}

// Quads is the RDF dataset of the whole document. Its blank nodes have the labels that they have in Select.
func (s *Skolemized) Quads() []rdfc.Quad { return s.quads }

// Select is the RDF dataset of the part of the document that pointers name, as package function Select does. A part that says
// something that the whole does not (half of a list) is ErrMalformed.
func (s *Skolemized) Select(pointers []string) ([]rdfc.Quad, error) {
	if len(pointers) == 0 {
		return nil, nil
	}
	part, err := selectFrom(s.document, s.compact, pointers)
	if err != nil {
		return nil, err
	}
	quads, err := s.named(part)
	if err != nil {
		return nil, err
	}
	whole := make(map[rdfc.Quad]bool, len(s.quads))
	for _, q := range s.quads {
		whole[q] = true
	}
	for _, q := range quads {
		if !whole[q] {
			return nil, fmt.Errorf("%w: a pointer into a list or a literal: these are shown whole or not at all", ErrMalformed)
		}
	}
	return quads, nil
}

// named is the dataset of a compact document with names, which become labels again.
func (s *Skolemized) named(compact map[string]any) ([]rdfc.Quad, error) {
	expanded, err := expanded(compact, s.contexts)
	if err != nil {
		return nil, err
	}
	w := &writer{lists: map[string]int{}}
	quads, err := w.dataset(expanded)
	if err == nil && w.labels > 0 {
		err = fmt.Errorf("%w: a node without a name", ErrMalformed)
	}
	for i := range quads {
		for _, t := range []*rdfc.Term{&quads[i].Subject, &quads[i].Object, &quads[i].Graph} {
			if label, ok := strings.CutPrefix(t.Value, skolemPrefix); ok && t.Kind == rdfc.IRI {
				*t = rdfc.Term{Kind: rdfc.Blank, Value: label}
			}
		}
	}
	return quads, err
}

func namesSkolem(q rdfc.Quad) bool {
	for _, t := range [...]rdfc.Term{q.Subject, q.Predicate, q.Object, q.Graph} {
		if t.Kind == rdfc.IRI && strings.HasPrefix(t.Value, skolemPrefix) {
			return true
		}
	}
	return false
}

// compact runs the library, which panics on some shapes.
func compact(expanded []any, context any, options *ld.JsonLdOptions) (out map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrMalformed, p)
		}
	}()
	return ld.NewJsonLdProcessor().Compact(expanded, map[string]any{"@context": Context(context)}, options)
}

// skolemizer gives names to the nodes of an expanded document.
type skolemizer struct{ count int }

func (s *skolemizer) items(list []any) []any {
	out := make([]any, len(list))
	for i, item := range list {
		out[i] = s.value(item)
	}
	return out
}

func (s *skolemizer) value(v any) any {
	switch v := v.(type) {
	case []any:
		return s.items(v)
	case map[string]any:
		if isValue(v) {
			return v
		}
		return s.node(v)
	}
	return v
}

// node names a node object, or the nodes in a list object.
func (s *skolemizer) node(in map[string]any) map[string]any {
	out := make(map[string]any, len(in)+1)
	for _, name := range sorted(in) {
		switch value := in[name].(type) {
		case map[string]any:
			if name == "@reverse" {
				out[name] = s.properties(value)
				continue
			}
			out[name] = s.value(value)
		case []any:
			if name == "@type" {
				out[name] = types(value)
				continue
			}
			out[name] = s.items(value)
		default:
			out[name] = value
		}
	}
	if isList(in) {
		return out
	}
	switch id, ok := out["@id"].(string); {
	case !ok:
		s.count++
		out["@id"] = skolemPrefix + "g" + strconv.Itoa(s.count)
	default:
		out["@id"] = skolem(id)
	}
	return out
}

// inPlace names the nodes of a document that is not expanded, as far as that can be seen without its contexts: whether it was seen
// right is for Skolemized.take to find out.
func (s *skolemizer) inPlace(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = s.inPlace(item)
		}
		return out
	case map[string]any:
		if isValue(v) {
			return v
		}
		out := make(map[string]any, len(v)+1)
		for _, name := range sorted(v) {
			if out[name] = v[name]; name != "@context" {
				out[name] = s.inPlace(v[name])
			}
		}
		if out["id"] == nil && out["@id"] == nil {
			s.count++
			out["@id"] = skolemPrefix + "g" + strconv.Itoa(s.count)
		}
		return out
	}
	return v
}

// properties names the nodes of a @reverse object, which is no node itself.
func (s *skolemizer) properties(in map[string]any) map[string]any {
	out := make(map[string]any, len(in))
	for _, name := range sorted(in) {
		out[name] = s.value(in[name])
	}
	return out
}

func types(list []any) []any {
	out := make([]any, len(list))
	for i, item := range list {
		out[i] = item
		if text, ok := item.(string); ok {
			out[i] = skolem(text)
		}
	}
	return out
}

// skolem makes a name of a blank node label and leaves IRIs as they are.
func skolem(id string) string {
	if label, ok := strings.CutPrefix(id, "_:"); ok {
		return skolemPrefix + "n" + label
	}
	return id
}
