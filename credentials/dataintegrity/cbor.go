package dataintegrity

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Major types of CBOR (RFC 8949 section 3.1).
const (
	cborUnsigned = 0
	cborBytes    = 2
	cborText     = 3
	cborArray    = 4
	cborMap      = 5
)

// cborWriter writes the little CBOR that proof values are made of.
type cborWriter struct{ data []byte }

func (w *cborWriter) head(major byte, n int) {
	switch major <<= 5; {
	case n < 24:
		w.data = append(w.data, major|byte(n))
	case n < 1<<8:
		w.data = append(w.data, major|24, byte(n))
	case n < 1<<16:
		w.data = binary.BigEndian.AppendUint16(append(w.data, major|25), uint16(n))
	default:
		w.data = binary.BigEndian.AppendUint32(append(w.data, major|26), uint32(n))
	}
}

func (w *cborWriter) bytes(b []byte) {
	w.head(cborBytes, len(b))
	w.data = append(w.data, b...)
}

func (w *cborWriter) list(items [][]byte) {
	w.head(cborArray, len(items))
	for _, item := range items {
		w.bytes(item)
	}
}

func (w *cborWriter) multibase() string { return "u" + base64.RawURLEncoding.EncodeToString(w.data) }

// cborReader reads it: shortest heads, definite lengths, no tags. The first fault stays; after it everything is empty.
type cborReader struct {
	data []byte
	err  error
}

func (r *cborReader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: proofValue: %s", ErrMalformed, what)
	}
	r.data = nil
}

// head reads the head of an item of a major type: its number or length.
func (r *cborReader) head(major byte) int {
	if len(r.data) == 0 || r.data[0]>>5 != major {
		r.fail("not the CBOR that is expected")
		return 0
	}
	short := int(r.data[0] & 31)
	size := map[int]int{24: 1, 25: 2, 26: 4}[short]
	if short >= 24 && size == 0 || len(r.data) < 1+size {
		r.fail("a CBOR head of another length")
		return 0
	}
	n := short
	if size > 0 {
		n = 0
		for _, b := range r.data[1 : 1+size] {
			n = n<<8 | int(b)
		}
		if n < map[int]int{1: 24, 2: 1 << 8, 4: 1 << 16}[size] {
			r.fail("a CBOR head that is longer than it must be")
			return 0
		}
	}
	r.data = r.data[1+size:]
	return n
}

func (r *cborReader) count(major byte, most int) int {
	n := r.head(major)
	if n > most {
		r.fail("too many items")
		return 0
	}
	return n
}

func (r *cborReader) expect(major byte, n int) {
	if r.head(major) != n {
		r.fail("another number of components")
	}
}

func (r *cborReader) take(n int) []byte {
	if n > len(r.data) {
		r.fail("cut off")
		return nil
	}
	out := r.data[:n:n]
	r.data = r.data[n:]
	return out
}

func (r *cborReader) bytes(size int) []byte {
	if r.head(cborBytes) != size {
		r.fail(fmt.Sprintf("a component is not %d bytes long", size))
		return nil
	}
	return r.take(size)
}

func (r *cborReader) list() (out [][]byte) {
	for range r.count(cborArray, maxStatements) {
		out = append(out, r.bytes(signatureSize))
	}
	return out
}

func (r *cborReader) text() string {
	text := string(r.take(r.head(cborText)))
	if !utf8.ValidString(text) {
		r.fail("text is not UTF-8")
	}
	return text
}

func (r *cborReader) end() error {
	if r.err == nil && len(r.data) > 0 {
		r.fail("more after its end")
	}
	return r.err
}
