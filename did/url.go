package did

import (
	"fmt"
	"strings"
)

// URL is a DID URL (DID Core 3.2): DID, path with its leading '/', query without '?', fragment without '#'.
type URL struct {
	DID      DID
	Path     string
	Query    string
	Fragment string
}

// ParseURL reads an absolute DID URL strictly (DID Core 3.2, at most 4,096 bytes); ErrInvalidURL otherwise.
// An empty query or fragment is refused, and so is non-canonical percent-encoding in the DID and in the fragment, which
// are compared byte by byte; in path and query any well-formed one is accepted.
func ParseURL(s string) (URL, error) {
	if len(s) > maxURL {
		return URL{}, fmt.Errorf("%w: %d bytes, at most %d", ErrInvalidURL, len(s), maxURL)
	}
	end := strings.IndexAny(s, "/?#")
	if end < 0 {
		end = len(s)
	}
	if reason := checkDID(s[:end]); reason != "" {
		return URL{}, fmt.Errorf("%w: %s in %s", ErrInvalidURL, reason, quote(s))
	}
	u, reason := parseTail(s[end:])
	if reason != "" {
		return URL{}, fmt.Errorf("%w: %s in %s", ErrInvalidURL, reason, quote(s))
	}
	u.DID = DID(s[:end])
	return u, nil
}

// ParseReference reads a DID URL that may be relative to base, as documents contain them (DID Core 3.2.2): an absolute
// DID URL, or something that begins with '/', '?' or '#'. ErrInvalidURL otherwise.
func ParseReference(s string, base DID) (URL, error) {
	if strings.HasPrefix(s, "did:") {
		return ParseURL(s)
	}
	if s == "" || !strings.ContainsRune("/?#", rune(s[0])) {
		return URL{}, fmt.Errorf("%w: %s is neither absolute nor relative", ErrInvalidURL, quote(s))
	}
	return ParseURL(string(base) + s)
}

// parseTail reads what follows the DID, and says what is wrong with it.
func parseTail(s string) (u URL, reason string) {
	rest, fragment, hasFragment := strings.Cut(s, "#")
	path, query, hasQuery := strings.Cut(rest, "?")
	switch {
	case hasFragment && fragment == "":
		return u, "empty fragment"
	case hasQuery && query == "":
		return u, "empty query"
	}
	if reason := checkTail(path, "/", anyPercent); reason != "" {
		return u, reason + " in the path"
	}
	if reason := checkTail(query, "/?", anyPercent); reason != "" {
		return u, reason + " in the query"
	}
	if reason := checkTail(fragment, "/?", canonicalPercent); reason != "" {
		return u, reason + " in the fragment"
	}
	return URL{Path: path, Query: query, Fragment: fragment}, ""
}

// checkTail checks RFC 3986 pchar and the extra characters; what percent-encoding is allowed, octet decides.
func checkTail(s, extra string, octet func(string) string) string {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case isPChar(c) || strings.IndexByte(extra, c) >= 0:
			i++
		case c == '%':
			if reason := octet(s[i:]); reason != "" {
				return reason
			}
			i += 3
		default:
			return "character not allowed"
		}
	}
	return ""
}

func canonicalPercent(s string) string { return checkPercent(s, isUnreserved) }

func anyPercent(s string) string {
	octet, ok := percent(s)
	switch {
	case !ok:
		return "malformed percent-encoding"
	case octet < 0x20 || octet == 0x7F:
		return "encoded control character"
	}
	return ""
}

func isUnreserved(c byte) bool { return isIDChar(c) || c == '~' }

// isPChar is pchar of RFC 3986 3.3 without percent-encoding.
func isPChar(c byte) bool {
	return isUnreserved(c) || strings.IndexByte("!$&'()*+,;=:@", c) >= 0
}

func (u URL) String() string {
	var b strings.Builder
	b.WriteString(string(u.DID))
	b.WriteString(u.Path)
	if u.Query != "" {
		b.WriteByte('?')
		b.WriteString(u.Query)
	}
	if u.Fragment != "" {
		b.WriteByte('#')
		b.WriteString(u.Fragment)
	}
	return b.String()
}

// IsZero reports whether u is no URL.
func (u URL) IsZero() bool { return u == URL{} }

// MarshalText returns the URL as a text.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads a URL as ParseURL does.
func (u *URL) UnmarshalText(text []byte) error {
	parsed, err := ParseURL(string(text))
	if err != nil {
		return err
	}
	*u = parsed
	return nil
}
