package jsonld

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/piprate/json-gold/ld"

	"github.com/hanse-id/hanse/credentials/rdfc"
)

// What Quads can say. Errors wrap exactly one of these.
var (
	ErrContext   = errors.New("JSON-LD context is not pinned")
	ErrUndefined = errors.New("JSON-LD term is not defined")
	ErrMalformed = errors.New("malformed JSON-LD")
)

// Quads is the RDF dataset of a document (JSON-LD 1.1 Processing Algorithms, "deserialize JSON-LD to RDF"), in safe mode.
// Values are as jcs.Parse or jcs.ParseIntegers return them; document and contexts are not changed.
func Quads(document map[string]any, contexts Contexts) ([]rdfc.Quad, error) {
	expanded, err := expanded(document, contexts)
	if err != nil {
		return nil, err
	}
	return (&writer{}).dataset(expanded)
}

// expanded is the expanded form of a document, in safe mode.
func expanded(document map[string]any, contexts Contexts) ([]any, error) {
	options, loader := processing(contexts)
	if pinned, ok := contexts.(*Pinned); ok {
		if active := pinned.active(document["@context"]); active != nil {
			if out, ok := expandWith(active, document, options); ok {
				return out, nil
			}
		}
	}
	out, err := expand(document, options)
	if err != nil {
		return nil, loader.classify(err)
	}
	return out, nil
}

func processing(contexts Contexts) (*ld.JsonLdOptions, *loader) {
	loader := &loader{contexts: contexts}
	options := ld.NewJsonLdOptions("")
	options.ProcessingMode = ld.JsonLd_1_1
	options.DocumentLoader = loader
	options.SafeMode = true
	return options, loader
}

// dataset writes what a document says.
func (w *writer) dataset(expanded []any) ([]rdfc.Quad, error) {
	for _, item := range expanded {
		node, ok := item.(map[string]any)
		if !ok || isValue(node) || isList(node) {
			return nil, fmt.Errorf("%w: a value that belongs to nothing", ErrMalformed)
		}
		if _, err := w.node(node, rdfc.Term{}); err != nil {
			return nil, err
		}
	}
	return w.quads, nil
}

// expand runs the library, which panics on some shapes that are no JSON-LD.
func expand(document map[string]any, options *ld.JsonLdOptions) (out []any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrMalformed, p)
		}
	}()
	return ld.NewJsonLdProcessor().Expand(plain(document), options)
}

// plain copies a value into what the library knows: numbers as json.Number.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			if name == "@context" {
				value = Context(value)
			}
			out[name] = plain(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = plain(value)
		}
		return out
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	}
	return v
}

// Context copies a context, or a context's document, into what Contexts serves: numbers (@version) as float64.
func Context(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			out[name] = keepContainer(name, Context(value))
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = Context(value)
		}
		return out
	case json.Number:
		f, _ := v.Float64()
		return f
	case int64:
		return float64(v)
	}
	return v
}

// keepContainer lets a term whose scoped context begins with null keep its container. The library looks for the container in the
// context that is in force behind the term, where null took the term itself away: the credentials of a presentation
// (verifiableCredential, @container @graph) would not get graphs of their own. So the term is defined there again.
func keepContainer(name string, definition any) any {
	term, ok := definition.(map[string]any)
	scoped, has := term["@context"]
	if _, contained := term["@container"]; !ok || !has || !contained || scoped != nil {
		return definition
	}
	again := maps.Clone(term)
	delete(again, "@context")
	term["@context"] = []any{nil, map[string]any{name: again}}
	return term
}

// loader serves pinned contexts, and remembers the first that is not.
type loader struct {
	contexts Contexts
	unknown  string
}

// LoadDocument implements ld.DocumentLoader.
func (l *loader) LoadDocument(url string) (*ld.RemoteDocument, error) {
	document, pinned := l.contexts.Lookup(url)
	if !pinned {
		if l.unknown == "" {
			l.unknown = url
		}
		return nil, ld.NewJsonLdError(ld.LoadingRemoteContextFailed, "not pinned")
	}
	// A copy: the library writes an importing context's terms into the document that it imports.
	return &ld.RemoteDocument{DocumentURL: url, Document: Context(document)}, nil
}

func (l *loader) classify(err error) error {
	if l.unknown != "" {
		return fmt.Errorf("%w: %.200q", ErrContext, l.unknown)
	}
	var fault *ld.JsonLdError
	if errors.As(err, &fault) && fault.Code == ld.InvalidProperty {
		return fmt.Errorf("%w: a member of the document has no meaning in its contexts", ErrUndefined)
	}
	if errors.Is(err, ErrMalformed) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}
