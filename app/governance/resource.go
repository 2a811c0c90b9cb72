package governance

import (
	"fmt"
	"strings"
)

// Resource is what a right is about, in one text: "type:<credential type>", "prefix:<beginning of credential types>" or
// "schema:<digest>" (a digest as credentialSchema has it, SRI form: "sha256-…"). Patterns exist only as declared prefixes;
// "prefix:" alone is every type.
type Resource string

// maxResource bounds the text of a resource, in bytes.
const maxResource = 256

// The kinds of resources.
const (
	typeResource   = "type:"
	prefixResource = "prefix:"
	schemaResource = "schema:"
)

// TypeResource names one credential type.
func TypeResource(credentialType string) Resource { return Resource(typeResource + credentialType) }

// ParseResource checks the text form.
func ParseResource(text string) (Resource, error) {
	kind, value, found := strings.Cut(text, ":")
	kind += ":"
	switch {
	case !found || kind != typeResource && kind != prefixResource && kind != schemaResource:
		return "", fmt.Errorf("resource %.64q: begins with none of %q, %q, %q", text, typeResource, prefixResource, schemaResource)
	case len(text) > maxResource:
		return "", fmt.Errorf("resource: above %d bytes", maxResource)
	case value == "" && kind != prefixResource:
		return "", fmt.Errorf("resource %q: names nothing", text)
	case strings.IndexFunc(value, func(c rune) bool { return c <= ' ' || c > '~' || c == '*' }) >= 0:
		return "", fmt.Errorf("resource %.64q: printable ASCII without spaces and '*' expected", text)
	}
	return Resource(text), nil
}

// Covers reports whether every use that narrower stands for is one that r stands for.
func (r Resource) Covers(narrower Resource) bool {
	if r == narrower {
		return true
	}
	prefix, ok := strings.CutPrefix(string(r), prefixResource)
	if !ok {
		return false
	}
	for _, kind := range [...]string{typeResource, prefixResource} {
		if value, ok := strings.CutPrefix(string(narrower), kind); ok {
			return strings.HasPrefix(value, prefix)
		}
	}
	return false
}
