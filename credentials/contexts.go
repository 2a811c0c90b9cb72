package credentials

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/hanse-id/hanse/credentials/jsonld"
	"github.com/hanse-id/hanse/did/jcs"
)

const (
	contextV1     = "https://www.w3.org/2018/credentials/v1"
	contextV2     = "https://www.w3.org/ns/credentials/v2"
	contextProofs = "https://w3id.org/security/data-integrity/v2"

	maxContextBytes = 4 << 20
	maxContexts     = 4096
)

//go:embed contexts/index.json contexts/*.jsonld
var contextFiles embed.FS

// Contexts is a pinned set of JSON-LD contexts: URL → document. Nothing else is ever fetched. It does not change once made
// and is safe for concurrent use.
type Contexts struct {
	byURL  map[string]*pinned
	lookup *jsonld.Pinned // finds them for package jsonld
}

// pinned is one context document.
type pinned struct {
	document  any    // the @context of the parsed file
	whole     any    // the parsed file, as package jsonld takes it
	raw       []byte // its bytes
	published string // hex SHA-256 of the original where the file is a copy in another layout, "?" where that is not known
}

// ErrContexts says that a set of contexts cannot be loaded.
var ErrContexts = errors.New("contexts cannot be loaded")

var embedded = sync.OnceValue(loadEmbedded)

// EmbeddedContexts returns the contexts compiled into the binary; contexts/README.md says where they come from.
func EmbeddedContexts() *Contexts { return embedded() }

func loadEmbedded() *Contexts {
	var index []struct {
		URL       string `json:"url"`
		File      string `json:"file"`
		SHA256    string `json:"sha256"`
		Published string `json:"published"`
	}
	c := newContexts(make(map[string]*pinned))
	data, err := contextFiles.ReadFile("contexts/index.json")
	if err == nil {
		err = json.Unmarshal(data, &index)
	}
	for _, e := range index {
		if err != nil {
			break
		}
		var raw []byte
		if raw, err = contextFiles.ReadFile("contexts/" + e.File); err != nil {
			break
		}
		sum := sha256.Sum256(raw)
		if hex.EncodeToString(sum[:]) != e.SHA256 {
			err = fmt.Errorf("%s is not the file that was pinned", e.File)
			break
		}
		var p *pinned
		if p, err = newPinned(raw); err == nil {
			if e.Published != e.SHA256 {
				p.published = e.Published
				if e.Published == "" {
					p.published = "?"
				}
			}
			c.byURL[e.URL] = p
		}
	}
	if err != nil {
		panic("embedded contexts: " + err.Error()) // the binary itself is broken
	}
	return c
}

// With returns the set extended by the files of dir, whose index.json maps URL to file name. A file of dir replaces a context
// of the same URL. Files outside dir are refused. Errors wrap ErrContexts.
func (c *Contexts) With(dir string) (*Contexts, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrContexts, err)
	}
	defer root.Close()
	data, err := readFile(root, "index.json")
	if err != nil {
		return nil, err
	}
	v, err := jcs.Parse(data, jcs.Limits{MaxBytes: maxContextBytes})
	index, ok := v.(map[string]any)
	if err != nil || !ok || len(index) > maxContexts {
		return nil, fmt.Errorf("%w: %s/index.json must be an object of URL to file name", ErrContexts, dir)
	}
	out := newContexts(maps.Clone(c.byURL))
	for _, url := range slices.Sorted(maps.Keys(index)) {
		name, ok := index[url].(string)
		if !ok || !isURL(url) {
			return nil, fmt.Errorf("%w: %s/index.json: %q must be a URL with a file name", ErrContexts, dir, url)
		}
		raw, err := readFile(root, name)
		if err != nil {
			return nil, err
		}
		if out.byURL[url], err = newPinned(raw); err != nil {
			return nil, fmt.Errorf("%w: %s/%s: %w", ErrContexts, dir, name, err)
		}
	}
	return out, nil
}

func readFile(root *os.Root, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrContexts, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxContextBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrContexts, err)
	}
	if len(data) > maxContextBytes {
		return nil, fmt.Errorf("%w: %s is larger than %d bytes", ErrContexts, name, maxContextBytes)
	}
	return data, nil
}

func newPinned(raw []byte) (*pinned, error) {
	v, err := jcs.Parse(raw, jcs.Limits{MaxBytes: maxContextBytes, MaxDepth: 64})
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok || m["@context"] == nil {
		return nil, errors.New("a context document is an object with @context")
	}
	return &pinned{document: m["@context"], whole: jsonld.Context(m), raw: raw}, nil
}

// URLs lists the contexts of the set in order.
func (c *Contexts) URLs() []string { return slices.Sorted(maps.Keys(c.byURL)) }

// newContexts makes a set, which may be filled until it is used.
func newContexts(byURL map[string]*pinned) *Contexts {
	return &Contexts{byURL: byURL, lookup: jsonld.NewPinned(func(url string) (any, bool) {
		p, ok := byURL[url]
		if !ok {
			return nil, false
		}
		return p.whole, true
	})}
}

// Document returns the bytes of a context, false if it is not in the set. The bytes must not be changed.
func (c *Contexts) Document(url string) ([]byte, bool) {
	p, ok := c.byURL[url]
	if !ok {
		return nil, false
	}
	return p.raw, true
}
