package credentials

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/credentials/schema"
	"github.com/hanse-id/hanse/did/jcs"
)

// maxSchemaFiles bounds a directory of schemas.
const maxSchemaFiles = 1000

// ErrSchemas says that a directory of schemas cannot be used.
var ErrSchemas = errors.New("schemas are not usable")

// SchemaFiles is the SchemaSource of a directory: every *.json in it is a schema, known by its $id and by the digest of its bytes.
// It is read once, and safe for concurrent use.
type SchemaFiles struct {
	byID     map[string]Schema
	byDigest map[string]Schema // SRI with each hash function that SRI has
}

var _ SchemaSource = (*SchemaFiles)(nil)

// OpenSchemaFiles reads the schemas of a directory and compiles each, so that one that cannot be used is found at the start. Errors
// wrap ErrSchemas and name the file.
func OpenSchemaFiles(dir string) (*SchemaFiles, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSchemas, err)
	}
	defer root.Close()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSchemas, err)
	}
	s := &SchemaFiles{byID: map[string]Schema{}, byDigest: map[string]Schema{}}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		if err := s.add(root, e.Name()); err != nil {
			return nil, fmt.Errorf("%w: %s/%s: %w", ErrSchemas, dir, e.Name(), err)
		}
	}
	return s, s.compileAll(dir)
}

// add reads one file.
func (s *SchemaFiles) add(root *os.Root, name string) error {
	if len(s.byDigest) >= 3*maxSchemaFiles {
		return fmt.Errorf("more than %d schemas", maxSchemaFiles)
	}
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, schema.MaxBytes+1))
	if err != nil {
		return err
	}
	v, err := jcs.Parse(data, jcs.Limits{MaxBytes: schema.MaxBytes, MaxDepth: 2 * maxDepth})
	if err != nil {
		return err
	}
	one := Schema{Document: data, Digest: schema.Digest(data), Evidence: Evidence{Source: "configuration", Digest: schema.Digest(data)}}
	if object, ok := v.(map[string]any); ok {
		one.ID, _ = object["$id"].(string)
	}
	if one.ID != "" {
		if !isURL(one.ID) {
			return fmt.Errorf("$id %.128q is not a URL", one.ID)
		}
		if _, twice := s.byID[one.ID]; twice {
			return fmt.Errorf("another file has the $id %.128q", one.ID)
		}
		s.byID[one.ID] = one
	}
	for _, bits := range []int{256, 384, 512} {
		s.byDigest[digest{bits, sum(data, bits)}.sri()] = one
	}
	return nil
}

// compileAll finds out which schema cannot be used.
func (s *SchemaFiles) compileAll(dir string) error {
	for _, id := range sortedSchemas(s.byDigest) {
		one := s.byDigest[id]
		_, err := schema.Compile(one.Document, schema.Options{ID: one.ID, Find: func(url string) ([]byte, bool) {
			other, ok := s.byID[url]
			return other.Document, ok
		}})
		if err != nil {
			return fmt.Errorf("%w: %s: schema %q (%s): %w", ErrSchemas, dir, one.ID, one.Digest, err)
		}
	}
	return nil
}

// sortedSchemas lists the SHA-256 digests in order.
func sortedSchemas(byDigest map[string]Schema) (list []string) {
	for id := range byDigest {
		if strings.HasPrefix(id, "sha256-") {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// Schema finds a schema by digest where the query has one, and otherwise by its URL. A known URL with a digest of other bytes is
// answered with what is known: the caller compares.
func (s *SchemaFiles) Schema(_ context.Context, q SchemaQuery) (Schema, error) {
	for _, text := range strings.Fields(q.Digest) {
		text, _, _ = strings.Cut(text, "?")
		if one, ok := s.byDigest[text]; ok {
			return one, nil
		}
	}
	if one, ok := s.byID[q.ID]; ok {
		return one, nil
	}
	return Schema{}, fmt.Errorf("%w here: %.256q", ErrSchemaUnknown, q.ID)
}

// Len is how many schemas there are.
func (s *SchemaFiles) Len() int { return len(s.byDigest) / 3 }
