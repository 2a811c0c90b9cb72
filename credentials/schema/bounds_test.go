package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// withPatterns is a schema with n different patterns.
func withPatterns(t *testing.T, n int, pattern string) []byte {
	t.Helper()
	properties := map[string]any{}
	for i := range n {
		properties[fmt.Sprint("p", i)] = map[string]any{"pattern": fmt.Sprint(pattern, i)}
	}
	document, err := json.Marshal(map[string]any{"properties": properties})
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// A hundred kilobytes of patterns, each of which is allowed, would come to eight million instructions.
func TestPatternsAreBoundedTogether(t *testing.T) {
	large := "a{999}b{999}c{999}d{999}"
	for name, document := range map[string][]byte{
		"many":           withPatterns(t, 1900, large),
		"names":          []byte(`{"patternProperties":{"` + large + `1":{"patternProperties":{"` + strings.Repeat(large, 20) + `":true}},"` + strings.Repeat(large, 20) + `":true}}`),
		"character sets": withPatterns(t, 60, `^\p{L}{499}$`),
		"nested":         withPatterns(t, 1900, "(((a{9}){9}){9})|(((b{9}){9}){9})"),
	} {
		_, err := Compile(document, Options{})
		if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "patterns") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	n := 0
	find := func(string) ([]byte, bool) {
		n++
		return fmt.Appendf(nil, `{"pattern":"%s","allOf":[{"pattern":"%s"},{"pattern":"%s"}],"$ref":"next%d"}`, large, large, large, n), n < 15
	}
	if _, err := Compile([]byte(`{"$ref":"first"}`), Options{ID: "https://schemas.example/x", Find: find}); !errors.Is(err, ErrMalformed) {
		t.Errorf("patterns of others: error is %v", err)
	}
	for name, document := range map[string][]byte{
		"usual":                   withPatterns(t, 50, `^[A-Z]{2}[0-9]{2,30}$`),
		"letters":                 withPatterns(t, 4, `^\p{L}{1,100}$`),
		"a value named so":        []byte(`{"const":{"pattern":"(","patternProperties":{"(":1}}}`),
		"a property of that name": []byte(`{"properties":{"pattern":{"type":"string"},"patternProperties":{"type":"object"}}}`),
	} {
		if _, err := Compile(document, Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemasWithoutEndAreRefused(t *testing.T) {
	for _, document := range []string{
		`{"not":{"$ref":"#"}}`,
		`{"if":{"$ref":"#"},"then":false}`,
		`{"if":true,"then":{"$ref":"#"}}`,
		`{"dependentSchemas":{"a":{"$ref":"#"}}}`,
		`{"anyOf":[true,{"$ref":"#/$defs/a"}],"$defs":{"a":{"oneOf":[{"$ref":"#"}]}}}`,
		`{"properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"allOf":[{"not":{"$ref":"#/$defs/b"}}]}}}`,
	} {
		if s, err := Compile([]byte(document), Options{}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: error is %v", document, err)
			if err == nil {
				t.Errorf("and of an instance %v", s.Validate(value(t, `{"a":1}`)))
			}
		}
	}
	tree := compile(t, `{"type":"object","additionalProperties":{"anyOf":[{"type":"integer"},{"$ref":"#"}]},"not":{"required":["x"]}}`)
	if err := tree.Validate(value(t, `{"a":{"b":{"c":1}}}`)); err != nil {
		t.Errorf("a schema that goes into the instance: %v", err)
	}
	if err := tree.Validate(value(t, `{"a":{"b":{"x":1}}}`)); err == nil {
		t.Error("what breaks it inside was taken")
	}
}

func TestCachedSchemasAreBoundedTogether(t *testing.T) {
	c := &Cache{}
	for i := range 40 {
		document := fmt.Appendf(nil, `{"const":"%s%d"}`, strings.Repeat("x", 200<<10), i)
		if _, err := c.Compile(document, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if c.bytes > cachedBytes || c.order.Len() != len(c.byKey) || c.order.Len() < 10 || c.order.Len() == 40 {
		t.Errorf("%d schemas of %d bytes are kept, %d by key", c.order.Len(), c.bytes, len(c.byKey))
	}
	for e := c.order.Front(); e != nil; e = e.Next() {
		c.bytes -= e.Value.(*entry).schema.weight
	}
	if c.bytes != 0 {
		t.Errorf("%d bytes are nobody's", c.bytes)
	}
}
