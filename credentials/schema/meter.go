package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"regexp/syntax"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// budget is how many steps one evaluation may take; a step is about a tenth of a microsecond. A credential of usual size takes a
// few hundred.
const budget = 400_000

// Bounds of regular expressions.
const (
	maxPattern  = 1024 // bytes
	maxProgram  = 4096 // instructions
	maxPatterns = 64   // patternProperties of one schema: each is tried on every member
)

// ErrCostly says that an evaluation was given up: it needs more work than anybody may cause here. Nothing was decided.
var ErrCostly = errors.New("evaluating the schema takes too much work")

// meter counts the work of one evaluation. The library has no bound of its own, and two references at each level of a schema
// double its work with every level; so each subschema pays, before it does anything, through a format that is put into it. A
// spent meter panics with errSpent, which Validate recovers.
type meter struct{ left int }

// errSpent is what a spent meter panics with; it never leaves the package.
var errSpent = errors.New("spent")

func (m *meter) pay(steps int) {
	if m.left -= steps; m.left < 0 {
		panic(errSpent)
	}
}

// engine compiles the regular expressions of a schema.
func (m *meter) engine(pattern string) (jsonschema.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("a pattern of %d bytes, at most %d", len(pattern), maxPattern)
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	if len(program.Inst) > maxProgram {
		return nil, fmt.Errorf("a pattern of %d instructions, at most %d", len(program.Inst), maxProgram)
	}
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	return &metered{Regexp: compiled, meter: m, size: len(program.Inst)}, nil
}

// metered is a regular expression that pays for every match: text times instructions is the worst it can cost.
type metered struct {
	*regexp.Regexp
	meter *meter
	size  int
}

// MatchString pays and matches.
func (r *metered) MatchString(text string) bool {
	r.meter.pay(1 + (len(text)+1)*r.size/16)
	return r.Regexp.MatchString(text)
}

// install puts the meter into every subschema that can be reached.
func (m *meter) install(root *jsonschema.Schema) error {
	all := map[*jsonschema.Schema]bool{}
	reach(reflect.ValueOf(root), all)
	if len(all) > maxSubschema {
		return fmt.Errorf("%w: %d subschemas, at most %d", ErrMalformed, len(all), maxSubschema)
	}
	if err := acyclic(all); err != nil {
		return err
	}
	widest := 0 // values that an enum or const compares with
	for s := range all {
		if s.DraftVersion != 2020 || s.DynamicRef != nil || s.RecursiveRef != nil {
			return fmt.Errorf("%w: dialects other than 2020-12, and dynamic references", ErrUnsupported)
		}
		if len(s.PatternProperties) > maxPatterns {
			return fmt.Errorf("%w: %d patternProperties in one place, at most %d", ErrMalformed, len(s.PatternProperties), maxPatterns)
		}
		width := 0
		if s.Enum != nil {
			width = size(s.Enum.Values)
		}
		if s.Const != nil {
			width += size(*s.Const)
		}
		widest = max(widest, width)
	}
	for s := range all {
		m.put(s, 1+widest/4)
	}
	return nil
}

// put makes a subschema pay: for itself and for what it will do with each of its parts, once for every kind of part. each is what
// a part may cost before it pays itself.
func (m *meter) put(s *jsonschema.Schema, each int) {
	if s.Bool != nil {
		return
	}
	here := 1 + len(s.AllOf) + len(s.AnyOf) + len(s.OneOf) + len(s.DependentSchemas) + len(s.Required)/8
	given := s.Format
	format := &jsonschema.Format{Name: "any", Validate: func(v any) error {
		parts := 0
		switch v := v.(type) {
		case map[string]any:
			parts = len(v) * (4 + len(s.PatternProperties))
		case []any:
			parts = len(v) * 4
		case string:
			parts = len(v) / 64
			if given != nil && given.Name == "regex" { // the instance is compiled
				m.pay(128 * len(v))
			}
		}
		m.pay((here + parts) * each)
		if s.UniqueItems {
			m.pay(size(v) * 4)
		}
		if given == nil {
			return nil
		}
		return given.Validate(v)
	}}
	if given != nil {
		format.Name = given.Name
	}
	s.Format = format
}

// size counts the values in a value.
func size(value any) int {
	n := 1
	switch v := value.(type) {
	case map[string]any:
		for _, member := range v {
			n += size(member)
		}
	case []any:
		for _, item := range v {
			n += size(item)
		}
	case string:
		n += len(v) / 64
	case json.Number:
		n += 4 // compared as a fraction
	}
	return n
}

// reach collects the schemas that a compiled schema evaluates, through its exported fields.
func reach(v reflect.Value, all map[*jsonschema.Schema]bool) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			reach(v.Elem(), all)
		}
	case reflect.Pointer:
		s, ok := v.Interface().(*jsonschema.Schema)
		if !ok || s == nil || all[s] || len(all) > maxSubschema {
			return
		}
		all[s] = true
		for i := range v.Elem().NumField() {
			if f := v.Elem().Type().Field(i); f.IsExported() && f.Name != "Enum" && f.Name != "Const" && f.Name != "Default" && f.Name != "Examples" {
				reach(v.Elem().Field(i), all)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			reach(v.Index(i), all)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			reach(v.MapIndex(key), all)
		}
	}
}
