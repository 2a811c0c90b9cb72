// Package object reads the members of a JSON object strictly: every member has the expected type, and no other member
// is there. Operation bodies and state records are read with it, so that one text has one meaning (`ledger.md` 1).
//
//	r := object.New(body, "/body")
//	list, size := r.String("list"), r.Int("size")
//	if err := r.Done(); err != nil { … }
package object

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did/jcs"
)

// Error says which member is wrong (JSON pointer) and why.
type Error struct {
	Pointer string
	Reason  string
}

func (e *Error) Error() string { return e.Pointer + ": " + e.Reason }

// Reader reads one object. The first fault is kept; after it every read returns a zero value. Done tells.
type Reader struct {
	members map[string]any
	pointer string
	seen    int
	err     *Error
}

// New returns a reader over members; pointer (RFC 6901) says where the object stands.
func New(members map[string]any, pointer string) *Reader {
	return &Reader{members: members, pointer: pointer}
}

// Parse returns a reader over a state record: a JSON object of integers and strings (jcs.ParseIntegers).
func Parse(data []byte) (*Reader, error) {
	value, err := jcs.ParseIntegers(data, jcs.Limits{})
	if err != nil {
		return nil, err
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("record is not an object")
	}
	return New(members, ""), nil
}

// Malformed makes the refusal of an operation out of what Done returned.
func Malformed(err error) *exec.Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return exec.Errorf(exec.CodeMalformed, "%s", e.Error()).At(e.Pointer)
	}
	return exec.Errorf(exec.CodeMalformed, "%v", err)
}

// Texts is the inverse of Strings: the array that is encoded.
func Texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// Fail records a fault of a member, unless there is one already.
func (r *Reader) Fail(name, reason string) {
	if r.err == nil {
		r.err = &Error{Pointer: r.pointer + "/" + escaper.Replace(name), Reason: reason}
	}
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

// Done returns the first fault (*Error), a member that nobody asked for included.
func (r *Reader) Done() error {
	if r.err == nil && r.seen < len(r.members) {
		r.err = &Error{Pointer: r.pointer, Reason: "unknown member"}
	}
	if r.err != nil {
		return r.err
	}
	return nil
}

// Has reports whether the member is there, without reading it.
func (r *Reader) Has(name string) bool {
	_, ok := r.members[name]
	return ok
}

// Any returns a member of any type; it is a fault if it is absent.
func (r *Reader) Any(name string) any {
	v, ok := r.members[name]
	if !ok {
		r.Fail(name, "missing")
		return nil
	}
	r.seen++
	return v
}

// String returns a string member.
func (r *Reader) String(name string) string { return typed[string](r, name, "not a string") }

// Int returns an integer member.
func (r *Reader) Int(name string) int64 { return typed[int64](r, name, "not an integer") }

// Object returns an object member.
func (r *Reader) Object(name string) map[string]any {
	return typed[map[string]any](r, name, "not an object")
}

// List returns an array member.
func (r *Reader) List(name string) []any { return typed[[]any](r, name, "not an array") }

func typed[T any](r *Reader, name, reason string) T {
	v := r.Any(name)
	t, ok := v.(T)
	if !ok {
		r.Fail(name, reason)
	}
	return t
}

// Strings returns an array of strings, in a slice of its own.
func (r *Reader) Strings(name string) []string {
	list := r.List(name)
	out := make([]string, 0, len(list))
	for i, v := range list {
		s, ok := v.(string)
		if !ok {
			r.Fail(name, "item "+strconv.Itoa(i)+" is not a string")
			return nil
		}
		out = append(out, s)
	}
	return out
}

// OptInt is Int with a value for absence.
func (r *Reader) OptInt(name string, absent int64) int64 {
	if !r.Has(name) {
		return absent
	}
	return r.Int(name)
}

// OptString is String, empty where absent.
func (r *Reader) OptString(name string) string {
	if !r.Has(name) {
		return ""
	}
	return r.String(name)
}

// OptStrings is Strings, nil where absent.
func (r *Reader) OptStrings(name string) []string {
	if !r.Has(name) {
		return nil
	}
	return r.Strings(name)
}

// OptObject is Object, nil where absent.
func (r *Reader) OptObject(name string) map[string]any {
	if !r.Has(name) {
		return nil
	}
	return r.Object(name)
}

// OptTrue reads a marker: absent is false, and present it must be true (a record has one form only).
func (r *Reader) OptTrue(name string) bool {
	if !r.Has(name) {
		return false
	}
	if v := typed[bool](r, name, "not a boolean"); !v {
		r.Fail(name, "false is written by absence")
	}
	return true
}

// Names lists the member names of an object in byte order: the only way to walk a map under consensus.
func Names(members map[string]any) []string { return slices.Sorted(maps.Keys(members)) }
