package credentials

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hanse-id/hanse/credentials/remote"
	"github.com/hanse-id/hanse/credentials/typemeta"
)

// TypeFiles is a TypeSource over a directory: one JSON file for each type, found by the vct inside. It is read once.
type TypeFiles struct{ byType map[string][]byte }

var _ TypeSource = (*TypeFiles)(nil)

// maxTypeFiles bounds the files of a directory.
const maxTypeFiles = 1000

// ReadTypes reads the files of a directory that end in .json. Each must be type metadata, and no two may be about one type. An error
// names the file.
func ReadTypes(dir string) (*TypeFiles, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	t := &TypeFiles{byType: map[string][]byte{}}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		if len(t.byType) == maxTypeFiles {
			return nil, fmt.Errorf("%s: more than %d types", dir, maxTypeFiles)
		}
		if err := t.read(root, e.Name()); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	return t, nil
}

func (t *TypeFiles) read(root *os.Root, name string) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, typemeta.MaxBytes+1))
	if err != nil {
		return err
	}
	d, err := typemeta.Parse(data)
	if err != nil {
		return err
	}
	if _, twice := t.byType[d.VCT]; twice {
		return fmt.Errorf("type %.256q has another file", d.VCT)
	}
	t.byType[d.VCT] = data
	return nil
}

// Type finds the file about a type.
func (t *TypeFiles) Type(_ context.Context, vct, _ string) ([]byte, Evidence, error) {
	data, ok := t.byType[vct]
	if !ok {
		return nil, Evidence{}, ErrTypeUnknown
	}
	return data, Evidence{Source: "configuration", Digest: typemeta.Digest(data)}, nil
}

// FetchedTypes is a TypeSource that asks types which are https URLs for their metadata. Its owner lets it: who hosts a type learns
// that credentials of it are verified here, so files come first.
type FetchedTypes struct{ documents *remote.Documents }

var _ TypeSource = (*FetchedTypes)(nil)

// FetchTypes returns a source that fetches through get: *fetch.Guard, because types are strangers' words.
func FetchTypes(get Fetcher, o remote.Options) *FetchedTypes {
	o.MaxBytes = typemeta.MaxBytes
	return &FetchedTypes{documents: remote.New(get, o)}
}

// Type asks the URL that a type is. The integrity is checked by whoever asked.
func (t *FetchedTypes) Type(ctx context.Context, vct, _ string) ([]byte, Evidence, error) {
	if !strings.HasPrefix(vct, "https://") {
		return nil, Evidence{}, ErrTypeUnknown
	}
	d, err := t.documents.Get(ctx, vct)
	if errors.Is(err, remote.ErrAbsent) || errors.Is(err, remote.ErrRefused) {
		return nil, Evidence{}, fmt.Errorf("%w: %w", ErrTypeUnknown, err)
	}
	return d.Body, Evidence{Source: vct, Digest: typemeta.Digest(d.Body)}, err
}

// TypeSources asks one source after another until one knows a type. A source that cannot be asked ends that: what the next one says
// might be something else.
type TypeSources []TypeSource

// Type asks the sources.
func (list TypeSources) Type(ctx context.Context, vct, integrity string) ([]byte, Evidence, error) {
	for _, source := range list {
		data, evidence, err := source.Type(ctx, vct, integrity)
		if !errors.Is(err, ErrTypeUnknown) {
			return data, evidence, err
		}
	}
	return nil, Evidence{}, ErrTypeUnknown
}
