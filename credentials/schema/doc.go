// Package schema evaluates JSON Schemas (2020-12) of credentials, as VC JSON Schema 1.0 asks for: with format assertions, and with
// a bound on the work. Who wrote a schema may be a stranger: nothing is ever loaded that the caller does not hand in, regular
// expressions are those of package regexp (RE2, linear), and an evaluation ends after a fixed number of steps.
//
//	s, err := schema.Compile(document, schema.Options{ID: "https://schemas.example/degree"})
//	err = s.Validate(credential) // *schema.InvalidError names the members
//
// Three errors of Validate are three outcomes: *InvalidError (the instance breaks the schema), ErrCostly (not decided), nil.
package schema
