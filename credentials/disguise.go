package credentials

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/credentials/jsonld"
	"github.com/hanse-id/hanse/credentials/rdfc"
)

// Forms that canonicalize RDF sign what a document says and not how it is written. Whoever holds one can write the same with other
// names: a credentialStatus under its IRI, an alias of an inline context or on a second node with the credential's id leaves every
// signature as it is, and who reads the JSON sees no status. What the checks read of such a document is therefore compared with
// what it says (Data Integrity 1.0, section 4.6, Context Validation).

// reserved are the vocabularies of what the checks read. The data model's contexts have one term for each of their IRIs: what
// follows the prefix.
var reserved = []string{"https://www.w3.org/2018/credentials#", "https://www.w3.org/ns/credentials/status#", accreditationTerms}

// rdfTypeIRI is the predicate of types.
const rdfTypeIRI = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

// readTwice are the members whose objects the checks look into.
var readTwice = []string{"credentialStatus", "credentialSchema", "termsOfUse", "relatedResource"}

// reservedTerm is the term of an IRI of the reserved vocabularies.
func reservedTerm(t rdfc.Term) (string, bool) {
	for _, prefix := range reserved {
		if name, ok := strings.CutPrefix(t.Value, prefix); ok && t.Kind == rdfc.IRI {
			return name, true
		}
	}
	return "", false
}

// signsRDF reports whether some proof of the credential is over RDF.
func (o *opened) signsRDF() bool {
	return slices.ContainsFunc(o.proofs, func(p proof) bool { f, _ := formNamed(o.formOf(p)); return f.rdf })
}

// disguised reports where a document of a form that signs RDF says something that the checks look for in other words than they
// look for; nil where it does not, which needs no RDF for documents that have nothing to say so with.
func disguised(document map[string]any, contexts *Contexts) *ProblemError {
	document = withoutProof(document)
	if !canDisguise(document) {
		return nil
	}
	root, quads, err := jsonld.Statements(document, contexts.lookup)
	if err != nil {
		return malformed("", err.Error())
	}
	about, anonymous := statementsAbout(quads), 0
	if err := undisguised(about[root], document, ""); err != nil {
		return err
	}
	for _, name := range readTwice {
		list, many, _ := objects(document[name])
		for i, object := range list {
			pointer := point("", name)
			if many {
				pointer = point(pointer, i)
			}
			if idOf(object) == "" {
				anonymous++
			}
			if anonymous > maxAnonymous {
				return malformed(pointer, "too many objects without id")
			}
			statements, err := entryStatements(about, document, name, object, contexts)
			if err != nil {
				return malformed(pointer, err.Error())
			}
			if name != "credentialStatus" { // of which every object is read as a whole
				object = together(object, list)
			}
			if err := undisguised(statements, object, pointer); err != nil {
				return err
			}
		}
	}
	return nil
}

// entryStatements are the statements about one object of a member. One without id is found by writing it alone.
func entryStatements(about map[rdfc.Term][]rdfc.Quad, document map[string]any, name string, object map[string]any, contexts *Contexts) ([]rdfc.Quad, error) {
	if id := idOf(object); id != "" {
		return about[rdfc.Term{Kind: rdfc.IRI, Value: id}], nil
	}
	root, quads, err := jsonld.Statements(map[string]any{"@context": document["@context"], "type": document["type"], name: object}, contexts.lookup)
	if err != nil {
		return nil, err
	}
	about = statementsAbout(quads)
	for _, q := range about[root] {
		if term, ok := reservedTerm(q.Predicate); ok && term == name {
			return about[q.Object], nil
		}
	}
	return nil, fmt.Errorf("%s says nothing", name)
}

// together is what the objects of a list with the id of one of them say: they are one node.
func together(object map[string]any, list []map[string]any) map[string]any {
	id, out := idOf(object), map[string]any{}
	for _, other := range list {
		if id == "" || idOf(other) != id {
			continue
		}
		for name, v := range other {
			values, _ := out[name].([]any)
			if many, ok := v.([]any); ok {
				out[name] = append(values, many...)
			} else {
				out[name] = append(values, v)
			}
		}
	}
	if id == "" {
		return object
	}
	return out
}

// statementsAbout files the statements of the default graph under what they are about, each once.
func statementsAbout(quads []rdfc.Quad) map[rdfc.Term][]rdfc.Quad {
	about := map[rdfc.Term][]rdfc.Quad{}
	seen := make(map[rdfc.Quad]bool, len(quads))
	for _, q := range quads {
		if q.Graph.Kind == rdfc.None && !seen[q] {
			seen[q] = true
			about[q.Subject] = append(about[q.Subject], q)
		}
	}
	return about
}

// undisguised compares the statements about a node with the object that the checks read.
func undisguised(statements []rdfc.Quad, object map[string]any, pointer string) *ProblemError {
	types, _ := texts(object["type"])
	said := map[string]int{}
	for _, q := range statements {
		if q.Predicate.Value == rdfTypeIRI {
			if name, ok := reservedTerm(q.Object); ok && !slices.Contains(types, name) {
				return malformed(point(pointer, "type"), "lacks "+name+", which the object is by another name")
			}
		} else if name, ok := reservedTerm(q.Predicate); ok {
			said[name]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if said[name] > distinct(object[name]) {
			return malformed(point(pointer, name), "is said by another name, too")
		}
	}
	return nil
}

// distinct is how many things a member names.
func distinct(v any) int {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	anonymous, named := 0, map[any]bool{}
	for _, item := range list {
		switch item := item.(type) {
		case nil:
		case map[string]any:
			if id, ok := item["id"].(string); ok {
				named[id] = true
			} else {
				anonymous++
			}
		case []any:
			anonymous++
		default:
			named[item] = true
		}
	}
	return anonymous + len(named)
}

// canDisguise reports whether a document has anything to say things in other words with: contexts of its own, IRIs where terms
// stand, keywords, or two objects with one id.
func canDisguise(document map[string]any) bool {
	d := disguise{ids: map[string]bool{}}
	contexts, _ := document["@context"].([]any)
	if hasInline(contexts) {
		return true
	}
	for name, v := range document {
		if name != "@context" && (strings.ContainsAny(name, ":@") || d.in(v, name)) {
			return true
		}
	}
	id, _ := document["id"].(string)
	return id != "" && d.ids[id] || slices.ContainsFunc(readTwice, func(name string) bool {
		list, _, _ := objects(document[name])
		return slices.ContainsFunc(list, func(object map[string]any) bool { id, _ := object["id"].(string); return d.twice[id] })
	})
}

// disguise collects the ids of objects.
type disguise struct{ ids, twice map[string]bool }

// in walks a value: the member that it stands in tells types from texts.
func (d *disguise) in(v any, member string) bool {
	switch v := v.(type) {
	case string:
		return member == "type" && strings.Contains(v, ":")
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return d.in(item, member) })
	case map[string]any:
		if id, ok := v["id"].(string); ok {
			if d.ids[id] {
				if d.twice == nil {
					d.twice = map[string]bool{}
				}
				d.twice[id] = true
			}
			d.ids[id] = true
		}
		for name, item := range v {
			plain := slices.Contains([]string{"@value", "@language", "@direction"}, name)
			if !plain && strings.ContainsAny(name, ":@") || d.in(item, name) {
				return true
			}
		}
	}
	return false
}

// Bounds of what is written alone to find out what it says.
const (
	maxVouched   = 32 // types
	maxAnonymous = 64 // objects without id
)

// vouchedTypes are the types of a credential as something other than its holder calls them. A form that signs RDF signs the IRIs of
// types: a term counts where the pinned contexts mean an IRI by it that the credential has; otherwise the IRI stands for itself.
func (r *run) vouchedTypes(types []string) []string {
	contexts, _ := r.opened.credential["@context"].([]any)
	if !r.opened.signsRDF() || !hasInline(contexts) {
		return types
	}
	signed := r.typeIRIs(contexts, types)
	pinned := slices.DeleteFunc(slices.Clone(contexts), func(v any) bool { _, isText := v.(string); return !isText })
	var out []string
	for _, name := range types[:min(len(types), maxVouched)] {
		for iri := range r.typeIRIs(pinned, []string{name}) {
			if signed[iri] {
				out = append(out, name)
				delete(signed, iri)
			}
		}
	}
	return append(out, slices.Sorted(maps.Keys(signed))...)
}

// typeIRIs are what types mean in contexts; none where one of them means nothing.
func (r *run) typeIRIs(contexts []any, types []string) map[string]bool {
	list := make([]any, len(types))
	for i, name := range types {
		list[i] = name
	}
	out := map[string]bool{}
	_, quads, err := jsonld.Statements(map[string]any{"@context": contexts, "@type": list}, r.Contexts.lookup)
	if err != nil {
		return out
	}
	for _, q := range quads {
		if q.Predicate.Value == rdfTypeIRI {
			out[q.Object.Value] = true
		}
	}
	return out
}
