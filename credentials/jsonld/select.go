package jsonld

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxPointers bounds how many pointers select from one document.
const maxPointers = 1024

// Select is the part of a compact document that JSON pointers (RFC 6901) name, as vc-di-ecdsa section 3.4 (selectJsonLd) has it: what they
// name, whole, and of each object on the way there its id and types; the document's contexts; elements of arrays move together.
// The pointer "" names all. A pointer that names nothing is ErrMalformed. The part shares its values with the document.
func Select(document map[string]any, pointers []string) (map[string]any, error) {
	return selectFrom(document, document, pointers)
}

// selectFrom goes along document and takes from twin, the same document after compacting: there a list of one element may stand
// as that element, and the other way round.
func selectFrom(document, twin map[string]any, pointers []string) (map[string]any, error) {
	if len(pointers) > maxPointers {
		return nil, fmt.Errorf("%w: %d pointers, at most %d", ErrMalformed, len(pointers), maxPointers)
	}
	tree := &branch{}
	for _, pointer := range pointers {
		if err := tree.grow(pointer); err != nil {
			return nil, err
		}
	}
	v, err := tree.take(document, twin, "")
	if err != nil {
		return nil, err
	}
	part, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: nothing is selected", ErrMalformed)
	}
	if context, ok := twin["@context"]; ok {
		part = maps.Clone(part)
		part["@context"] = context
	}
	return part, nil
}

// branch is what is selected of a value: all of it, or some of its members or elements.
type branch struct {
	whole bool
	next  map[string]*branch
}

func (b *branch) grow(pointer string) error {
	if pointer != "" && pointer[0] != '/' {
		return fmt.Errorf("%w: %.100q is no JSON pointer", ErrMalformed, pointer)
	}
	steps := strings.Split(pointer, "/")[1:]
	if pointer == "" {
		steps = nil
	}
	if len(steps) > maxDepth {
		return fmt.Errorf("%w: pointer %.100q names nothing", ErrMalformed, pointer)
	}
	for _, step := range steps {
		name, ok := unescape(step)
		if !ok {
			return fmt.Errorf("%w: %.100q is no JSON pointer", ErrMalformed, pointer)
		}
		if b.next == nil {
			b.next = map[string]*branch{}
		}
		if b.next[name] == nil {
			b.next[name] = &branch{}
		}
		b = b.next[name]
	}
	b.whole = true
	return nil
}

// unescape resolves ~0 and ~1.
func unescape(step string) (string, bool) {
	if strings.Count(step, "~") != strings.Count(step, "~0")+strings.Count(step, "~1") {
		return "", false
	}
	return strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~"), true
}

// take selects from twin what the branch names in v. at is the pointer of both.
func (b *branch) take(v, twin any, at string) (any, error) {
	list, many := v.([]any)
	twins, manyTwins := twin.([]any)
	switch {
	case b.whole:
		if err := b.exists(v, at); err != nil {
			return nil, err
		}
		return twin, nil
	case many && !manyTwins && len(list) == 1:
		twins = []any{twin}
	case !many && manyTwins && len(twins) == 1:
		return b.take(v, twins[0], at)
	}
	if many {
		return b.elements(list, twins, at)
	}
	return b.members(v, twin, at)
}

// exists goes through the pointers into what is selected whole anyway: those that name nothing are mistakes there too.
func (b *branch) exists(v any, at string) error {
	for _, name := range sorted(b.next) {
		here := at + "/" + name
		child, err := step(v, name, here)
		if err != nil {
			return err
		}
		if err := b.next[name].exists(child, here); err != nil {
			return err
		}
	}
	return nil
}

// step goes to a member or an element.
func step(v any, name, at string) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		if child, ok := v[name]; ok {
			return child, nil
		}
	case []any:
		if i, err := index(name, len(v)); err == nil {
			return v[i], nil
		}
	}
	return nil, nothing(at)
}

func nothing(at string) error {
	return fmt.Errorf("%w: pointer %.100q names nothing", ErrMalformed, at)
}

func index(name string, length int) (int, error) {
	i, err := strconv.Atoi(name)
	if err != nil || i < 0 || i >= length || strconv.Itoa(i) != name {
		return 0, nothing(name)
	}
	return i, nil
}

func (b *branch) elements(list, twins []any, at string) (any, error) {
	if len(list) != len(twins) {
		return nil, fmt.Errorf("%w: the elements of %.100q cannot be told apart", ErrMalformed, at)
	}
	chosen := map[int]any{}
	for _, name := range sorted(b.next) {
		here := at + "/" + name
		i, err := index(name, len(list))
		if err != nil {
			return nil, nothing(here)
		}
		if chosen[i], err = b.next[name].take(list[i], twins[i], here); err != nil {
			return nil, err
		}
	}
	out := make([]any, 0, len(chosen))
	for _, i := range slices.Sorted(maps.Keys(chosen)) {
		out = append(out, chosen[i])
	}
	return out, nil
}

func (b *branch) members(v, twin any, at string) (any, error) {
	object, ok := v.(map[string]any)
	other, also := twin.(map[string]any)
	if !ok {
		return nil, nothing(at)
	}
	if _, isText := twin.(string); isText && isReference(object) {
		return twin, b.exists(object, at)
	}
	if !also {
		return nil, fmt.Errorf("%w: parts of %.100q cannot be told apart", ErrMalformed, at)
	}
	out := identity(other)
	for _, name := range sorted(b.next) {
		here := at + "/" + name
		child, ok := object[name]
		if !ok {
			return nil, nothing(here)
		}
		matching, ok := other[name]
		if !ok {
			return nil, fmt.Errorf("%w: %.100q cannot be told apart by its name", ErrMalformed, here)
		}
		if _, shown := out[name]; shown { // types are shown whole, whichever of them were meant
			if err := b.next[name].exists(child, here); err != nil {
				return nil, err
			}
			continue
		}
		var err error
		if out[name], err = b.next[name].take(child, matching, here); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// isReference reports whether an object has nothing but its id: compacting may have left that alone.
func isReference(object map[string]any) bool {
	_, short := object["id"]
	_, long := object["@id"]
	return len(object) == 1 && (short || long)
}

// identity is what an object on the way to something selected shows of itself: its id, unless that is a blank node, and types.
func identity(object map[string]any) map[string]any {
	out := map[string]any{}
	for _, name := range []string{"id", "@id", "type", "@type"} {
		v, ok := object[name]
		if text, isText := v.(string); ok && !(isText && strings.HasPrefix(text, "_:")) {
			out[name] = v
		}
	}
	return out
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
