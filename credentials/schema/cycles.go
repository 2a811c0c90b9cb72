package schema

import (
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// acyclic refuses subschemas that come back to themselves without going into the instance: their evaluation has no end, and the
// library calls that a violation, which "not" and "if" turn into the opposite.
func acyclic(all map[*jsonschema.Schema]bool) error {
	const open, done = 1, 2
	state := make(map[*jsonschema.Schema]int, len(all))
	var visit func(s *jsonschema.Schema) bool
	visit = func(s *jsonschema.Schema) bool {
		if state[s] != 0 {
			return state[s] == done
		}
		state[s] = open
		for _, next := range inPlace(s) {
			if next != nil && !visit(next) {
				return false
			}
		}
		state[s] = done
		return true
	}
	for s := range all {
		if !visit(s) {
			return fmt.Errorf("%w: it refers to itself without end", ErrMalformed)
		}
	}
	return nil
}

// inPlace lists the subschemas that are held against the same value as the schema itself.
func inPlace(s *jsonschema.Schema) []*jsonschema.Schema {
	all := []*jsonschema.Schema{s.Ref, s.Not, s.If, s.Then, s.Else}
	for _, list := range [][]*jsonschema.Schema{s.AllOf, s.AnyOf, s.OneOf} {
		all = append(all, list...)
	}
	for _, one := range s.DependentSchemas {
		all = append(all, one)
	}
	return all
}
