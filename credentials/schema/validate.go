package schema

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Bounds of what an error says.
const (
	maxViolations = 16
	maxNamed      = 8    // in words
	maxCauses     = 4096 // gone over to find them
	maxText       = 256
)

// Violation is one place where an instance breaks a schema. It quotes names of members, and no value: what people say about
// themselves does not travel in errors.
type Violation struct {
	Pointer string // JSON pointer into the instance
	Keyword string // JSON Schema keyword: "required", "type"
	Detail  string // for people
}

// InvalidError says where an instance breaks a schema.
type InvalidError struct {
	Violations []Violation // at least one, at most 16
	More       bool        // there are others
}

// Error names the first eight violations, and says how many others there are.
func (e *InvalidError) Error() string {
	named := e.Violations[:min(len(e.Violations), maxNamed)]
	texts := make([]string, len(named))
	for i, v := range named {
		texts[i] = v.Detail
		if v.Pointer != "" {
			texts[i] = cut(v.Pointer) + ": " + v.Detail
		}
	}
	text := strings.Join(texts, "; ")
	switch n := len(e.Violations) - len(named); {
	case e.More:
		text += " (and others)"
	case n > 0:
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// Validate evaluates an instance: a value as jcs.Parse returns it. *InvalidError says that it breaks the schema, ErrCostly that the
// evaluation was given up.
func (s *Schema) Validate(instance any) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meter.left = budget
	defer func() {
		if cause := recover(); cause != nil { // errSpent; or the library met what it did not expect, and decided nothing either
			err = ErrCostly
		}
	}()
	err = s.compiled.Validate(instance)
	if broken, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return (&collector{}).of(broken)
	}
	return err
}

// collector gathers the violations of an error tree.
type collector struct {
	found []Violation
	more  bool
	seen  int
}

func (c *collector) of(e *jsonschema.ValidationError) *InvalidError {
	c.add(e)
	if len(c.found) == 0 {
		c.found = []Violation{{Detail: "breaks the schema"}}
	}
	slices.SortStableFunc(c.found, func(a, b Violation) int { return strings.Compare(a.Pointer, b.Pointer) })
	return &InvalidError{Violations: c.found, More: c.more}
}

func (c *collector) add(e *jsonschema.ValidationError) {
	if c.seen++; c.seen > maxCauses || len(c.found) == maxViolations {
		c.more = true
		return
	}
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			c.add(cause)
		}
		return
	}
	v := Violation{Pointer: pointer(e.InstanceLocation), Detail: cut(detail(e.ErrorKind))}
	if e.ErrorKind != nil {
		if path := e.ErrorKind.KeywordPath(); len(path) > 0 {
			v.Keyword = path[0]
		}
	}
	if !slices.Contains(c.found, v) {
		c.found = append(c.found, v)
	}
}

// detail says in words what a violation is.
func detail(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return "is " + k.Got + ", must be " + strings.Join(k.Want, " or ")
	case *kind.Required:
		return "lacks " + quoted(k.Missing)
	case *kind.DependentRequired:
		return "has " + quoted([]string{k.Prop}) + " and lacks " + quoted(k.Missing)
	case *kind.AdditionalProperties:
		return "has members that are not allowed: " + quoted(k.Properties)
	case *kind.PropertyNames:
		return "has a member whose name is not allowed: " + quoted([]string{k.Property})
	case *kind.Enum:
		return "is none of the " + strconv.Itoa(len(k.Want)) + " values that are allowed"
	case *kind.Const:
		return "is not the value that is required"
	case *kind.Format:
		return "is not of format " + k.Want
	case *kind.Pattern:
		return "does not match the pattern " + strconv.Quote(cut(k.Want))
	case *kind.MinLength:
		return fmt.Sprintf("has %d characters, at least %d", k.Got, k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("has %d characters, at most %d", k.Got, k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("has %d items, at least %d", k.Got, k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("has %d items, at most %d", k.Got, k.Want)
	case *kind.UniqueItems:
		return "has an item twice"
	case *kind.FalseSchema:
		return "is not allowed"
	case nil:
		return "breaks the schema"
	}
	if path := k.KeywordPath(); len(path) > 0 {
		return "does not satisfy " + path[0]
	}
	return "breaks the schema"
}

// quoted lists at most eight names, in order.
func quoted(names []string) string {
	names = slices.Sorted(slices.Values(names))
	var out []string
	for i, name := range names {
		if i == 8 {
			out = append(out, "…")
			break
		}
		out = append(out, strconv.Quote(cut(name)))
	}
	return strings.Join(out, ", ")
}

// cut bounds a text, at a rune.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "…"
}

// pointer is a JSON pointer (RFC 6901) of tokens.
func pointer(tokens []string) string {
	var b strings.Builder
	for _, token := range tokens {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(cut(token)))
	}
	return b.String()
}
