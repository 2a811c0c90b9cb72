package jcs

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

func index(i int) string { return strconv.Itoa(i) }

// string reads a string from its opening quote. The loop is the fast path: plain bytes up to the closing quote.
func (r *reader) string() (string, *Error) {
	start := r.pos + 1
	for i := start; i < len(r.text); {
		switch c := r.text[i]; {
		case c == '"':
			r.pos = i + 1
			return r.keep(r.text[start:i]), nil
		case c == '\\':
			return r.escaped(start, i)
		case c < 0x20:
			return "", r.fail(ErrSyntax, i, "control character in a string")
		case c < utf8.RuneSelf:
			i++
		default:
			n, err := r.rune(i)
			if err != nil {
				return "", err
			}
			i += n
		}
	}
	return "", r.fail(ErrSyntax, len(r.text), "unterminated string")
}

func (r *reader) keep(s string) string {
	if r.share {
		return s
	}
	return string(append([]byte(nil), s...))
}

// rune checks one encoded character beyond ASCII and returns its length.
func (r *reader) rune(at int) (int, *Error) {
	c, n := utf8.DecodeRuneInString(r.text[at:])
	if c == utf8.RuneError && n == 1 {
		return 0, r.fail(ErrUnicode, at, "invalid UTF-8")
	}
	if noncharacter(c) {
		return 0, r.fail(ErrUnicode, at, "noncharacter")
	}
	return n, nil
}

// noncharacter reports what RFC 7493 2.1 keeps out of strings beside surrogates.
func noncharacter(c rune) bool {
	return c&0xFFFE == 0xFFFE || c >= 0xFDD0 && c <= 0xFDEF
}

// short maps the letter of a two-character escape to its character (RFC 8259 7), 0 if there is none.
func short(letter byte) byte {
	switch letter {
	case '"', '\\', '/':
		return letter
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// escaped reads the rest of a string that contains an escape; plain text runs from start to the first backslash at i.
func (r *reader) escaped(start, i int) (string, *Error) {
	out := append(make([]byte, 0, i-start+32), r.text[start:i]...)
	for i < len(r.text) {
		switch c := r.text[i]; {
		case c == '"':
			r.pos = i + 1
			return string(out), nil
		case c == '\\':
			var err *Error
			if out, i, err = r.escape(out, i); err != nil {
				return "", err
			}
		case c < 0x20:
			return "", r.fail(ErrSyntax, i, "control character in a string")
		case c < utf8.RuneSelf:
			out = append(out, c)
			i++
		default:
			n, err := r.rune(i)
			if err != nil {
				return "", err
			}
			out = append(out, r.text[i:i+n]...)
			i += n
		}
	}
	return "", r.fail(ErrSyntax, len(r.text), "unterminated string")
}

// escape appends the character that the escape at i stands for and returns the position after it.
func (r *reader) escape(out []byte, i int) ([]byte, int, *Error) {
	if i+1 >= len(r.text) {
		return nil, 0, r.fail(ErrSyntax, i, "unterminated string")
	}
	letter := r.text[i+1]
	if letter != 'u' {
		c := short(letter)
		if c == 0 {
			return nil, 0, r.fail(ErrSyntax, i, "unknown escape")
		}
		if r.mode == canonical && letter == '/' {
			return nil, 0, r.fail(ErrNotCanonical, i, "needless escape")
		}
		return append(out, c), i + 2, nil
	}
	c, n, err := r.unicode(i)
	if err != nil {
		return nil, 0, err
	}
	if r.mode == canonical && !canonicalEscape(r.text[i+2:i+6], c) {
		return nil, 0, r.fail(ErrNotCanonical, i, "needless escape")
	}
	return utf8.AppendRune(out, c), i + n, nil
}

// unicode reads \uXXXX, or a surrogate pair of two of these, at i.
func (r *reader) unicode(i int) (rune, int, *Error) {
	c, ok := r.hex(i)
	if !ok {
		return 0, 0, r.fail(ErrSyntax, i, "malformed escape")
	}
	n := 6
	if utf16.IsSurrogate(c) {
		low, ok := r.hex(i + 6)
		pair := utf16.DecodeRune(c, low)
		if !ok || pair == utf8.RuneError {
			return 0, 0, r.fail(ErrUnicode, i, "lone surrogate")
		}
		c, n = pair, 12
	}
	if noncharacter(c) {
		return 0, 0, r.fail(ErrUnicode, i, "noncharacter")
	}
	return c, n, nil
}

// hex reads the four digits of \uXXXX at i.
func (r *reader) hex(i int) (rune, bool) {
	if len(r.text)-i < 6 || r.text[i] != '\\' || r.text[i+1] != 'u' {
		return 0, false
	}
	var c rune
	for _, d := range []byte(r.text[i+2 : i+6]) {
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case d >= 'a' && d <= 'f':
			d -= 'a' - 10
		case d >= 'A' && d <= 'F':
			d -= 'A' - 10
		default:
			return 0, false
		}
		c = c<<4 | rune(d)
	}
	return c, true
}

// canonicalEscape reports whether RFC 8785 3.2.2.2 writes c as \uXXXX with these digits:
// only control characters without a short escape, in lower case.
func canonicalEscape(digits string, c rune) bool {
	if c >= 0x20 || c == '\b' || c == '\t' || c == '\n' || c == '\f' || c == '\r' {
		return false
	}
	return digits[3] < 'A' || digits[3] > 'F'
}
