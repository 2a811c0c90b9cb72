package credentials

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

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
	var protected map[string]bool
	others := protection{}
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
			if i > 0 && hasInline(list[i:]) {
				others.addPinned(c.byURL[item].document)
			}
		case map[string]any:
			if protected == nil {
				protected = c.terms(base, []string{baseType})
			}
			if err := c.checkInline(item, protected, pointer, 0); err != nil {
				return "", err
			}
			if term := others.redefined(item); term != "" {
				return "", malformed(point(pointer, term), "a context before this one protects this term")
			}
			others.add(item)
		default:
			return "", malformed(pointer, "must be a URL or an object")
		}
	}
	return base, nil
}

// hasInline reports whether any context of a list is an object: then what the pinned ones before it protect matters.
func hasInline(list []any) bool {
	return slices.ContainsFunc(list, func(item any) bool { _, inline := item.(map[string]any); return inline })
}

func (c *Contexts) checkPinned(url, pointer string) error {
	if _, ok := c.byURL[url]; ok {
		return nil
	}
	err := malformed(pointer, fmt.Sprintf("context %.256q is not known here and is not fetched; "+
		"the operator can add contexts by configuration (api.contexts_dir, --contexts)", url))
	err.Err = ErrContextUnknown
	return err
}

// checkInline refuses @import and references to contexts that are not pinned, at any depth of scoped contexts, and at the top
// new meanings for terms that the base context protects (a context that is scoped to a property may give them: JSON-LD 1.1
// section 4.1.11).
func (c *Contexts) checkInline(context map[string]any, protected map[string]bool, pointer string, depth int) error {
	if depth > maxContextNesting {
		return malformed(pointer, "contexts nested too deeply")
	}
	for _, name := range sortedKeys(context) {
		at := point(pointer, name)
		if name == "@import" {
			return malformed(at, "@import is not allowed")
		}
		if protected[name] && !strings.HasPrefix(name, "@") { // keywords like @protected and @version are each context's own
			return malformed(at, "the base context protects this term")
		}
		if mapsToNothing(context[name]) {
			return malformed(at, "is not mapped to an IRI")
		}
		definition, ok := context[name].(map[string]any)
		if !ok {
			continue
		}
		if err := c.checkScoped(definition["@context"], point(at, "@context"), depth); err != nil {
			return err
		}
	}
	return nil
}

func (c *Contexts) checkScoped(scoped any, pointer string, depth int) error {
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
			if err := c.checkInline(item, nil, at, depth+1); err != nil {
				return err
			}
		default:
			return malformed(at, "must be a URL or an object")
		}
	}
	return nil
}

// checkEmbedded applies the rules for scoped contexts to contexts inside of a credential's objects: what a URL that is not
// pinned says of their members is not known. The proof, whose @context belongs to its cryptosuite, is the caller's to leave out.
func (c *Contexts) checkEmbedded(v any) error {
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			if isNested(item) {
				if err := c.checkEmbedded(item); err != nil {
					return within(err, point("", i))
				}
			}
		}
	case map[string]any:
		if scoped, ok := v["@context"]; ok {
			if err := c.checkScoped(scoped, "/@context", 0); err != nil {
				return err
			}
		}
		for name, item := range v { // which of several errors is found first does not matter
			if isNested(item) && name != "@context" {
				if err := c.checkEmbedded(item); err != nil {
					return within(err, point("", name))
				}
			}
		}
	}
	return nil
}

// within puts a pointer before that of a problem that came from further in.
func within(err error, pointer string) error {
	if p, ok := errors.AsType[*ProblemError](err); ok {
		p.Problem.Pointer = pointer + p.Problem.Pointer
	}
	return err
}

func isNested(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return true
	}
	return false
}
