package jcs

import (
	"encoding/json"
	"strings"

	es6 "github.com/gowebpki/jcs"
)

func (r *reader) number() (any, *Error) {
	start := r.pos
	literal, err := r.numberLiteral()
	if err != nil {
		return nil, err
	}
	if r.mode == numbers {
		if len(literal) > maxNumberBytes || !inDoubleRange(literal) {
			return nil, r.fail(ErrNumber, start, "beyond the range of a double")
		}
		return json.Number(r.keep(literal)), nil
	}
	n, ok := integer(literal)
	if !ok || literal == "-0" {
		return nil, r.fail(ErrNumber, start, "integer within ±(2^53−1) expected")
	}
	return n, nil
}

// numberLiteral reads the grammar of RFC 8259 6.
func (r *reader) numberLiteral() (string, *Error) {
	start := r.pos
	if r.next() == '-' {
		r.pos++
	}
	leading := r.pos
	if r.digits() == 0 || r.text[leading] == '0' && r.pos > leading+1 {
		return "", r.fail(ErrSyntax, start, "malformed number")
	}
	if r.next() == '.' {
		r.pos++
		if r.digits() == 0 {
			return "", r.fail(ErrSyntax, start, "malformed number")
		}
	}
	if c := r.next(); c == 'e' || c == 'E' {
		r.pos++
		if c := r.next(); c == '+' || c == '-' {
			r.pos++
		}
		if r.digits() == 0 {
			return "", r.fail(ErrSyntax, start, "malformed number")
		}
	}
	return r.text[start:r.pos], nil
}

func (r *reader) digits() int {
	start := r.pos
	for r.pos < len(r.text) && r.text[r.pos]-'0' <= 9 {
		r.pos++
	}
	return r.pos - start
}

// integer reads a literal that is an integer without fraction and exponent, within ±(2^53−1).
func integer(literal string) (int64, bool) {
	digits := strings.TrimPrefix(literal, "-")
	if len(digits) == 0 || len(digits) > 16 {
		return 0, false
	}
	n := int64(0)
	for i := range len(digits) {
		c := digits[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	if n > MaxInteger {
		return 0, false
	}
	if len(digits) < len(literal) {
		n = -n
	}
	return n, true
}

// isInteger reports whether a literal has neither fraction nor exponent.
func isInteger(literal string) bool { return !strings.ContainsAny(literal, ".eE") }

// inDoubleRange reports whether a number literal is finite as a double; only literals that could overflow are converted.
func inDoubleRange(literal string) bool {
	if !strings.ContainsAny(literal, "eE") { // at most 128 digits
		return true
	}
	_, err := json.Number(literal).Float64()
	return err == nil
}

// fraction reads a literal with fraction or exponent.
func fraction(literal string) (float64, *Error) {
	f, err := json.Number(literal).Float64()
	if err != nil || isInteger(literal) {
		return 0, &Error{Err: ErrNumber, Detail: "integer beyond ±(2^53−1), or malformed", Offset: -1}
	}
	return f, nil
}

// formatDouble formats a number as ECMAScript does. One whose form is an integer that this package would not read again, such
// as 1e20, is refused: the canonical form of a text is canonical itself.
func formatDouble(f float64) (string, *Error) {
	s, err := es6.NumberToJSON(f)
	if err != nil {
		return "", &Error{Err: ErrNumber, Detail: "not finite", Offset: -1}
	}
	if _, ok := integer(s); !ok && isInteger(s) {
		return "", &Error{Err: ErrNumber, Detail: "integer beyond ±(2^53−1)", Offset: -1}
	}
	return s, nil
}

// checkNumbers refuses integers that a double cannot keep.
func checkNumbers(v any) *Error {
	switch v := v.(type) {
	case json.Number:
		if _, ok := integer(string(v)); ok {
			return nil
		}
		f, err := fraction(string(v))
		if err == nil {
			_, err = formatDouble(f)
		}
		return err
	case []any:
		for i, item := range v {
			if err := checkNumbers(item); err != nil {
				return err.within(index(i))
			}
		}
	case map[string]any:
		for name, item := range v {
			if err := checkNumbers(item); err != nil {
				return err.within(name)
			}
		}
	}
	return nil
}
