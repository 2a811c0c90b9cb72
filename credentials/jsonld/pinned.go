package jsonld

import (
	"strings"
	"sync"

	"github.com/piprate/json-gold/ld"
)

// Contexts finds the documents of contexts. They must not change.
type Contexts interface {
	// Lookup returns the document of a context by its URL, as function Context makes it.
	Lookup(url string) (document any, pinned bool)
}

// Func makes Contexts of a function.
type Func func(url string) (document any, pinned bool)

// Lookup calls the function.
func (f Func) Lookup(url string) (any, bool) { return f(url) }

// maxParsed bounds how many lists of contexts a Pinned set keeps parsed.
const maxParsed = 256

// Pinned is a set of contexts that remembers what lists of them mean: documents of one kind have the same list, and to read it is
// most of the work that a document makes. It is safe for concurrent use.
type Pinned struct {
	find   Func
	mu     sync.RWMutex
	parsed map[string]*ld.Context
}

// NewPinned makes a set of what a function finds, which must always find the same.
func NewPinned(find Func) *Pinned { return &Pinned{find: find, parsed: map[string]*ld.Context{}} }

// Lookup finds a document.
func (p *Pinned) Lookup(url string) (any, bool) { return p.find(url) }

// active returns the active context of a list of URLs; nil where there is another kind of context in it, or where it cannot be
// kept apart from a document (@propagate).
func (p *Pinned) active(context any) *ld.Context {
	urls, ok := context.([]any)
	if !ok {
		urls = []any{context}
	}
	key, ok := p.key(urls)
	if !ok {
		return nil
	}
	p.mu.RLock()
	active, known := p.parsed[key]
	p.mu.RUnlock()
	if known {
		return active
	}
	active = p.parse(urls)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.parsed) >= maxParsed { // for any other one: strangers' lists must not keep out everybody's for good
		for other := range p.parsed {
			delete(p.parsed, other)
			break
		}
	}
	p.parsed[key] = active
	return active
}

// key joins URLs; false if one is none, or not pinned.
func (p *Pinned) key(urls []any) (string, bool) {
	var key strings.Builder
	for _, item := range urls {
		url, ok := item.(string)
		if !ok {
			return "", false
		}
		if document, pinned := p.find(url); !pinned || !isPlain(document) {
			return "", false
		}
		key.WriteString(url)
		key.WriteByte('\n')
	}
	return key.String(), len(urls) > 0
}

// isPlain reports whether a context document defines its terms itself and says nothing about how far it reaches.
func isPlain(document any) bool {
	m, _ := document.(map[string]any)
	context, ok := m["@context"].(map[string]any)
	_, propagate := context["@propagate"]
	_, imports := context["@import"]
	return ok && !propagate && !imports
}

// parse reads a list of contexts; nil if that fails: whoever asks finds out why.
func (p *Pinned) parse(urls []any) (active *ld.Context) {
	defer func() {
		if recover() != nil { // the library panics on some shapes
			active = nil
		}
	}()
	options, _ := processing(p)
	options.DocumentLoader = stateless{p}
	active, err := ld.NewContext(nil, options).Parse(urls)
	if err != nil {
		return nil
	}
	return active
}

// stateless serves contexts that a parsed context refers to, for as long as that is kept.
type stateless struct{ contexts Contexts }

// LoadDocument implements ld.DocumentLoader.
func (s stateless) LoadDocument(url string) (*ld.RemoteDocument, error) {
	return (&loader{contexts: s.contexts}).LoadDocument(url)
}

// expandWith expands a document whose contexts were parsed before; false if it cannot be, whatever the reason.
func expandWith(active *ld.Context, document map[string]any, options *ld.JsonLdOptions) (out []any, ok bool) {
	defer func() {
		if recover() != nil {
			out, ok = nil, false
		}
	}()
	rest := make(map[string]any, len(document))
	for name, value := range document {
		if name != "@context" {
			rest[name] = plain(value)
		}
	}
	expanded, err := ld.NewJsonLdApi().Expand(active, "", rest, options, false, nil)
	if err != nil {
		return nil, false
	}
	switch expanded := expanded.(type) {
	case []any:
		return expanded, true
	case map[string]any:
		if graph, only := expanded["@graph"].([]any); only && len(expanded) == 1 {
			return graph, true
		}
		if len(expanded) == 0 {
			return []any{}, true
		}
		return []any{expanded}, true
	}
	return nil, false
}
