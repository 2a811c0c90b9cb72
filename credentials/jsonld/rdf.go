package jsonld

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/credentials/rdfc"
	"github.com/hanse-id/hanse/did/jcs"
)

const (
	rdfNS      = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	xsdNS      = "http://www.w3.org/2001/XMLSchema#"
	rdfType    = rdfNS + "type"
	rdfFirst   = rdfNS + "first"
	rdfRest    = rdfNS + "rest"
	rdfNil     = rdfNS + "nil"
	rdfJSON    = rdfNS + "JSON"
	xsdBoolean = xsdNS + "boolean"
	xsdInteger = xsdNS + "integer"
	xsdDouble  = xsdNS + "double"
	xsdString  = xsdNS + "string"
)

// maxDepth bounds nesting; documents were bounded when they were parsed, contexts can add little.
const maxDepth = 200

// writer makes quads of expanded JSON-LD. It walks the tree: nodes with the same @id meet in the dataset, which is a set.
type writer struct {
	quads  []rdfc.Quad
	labels int
	named  map[string]rdfc.Term // the document's own blank node labels
	depth  int
	lists  map[string]int // if set: cells of lists are labelled by where they stand, and this counts the lists of one place
}

func (w *writer) emit(s, p, o, g rdfc.Term) {
	w.quads = append(w.quads, rdfc.Quad{Subject: s, Predicate: p, Object: o, Graph: g})
}

func iri(value string) rdfc.Term { return rdfc.Term{Kind: rdfc.IRI, Value: value} }

// blank makes the label of a node that has none, or of a list's cell.
func (w *writer) blank() rdfc.Term {
	w.labels++
	return rdfc.Term{Kind: rdfc.Blank, Value: "b" + strconv.Itoa(w.labels)}
}

// reference is the term of an @id or @type: an absolute IRI or a blank node.
func (w *writer) reference(v any, what string) (rdfc.Term, error) {
	text, ok := v.(string)
	if !ok {
		return rdfc.Term{}, fmt.Errorf("%w: %s is not a string", ErrMalformed, what)
	}
	if label, blank := strings.CutPrefix(text, "_:"); blank {
		if w.named == nil {
			w.named = map[string]rdfc.Term{}
		}
		if _, known := w.named[label]; !known {
			w.named[label] = w.blank()
		}
		return w.named[label], nil
	}
	if err := checkIRI(text, what); err != nil {
		return rdfc.Term{}, err
	}
	return iri(text), nil
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// checkIRI refuses what RDF would leave out: relative IRIs, and characters that no IRI has.
func checkIRI(text, what string) error {
	if !scheme.MatchString(text) {
		return fmt.Errorf("%w: %s %.100q is relative: it would not be signed", ErrMalformed, what, text)
	}
	if strings.IndexFunc(text, func(c rune) bool { return c <= ' ' || strings.ContainsRune("<>\"{}|^`\\", c) }) >= 0 {
		return fmt.Errorf("%w: %s %.100q is no IRI", ErrMalformed, what, text)
	}
	return nil
}

// node writes a node object and returns its term.
func (w *writer) node(node map[string]any, graph rdfc.Term) (subject rdfc.Term, err error) {
	if w.depth++; w.depth > maxDepth {
		return subject, fmt.Errorf("%w: nested too deeply", ErrMalformed)
	}
	defer func() { w.depth-- }()
	if id, ok := node["@id"]; ok {
		if subject, err = w.reference(id, "@id"); err != nil {
			return subject, err
		}
	} else {
		subject = w.blank()
	}
	for _, name := range slices.Sorted(maps.Keys(node)) {
		if err := w.member(subject, name, node[name], graph); err != nil {
			return subject, err
		}
	}
	return subject, nil
}

// member writes one member of a node object.
func (w *writer) member(subject rdfc.Term, name string, value any, graph rdfc.Term) error {
	switch name {
	case "@id":
		return nil
	case "@type":
		return each(value, func(item any) error {
			object, err := w.reference(item, "@type")
			w.emit(subject, iri(rdfType), object, graph)
			return err
		})
	case "@graph":
		return each(value, func(item any) error { return w.nested(item, subject) })
	case "@included":
		return each(value, func(item any) error { return w.nested(item, graph) })
	case "@reverse":
		return w.reverse(subject, value, graph)
	}
	if strings.HasPrefix(name, "@") {
		return fmt.Errorf("%w: %s has no meaning in RDF: it would not be signed", ErrMalformed, name)
	}
	if err := checkIRI(name, "property"); err != nil {
		return err
	}
	return each(value, func(item any) error {
		object, err := w.object(item, graph, w.place(subject, name))
		w.emit(subject, iri(name), object, graph)
		return err
	})
}

// place names where a list stands, if cells are to be labelled so; otherwise it is "".
func (w *writer) place(subject rdfc.Term, property string) string {
	if w.lists == nil {
		return ""
	}
	return subject.Value + " " + property
}

// cell makes the label of a list's cell.
func (w *writer) cell(place string, index int) rdfc.Term {
	if w.lists == nil {
		return w.blank()
	}
	return rdfc.Term{Kind: rdfc.Blank, Value: place + " " + strconv.Itoa(index)}
}

// nested writes a node object into a graph of its own name or the one it stands in.
func (w *writer) nested(item any, graph rdfc.Term) error {
	node, ok := item.(map[string]any)
	if !ok || isValue(node) || isList(node) {
		return fmt.Errorf("%w: a value that belongs to nothing", ErrMalformed)
	}
	_, err := w.node(node, graph)
	return err
}

func (w *writer) reverse(object rdfc.Term, value any, graph rdfc.Term) error {
	properties, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%w: @reverse is not an object", ErrMalformed)
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if err := checkIRI(name, "property"); err != nil {
			return err
		}
		err := each(properties[name], func(item any) error {
			node, ok := item.(map[string]any)
			if !ok || isValue(node) || isList(node) {
				return fmt.Errorf("%w: @reverse of a value", ErrMalformed)
			}
			subject, err := w.node(node, graph)
			w.emit(subject, iri(name), object, graph)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) object(item any, graph rdfc.Term, place string) (rdfc.Term, error) {
	m, ok := item.(map[string]any)
	switch {
	case !ok:
		return rdfc.Term{}, fmt.Errorf("%w: a bare value", ErrMalformed)
	case isValue(m):
		return literal(m)
	case isList(m):
		return w.list(m, graph, place)
	}
	return w.node(m, graph)
}

// list writes a collection and returns its head.
func (w *writer) list(m map[string]any, graph rdfc.Term, place string) (rdfc.Term, error) {
	if len(m) != 1 {
		return rdfc.Term{}, fmt.Errorf("%w: a list with other members: they would not be signed", ErrMalformed)
	}
	items, _ := m["@list"].([]any)
	head := iri(rdfNil)
	if w.lists != nil {
		w.lists[place]++
		place += " " + strconv.Itoa(w.lists[place])
	}
	for i := len(items) - 1; i >= 0; i-- {
		cell := w.cell(place, i)
		object, err := w.object(items[i], graph, cell.Value)
		if err != nil {
			return head, err
		}
		w.emit(cell, iri(rdfFirst), object, graph)
		w.emit(cell, iri(rdfRest), head, graph)
		head = cell
	}
	return head, nil
}

var language = regexp.MustCompile(`^[a-zA-Z]+(-[a-zA-Z0-9]+)*$`)

// literal is the term of a value object (JSON-LD 1.1 API, section 8.2.2).
func literal(m map[string]any) (rdfc.Term, error) {
	for name := range m {
		if name != "@value" && name != "@type" && name != "@language" {
			return rdfc.Term{}, fmt.Errorf("%w: a value with %.40s: it would not be signed", ErrMalformed, name)
		}
	}
	datatype, _ := m["@type"].(string)
	t := rdfc.Term{Kind: rdfc.Literal}
	if datatype == "@json" {
		data, err := jcs.EncodeFractions(m["@value"])
		if err != nil {
			return t, fmt.Errorf("%w: JSON literal: %w", ErrMalformed, err)
		}
		t.Value, t.Datatype = string(data), rdfJSON
		return t, nil
	}
	if datatype != "" {
		if err := checkIRI(datatype, "datatype"); err != nil {
			return t, err
		}
	}
	switch v := m["@value"].(type) {
	case bool:
		t.Value, t.Datatype = strconv.FormatBool(v), or(datatype, xsdBoolean)
	case json.Number:
		var err error
		if t, err = number(v, datatype); err != nil {
			return t, err
		}
	case string:
		t.Value, t.Datatype = v, datatype
		if tag, ok := m["@language"].(string); ok {
			if !language.MatchString(tag) {
				return t, fmt.Errorf("%w: language %.40q: it would not be signed", ErrMalformed, tag)
			}
			t.Language = tag
		}
	default:
		return t, fmt.Errorf("%w: a value of no known kind", ErrMalformed)
	}
	if t.Datatype == xsdString {
		t.Datatype = ""
	}
	return t, nil
}

const maxSafeInteger = 1 << 53

// number writes a number as JSON-LD does: integers as they are, others as canonical doubles. What a double cannot hold
// exactly as an integer is refused, because other digits would give the same RDF.
func number(n json.Number, datatype string) (rdfc.Term, error) {
	t := rdfc.Term{Kind: rdfc.Literal}
	f, err := n.Float64()
	if err != nil {
		return t, fmt.Errorf("%w: number %.40q", ErrMalformed, n.String())
	}
	if f == math.Trunc(f) && datatype != xsdDouble && math.Abs(f) < 1e21 {
		if math.Abs(f) >= maxSafeInteger {
			return t, fmt.Errorf("%w: number %.40q is not below 2^53", ErrMalformed, n.String())
		}
		t.Value, t.Datatype = strconv.FormatInt(int64(f), 10), or(datatype, xsdInteger)
		return t, nil
	}
	t.Value, t.Datatype = double(f), or(datatype, xsdDouble)
	return t, nil
}

// double is the canonical lexical form of xsd:double: one digit, a point, the least digits of fifteen, an exponent.
func double(f float64) string {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', 15, 64), "E")
	mantissa = strings.TrimRight(mantissa, "0")
	if strings.HasSuffix(mantissa, ".") {
		mantissa += "0"
	}
	e, _ := strconv.Atoi(exponent)
	return mantissa + "E" + strconv.Itoa(e)
}

func or(s, absent string) string {
	if s == "" {
		return absent
	}
	return s
}

func isValue(m map[string]any) bool { _, ok := m["@value"]; return ok }
func isList(m map[string]any) bool  { _, ok := m["@list"]; return ok }

// each calls f with the items of a list, or with the one value there is.
func each(v any, f func(any) error) error {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, item := range list {
		if err := f(item); err != nil {
			return err
		}
	}
	return nil
}
