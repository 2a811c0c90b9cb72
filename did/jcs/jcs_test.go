package jcs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	es6 "github.com/gowebpki/jcs"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/did/jcs"
)

func TestParseRefusesWhatIsNotStrictJSON(t *testing.T) {
	deep := strings.Repeat("[", 17) + strings.Repeat("]", 17)
	tests := map[string]struct {
		text    string
		want    error
		offset  int
		pointer string
	}{
		"empty":                       {"", jcs.ErrSyntax, 0, ""},
		"white space only":            {" \n", jcs.ErrSyntax, 2, ""},
		"byte order mark":             {"\ufeff{}", jcs.ErrUnicode, 0, ""},
		"UTF-16":                      {"{\x00}\x00", jcs.ErrSyntax, 1, ""},
		"trailing data":               {"{} {}", jcs.ErrSyntax, 3, ""},
		"trailing NUL":                {"{}\x00", jcs.ErrSyntax, 2, ""},
		"trailing comma":              {`[1,]`, jcs.ErrSyntax, 3, "/1"},
		"trailing comma in an object": {`{"a":1,}`, jcs.ErrSyntax, 7, ""},
		"comment":                     {`{/**/}`, jcs.ErrSyntax, 1, ""},
		"single quotes":               {`{'a':1}`, jcs.ErrSyntax, 1, ""},
		"unquoted name":               {`{a:1}`, jcs.ErrSyntax, 1, ""},
		"no colon":                    {`{"a" 1}`, jcs.ErrSyntax, 5, ""},
		"unterminated string":         {`"abc`, jcs.ErrSyntax, 4, ""},
		"unterminated object":         {`{"a":1`, jcs.ErrSyntax, 6, ""},
		"unterminated escape":         {`"\`, jcs.ErrSyntax, 1, ""},
		"control character":           {"\"a\x01\"", jcs.ErrSyntax, 2, ""},
		"tab in a string":             {"\"\t\"", jcs.ErrSyntax, 1, ""},
		"unknown escape":              {`"\x"`, jcs.ErrSyntax, 1, ""},
		"short escape":                {`"\u12"`, jcs.ErrSyntax, 1, ""},
		"NaN":                         {`NaN`, jcs.ErrSyntax, 0, ""},
		"Infinity":                    {`[-Infinity]`, jcs.ErrSyntax, 1, "/0"},
		"misspelt literal":            {`[trve]`, jcs.ErrSyntax, 1, "/0"},
		"literal with a tail":         {`truefalse`, jcs.ErrSyntax, 4, ""},
		"leading zero":                {`01`, jcs.ErrSyntax, 0, ""},
		"plus sign":                   {`+1`, jcs.ErrSyntax, 0, ""},
		"no digits after the point":   {`1.`, jcs.ErrSyntax, 0, ""},
		"no digits in the exponent":   {`1e+`, jcs.ErrSyntax, 0, ""},
		"beyond a double":             {`[1e999]`, jcs.ErrNumber, 1, "/0"},
		"a very long number":          {strings.Repeat("1", 200), jcs.ErrNumber, 0, ""},
		"invalid UTF-8":               {"[\"a\xff\"]", jcs.ErrUnicode, 3, "/0"},
		"overlong UTF-8":              {"\"\xc0\x80\"", jcs.ErrUnicode, 1, ""},
		"encoded surrogate":           {"\"\xed\xa0\x80\"", jcs.ErrUnicode, 1, ""},
		"lone high surrogate":         {`"\ud800"`, jcs.ErrUnicode, 1, ""},
		"lone low surrogate":          {`"\udc00"`, jcs.ErrUnicode, 1, ""},
		"swapped surrogates":          {`"\udc00\ud800"`, jcs.ErrUnicode, 1, ""},
		"surrogate in a name":         {`{"\ud800x":1}`, jcs.ErrUnicode, 2, ""},
		"noncharacter":                {`"\uffff"`, jcs.ErrUnicode, 1, ""},
		"duplicate":                   {`{"a":1,"a":2}`, jcs.ErrDuplicate, 7, "/a"},
		"duplicate after unescaping":  {`{"iss":1,"b":{},"\u0069ss":2}`, jcs.ErrDuplicate, 16, "/iss"},
		"nested duplicate":            {`{"a":[0,{"~/":1,"~/":2}]}`, jcs.ErrDuplicate, 16, "/a/1/~0~1"},
		"too deep":                    {deep, jcs.ErrTooDeep, 16, strings.Repeat("/0", 16)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, parse := range []func([]byte, jcs.Limits) (any, error){jcs.Parse, jcs.ParseIntegers} {
				v, err := parse([]byte(tt.text), jcs.Limits{})
				var typed *jcs.Error
				if !errors.As(err, &typed) || !errors.Is(err, tt.want) {
					t.Fatalf("got %v, %v; want %v", v, err, tt.want)
				}
				if typed.Offset != tt.offset || typed.Pointer != tt.pointer {
					t.Errorf("got offset %d, pointer %q; want %d, %q", typed.Offset, typed.Pointer, tt.offset, tt.pointer)
				}
			}
		})
	}
}

func TestErrorNamesOffsetAndPointer(t *testing.T) {
	_, err := jcs.Parse([]byte(`{"a":[{"b":01}]}`), jcs.Limits{})
	want := `invalid JSON: malformed number at byte 11 in "/a/0/b"`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestParseReadsEveryType(t *testing.T) {
	text := ` { "s" : "a\"\\\/\b\f\n\r\t\u20ac\ud83d\ude02é", "n" : [ -0, 1, 1.50, 1E3 ], "t":true,"f":false,"z":null,"o":{},"l":[] } `
	got, err := jcs.Parse([]byte(text), jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"s": "a\"\\/\b\f\n\r\t€😂é",
		"n": []any{json.Number("-0"), json.Number("1"), json.Number("1.50"), json.Number("1E3")},
		"t": true, "f": false, "z": nil, "o": map[string]any{}, "l": []any{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLimitsBoundWhatIsRead(t *testing.T) {
	if _, err := jcs.Parse([]byte(`[1,2]`), jcs.Limits{MaxBytes: 4}); !errors.Is(err, jcs.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	if _, err := jcs.Parse([]byte(`[[]]`), jcs.Limits{MaxDepth: 1}); !errors.Is(err, jcs.ErrTooDeep) {
		t.Errorf("got %v", err)
	}
	if _, err := jcs.Parse([]byte(`[[],{},[]]`), jcs.Limits{MaxDepth: 2}); err != nil {
		t.Errorf("got %v", err)
	}
	bomb := bytes.Repeat([]byte("["), 1<<20)
	if _, err := jcs.Parse(bomb, jcs.Limits{MaxDepth: 1 << 30}); !errors.Is(err, jcs.ErrTooDeep) {
		t.Errorf("got %v", err)
	}
}

func TestParseIntegersTakesSafeIntegersOnly(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "-1": -1, "9007199254740991": jcs.MaxInteger, "-9007199254740991": -jcs.MaxInteger,
	} {
		got, err := jcs.ParseIntegers([]byte(text), jcs.Limits{})
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"9007199254740992", "-9007199254740992", "1.0", "1e2", "0.1", "-0", "1E0", "18446744073709551617", "99999999999999999999",
	} {
		if v, err := jcs.ParseIntegers([]byte(text), jcs.Limits{}); !errors.Is(err, jcs.ErrNumber) {
			t.Errorf("%s: got %v, %v", text, v, err)
		}
	}
}

func TestParseCanonicalNamesWhatIsNot(t *testing.T) {
	for text, want := range map[string]error{
		`{"b":1,"a":2}`:                   jcs.ErrNotCanonical,
		`{"a": 1}`:                        jcs.ErrNotCanonical,
		`{"a":1} `:                        jcs.ErrNotCanonical,
		`"\/"`:                            jcs.ErrNotCanonical,
		`"\u0041"`:                        jcs.ErrNotCanonical,
		`"\u001F"`:                        jcs.ErrNotCanonical,
		`"\u000a"`:                        jcs.ErrNotCanonical,
		`"\u20ac"`:                        jcs.ErrNotCanonical,
		`{"a":1,"a":1}`:                   jcs.ErrDuplicate,
		`1.5`:                             jcs.ErrNumber,
		"{\"\uf000\":1,\"\U00010000\":2}": jcs.ErrNotCanonical, // UTF-8 order
		"{\"\U00010000\":2,\"\uf000\":1}": nil,                 // UTF-16 order
		`{"a":"\u001f\b","b":[-1]}`:       nil,
	} {
		_, err := jcs.ParseCanonical([]byte(text), jcs.Limits{})
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
		if got := jcs.IsCanonical([]byte(text)); got != (want == nil) {
			t.Errorf("%s: IsCanonical %v", text, got)
		}
	}
}

// The examples of RFC 8785 3.2.2 and 3.2.3.
func TestTransformRFC8785Examples(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"3.2.2": {`{
    "numbers": [333333333.33333329, 1E30, 4.50,
                2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`,
			`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`},
		"3.2.3": {`{
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis"
  }`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\"," +
				"\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := jcs.Transform([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
			v, err := jcs.Parse([]byte(tt.in), jcs.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			encoded, err := jcs.EncodeFractions(v)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(encoded)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// RFC 8785 appendix B.
func TestEncodeFractionsNumbers(t *testing.T) {
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0", 0x8000000000000000: "0", 0x0000000000000001: "5e-324", 0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308", 0xffefffffffffffff: "-1.7976931348623157e+308",
		0x44b52d02c7e14af5: "9.999999999999997e+22", 0x44b52d02c7e14af6: "1e+23", 0x44b52d02c7e14af7: "1.0000000000000001e+23",
		0x444b1ae4d6e2ef50: "1e+21",
		0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7", 0x3eb0c6f7a0b5ed8d: "0.000001",
		0x41b3de4355555553: "333333333.3333332", 0x41b3de4355555557: "333333333.33333343", 0xbecbf647612f3696: "-0.0000033333333333333333",
		0x43143ff3c1cb0959: "1424953923781206.2",
	} {
		got, err := jcs.EncodeFractions(math.Float64frombits(bits))
		if err != nil || string(got) != want {
			t.Errorf("%016x: got %s, %v; want %s", bits, got, err, want)
		}
	}
	refused := []float64{math.NaN(), math.Inf(1), math.Inf(-1)}
	for _, bits := range []uint64{ // appendix B again: integers that are not safe
		0x4340000000000000, 0xc340000000000000, 0x4430000000000000, 0x444b1ae4d6e2ef4e, 0x444b1ae4d6e2ef4f,
	} {
		refused = append(refused, math.Float64frombits(bits))
	}
	for _, f := range refused {
		if got, err := jcs.EncodeFractions(f); !errors.Is(err, jcs.ErrNumber) {
			t.Errorf("%v: got %s, %v", f, got, err)
		}
	}
}

func TestTransformRefusesIntegersThatADoubleCannotKeep(t *testing.T) {
	for _, text := range []string{"9007199254740992", "1152921504606846976", "1e20", "9007199254740993.0", `{"a":[-9007199254740993]}`} {
		if got, err := jcs.Transform([]byte(text)); !errors.Is(err, jcs.ErrNumber) {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{"1e21": "1e+21", "-0": "0", "-0.0": "0", "9007199254740991": "9007199254740991"} {
		if got, err := jcs.Transform([]byte(text)); err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestEncodeRefusesWhatHasNoCanonicalForm(t *testing.T) {
	deep := any(0)
	for range 2000 {
		deep = []any{deep}
	}
	for name, tt := range map[string]struct {
		v       any
		want    error
		pointer string
	}{
		"float":         {map[string]any{"a": []any{1, 0.5}}, jcs.ErrNumber, "/a/1"},
		"fraction":      {json.Number("1.5"), jcs.ErrNumber, ""},
		"large":         {int64(1) << 53, jcs.ErrNumber, ""},
		"small":         {int64(math.MinInt64), jcs.ErrNumber, ""},
		"invalid UTF-8": {[]any{"\xff"}, jcs.ErrUnicode, "/0"},
		"struct":        {struct{}{}, jcs.ErrType, ""},
		"string list":   {[]string{"a"}, jcs.ErrType, ""},
		"too deep":      {deep, jcs.ErrTooDeep, strings.Repeat("/0", 1000)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := jcs.Encode(tt.v)
			var typed *jcs.Error
			if !errors.As(err, &typed) || !errors.Is(err, tt.want) || typed.Pointer != tt.pointer {
				t.Errorf("got %s, %v; want %v at %q", got, err, tt.want, tt.pointer)
			}
		})
	}
}

// value draws a JSON value of integers, with the characters that sort and escape in special ways.
func value(depth int) *rapid.Generator[any] {
	text := rapid.StringOfN(rapid.SampledFrom([]rune("ab\"\\/\x00\x1f\x7f\n é€\ue000\ufb33😀\U00010000\u2028")), 0, 6, -1)
	return rapid.Custom(func(t *rapid.T) any {
		kind := rapid.IntRange(0, 6).Draw(t, "kind")
		if depth == 0 {
			kind %= 5
		}
		switch kind {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return rapid.Int64Range(-jcs.MaxInteger, jcs.MaxInteger).Draw(t, "int")
		case 5:
			return rapid.SliceOfN(value(depth-1), 0, 4).Draw(t, "list")
		case 6:
			return rapid.MapOfN(text, value(depth-1), 0, 5).Draw(t, "map")
		}
		return text.Draw(t, "text")
	})
}

func TestEncodeAndParseAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := value(3).Draw(t, "v")
		text, err := jcs.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := jcs.ParseCanonical(text, jcs.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(v, again); diff != "" {
			t.Fatal(diff)
		}
		library, err := es6.Transform(text)
		if err != nil || !bytes.Equal(text, library) {
			t.Fatalf("ours %s, library %s, %v", text, library, err)
		}
		indented, err := json.MarshalIndent(v, " ", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if transformed, err := jcs.Transform(indented); err != nil || !bytes.Equal(text, transformed) {
			t.Fatalf("ours %s, transformed %s, %v", text, transformed, err)
		}
	})
}

func TestLessOrdersAsUTF16(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.StringOfN(rapid.SampledFrom([]rune("a\x00é€\ud7ff\ue000\uffee😀\U00010000\U0010ffff")), 0, 4, -1)
		a, b := draw.Draw(t, "a"), draw.Draw(t, "b")
		got, err := jcs.Encode(map[string]any{a: 1, b: 2})
		if err != nil {
			t.Skip()
		}
		want, err := es6.Transform([]byte(`{` + strconv.Quote(b) + `:2,` + strconv.Quote(a) + `:1}`))
		if err == nil && a != b && isJSON(a, b) && !bytes.Equal(got, want) {
			t.Fatalf("got %s, want %s", got, want)
		}
		if a != b && jcs.Less(a, b) == jcs.Less(b, a) {
			t.Fatalf("%q and %q have no order", a, b)
		}
	})
}

// isJSON reports whether Go's quoting of these strings is JSON's.
func isJSON(list ...string) bool {
	for _, s := range list {
		if !json.Valid([]byte(strconv.Quote(s))) {
			return false
		}
	}
	return true
}
