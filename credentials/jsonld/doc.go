// Package jsonld turns JSON-LD 1.1 documents into RDF, so that nothing of them is left out: what would be dropped silently
// elsewhere (a term that no context defines, a relative IRI, a text direction) is an error here, because what is dropped is
// not signed. Contexts come from a pinned set; nothing is ever fetched.
//
//	quads, err := jsonld.Quads(document, func(url string) (any, bool) { return contexts.Document(url) })
//	canonical, err := rdfc.Canonicalize(quads, rdfc.Options{})
package jsonld
