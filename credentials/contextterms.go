package credentials

// maxContextNesting bounds how deep contexts may refer to contexts.
const maxContextNesting = 8

// defines reports whether a context of the list defines term explicitly, for objects of these types: at its top level, or in
// the scoped context of one of the types. A default vocabulary (@vocab) defines nothing. Later definitions count, a later
// null takes the term away (JSON-LD 1.1 section 4.1).
func (c *Contexts) defines(contexts any, types []string, term string) bool {
	_, found := c.lookup(contexts, types, term, 0)
	return found
}

// lookup returns the definition of a term.
func (c *Contexts) lookup(context any, types []string, term string, depth int) (definition any, found bool) {
	if depth > maxContextNesting {
		return nil, false
	}
	switch context := context.(type) {
	case string:
		if p, ok := c.byURL[context]; ok {
			return c.lookup(p.document, types, term, depth+1)
		}
	case []any:
		for _, item := range context {
			if d, ok := c.lookup(item, types, term, depth+1); ok {
				definition, found = d, d != nil
			}
		}
	case map[string]any:
		if d, ok := context[term]; ok {
			definition, found = d, true
		}
		for _, t := range types {
			scoped, ok := context[t].(map[string]any)
			if !ok || scoped["@context"] == nil {
				continue
			}
			if d, ok := c.lookup(scoped["@context"], nil, term, depth+1); ok {
				definition, found = d, true
			}
		}
	}
	return definition, found
}

// checkContext is the data model's rule for @context (VC Data Model 2.0 section 4.3): a list that begins with the base
// context, then pinned URLs or objects. It returns the base context.
func (c *Contexts) checkContext(credential map[string]any) (base string, err error) {
	v, ok := credential["@context"]
	if !ok {
		return "", malformed("/@context", "missing")
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return "", malformed("/@context", "must be a list that begins with "+contextV2)
	}
	if len(list) > 64 {
		return "", malformed("/@context", "too many contexts")
	}
	base, _ = list[0].(string)
	if base != contextV2 && base != contextV1 {
		return "", malformed("/@context/0", "must be "+contextV2)
	}
	for i, item := range list {
		pointer := point("/@context", i)
		switch item := item.(type) {
		case string:
			if err := c.checkPinned(item, pointer); err != nil {
				return "", err
			}
			if i > 0 && (item == contextV1 || item == contextV2) {
				return "", malformed(pointer, "base context twice")
			}
		case map[string]any:
			if err := c.checkInline(item, base, pointer, 0); err != nil {
				return "", err
			}
		default:
			return "", malformed(pointer, "must be a URL or an object")
		}
	}
	return base, nil
}

func (c *Contexts) checkPinned(url, pointer string) error {
	if _, ok := c.byURL[url]; ok {
		return nil
	}
	err := malformed(pointer, "context is not known here and is not fetched")
	err.Err = ErrContextUnknown
	return err
}

// checkInline refuses @import, references to contexts that are not pinned, and new meanings for terms that the base context
// protects, at any depth of scoped contexts.
func (c *Contexts) checkInline(context map[string]any, base, pointer string, depth int) error {
	if depth > maxContextNesting {
		return malformed(pointer, "contexts nested too deeply")
	}
	for _, name := range sortedKeys(context) {
		at := point(pointer, name)
		if name == "@import" {
			return malformed(at, "@import is not allowed")
		}
		if depth == 0 && c.defines(base, []string{baseType}, name) {
			return malformed(at, "the base context protects this term")
		}
		definition, ok := context[name].(map[string]any)
		if !ok {
			continue
		}
		if err := c.checkScoped(definition["@context"], base, point(at, "@context"), depth); err != nil {
			return err
		}
	}
	return nil
}

func (c *Contexts) checkScoped(scoped any, base, pointer string, depth int) error {
	list, ok := scoped.([]any)
	if !ok {
		list = []any{scoped}
	}
	for i, item := range list {
		at := pointer
		if ok {
			at = point(pointer, i)
		}
		switch item := item.(type) {
		case nil:
		case string:
			if err := c.checkPinned(item, at); err != nil {
				return err
			}
		case map[string]any:
			if err := c.checkInline(item, base, at, depth+1); err != nil {
				return err
			}
		default:
			return malformed(at, "must be a URL or an object")
		}
	}
	return nil
}
