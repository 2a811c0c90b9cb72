// Package jsonld turns JSON-LD 1.1 documents into RDF, so that nothing of them is left out: what would be dropped silently
// elsewhere (a term that no context defines, a relative IRI, a text direction) is an error here, because what is dropped is
// not signed. Contexts come from a pinned set; nothing is ever fetched.
//
//	quads, err := jsonld.Quads(document, jsonld.NewPinned(func(url string) (any, bool) { … }))
//	canonical, err := rdfc.Canonicalize(quads, rdfc.Options{})
//
// Skolemize and Select are for selective disclosure (vc-di-ecdsa section 3.4): they take documents apart by JSON pointers, so that
// what a part says is known to be what the whole says of the same nodes.
package jsonld
