package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/jcs"
)

func compile(t testing.TB, document string) *Schema {
	t.Helper()
	s, err := Compile([]byte(document), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func value(t testing.TB, text string) any {
	t.Helper()
	v, err := jcs.Parse([]byte(text), jcs.Limits{MaxBytes: 4 << 20, MaxDepth: 64})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const degree = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","required":["credentialSubject"],"properties":{
	"credentialSubject":{"type":"object","required":["name","grade"],"additionalProperties":false,"properties":{
		"id":{"type":"string","format":"uri"},"name":{"type":"string","minLength":1},"grade":{"enum":["A","B"]},
		"points":{"type":"integer","minimum":0},"born":{"format":"date"}}}}}`

func TestInstancesAreHeldAgainstTheirSchema(t *testing.T) {
	s := compile(t, degree)
	for instance, want := range map[string][]Violation{
		`{"credentialSubject":{"name":"Ada","grade":"A","points":10,"born":"1815-12-10","id":"did:example:ada"}}`: nil,
		`{}`: {{"", "required", `lacks "credentialSubject"`}},
		`{"credentialSubject":{"name":7,"grade":"C","x/y":1}}`: {
			{"/credentialSubject", "additionalProperties", `has members that are not allowed: "x/y"`},
			{"/credentialSubject/grade", "enum", "is none of the 2 values that are allowed"},
			{"/credentialSubject/name", "type", "is number, must be string"},
		},
		`{"credentialSubject":{"name":"Ada","grade":"A","born":"10.12.1815"}}`: {{"/credentialSubject/born", "format", "is not of format date"}},
		`{"credentialSubject":{"name":"Ada","grade":"A","points":-1.5}}`:       {{"/credentialSubject/points", "type", "is number, must be integer"}},
	} {
		err := s.Validate(value(t, instance))
		var got []Violation
		if invalid, ok := errors.AsType[*InvalidError](err); ok {
			got = invalid.Violations
		} else if err != nil {
			t.Errorf("%s: %v", instance, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", instance, diff)
		}
	}
}

func TestViolationsQuoteNoValues(t *testing.T) {
	s := compile(t, `{"additionalProperties":{"allOf":[{"const":1},{"enum":[1]},{"type":"integer"},{"pattern":"^a$"},{"format":"date"},{"maxLength":1}]}}`)
	err := s.Validate(value(t, `{"diagnosis":"secret"}`))
	invalid, ok := errors.AsType[*InvalidError](err)
	if !ok || len(invalid.Violations) < 4 {
		t.Fatalf("error is %v", err)
	}
	if text := fmt.Sprint(invalid.Violations); strings.Contains(text, "secret") {
		t.Errorf("a value is quoted: %s", text)
	}
}

func TestViolationsAreBounded(t *testing.T) {
	s := compile(t, `{"items":{"type":"string"}}`)
	err := s.Validate(value(t, "["+strings.Repeat("1,", 5000)+"1]"))
	invalid, ok := errors.AsType[*InvalidError](err)
	if !ok || len(invalid.Violations) != maxViolations || !invalid.More {
		t.Fatalf("error is %v", err)
	}
}

func TestWhatIsNoSchemaIsRefused(t *testing.T) {
	many := `{"properties":{` + strings.Repeat(`"a%":{},`, 3000) + `"z":{}}}`
	for i := 0; strings.Contains(many, "%"); i++ {
		many = strings.Replace(many, "%", fmt.Sprint(i), 1)
	}
	for document, want := range map[string]error{
		``:                                 ErrMalformed,
		`[]`:                               ErrMalformed,
		`"x"`:                              ErrMalformed,
		`{"type":"thing"}`:                 ErrMalformed,
		`{"type":"object","type":"array"}`: ErrMalformed,
		`{"pattern":"(?=a)"}`:              ErrMalformed,
		`{"pattern":"(a{900}){900}"}`:      ErrMalformed,
		`{"pattern":"` + strings.Repeat("a", 2000) + `"}`:              ErrMalformed,
		`{"pattern":"` + strings.Repeat("[a-z]{900}", 9) + `"}`:        ErrMalformed,
		strings.Repeat(`{"not":`, 40) + `{}` + strings.Repeat(`}`, 40): ErrMalformed,
		many: ErrMalformed,
		`{"a":"` + strings.Repeat("x", MaxBytes) + `"}`:         ErrMalformed,
		`{"$schema":"http://json-schema.org/draft-07/schema#"}`: ErrUnsupported,
		`{"$defs":{"a":{"$id":"https://a.example/a","$schema":"http://json-schema.org/draft-07/schema#"}},"$ref":"https://a.example/a"}`: ErrUnsupported,
		`{"$dynamicRef":"#a","$defs":{"a":{"$dynamicAnchor":"a"}}}`:                                                                      ErrUnsupported,
		`{"$ref":"https://json-schema.org/draft/2020-12/schema"}`:                                                                        ErrUnsupported,
		`{"$ref":"https://elsewhere.example/schema"}`:                                                                                    ErrUnresolved,
		`{"$ref":"file:///etc/passwd"}`:                                                                                                  ErrUnresolved,
		`{"$ref":"#/$defs/none"}`:                                                                                                        ErrMalformed,
		`{"$schema":"https://elsewhere.example/meta"}`:                                                                                   ErrUnsupported,
	} {
		if _, err := Compile([]byte(document), Options{ID: "https://schemas.example/x"}); !errors.Is(err, want) {
			t.Errorf("%.80s: error is %v, want %v", document, err, want)
		}
	}
}

func TestReferencesReachWhatIsHandedIn(t *testing.T) {
	asked := 0
	find := func(url string) ([]byte, bool) {
		asked++
		return []byte(`{"type":"string"}`), url == "https://schemas.example/name"
	}
	s, err := Compile([]byte(`{"properties":{"a":{"$ref":"name"},"b":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"integer"}}}`),
		Options{ID: "https://schemas.example/person", Find: find})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Refers || asked != 1 {
		t.Errorf("refers %v, asked %d times", s.Refers, asked)
	}
	if err := s.Validate(value(t, `{"a":"x","b":1}`)); err != nil {
		t.Error(err)
	}
	if err := s.Validate(value(t, `{"a":1,"b":"x"}`)); err == nil {
		t.Error("what breaks both was taken")
	}
}

func TestManyReferencesAreRefused(t *testing.T) {
	n := 0
	find := func(string) ([]byte, bool) {
		n++
		return fmt.Appendf(nil, `{"$ref":"next%d"}`, n), true
	}
	if _, err := Compile([]byte(`{"$ref":"first"}`), Options{ID: "https://schemas.example/x", Find: find}); !errors.Is(err, ErrMalformed) || n > 2*maxReferred {
		t.Errorf("error is %v after %d documents", err, n)
	}
}

// patience is far more than any evaluation takes, a few tenths of a second, on a machine that is busy with other things.
const patience = 20 * time.Second

// doubling is a schema whose evaluation doubles with every level.
func doubling(keyword string, levels int) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/$defs/l0","$defs":{`)
	for i := range levels {
		next := fmt.Sprintf(`{"$ref":"#/$defs/l%d"}`, i+1)
		switch keyword {
		case "dependentSchemas":
			fmt.Fprintf(&b, `"l%d":{"dependentSchemas":{"a":%s,"b":%s}},`, i, next, next)
		case "not":
			fmt.Fprintf(&b, `"l%d":{"allOf":[{"not":%s},{"not":%s}]},`, i, next, next)
		default:
			fmt.Fprintf(&b, `"l%d":{"%s":[%s,%s]},`, i, keyword, next, next)
		}
	}
	fmt.Fprintf(&b, `"l%d":{"type":"object","minProperties":2}}}`, levels)
	return b.String()
}

func TestSchemasThatExplodeAreGivenUp(t *testing.T) {
	nested := strings.Repeat("[", 31) + "1" + strings.Repeat("]", 31)
	wide := `{"items":{"enum":[` + strings.Repeat(`12345678901,`, 20_000) + `1]}}`
	for name, c := range map[string]struct{ schema, instance string }{
		"allOf":                 {doubling("allOf", 40), `{"a":1,"b":2}`},
		"anyOf":                 {doubling("anyOf", 40), `{"a":1}`},
		"oneOf":                 {doubling("oneOf", 40), `{"a":1,"b":2}`},
		"not":                   {doubling("not", 40), `{"a":1,"b":2}`},
		"dependentSchemas":      {`{"not":{"$ref":"other"},"$defs":{"x":` + strings.Replace(doubling("dependentSchemas", 40), "{", `{"$id":"other",`, 1) + `}}`, `{"a":1,"b":2}`},
		"items and contains":    {`{"not":{"$id":"x","items":{"$ref":"x"},"contains":{"$ref":"x"},"not":{"$ref":"y"}},"$defs":{"y":{"$id":"y","items":{"$ref":"y"},"contains":{"$ref":"y"}}}}`, nested},
		"two pattern per level": {`{"patternProperties":{"a":{"$ref":"#"},"a+":{"$ref":"#"}}}`, strings.Repeat(`{"a":`, 31) + `1` + strings.Repeat(`}`, 31)},
		"wide enum":             {wide, "[" + strings.Repeat("12345678902,", 50_000) + "1]"},
		"long text":             {`{"items":{"pattern":"(a|aa)+[b-z]{500}$"}}`, `["` + strings.Repeat("a", 1<<20) + `"]`},
		"unique objects":        {`{"allOf":[` + strings.Repeat(`{"uniqueItems":true},`, 900) + `{}]}`, "[" + strings.Repeat(`{"a":[1,2,3]},`, 10_000) + "{}]"},
		"regular expressions":   {`{"items":{"format":"regex"}}`, "[" + strings.Repeat(`"[a-z]{900}[0-9]{900}",`, 20_000) + "1]"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Compile([]byte(c.schema), Options{ID: "https://schemas.example/bomb"})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			err = s.Validate(value(t, c.instance))
			if took := time.Since(start); took > patience {
				t.Errorf("took %s", took)
			}
			if !errors.Is(err, ErrCostly) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestAnEvaluationThatWasGivenUpLeavesTheNextAlone(t *testing.T) {
	s := compile(t, `{"items":{"items":{"items":true}}}`)
	for range 3 {
		if err := s.Validate(value(t, "["+strings.Repeat("[1],", 200_000)+"1]")); !errors.Is(err, ErrCostly) {
			t.Fatalf("error is %v", err)
		}
		if err := s.Validate(value(t, "[[1]]")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestUsualCredentialsCostLittle(t *testing.T) {
	s := compile(t, degree)
	if err := s.Validate(value(t, `{"credentialSubject":{"name":"Ada","grade":"A"}}`)); err != nil {
		t.Fatal(err)
	}
	if spent := budget - s.meter.left; spent > 1000 {
		t.Errorf("%d steps", spent)
	}
}

func TestCachedSchemasAreCompiledOnce(t *testing.T) {
	c := &Cache{}
	one, err := c.Compile([]byte(degree), Options{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.Compile([]byte(degree), Options{})
	if err != nil || one != again {
		t.Errorf("compiled twice, error %v", err)
	}
	for i := range cached + 10 {
		if _, err := c.Compile(fmt.Appendf(nil, `{"minItems":%d}`, i), Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.byKey) != cached || c.order.Len() != cached {
		t.Errorf("%d schemas are kept", len(c.byKey))
	}
	find := func(string) ([]byte, bool) { return []byte(`true`), true }
	refers, err := c.Compile([]byte(`{"$ref":"other"}`), Options{ID: "https://a.example/x", Find: find})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.Compile([]byte(`{"$ref":"other"}`), Options{ID: "https://a.example/x", Find: find}); err != nil || again == refers {
		t.Errorf("what refers to others was kept, error %v", err)
	}
}

func FuzzSchemas(f *testing.F) {
	f.Add(degree, `{"credentialSubject":{"name":"Ada","grade":"A"}}`)
	f.Add(doubling("allOf", 20), `{"a":1}`)
	f.Add(`{"$id":"https://json-schema.org/draft/2020-12/schema"}`, `1`)
	f.Add(`{"$ref":"#/a~2"}`, `[1,1]`)
	f.Add(`{"items":{"format":"regex"},"uniqueItems":true}`, `["(",1e308]`)
	f.Fuzz(func(t *testing.T, document, instance string) {
		start := time.Now()
		defer func() {
			if took := time.Since(start); took > patience {
				t.Fatalf("took %s", took)
			}
		}()
		s, err := Compile([]byte(document), Options{ID: "https://schemas.example/x"})
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrUnresolved) {
				t.Fatalf("unknown error %v", err)
			}
			return
		}
		v, err := jcs.Parse([]byte(instance), jcs.Limits{})
		if err != nil {
			return
		}
		before, _ := jcs.Marshal(v)
		first := s.Validate(v)
		if after, _ := jcs.Marshal(v); string(before) != string(after) {
			t.Fatal("the instance was changed")
		}
		if again := s.Validate(v); (first == nil) != (again == nil) {
			t.Fatalf("first %v, then %v", first, again)
		}
	})
}

func BenchmarkValidate(b *testing.B) {
	s := compile(b, degree)
	v := value(b, `{"credentialSubject":{"name":"Ada","grade":"A","points":10,"born":"1815-12-10","id":"did:example:ada"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Validate(v); err != nil {
			b.Fatal(err)
		}
	}
}

// Who fills in a form learns of all that is wrong with it, as far as a line goes.
func TestAnErrorNamesEightViolations(t *testing.T) {
	properties, instance := map[string]any{}, map[string]any{}
	for i := range 12 {
		name := fmt.Sprintf("m%02d", i)
		properties[name], instance[name] = map[string]any{"type": "string"}, true
	}
	document, err := json.Marshal(map[string]any{"properties": properties})
	if err != nil {
		t.Fatal(err)
	}
	err = compile(t, string(document)).Validate(instance)
	if err == nil || strings.Count(err.Error(), "is boolean, must be string") != 8 || !strings.HasSuffix(err.Error(), "(and 4 more)") {
		t.Errorf("error is %v", err)
	}
}
