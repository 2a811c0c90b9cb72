package jsonld

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/credentials/rdfc"
	"github.com/hanse-id/hanse/did/jcs"
)

// pinned is the one context of these tests.
const pinned = `{"@context":{"@version":1.1,"@protected":true,"id":"@id","type":"@type","name":"urn:t#name","knows":{"@id":"urn:t#knows","@type":"@id"},
	"age":"urn:t#age","list":{"@id":"urn:t#list","@container":"@list"},"data":{"@id":"urn:t#data","@type":"@json"},"graph":{"@id":"urn:t#graph","@container":"@graph"},
	"Person":"urn:t#Person","when":{"@id":"urn:t#when","@type":"http://www.w3.org/2001/XMLSchema#dateTime"},"by":{"@reverse":"urn:t#made"},"indexed":{"@id":"urn:t#i","@container":"@index"}}}`

func contexts(url string) (any, bool) {
	if url != "https://c.example/v1" {
		return nil, false
	}
	v, err := jcs.Parse([]byte(pinned), jcs.Limits{})
	if err != nil {
		panic(err)
	}
	return Context(v), true
}

func quads(t testing.TB, members string) (string, error) {
	t.Helper()
	v, err := jcs.Parse([]byte(`{"@context":"https://c.example/v1",`+members+`}`), jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := Quads(v.(map[string]any), Func(contexts))
	if err != nil {
		return "", err
	}
	c, err := rdfc.Canonicalize(list, rdfc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(c.Text(), "http://www.w3.org/2001/XMLSchema#", "xsd:"), nil
}

func TestDocumentsBecomeRDF(t *testing.T) {
	for name, test := range map[string]struct{ members, want string }{
		"named node":        {`"id":"urn:a","type":"Person","name":"Ada"`, "<urn:a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:t#Person> .\n<urn:a> <urn:t#name> \"Ada\" .\n"},
		"anonymous node":    {`"name":"Ada"`, "_:c14n0 <urn:t#name> \"Ada\" .\n"},
		"own blank label":   {`"id":"_:x","knows":"_:x"`, "_:c14n0 <urn:t#knows> _:c14n0 .\n"},
		"reference":         {`"id":"urn:a","knows":{"id":"urn:b"}`, "<urn:a> <urn:t#knows> <urn:b> .\n"},
		"integer":           {`"id":"urn:a","age":42.0`, "<urn:a> <urn:t#age> \"42\"^^<xsd:integer> .\n"},
		"double":            {`"id":"urn:a","age":5.3`, "<urn:a> <urn:t#age> \"5.3E0\"^^<xsd:double> .\n"},
		"small double":      {`"id":"urn:a","age":-0.00012`, "<urn:a> <urn:t#age> \"-1.2E-4\"^^<xsd:double> .\n"},
		"huge double":       {`"id":"urn:a","age":1e21`, "<urn:a> <urn:t#age> \"1.0E21\"^^<xsd:double> .\n"},
		"boolean":           {`"id":"urn:a","age":true`, "<urn:a> <urn:t#age> \"true\"^^<xsd:boolean> .\n"},
		"typed":             {`"id":"urn:a","when":"2026-01-01T00:00:00Z"`, "<urn:a> <urn:t#when> \"2026-01-01T00:00:00Z\"^^<xsd:dateTime> .\n"},
		"language":          {`"id":"urn:a","name":{"@value":"Ada","@language":"en"}`, "<urn:a> <urn:t#name> \"Ada\"@en .\n"},
		"JSON":              {`"id":"urn:a","data":{"b":[1,null],"a":"x"}`, "<urn:a> <urn:t#data> \"{\\\"a\\\":\\\"x\\\",\\\"b\\\":[1,null]}\"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON> .\n"},
		"JSON text":         {`"id":"urn:a","data":"x"`, "<urn:a> <urn:t#data> \"\\\"x\\\"\"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON> .\n"},
		"empty list":        {`"id":"urn:a","list":[]`, "<urn:a> <urn:t#list> <http://www.w3.org/1999/02/22-rdf-syntax-ns#nil> .\n"},
		"graph":             {`"id":"urn:a","graph":{"id":"urn:b","name":"B"}`, "<urn:a> <urn:t#graph> _:c14n0 .\n<urn:b> <urn:t#name> \"B\" _:c14n0 .\n"},
		"reverse":           {`"id":"urn:a","by":{"id":"urn:b"}`, "<urn:b> <urn:t#made> <urn:a> .\n"},
		"same value twice":  {`"id":"urn:a","name":["Ada","Ada"]`, "<urn:a> <urn:t#name> \"Ada\" .\n"},
		"number in a URL":   {`"id":"http://127.0.0.1:7080/x","name":"L"`, "<http://127.0.0.1:7080/x> <urn:t#name> \"L\" .\n"},
		"JSON-LD 1.1 local": {`"id":"urn:a","name":[{"@value":"x","@type":"urn:d"}]`, "<urn:a> <urn:t#name> \"x\"^^<urn:d> .\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := quads(t, test.members)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Error(d)
			}
		})
	}
	list, err := quads(t, `"id":"urn:a","list":[1,"x"]`)
	if err != nil || strings.Count(list, "\n") != 5 || !strings.Contains(list, "#rest> <http://www.w3.org/1999/02/22-rdf-syntax-ns#nil>") {
		t.Errorf("%v: %s", err, list)
	}
}

func TestWhatWouldGoUnsignedIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		members string
		want    error
	}{
		"undefined term":        {`"id":"urn:a","nickname":"A"`, ErrUndefined},
		"undefined, nested":     {`"id":"urn:a","knows":{"id":"urn:b","nickname":"A"}`, ErrUndefined},
		"relative id":           {`"id":"a","name":"A"`, ErrMalformed},
		"relative reference":    {`"id":"urn:a","knows":"b"`, ErrMalformed},
		"undefined type":        {`"id":"urn:a","type":"Robot"`, ErrMalformed},
		"IRI with a space":      {`"id":"urn:a b","name":"A"`, ErrMalformed},
		"direction":             {`"id":"urn:a","name":{"@value":"x","@direction":"rtl"}`, ErrMalformed},
		"bad language":          {`"id":"urn:a","name":{"@value":"x","@language":"e n"}`, ErrMalformed},
		"index":                 {`"id":"urn:a","indexed":{"k":"v"}`, ErrMalformed},
		"integer beyond 2^53":   {`"id":"urn:a","age":9007199254740993`, ErrMalformed},
		"unknown keyword":       {`"id":"urn:a","@foo":"x"`, nil},
		"context of a stranger": {`"id":"urn:a","knows":{"@context":"https://evil.example/","id":"urn:b"}`, ErrContext},
		"protected term":        {`"id":"urn:a","knows":{"@context":{"name":"urn:evil"},"id":"urn:b"}`, ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := quads(t, test.members)
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("error is %v, RDF %q", err, got)
			}
		})
	}
}

func TestNothingIsChangedByReading(t *testing.T) {
	context, _ := contexts("https://c.example/v1")
	before, _ := json.Marshal(context)
	document := map[string]any{"@context": "https://c.example/v1", "id": "urn:a", "age": int64(1), "list": []any{map[string]any{"name": "x"}}}
	given := fmt.Sprint(document)
	for range 3 {
		if _, err := Quads(document, NewPinned(func(string) (any, bool) { return context, true })); err != nil {
			t.Fatal(err)
		}
	}
	// An importing context must not leave its terms in the one that it imports.
	importing := map[string]any{"@context": map[string]any{"@version": 1.1, "@import": "https://c.example/v1", "evil": "urn:evil"}, "id": "urn:a", "evil": "x"}
	_, _ = Quads(importing, Func(func(string) (any, bool) { return context, true }))
	if after, _ := json.Marshal(context); string(after) != string(before) || fmt.Sprint(document) != given {
		t.Error("changed")
	}
}

func FuzzQuads(f *testing.F) {
	f.Add(`{"@context":"https://c.example/v1","id":"urn:a","knows":{"name":["x",{"@value":1}]},"list":[[1],{"@list":[]}]}`)
	f.Add(`{"@context":[{"@vocab":"urn:v#"},"https://c.example/v1"],"@graph":[{"x":{"@set":[null,true]}}],"@included":{"name":"y"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := jcs.Parse([]byte(text), jcs.Limits{MaxBytes: 1 << 14, MaxDepth: 32})
		document, ok := v.(map[string]any)
		if err != nil || !ok {
			return
		}
		list, err := Quads(document, Func(contexts))
		if err != nil {
			return
		}
		var b strings.Builder
		for _, q := range list {
			b.WriteString(q.String())
		}
		if _, err := rdfc.Parse(b.String()); err != nil {
			t.Fatalf("%q gives what is no RDF: %v\n%s", text, err, b.String())
		}
	})
}
