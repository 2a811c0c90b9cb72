package jcs_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	es6 "github.com/gowebpki/jcs"

	"github.com/hanse-id/hanse/did/jcs"
)

// reference writes RFC 8785 by encoding/json alone: its numbers are ECMAScript's, its texts are but for two characters.
func reference(t *testing.T, b *strings.Builder, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		names := slices.SortedFunc(maps.Keys(v), func(a, b string) int {
			return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
		})
		b.WriteByte('{')
		for i, name := range names {
			if i > 0 {
				b.WriteByte(',')
			}
			reference(t, b, name)
			b.WriteByte(':')
			reference(t, b, v[name])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			reference(t, b, item)
		}
		b.WriteByte(']')
	case string:
		b.WriteByte('"')
		for _, r := range v { // one by one: the two line separators are escaped by encoding/json, and not by RFC 8785
			if r == '\u2028' || r == '\u2029' {
				b.WriteRune(r)
				continue
			}
			scalar(t, b, string(r), 1)
		}
		b.WriteByte('"')
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			t.Fatal(err)
		}
		if f == 0 {
			f = 0 // RFC 8785 has no negative zero
		}
		scalar(t, b, f, 0)
	default:
		scalar(t, b, v, 0)
	}
}

// scalar writes a value without the newline after it, and without as many bytes at both ends.
func scalar(t *testing.T, b *strings.Builder, v any, ends int) {
	t.Helper()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSuffix(out.String(), "\n")
	b.WriteString(text[ends : len(text)-ends])
}

// Two other ways to write RFC 8785 give what we give: gowebpki's, and one made of encoding/json.
func FuzzAgreesWithOtherImplementations(f *testing.F) {
	seeds(f)
	for _, text := range []string{
		`{"n":1e21,"m":1e-7,"k":0.000001,"z":-0.0,"x":5e-324,"y":1.7976931348623157e308}`, `{"\ud83d\ude00":1,"\ufb01":2,"\u0000":3}`,
		`["\u2028\u2029\\u2028","\b\f\n\r\t\u000b\u007f","</script>&"]`, `{"a":{"":[{}],"b":[[],[1.50]]}}`, `{"n":1152921504606846976}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jcs.Parse(data, jcs.Limits{})
		if err != nil {
			return
		}
		ours, err := jcs.EncodeFractions(v)
		if err != nil {
			return // what a double does not hold exactly: refused, where the others round
		}
		var b strings.Builder
		reference(t, &b, v)
		if b.String() != string(ours) {
			t.Fatalf("ours %s, by encoding/json %s", ours, &b)
		}
		switch v.(type) {
		case map[string]any, []any: // gowebpki takes no others
			theirs, err := es6.Transform(data)
			if err != nil || !bytes.Equal(theirs, ours) {
				t.Fatalf("ours %s, gowebpki %s, %v", ours, theirs, err)
			}
		}
	})
}
