package jsonld

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/jcs"
)

// variants are contexts of which a set can keep some parsed: one is not pinned, one reaches less far, one imports another.
var variants = map[string]string{
	"https://c.example/v1":     pinned,
	"https://c.example/scoped": `{"@context":{"Person":{"@id":"urn:t#Person","@context":{"nick":"urn:t#nick"}},"role":"urn:t#role"}}`,
	"https://c.example/near":   `{"@context":{"@propagate":false,"role":"urn:near#role"}}`,
	"https://c.example/import": `{"@context":{"@version":1.1,"@import":"https://c.example/scoped","name":"urn:i#name"}}`,
}

func find(t testing.TB) Func {
	t.Helper()
	documents := map[string]any{}
	for url, text := range variants {
		v, err := jcs.Parse([]byte(text), jcs.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		documents[url] = Context(v)
	}
	return func(url string) (any, bool) { v, ok := documents[url]; return v, ok }
}

var documents = []string{
	`{"@context":"https://c.example/v1","id":"urn:a","name":"Ada","knows":{"id":"urn:b","name":"Bea"}}`,
	`{"@context":["https://c.example/v1","https://c.example/scoped"],"id":"urn:a","type":"Person","nick":"A","role":"x"}`,
	`{"@context":["https://c.example/scoped","https://c.example/v1"],"id":"urn:a","type":"Person","knows":{"role":"x"}}`,
	`{"@context":["https://c.example/v1","https://c.example/near"],"id":"urn:a","role":"x","knows":{"name":"B"}}`,
	`{"@context":["https://c.example/v1","https://c.example/near"],"id":"urn:a","knows":{"role":"B"}}`,
	`{"@context":["https://c.example/import"],"id":"urn:a","name":"Ada","role":"x"}`,
	`{"@context":["https://c.example/v1",{"more":"urn:t#more"}],"id":"urn:a","more":"x"}`,
	`{"@context":["https://c.example/v1","https://c.example/none"],"id":"urn:a"}`,
	`{"@context":[],"id":"urn:a"}`,
	`{"@context":"https://c.example/v1","id":"urn:a","nobody":"x"}`,
	`{"@context":"https://c.example/v1","@graph":[{"id":"urn:a","name":"x"},{"id":"urn:b","name":"y"}]}`,
	`{"@context":"https://c.example/v1"}`,
	`{"@context":"https://c.example/v1","id":"urn:a","knows":{"@context":"https://c.example/none","id":"urn:b"}}`,
}

// What a set remembers of contexts changes nothing of what documents say, whoever reads them at the same time.
func TestRememberedContextsSayTheSame(t *testing.T) {
	say := func(text string, contexts Contexts) string {
		v, err := jcs.Parse([]byte(text), jcs.Limits{})
		if err != nil {
			t.Error(err)
			return ""
		}
		quads, err := Quads(v.(map[string]any), contexts)
		return fmt.Sprint(quads, err)
	}
	set := NewPinned(find(t))
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for _, text := range documents {
				for range 3 {
					if d := cmp.Diff(say(text, find(t)), say(text, set)); d != "" {
						t.Errorf("%s: %s", text, d)
					}
				}
			}
		})
	}
	readers.Wait()
	if len(set.parsed) == 0 {
		t.Error("nothing was remembered")
	}
}

func TestASetRemembersNoMoreThanItsBound(t *testing.T) {
	set := NewPinned(find(t))
	for i := range 3 * maxParsed {
		list := make([]any, i%(maxParsed+100)+1)
		for k := range list {
			list[k] = "https://c.example/v1"
		}
		set.active(list)
	}
	if len(set.parsed) != maxParsed {
		t.Errorf("%d lists remembered", len(set.parsed))
	}
	ours := []any{"https://c.example/scoped"} // a full set still learns what it is asked for
	key, _ := set.key(ours)
	if set.active(ours); set.parsed[key] == nil {
		t.Error("a full set remembers nothing new")
	}
}
