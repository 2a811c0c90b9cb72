package credentials

import (
	"reflect"
	"strings"
)

// protection holds the terms that contexts protected so far, with their definitions: a later context of a list may repeat a
// protected term, and not give it another meaning (JSON-LD 1.1 section 4.1.11; VC Data Model 2.0 section 5.2 has every processor
// refuse it, also those that read no RDF).
type protection map[string]any

// redefined is a term of an inline context that has another meaning than the protected one; "" if none has.
func (p protection) redefined(context map[string]any) string {
	for _, name := range sortedKeys(context) {
		if definition, ok := p[name]; ok && !reflect.DeepEqual(definition, unprotected(context[name])) {
			return name
		}
	}
	return ""
}

// add notes what a context protects: all its terms where it says "@protected": true, but for those that say false themselves.
func (p protection) add(context map[string]any) {
	all, _ := context["@protected"].(bool)
	for name, definition := range context {
		if strings.HasPrefix(name, "@") {
			continue
		}
		protected := all
		if object, ok := definition.(map[string]any); ok {
			if own, says := object["@protected"].(bool); says {
				protected = own
			}
		}
		if protected {
			p[name] = unprotected(definition)
		}
	}
}

// addPinned notes what a pinned context protects, which may itself be a list.
func (p protection) addPinned(document any) {
	switch document := document.(type) {
	case map[string]any:
		p.add(document)
	case []any:
		for _, item := range document {
			if context, ok := item.(map[string]any); ok {
				p.add(context)
			}
		}
	}
}

// unprotected is a definition without its own @protected, which is no part of its meaning.
func unprotected(definition any) any {
	object, ok := definition.(map[string]any)
	if _, says := object["@protected"]; !ok || !says {
		return definition
	}
	out := make(map[string]any, len(object))
	for name, v := range object {
		if name != "@protected" {
			out[name] = v
		}
	}
	return out
}

// noIRI are characters that no IRI has (RFC 3987 section 2.2), besides controls.
const noIRI = " \"<>\\^`{|}"

// mapsToNothing reports whether a term is mapped to something that can be no IRI, like "https ://example.org".
func mapsToNothing(definition any) bool {
	if object, ok := definition.(map[string]any); ok {
		definition = object["@id"]
	}
	id, ok := definition.(string)
	return ok && strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || strings.ContainsRune(noIRI, r) })
}
