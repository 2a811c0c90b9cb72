package schema

import (
	"fmt"
	"regexp/syntax"
)

// maxPatternWork bounds what all regular expressions of a schema and of those it refers to come to, in instructions: a few dozen
// bytes can make thousands of them, which cost time when they are compiled and memory as long as the schema is kept.
const maxPatternWork = 65_536

// patterns adds up the regular expressions of documents before any of them is compiled.
type patterns struct{ work int }

// read goes over a document: what stands under pattern, and the names under patternProperties. What is no regular expression is the
// compiler's to refuse.
func (p *patterns) read(value any) error {
	switch v := value.(type) {
	case map[string]any:
		if text, ok := v["pattern"].(string); ok {
			p.add(text)
		}
		if object, ok := v["patternProperties"].(map[string]any); ok {
			for text := range object {
				p.add(text)
			}
		}
		for _, member := range v {
			if err := p.read(member); err != nil {
				return err
			}
		}
	case []any:
		for _, item := range v {
			if err := p.read(item); err != nil {
				return err
			}
		}
	}
	if p.work > maxPatternWork {
		return fmt.Errorf("%w: its patterns come to more than %d instructions", ErrMalformed, maxPatternWork)
	}
	return nil
}

func (p *patterns) add(text string) {
	if len(text) > maxPattern { // refused later, wherever it is a pattern
		return
	}
	if parsed, err := syntax.Parse(text, syntax.Perl); err == nil {
		p.work += instructions(parsed)
	}
}

// instructions estimates, from above, what an expression is compiled to. It does not unfold repetitions.
func instructions(e *syntax.Regexp) int {
	n := 2 + len(e.Rune)/32 // of a class of characters some copies are made
	for _, part := range e.Sub {
		n = min(n+instructions(part), maxPatternWork+1)
	}
	if e.Op == syntax.OpRepeat {
		n *= max(e.Min, e.Max, 1)
	}
	return min(n, maxPatternWork+1)
}
