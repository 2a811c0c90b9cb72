package api

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// docsSchemas reads bodies and their schemas out of a description.
type docsSchemas struct{ document map[string]any }

// resolve follows a $ref inside of the description, once: a reference to a reference is not what the description has.
func (d docsSchemas) resolve(v map[string]any) map[string]any {
	path, ok := strings.CutPrefix(text(v["$ref"]), "#/")
	if !ok {
		return v
	}
	target := d.document
	for name := range strings.SplitSeq(path, "/") {
		target = object(target[name])
	}
	return target
}

// bodies lists the media types of a content object with their members and examples.
func (d docsSchemas) bodies(content map[string]any) []docsBody {
	var all []docsBody
	for _, media := range slices.Sorted(maps.Keys(content)) {
		m := object(content[media])
		schema := d.resolve(object(m["schema"]))
		body := docsBody{Media: media, Members: d.members(schema, 1), Example: docsExample(m["example"])}
		if len(body.Members) == 0 {
			body.About = cmp.Or(text(schema["description"]), d.kind(schema))
		}
		all = append(all, body)
	}
	return all
}

// answer describes one answer, with the examples that the description has of it.
func (d docsSchemas) answer(status string, response map[string]any) docsAnswer {
	response = d.resolve(response)
	a := docsAnswer{Name: status, About: text(response["description"])}
	for _, body := range d.bodies(object(response["content"])) {
		if body.Example != "" {
			a.Examples = append(a.Examples, body)
		}
	}
	return a
}

// members lists the properties of an object schema, and those of its object properties down to depth.
func (d docsSchemas) members(schema map[string]any, depth int) []docsMember {
	var all []docsMember
	required := array(schema["required"])
	for name, raw := range object(schema["properties"]) {
		property := d.resolve(object(raw))
		m := docsMember{
			Name: name, Type: d.kind(property), Required: slices.Contains(required, any(name)),
			About: cmp.Or(text(object(raw)["description"]), text(property["description"])),
		}
		if depth > 0 {
			m.Members = d.members(property, depth-1)
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b docsMember) int {
		if a.Required != b.Required {
			return map[bool]int{true: -1, false: 1}[a.Required]
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all
}

// kind says in words what a schema allows.
func (d docsSchemas) kind(schema map[string]any) string {
	schema = d.resolve(schema)
	if value, ok := schema["const"]; ok {
		return docsValue(value)
	}
	if values := array(schema["enum"]); len(values) > 0 {
		return docsJoin(values, docsValue)
	}
	if choices := array(schema["oneOf"]); len(choices) > 0 {
		return docsJoin(choices, func(v any) string { return d.plainKind(object(v)) })
	}
	kinds := array(schema["type"])
	if name := text(schema["type"]); name != "" {
		kinds = []any{name}
	}
	items := object(schema["items"])
	return cmp.Or(docsJoin(kinds, func(v any) string {
		if v == "array" && len(items) > 0 {
			return "array of (" + d.plainKind(items) + ")"
		}
		return text(v)
	}), "any")
}

// plainKind is the kind of what is inside of another; it goes no deeper, for a description may be recursive.
func (d docsSchemas) plainKind(schema map[string]any) string {
	schema = d.resolve(schema)
	if value, ok := schema["const"]; ok {
		return docsValue(value)
	}
	if values := array(schema["enum"]); len(values) > 0 {
		return docsJoin(values, docsValue)
	}
	return cmp.Or(text(schema["type"]), docsJoin(array(schema["type"]), text), "any")
}

func docsJoin(values []any, of func(any) string) string {
	var all []string
	for _, v := range values {
		if s := of(v); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return strings.Join(all, " or ")
}

// docsValue writes a value as JSON.
func docsValue(v any) string {
	data, err := encodeJSON(v)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// docsExample writes an example: a text as it is sent, other values as indented JSON; no example is "".
func docsExample(v any) string {
	if v == nil {
		return ""
	}
	if s, ok := v.(string); ok {
		return s
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // the template escapes
	encoder.SetIndent("", "  ")
	if encoder.Encode(v) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}
