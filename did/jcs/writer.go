package jcs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	es6 "github.com/gowebpki/jcs"
)

// Encode writes v (the types Parse and ParseIntegers return, plus int and int64)
// in RFC 8785 form. Numbers must be integers within ±(2^53−1): use EncodeFractions or Transform for others.
// Errors are *Error with the pointer of what cannot be written.
func Encode(v any) ([]byte, error) {
	return encode(v, false)
}

// EncodeFractions is Encode for values that Parse returned: json.Number and float64 values with fraction or exponent
// are formatted as ECMAScript does (RFC 8785 3.2.2.3). Integers beyond ±(2^53−1) are refused still, however written, unless
// their ECMAScript form has an exponent.
func EncodeFractions(v any) ([]byte, error) {
	return encode(v, true)
}

// Transform returns the RFC 8785 form of a strictly read JSON text of at most 16 MiB.
// Numbers are treated as by EncodeFractions.
func Transform(data []byte) ([]byte, error) {
	v, err := Parse(data, Limits{MaxBytes: 16 << 20, MaxDepth: 64})
	if err != nil {
		return nil, err
	}
	// The library rounds large integers and accepts texts that are no I-JSON: the strict reading before it decides.
	if err := checkNumbers(v); err != nil {
		return nil, err
	}
	out, libErr := es6.Transform(bytes.Trim(data, " \t\r\n")) // it knows no space around a lone scalar
	if libErr != nil {
		return nil, &Error{Err: ErrSyntax, Detail: "not canonicalizable", Offset: -1}
	}
	return out, nil
}

func encode(v any, fractions bool) ([]byte, error) {
	w := writer{out: make([]byte, 0, 1024), names: make([]string, 0, 32), depth: hardMaxDepth, fractions: fractions}
	if err := w.value(v); err != nil {
		return nil, err
	}
	return w.out, nil
}

type writer struct {
	out       []byte
	names     []string // member names of the open objects, innermost last
	depth     int
	fractions bool
}

func (w *writer) fail(err error, detail string) *Error {
	return &Error{Err: err, Detail: detail, Offset: -1}
}

func (w *writer) value(v any) *Error {
	switch v := v.(type) {
	case nil:
		w.out = append(w.out, "null"...)
	case bool:
		w.out = strconv.AppendBool(w.out, v)
	case string:
		return w.string(v)
	case int:
		return w.integer(int64(v))
	case int64:
		return w.integer(v)
	case json.Number:
		return w.number(string(v))
	case float64:
		if !w.fractions {
			return w.fail(ErrNumber, "float")
		}
		return w.double(v)
	case []any:
		return w.array(v)
	case map[string]any:
		return w.object(v)
	default:
		return w.fail(ErrType, fmt.Sprintf("%T", v))
	}
	return nil
}

func (w *writer) integer(n int64) *Error {
	if n > MaxInteger || n < -MaxInteger {
		return w.fail(ErrNumber, "integer beyond ±(2^53−1)")
	}
	w.out = strconv.AppendInt(w.out, n, 10)
	return nil
}

func (w *writer) number(literal string) *Error {
	if n, ok := integer(literal); ok {
		return w.integer(n)
	}
	if !w.fractions {
		return w.fail(ErrNumber, "integer within ±(2^53−1) expected")
	}
	f, err := fraction(literal)
	if err != nil {
		return err
	}
	return w.double(f)
}

func (w *writer) double(f float64) *Error {
	s, err := formatDouble(f)
	if err != nil {
		return err
	}
	w.out = append(w.out, s...)
	return nil
}

func (w *writer) open(bracket byte) *Error {
	if w.depth == 0 {
		return w.fail(ErrTooDeep, "")
	}
	w.depth--
	w.out = append(w.out, bracket)
	return nil
}

func (w *writer) close(bracket byte) {
	w.depth++
	w.out = append(w.out, bracket)
}

func (w *writer) array(list []any) *Error {
	if err := w.open('['); err != nil {
		return err
	}
	for i, v := range list {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if err := w.value(v); err != nil {
			return err.within(index(i))
		}
	}
	w.close(']')
	return nil
}

func (w *writer) object(members map[string]any) *Error {
	if err := w.open('{'); err != nil {
		return err
	}
	base := len(w.names)
	for name := range members { // sorted below
		w.names = append(w.names, name)
	}
	names := w.names[base:]
	slices.SortFunc(names, order)
	for i, name := range names {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if err := w.string(name); err != nil {
			return err.within(name)
		}
		w.out = append(w.out, ':')
		if err := w.value(members[name]); err != nil {
			return err.within(name)
		}
	}
	w.names = w.names[:base]
	w.close('}')
	return nil
}

// string writes s as RFC 8785 3.2.2.2 says.
func (w *writer) string(s string) *Error {
	out := append(w.out, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 || noncharacter(r) {
				return w.fail(ErrUnicode, "string")
			}
			i += n
			continue
		}
		if c >= 0x20 && c != '"' && c != '\\' {
			i++
			continue
		}
		out = append(out, s[from:i]...)
		out = appendEscape(out, c)
		i++
		from = i
	}
	out = append(out, s[from:]...)
	w.out = append(out, '"')
	return nil
}

func appendEscape(out []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(out, '\\', c)
	case '\b':
		return append(out, '\\', 'b')
	case '\t':
		return append(out, '\\', 't')
	case '\n':
		return append(out, '\\', 'n')
	case '\f':
		return append(out, '\\', 'f')
	case '\r':
		return append(out, '\\', 'r')
	}
	const hex = "0123456789abcdef"
	return append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
