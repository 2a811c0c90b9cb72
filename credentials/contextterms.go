package credentials

import "slices"

// maxContextNesting bounds how deep contexts may refer to contexts.
const maxContextNesting = 8

// terms collects what the contexts of a list define explicitly, for objects of these types: at their top level, and in the
// scoped contexts of the types. A default vocabulary (@vocab) defines nothing. A later null takes a term away (JSON-LD 1.1
// section 4.1). It goes over every context once, so that its work is that of reading them.
func (c *Contexts) terms(contexts any, types []string) map[string]bool {
	types = slices.Compact(slices.Sorted(slices.Values(types)))
	defined := map[string]bool{}
	c.define(defined, contexts, types, 0)
	return defined
}

// define enters the terms of a context into defined.
func (c *Contexts) define(defined map[string]bool, context any, types []string, depth int) {
	if depth > maxContextNesting {
		return
	}
	switch context := context.(type) {
	case string:
		if p, ok := c.byURL[context]; ok {
			c.define(defined, p.document, types, depth+1)
		}
	case []any:
		for _, item := range context {
			c.define(defined, item, types, depth+1)
		}
	case map[string]any:
		for term, definition := range context {
			defined[term] = definition != nil
		}
		for _, t := range types {
			if scoped, ok := context[t].(map[string]any); ok {
				c.define(defined, scoped["@context"], nil, depth+1)
			}
		}
	}
}
