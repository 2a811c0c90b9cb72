package typemeta

import (
	"encoding/json"
	"fmt"
	"strings"
)

// reader takes the members of a document apart and keeps the first error.
type reader struct{ err error }

func (r *reader) fail(at, detail string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s %s", ErrMalformed, at, detail)
	}
}

// text reads a string member; one that is needed must not be empty.
func (r *reader) text(object map[string]any, at, name string, needed bool) string {
	v, has := object[name]
	s, ok := v.(string)
	switch {
	case !has && !needed:
	case !has:
		r.fail(at+"/"+name, "is missing")
	case !ok || s == "" || len(s) > maxText:
		r.fail(at+"/"+name, fmt.Sprintf("must be a string of at most %d bytes", maxText))
	}
	return s
}

// either reads a string that newer drafts call by another name.
func (r *reader) either(object map[string]any, at, name, older string) string {
	if _, has := object[name]; !has && object[older] != nil {
		name = older
	}
	return r.text(object, at, name, true)
}

// list reads a member that is a list of objects.
func (r *reader) list(object map[string]any, at, name string, most int) []map[string]any {
	v, has := object[name]
	list, ok := v.([]any)
	if has && (!ok || len(list) > most) {
		r.fail(at+"/"+name, fmt.Sprintf("must be a list of at most %d objects", most))
		return nil
	}
	out := make([]map[string]any, 0, len(list))
	for i, item := range list {
		m, ok := item.(map[string]any)
		if !ok {
			r.fail(fmt.Sprintf("%s/%s/%d", at, name, i), "must be an object")
		}
		out = append(out, m)
	}
	return out
}

func (r *reader) display(object map[string]any, at string) Display {
	d := Display{
		Locale: r.either(object, at, "locale", "lang"), Name: r.text(object, at, "name", true),
		Description: r.text(object, at, "description", false),
	}
	if v, has := object["rendering"]; has {
		var ok bool
		if d.Rendering, ok = v.(map[string]any); !ok {
			r.fail(at+"/rendering", "must be an object")
		}
	}
	return d
}

func (r *reader) claim(object map[string]any, at string) Claim {
	c := Claim{Path: r.path(object["path"], at+"/path"), SD: Allowed, SVGID: r.text(object, at, "svg_id", false)}
	for i, item := range r.list(object, at, "display", maxDisplay) {
		at := fmt.Sprintf("%s/display/%d", at, i)
		c.Display = append(c.Display, ClaimDisplay{
			Locale: r.either(item, at, "locale", "lang"), Label: r.either(item, at, "label", "name"),
			Description: r.text(item, at, "description", false),
		})
	}
	if v, has := object["mandatory"]; has {
		var ok bool
		if c.Mandatory, ok = v.(bool); !ok {
			r.fail(at+"/mandatory", "must be true or false")
		}
	}
	if v, has := object["sd"]; has {
		s, _ := v.(string)
		if c.SD = SD(s); c.SD != Allowed && c.SD != Always && c.SD != Never {
			r.fail(at+"/sd", "must be always, allowed or never")
		}
	}
	if c.SVGID != "" && !isSVGID(c.SVGID) {
		r.fail(at+"/svg_id", "must be letters, digits and underscores and not begin with a digit")
	}
	return c
}

func (r *reader) path(v any, at string) Path {
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list) > maxPath {
		r.fail(at, fmt.Sprintf("must be a list of 1 to %d steps", maxPath))
		return nil
	}
	path := make(Path, 0, len(list))
	for _, item := range list {
		switch item := item.(type) {
		case nil:
			path = append(path, Step{Kind: EveryElement})
			continue
		case string:
			if len(item) <= maxName {
				path = append(path, Step{Kind: Member, Name: item})
				continue
			}
		case json.Number:
			if n, err := item.Int64(); err == nil && n >= 0 && n <= 1<<31-1 && !strings.HasPrefix(string(item), "-") {
				path = append(path, Step{Kind: Element, Index: int(n)})
				continue
			}
		}
		r.fail(at, "has a step that is no name, null or index")
	}
	return path
}

// unique refuses two claims with one path, or with one svg_id.
func (r *reader) unique(claims []Claim) {
	paths, ids := map[string]bool{}, map[string]bool{}
	for i, c := range claims {
		if key := c.Path.String(); paths[key] {
			r.fail(fmt.Sprintf("/claims/%d/path", i), "is there already")
		} else {
			paths[key] = true
		}
		if c.SVGID != "" && ids[c.SVGID] {
			r.fail(fmt.Sprintf("/claims/%d/svg_id", i), "is there already")
		}
		ids[c.SVGID] = true
	}
}

func isSVGID(s string) bool {
	for i, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}
