package jsonld

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/credentials/rdfc"
	"github.com/hanse-id/hanse/did/jcs"
)

func skolemized(t testing.TB, members string) (*Skolemized, error) {
	t.Helper()
	v, err := jcs.Parse([]byte(`{"@context":"https://c.example/v1",`+members+`}`), jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return Skolemize(v.(map[string]any), Func(contexts))
}

// A part of a document says of every node what the whole says of the same node.
func TestPartsSayWhatTheWholeSays(t *testing.T) {
	for name, test := range map[string]struct {
		members  string
		pointers []string
		want     string // canonical RDF
	}{
		"everything":          {`"id":"urn:a","name":"Ada"`, []string{""}, "<urn:a> <urn:t#name> \"Ada\" .\n"},
		"nothing":             {`"id":"urn:a","name":"Ada"`, nil, ""},
		"one of two":          {`"id":"urn:a","name":["Ada","Bea"]`, []string{"/name/1"}, "<urn:a> <urn:t#name> \"Bea\" .\n"},
		"list of one element": {`"id":"urn:a","name":["Ada"]`, []string{"/name/0"}, "<urn:a> <urn:t#name> \"Ada\" .\n"},
		"a node with its id":  {`"id":"urn:a","knows":[{"id":"urn:b","name":"Bea","age":1.5}]`, []string{"/knows/0/name"}, "<urn:a> <urn:t#knows> <urn:b> .\n<urn:b> <urn:t#name> \"Bea\" .\n"},
		"an id alone":         {`"id":"urn:a","knows":{"id":"urn:b"}`, []string{"/knows/id"}, "<urn:a> <urn:t#knows> <urn:b> .\n"},
		"anonymous nodes":     {`"knows":{"name":"B","knows":{"name":"C"}}`, []string{"/knows/knows/name"}, "_:c14n0 <urn:t#knows> _:c14n2 .\n_:c14n1 <urn:t#name> \"C\" .\n_:c14n2 <urn:t#knows> _:c14n1 .\n"},
		"own labels":          {`"id":"_:x","name":"A","knows":{"id":"_:y","knows":"_:x","name":"B"}`, []string{"/name", "/knows/knows"}, "_:c14n0 <urn:t#knows> _:c14n1 .\n_:c14n0 <urn:t#name> \"A\" .\n_:c14n1 <urn:t#knows> _:c14n0 .\n"},
		"types":               {`"id":"urn:a","type":["Person"],"name":"A"`, []string{"/name"}, "<urn:a> <rdf:type> <urn:t#Person> .\n<urn:a> <urn:t#name> \"A\" .\n"},
		"a literal of JSON":   {`"id":"urn:a","data":{"b":{"c":1}}`, []string{"/data"}, "<urn:a> <urn:t#data> \"{\\\"b\\\":{\\\"c\\\":1}}\"^^<rdf:JSON> .\n"},
		"a whole list":        {`"id":"urn:a","list":["x"],"name":"A"`, []string{"/list"}, "<urn:a> <urn:t#list> _:c14n0 .\n_:c14n0 <rdf:first> \"x\" .\n_:c14n0 <rdf:rest> <rdf:nil> .\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := skolemized(t, test.members)
			if err != nil {
				t.Fatal(err)
			}
			part, err := s.Select(test.pointers)
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range part {
				if !slices.Contains(s.Quads(), q) {
					t.Errorf("not of the whole: %s", q)
				}
			}
			c, err := rdfc.Canonicalize(part, rdfc.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, strings.ReplaceAll(c.Text(), "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf:")); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestPartsThatSaySomethingElseAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		members string
		pointer string
	}{
		"half of a list":           {`"id":"urn:a","list":["x","y"]`, "/list/0"},
		"half of a JSON literal":   {`"id":"urn:a","data":{"b":1,"c":2}`, "/data/b"},
		"an element that is none":  {`"id":"urn:a","name":["x","y"]`, "/name/2"},
		"a member that is none":    {`"id":"urn:a","name":"x"`, "/age"},
		"a name with a bad escape": {`"id":"urn:a","name":"x"`, "/na~me"},
	} {
		s, err := skolemized(t, test.members)
		if err != nil {
			t.Fatal(err)
		}
		if part, err := s.Select([]string{test.pointer}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, %v", name, part, err)
		}
	}
	if _, err := skolemized(t, `"id":"urn:a","knows":"urn:bnid:g1"`); !errors.Is(err, ErrMalformed) {
		t.Errorf("a name that is kept for nodes: %v", err)
	}
}
