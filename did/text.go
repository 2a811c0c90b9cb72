package did

import "strings"

// checkName checks a service type: not empty, and without characters that deceive a reader.
func checkName(s string) string {
	if s == "" {
		return "empty"
	}
	if hasDeceptive(s) {
		return "control or direction character"
	}
	return ""
}

// hasDeceptive finds control characters and those that change the direction of text (Unicode TR 9, TR 36).
func hasDeceptive(s string) bool {
	for _, c := range s {
		switch {
		case c < 0x20, c >= 0x7F && c <= 0x9F, c == 0x061C, c == 0x200E, c == 0x200F,
			c >= 0x202A && c <= 0x202E, c >= 0x2066 && c <= 0x2069, c == 0xFEFF:
			return true
		}
	}
	return false
}

// checkURI says what keeps s from being an absolute URI (RFC 3986 3), by characters alone: consensus does not depend on a
// URL parser of a standard library.
func checkURI(s string) string {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || scheme == "" || rest == "" || !isAlpha(scheme[0]) {
		return "no absolute URI"
	}
	for i := range len(scheme) {
		if c := scheme[i]; !isAlpha(c) && !isDigit(c) && c != '+' && c != '-' && c != '.' {
			return "no absolute URI"
		}
	}
	if reason := checkTail(strings.Replace(rest, "#", "/", 1), "/?[]", anyPercent); reason != "" {
		return reason
	}
	return ""
}
