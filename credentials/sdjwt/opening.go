package sdjwt

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// opening replaces digests in a payload.
type opening struct {
	token    *Token
	byDigest map[string]int   // digest → index of its disclosure
	used     []bool           // disclosures that something refers to
	seen     map[string]bool  // every digest that occurs, opened or not
	paths    map[string][]int // if set: JSON pointer of every disclosed place → the disclosures that lead there
	trail    []int
	closed   bool // a digest stayed closed
}

// open opens the whole token (section 7.1, step 3). places asks for paths.
func (t *Token) open(places bool) (*opening, map[string]any, error) {
	n := len(t.Disclosures)
	o := &opening{token: t, byDigest: make(map[string]int, n), used: make([]bool, n), seen: make(map[string]bool, n)}
	if places {
		o.paths = make(map[string][]int, n)
	}
	for i, d := range t.Disclosures {
		digest := t.digest(d.Encoded)
		if _, twice := o.byDigest[digest]; twice {
			return nil, nil, fmt.Errorf("%w: disclosure %d is there twice", ErrDisclosure, i+1)
		}
		o.byDigest[digest] = i
	}
	claims, err := o.object(t.JWT.Payload, "", 0)
	if err != nil {
		return nil, nil, err
	}
	delete(claims, nameAlgorithm)
	for i, used := range o.used {
		if !used {
			return nil, nil, fmt.Errorf("%w: nothing refers to disclosure %d", ErrDisclosure, i+1)
		}
	}
	return o, claims, nil
}

// refer notes a digest and finds its disclosure; -1 if it stays closed (or is a decoy).
func (o *opening) refer(value any) (int, error) {
	digest, ok := value.(string)
	if !ok {
		return -1, fmt.Errorf("%w: a digest is not a string", ErrMalformed)
	}
	if o.seen[digest] {
		return -1, fmt.Errorf("%w: a digest occurs twice", ErrDisclosure)
	}
	o.seen[digest] = true
	i, found := o.byDigest[digest]
	if !found {
		o.closed = true
		return -1, nil
	}
	o.used[i] = true
	return i, nil
}

func (o *opening) value(v any, at string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: nested too deeply", ErrDisclosure)
	}
	switch v := v.(type) {
	case map[string]any:
		return o.object(v, at, depth)
	case []any:
		return o.array(v, at, depth)
	}
	return v, nil
}

func (o *opening) object(in map[string]any, at string, depth int) (map[string]any, error) {
	if _, ok := in[nameElement]; ok {
		return nil, fmt.Errorf("%w: %q outside of an array", ErrMalformed, nameElement)
	}
	if _, ok := in[nameAlgorithm]; ok && (at != "" || depth > 0) {
		return nil, fmt.Errorf("%w: %q below the top", ErrMalformed, nameAlgorithm)
	}
	out := make(map[string]any, len(in))
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if name == nameDigests {
			continue
		}
		v, err := o.value(in[name], pointer(at, name), depth+1)
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	digests, given := in[nameDigests]
	if !given {
		return out, nil
	}
	list, ok := digests.([]any)
	if !ok {
		return nil, fmt.Errorf("%w: %q is not an array", ErrMalformed, nameDigests)
	}
	for _, digest := range list {
		i, err := o.refer(digest)
		if err != nil {
			return nil, err
		}
		if i < 0 {
			continue
		}
		d := o.token.Disclosures[i]
		if d.Element {
			return nil, fmt.Errorf("%w: an array element's where a claim's belongs", ErrDisclosure)
		}
		if _, there := out[d.Name]; there {
			return nil, fmt.Errorf("%w: claim %.64q is there already", ErrDisclosure, d.Name)
		}
		if out[d.Name], err = o.disclosed(i, pointer(at, d.Name), depth); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (o *opening) array(in []any, at string, depth int) ([]any, error) {
	out := make([]any, 0, len(in))
	for _, item := range in {
		here := at + "/" + strconv.Itoa(len(out))
		placeholder, _ := item.(map[string]any)
		digest, ok := placeholder[nameElement]
		if !ok {
			v, err := o.value(item, here, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
			continue
		}
		if len(placeholder) != 1 {
			return nil, fmt.Errorf("%w: %q with other members", ErrMalformed, nameElement)
		}
		i, err := o.refer(digest)
		if err != nil {
			return nil, err
		}
		if i < 0 {
			continue
		}
		if !o.token.Disclosures[i].Element {
			return nil, fmt.Errorf("%w: a claim's where an array element's belongs", ErrDisclosure)
		}
		v, err := o.disclosed(i, here, depth)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// disclosed opens the value of a disclosure, which may hold digests itself.
func (o *opening) disclosed(i int, at string, depth int) (any, error) {
	o.trail = append(o.trail, i)
	defer func() { o.trail = o.trail[:len(o.trail)-1] }()
	if o.paths != nil {
		o.paths[at] = slices.Clone(o.trail)
	}
	return o.value(o.token.Disclosures[i].Value, at, depth+1)
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

// pointer appends a member name to a JSON pointer (RFC 6901).
func pointer(at, name string) string { return at + "/" + escaper.Replace(name) }
