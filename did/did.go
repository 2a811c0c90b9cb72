package did

import (
	"fmt"
	"strings"
)

const (
	maxDID = 2048 // bytes; a did:jwk of an RSA 4096 key has about 1,000
	maxURL = 4096
)

// DID is a decentralized identifier (DID Core 3.1). Make one with Parse.
type DID string

// Parse reads a DID strictly (DID Core 3.1, at most 2,048 bytes); ErrInvalidDID otherwise. Percent-encoding that is in
// lower case, not needed, or hides a control character is refused: one identifier has one spelling.
func Parse(s string) (DID, error) {
	if reason := checkDID(s); reason != "" {
		return "", fmt.Errorf("%w: %s in %s", ErrInvalidDID, reason, quote(s))
	}
	return DID(s), nil
}

// Method returns the method name, the second part of the DID; empty for what is no DID.
func (d DID) Method() string {
	method, _ := d.split()
	return method
}

// ID returns the method-specific identifier, everything after the method. Of a hanse DID it is "<league>:<id>".
func (d DID) ID() string {
	_, id := d.split()
	return id
}

func (d DID) split() (method, id string) {
	rest, ok := strings.CutPrefix(string(d), "did:")
	if !ok {
		return "", ""
	}
	method, id, _ = strings.Cut(rest, ":")
	return method, id
}

func (d DID) String() string { return string(d) }

// MarshalText returns the DID as it is.
func (d DID) MarshalText() ([]byte, error) { return []byte(d), nil }

// UnmarshalText reads a DID as Parse does.
func (d *DID) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// checkDID says what keeps s from being a DID, nothing if it is one.
func checkDID(s string) string {
	if len(s) > maxDID {
		return "more than 2048 bytes"
	}
	rest, ok := strings.CutPrefix(s, "did:")
	if !ok {
		return "no did: scheme"
	}
	method, id, ok := strings.Cut(rest, ":")
	if !ok || method == "" || id == "" {
		return "method or identifier missing"
	}
	for i := range len(method) {
		if c := method[i]; !isLower(c) && !isDigit(c) {
			return "method name is not lower-case letters and digits"
		}
	}
	if id[len(id)-1] == ':' {
		return "empty last segment"
	}
	for i := 0; i < len(id); {
		switch c := id[i]; {
		case isIDChar(c) || c == ':':
			i++
		case c == '%':
			if reason := checkPercent(id[i:], isIDChar); reason != "" {
				return reason
			}
			i += 3
		default:
			return "character not allowed"
		}
	}
	return ""
}

// checkPercent says what is wrong with the percent-encoded octet that s begins with. Octets that plain says could stand
// for themselves must, and digits are upper case, so that there is one spelling only.
func checkPercent(s string, plain func(byte) bool) string {
	octet, ok := percent(s)
	switch {
	case !ok:
		return "malformed percent-encoding"
	case plain(octet):
		return "needless percent-encoding"
	case s[1] >= 'a' || s[2] >= 'a':
		return "percent-encoding in lower case"
	case octet < 0x20 || octet == 0x7F:
		return "encoded control character"
	}
	return ""
}

// percent decodes the octet that s begins with.
func percent(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '%' || !isHex(s[1]) || !isHex(s[2]) {
		return 0, false
	}
	return unhex(s[1])<<4 | unhex(s[2]), true
}

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlpha(c byte) bool { return isLower(c | 0x20) }

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// isIDChar is idchar of DID Core 3.1 without percent-encoding.
func isIDChar(c byte) bool {
	return isAlpha(c) || isDigit(c) || c == '.' || c == '-' || c == '_'
}

// quote shortens and quotes a stranger's text for an error, so that it can neither fill a log nor steer a terminal.
// A did:jwk can hold a private key by mistake: nothing of it is shown.
func quote(s string) string {
	const most, jwk = 80, "did:jwk:"
	if strings.HasPrefix(s, jwk) {
		return `"` + jwk + `…"`
	}
	if len(s) > most {
		return fmt.Sprintf("%+q…", s[:most])
	}
	return fmt.Sprintf("%+q", s)
}
