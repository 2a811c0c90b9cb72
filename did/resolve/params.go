package resolve

import (
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hanse-id/hanse/did"
)

// param is one parameter of a query: both sides decoded, and the value as it was written.
type param struct{ name, value, raw string }

// target is what a DID URL asks for beside options.
type target struct {
	url         did.URL
	service     string
	serviceType string
	relativeRef string // decoded
	hash        string // the hl parameter
}

func (t *target) selectsServices() bool { return t.service != "" || t.serviceType != "" }

// parseTarget reads a DID URL. Parameters that are options are put into o (DID Resolution 5.4.1 step 2).
func parseTarget(text string, o *Options) (*target, *Error) {
	end := strings.IndexAny(text, "/?#")
	if end < 0 {
		end = len(text)
	}
	if _, err := did.Parse(text[:end]); err != nil {
		return nil, classify(err)
	}
	u, err := did.ParseURL(text)
	if err != nil {
		return nil, classify(err)
	}
	params, err := parseParams(u.Query)
	if err != nil {
		return nil, fail(InvalidDIDURL, err.Error())
	}
	t := &target{url: u}
	for _, p := range params {
		if err := t.set(p, o); err != nil {
			return nil, err
		}
	}
	if t.relativeRef != "" && !t.selectsServices() {
		return nil, fail(InvalidDIDURL, "relativeRef without service")
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *target) set(p param, o *Options) *Error {
	if p.value == "" {
		return fail(InvalidDIDURL, "a parameter is empty")
	}
	switch p.name {
	case "service":
		t.service = p.value
	case "serviceType":
		t.serviceType = p.value
	case "relativeRef":
		if reason := checkRelativeRef(p); reason != "" {
			return fail(InvalidDIDURL, "relativeRef "+reason)
		}
		t.relativeRef = p.value
	case "hl":
		t.hash = p.value
	case "versionId", "versionTime":
		if err := o.setText(p.name, p.value); err != nil {
			return fail(InvalidDIDURL, err.Detail)
		}
	default:
		return o.setText(p.name, p.value)
	}
	return nil
}

// parseParams splits a query. The same name twice has no meaning (DID Resolution 3.2.2).
func parseParams(query string) ([]param, error) {
	if query == "" {
		return nil, nil
	}
	var params []param
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(query, "&") {
		rawName, raw, _ := strings.Cut(pair, "=")
		name, err := url.PathUnescape(rawName)
		if err != nil || name == "" {
			return nil, errors.New("the query has a malformed name")
		}
		value, err := url.PathUnescape(raw)
		if err != nil {
			return nil, errors.New("the query has malformed percent-encoding")
		}
		if !isASCII(raw) || isDeceptive(name) || isDeceptive(value) {
			return nil, errors.New("the query has characters that are not allowed")
		}
		if seen[name] {
			return nil, errors.New("a parameter is given twice")
		}
		seen[name] = true
		params = append(params, param{name, value, raw})
	}
	return params, nil
}

// checkRelativeRef says what is wrong with a relative reference. It must be escaped as a whole, stay on the endpoint's host:
// neither a scheme nor an authority, no climbing out (DID Resolution 13.7.1).
func checkRelativeRef(p param) string {
	if strings.ContainsAny(p.raw, "/?:@[]#=&") {
		return "is not percent-encoded"
	}
	if strings.HasPrefix(p.value, "//") || strings.Contains(p.value, `\`) {
		return "names another host"
	}
	ref, err := url.Parse(p.value)
	if err != nil || ref.IsAbs() || ref.Host != "" || ref.User != nil || ref.Opaque != "" {
		return "is no relative reference"
	}
	if ref.Fragment != "" {
		return "has a fragment"
	}
	for segment := range strings.SplitSeq(ref.Path, "/") {
		if segment == "." || segment == ".." {
			return "has dot segments"
		}
	}
	return ""
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isPrintable reports whether s is printable ASCII without spaces.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] <= 0x20 || s[i] >= 0x7F {
			return false
		}
	}
	return true
}

// isDeceptive reports text that is no UTF-8, or has characters that cannot be seen (control and format characters).
func isDeceptive(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(c rune) bool { return unicode.In(c, unicode.Cc, unicode.Cf) })
}
