package schema

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hanse-id/hanse/did/jcs"
)

// Dialect is the one dialect that is understood; a document without $schema is taken for it.
const Dialect = "https://json-schema.org/draft/2020-12/schema"

// Bounds of what is compiled.
const (
	MaxBytes = 256 << 10 // of one document

	maxDepth     = 32   // nesting of a document
	maxObjects   = 2000 // of a document: each may be a schema
	maxReferred  = 16   // further documents that a schema refers to
	maxSubschema = 2000 // of a compiled schema, those referred to included
)

// What can be wrong with a schema.
var (
	// ErrMalformed says that a document is no JSON Schema.
	ErrMalformed = errors.New("not a usable JSON Schema")
	// ErrUnsupported says that a schema uses another dialect, or dynamic references.
	ErrUnsupported = errors.New("JSON Schema feature not supported")
	// ErrUnresolved says that a schema refers to another one that is not at hand.
	ErrUnresolved = errors.New("schema refers to one that is not at hand")
)

// Options of Compile. The zero value resolves references within the document only.
type Options struct {
	// ID is the URL that the schema goes by, the base of its references where it has no $id itself.
	ID string
	// Find returns the document of another schema that a $ref names, false if there is none. It asks nobody that its owner did
	// not allow.
	Find func(url string) ([]byte, bool)
}

// Schema is a compiled schema. It is safe for concurrent use; evaluations of one schema wait for each other.
type Schema struct {
	Digest   string // SRI of the document: "sha256-…"
	Refers   bool   // it refers to other documents, which its digest is not over
	weight   int    // bytes of memory that it takes, about
	mu       sync.Mutex
	meter    *meter
	compiled *jsonschema.Schema
}

// Digest is the SRI digest of a document's bytes (W3C Subresource Integrity, section 3.1), with SHA-256.
func Digest(document []byte) string {
	sum := sha256.Sum256(document)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Compile reads a schema. Errors wrap ErrMalformed, ErrUnsupported or ErrUnresolved.
func Compile(document []byte, o Options) (s *Schema, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			s, err = nil, fmt.Errorf("%w: compiling it takes too much work", ErrMalformed)
		}
	}()
	load := &loader{find: o.Find}
	value, err := load.parse(document)
	if err != nil {
		return nil, err
	}
	s = &Schema{Digest: Digest(document), meter: &meter{left: budget}}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseRegexpEngine(s.meter.engine)
	c.UseLoader(load)
	base := o.ID
	if !strings.HasPrefix(base, "https://") && !strings.HasPrefix(base, "http://") || strings.Contains(base, "#") || strings.Contains(base, "://json-schema.org/") {
		sum := sha256.Sum256(document)
		base = "https://schema.invalid/" + hex.EncodeToString(sum[:])
	}
	if err := c.AddResource(base, value); err != nil {
		return nil, fmt.Errorf("%w: %.200s", ErrMalformed, err)
	}
	if s.compiled, err = c.Compile(base); err != nil {
		return nil, compileError(load, err)
	}
	s.Refers, s.weight = len(load.seen) > 0, 16*len(document)+128*load.patterns.work
	if err := s.meter.install(s.compiled); err != nil {
		return nil, err
	}
	return s, nil
}

// compileError says what Compile's error means; the library's text is cut, because it may quote the document.
func compileError(load *loader, err error) error {
	if load.err != nil {
		return load.err
	}
	if invalid, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if broken, ok := errors.AsType[*jsonschema.ValidationError](invalid.Err); ok {
			v := (&collector{}).of(broken)
			return fmt.Errorf("%w: %s", ErrMalformed, v.Error())
		}
	}
	return fmt.Errorf("%w: %.200s", ErrMalformed, err)
}

// parse reads a document strictly and checks what can be checked before compiling.
func (l *loader) parse(document []byte) (any, error) {
	value, err := jcs.Parse(document, jcs.Limits{MaxBytes: MaxBytes, MaxDepth: maxDepth})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if _, isBool := value.(bool); isBool {
		return value, nil
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: neither an object nor a boolean", ErrMalformed)
	}
	if dialect, has := object["$schema"]; has {
		text, _ := dialect.(string)
		if strings.TrimSuffix(text, "#") != Dialect {
			return nil, fmt.Errorf("%w: $schema is not %s", ErrUnsupported, Dialect)
		}
	}
	if n := objects(value); n > maxObjects {
		return nil, fmt.Errorf("%w: %d objects, at most %d", ErrMalformed, n, maxObjects)
	}
	return value, l.patterns.read(value)
}

// objects counts the objects of a value.
func objects(value any) (n int) {
	switch v := value.(type) {
	case map[string]any:
		n = 1
		for _, member := range v {
			n += objects(member)
		}
	case []any:
		for _, item := range v {
			n += objects(item)
		}
	}
	return n
}

// loader gives the library the documents that a schema refers to. It reaches neither network nor files.
type loader struct {
	find func(url string) ([]byte, bool)
	seen map[string]bool
	err  error // the first, in words of this package

	patterns patterns // of all documents
}

// Load implements jsonschema.URLLoader.
func (l *loader) Load(url string) (any, error) {
	value, err := l.load(url)
	if err != nil && l.err == nil {
		l.err = err
	}
	return value, err
}

func (l *loader) load(url string) (any, error) {
	if l.find == nil {
		return nil, fmt.Errorf("%w: %.200q", ErrUnresolved, url)
	}
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	if l.seen[url] = true; len(l.seen) > maxReferred {
		return nil, fmt.Errorf("%w: it refers to more than %d others", ErrMalformed, maxReferred)
	}
	document, ok := l.find(url)
	if !ok {
		return nil, fmt.Errorf("%w: %.200q", ErrUnresolved, url)
	}
	return l.parse(document)
}
