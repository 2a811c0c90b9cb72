// Package jcs reads JSON strictly (I-JSON, RFC 7493) and writes it canonically
// (JSON Canonicalization Scheme, RFC 8785).
//
// There are two readers. Parse keeps numbers as they are written and suits credentials and HTTP bodies.
// ParseIntegers and ParseCanonical suit texts under consensus: integers only, so that one byte string has one
// meaning on every machine.
//
//	body, err := jcs.ParseCanonical(payload, jcs.Limits{MaxBytes: 64 << 10})
//	again, err := jcs.Encode(body) // equal to payload
package jcs

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
)

// MaxInteger is the largest integer that every JSON implementation keeps exactly, 2^53−1 (RFC 7493 2.2).
const MaxInteger = 1<<53 - 1

const (
	defaultMaxBytes = 1 << 20
	defaultMaxDepth = 16
	hardMaxDepth    = 1000 // of Parse and Encode alike: the readers recurse
	maxNumberBytes  = 128  // of one number literal; a double needs 25
)

// Limits bound what Parse accepts. Zero fields mean the defaults.
type Limits struct {
	MaxBytes int // default 1 MiB
	MaxDepth int // default 16, at most 1000; an object or array is one level
}

func (l Limits) withDefaults() Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = defaultMaxBytes
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = defaultMaxDepth
	}
	l.MaxDepth = min(l.MaxDepth, hardMaxDepth)
	return l
}

// What can be wrong with a text; an *Error wraps one of these.
var (
	ErrTooLarge     = errors.New("text too large")
	ErrTooDeep      = errors.New("nested too deeply")
	ErrSyntax       = errors.New("invalid JSON")
	ErrUnicode      = errors.New("invalid Unicode")
	ErrDuplicate    = errors.New("duplicate member")
	ErrNumber       = errors.New("number not allowed")
	ErrNotCanonical = errors.New("not in canonical form")
	ErrType         = errors.New("type not encodable")
)

// Error says what is wrong with a text, and where.
type Error struct {
	Err     error  // one of the sentinels of this package
	Detail  string // what was seen, lower case, never the text itself; may be empty
	Offset  int    // in bytes from the start of the text; −1 when encoding
	Pointer string // RFC 6901 pointer to the innermost value that was being read or written
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Err.Error())
	if e.Detail != "" {
		b.WriteString(": ")
		b.WriteString(e.Detail)
	}
	if e.Offset >= 0 {
		b.WriteString(" at byte ")
		b.WriteString(strconv.Itoa(e.Offset))
	}
	if e.Pointer != "" {
		b.WriteString(" in ")
		b.WriteString(strconv.Quote(e.Pointer))
	}
	return b.String()
}

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// within puts one token before the pointer, while the error travels outwards: a text without errors pays nothing for it.
func (e *Error) within(token string) *Error {
	e.Pointer = "/" + pointerEscaper.Replace(token) + e.Pointer
	return e
}

// Parse reads one JSON text strictly: UTF-8 without BOM, no duplicate members (compared after unescaping),
// no lone surrogates or noncharacters, no trailing data, bounded size and depth. Objects become
// map[string]any, arrays []any, numbers json.Number (within the range of a double), strings string.
// Errors are *Error.
func Parse(data []byte, limits Limits) (any, error) {
	return parse(data, limits, numbers)
}

// ParseIntegers is Parse for texts under consensus: every number must be an
// integer within ±(2^53−1), written without fraction, exponent or negative zero; numbers become int64.
func ParseIntegers(data []byte, limits Limits) (any, error) {
	return parse(data, limits, integers)
}

// ParseCanonical is ParseIntegers for texts that must equal their own RFC 8785 form. It is faster than reading,
// encoding and comparing, and gives the same answer. ErrNotCanonical says where the text leaves the form.
func ParseCanonical(data []byte, limits Limits) (any, error) {
	return parse(data, limits, canonical)
}

// IsCanonical reports whether data equals its own RFC 8785 form (integers only, default limits).
func IsCanonical(data []byte) bool {
	_, err := ParseCanonical(data, Limits{})
	return err == nil
}

// Less orders member names as RFC 8785 3.2.3 does, by UTF-16 code units. Both must be valid UTF-8.
func Less(a, b string) bool { return order(a, b) < 0 }

// order compares as Less does: −1, 0 or 1.
func order(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		// UTF-8 and UTF-16 order agree, but for U+E000…U+FFFF (0xEE, 0xEF) against what needs surrogates (0xF0 and up).
		if x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0) {
			x, y = y, x
		}
		return cmp.Compare(x, y)
	}
	return cmp.Compare(len(a), len(b))
}
