package credentials

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// pointerEscaper escapes a member name for a JSON pointer (RFC 6901, section 3). Making one costs more than using it.
var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// point appends a token (a member name or an index) to a JSON pointer (RFC 6901).
func point[T int | string](pointer string, token T) string {
	switch t := any(token).(type) {
	case int:
		return pointer + "/" + strconv.Itoa(t)
	case string:
		if len(t) > 128 {
			t = t[:128]
		}
		return pointer + "/" + pointerEscaper.Replace(t)
	}
	return pointer
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// maxURL bounds identifiers.
const maxURL = 4096

// isURL reports whether s is one absolute URL: a scheme, something after it, no space and no control character; http and
// https also need a host.
func isURL(s string) bool {
	if s == "" || len(s) > maxURL {
		return false
	}
	plain := true // nothing that could be misread: letters, digits and what names are divided with
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == ':' || r == '-' || r == '.' || r == '_':
			continue
		case r <= ' ' || r == 0x7f || unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`<>"{}|\^`+"`", r):
			return false
		}
		plain = false
	}
	if plain && len(s) > len("did:") && (s[:4] == "did:" || s[:4] == "urn:") {
		return true
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || len(s) == len(u.Scheme)+1 {
		return false
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		return u.Hostname() != ""
	}
	return true
}

// maxNumericDate is the end of the year 9999.
const maxNumericDate = 253402300799

// parseNumericDate reads a JWT NumericDate: whole seconds since 1970 (RFC 7519 section 2; fractions are refused).
func parseNumericDate(v any) (time.Time, bool) {
	n, ok := integer(v)
	if !ok || n < 0 || n > maxNumericDate {
		return time.Time{}, false
	}
	return time.Unix(n, 0).UTC(), true
}

// integer returns a JSON number that is written as an integer.
func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case json.Number:
		n, err := strconv.ParseInt(string(v), 10, 64)
		return n, err == nil && string(v) != "-0"
	}
	return 0, false
}

// texts returns a non-empty string, or a non-empty list of such, as a list.
func texts(v any) ([]string, bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, v != ""
	case []any:
		out := make([]string, 0, len(v))
		for _, item := range v {
			s, ok := item.(string)
			if !ok || s == "" {
				return nil, false
			}
			out = append(out, s)
		}
		return out, len(out) > 0
	}
	return nil, false
}

// objects returns an object, or a non-empty list of objects, as a list. many says that it was a list.
func objects(v any) (list []map[string]any, many, ok bool) {
	switch v := v.(type) {
	case map[string]any:
		return []map[string]any{v}, false, true
	case []any:
		for _, item := range v {
			m, ok := item.(map[string]any)
			if !ok {
				return nil, true, false
			}
			list = append(list, m)
		}
		return list, true, len(list) > 0
	}
	return nil, false, false
}

// idOf returns the id of a URL-or-object value such as issuer, "" if it has none.
func idOf(v any) string {
	if m, ok := v.(map[string]any); ok {
		v = m["id"]
	}
	s, _ := v.(string)
	return s
}
