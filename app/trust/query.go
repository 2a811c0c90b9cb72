package trust

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// Get reads an accreditation; nil if there is none. An error means that the state is corrupt.
func Get(r exec.Reader, id op.ID) (*Accreditation, error) {
	data := r.Get(Key(id))
	if data == nil {
		return nil, nil
	}
	return Decode(data)
}

// must reads an accreditation that another record names.
func must(r exec.Reader, id op.ID) (*Accreditation, error) {
	a, err := Get(r, id)
	if err == nil && a == nil {
		err = fmt.Errorf("accreditation %s: missing", id)
	}
	return a, err
}

// Above reads the accreditations above a, from its parent up to the root: none for one of its authority's own right.
func Above(r exec.Reader, a *Accreditation) ([]*Accreditation, error) {
	var above []*Accreditation
	for at := a; at.Parent != nil; {
		if len(above) == maxLevel {
			return nil, fmt.Errorf("accreditation %s: more than %d above it", a.ID, maxLevel)
		}
		parent, err := must(r, *at.Parent)
		if err != nil {
			return nil, err
		}
		above = append(above, parent)
		at = parent
	}
	return above, nil
}

// latest reads the last accreditation of an authority, subject, action and resource; nil if there never was one.
func latest(r exec.Reader, authority string, subject did.DID, action Action, resource governance.Resource) (*Accreditation, error) {
	key := lastKey(authority, subject, action, resource)
	id, err := readPointer(key, r.Get(key))
	if err != nil || id == nil {
		return nil, err
	}
	return must(r, *id)
}

// SubjectCount is the number of DIDs that were ever accredited.
func SubjectCount(r exec.Reader) (int64, error) { return readCount(r, subjectsKey) }

// Subjects lists the DIDs that were ever accredited, in the order of their first accreditation, from number `from` (0: the
// first) on, at most limit.
func Subjects(r exec.Reader, from int64, limit int) ([]did.DID, error) {
	var page []did.DID
	for key, data := range r.Range(subjectsEntry(max(from, 0)), exec.PrefixEnd(subjectsPrefix)) {
		if len(page) >= limit {
			break
		}
		m, err := object.Parse(data)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", key, err)
		}
		page = append(page, did.DID(m.String("did")))
		if err := m.Done(); err != nil {
			return nil, fmt.Errorf("%q: %w", key, err)
		}
	}
	return page, nil
}

// OfSubject lists what a DID was ever given, in the order it was given, from number `from` (0: the first) on, at most limit;
// total is how many there are.
func OfSubject(r exec.Reader, subject did.DID, from int64, limit int) (page []Accreditation, total int64, err error) {
	total, _, err = readSubject(r, subject)
	if err != nil {
		return nil, 0, err
	}
	for n := max(from, 0); n < total && len(page) < limit; n++ {
		key := ofSubjectKey(subject, n)
		id, err := readPointer(key, r.Get(key))
		if err != nil {
			return nil, 0, err
		}
		if id == nil {
			return nil, 0, fmt.Errorf("%q: missing", key)
		}
		a, err := must(r, *id)
		if err != nil {
			return nil, 0, err
		}
		page = append(page, *a)
	}
	return page, total, nil
}

// Filter selects accreditations: by subject, by authority, by parent, or all; After is the id the page follows (nil: from
// the start).
type Filter struct {
	Subject   did.DID
	Authority string
	Parent    *op.ID
	Action    Action              // "": any
	Resource  governance.Resource // "": any
	After     *op.ID
	Limit     int // 1…1,000
}

// Bounds of List: records of one page, and records read for it.
const (
	maxPage  = 1000
	maxReads = 2000
)

// List reads a page in a stable order: of a subject or an authority as it was given (an authority's by parent), of all by
// id. It reads at most 2,000 records, so a page may be shorter than Limit, or empty, although there are more; next is After for
// the following page, nil at the end. *exec.Error: CodeMalformed for a limit out of bounds, CodeUnknownGrant for an After or
// Parent that is not there.
func List(r exec.Reader, f Filter) (page []Accreditation, next *op.ID, err error) {
	if f.Limit < 1 || f.Limit > maxPage {
		return nil, nil, exec.Errorf(exec.CodeMalformed, "limit %d: 1 to %d expected", f.Limit, maxPage)
	}
	l, err := f.plan(r)
	if err != nil {
		return nil, nil, err
	}
	var last op.ID
	reads := 0
	for key, data := range r.Range(l.start, l.end) {
		if len(page) == f.Limit || reads == maxReads {
			return page, &last, nil
		}
		reads++
		a, err := l.read(r, key, data)
		if err != nil {
			return nil, nil, err
		}
		last = a.ID
		if f.matches(a) {
			page = append(page, *a)
		}
	}
	return page, nil, nil
}

// listing is an index to walk.
type listing struct {
	start, end []byte
	read       func(r exec.Reader, key, data []byte) (*Accreditation, error)
}

// plan chooses the index that holds the fewest others.
func (f *Filter) plan(r exec.Reader) (*listing, error) {
	var prefix []byte
	var key func(*Accreditation) []byte
	read := readGiven
	switch {
	case f.Parent != nil:
		parent, err := Get(r, *f.Parent)
		if err != nil {
			return nil, err
		}
		if parent == nil {
			return nil, exec.Errorf(exec.CodeUnknownGrant, "parent %s: no such accreditation", *f.Parent)
		}
		prefix, key = givenBy(string(parent.Subject), f.Parent), (*Accreditation).givenKey
	case f.Subject != "":
		prefix, read = hashed(ofSubjectPrefix, string(f.Subject)), readPointed
		key = func(a *Accreditation) []byte { return ofSubjectKey(a.Subject, a.Number) }
	case f.Authority != "":
		prefix, key = hashed(givenPrefix, f.Authority), (*Accreditation).givenKey
	default:
		prefix, read = []byte(recordPrefix), readRecord
		key = func(a *Accreditation) []byte { return Key(a.ID) }
	}
	l := &listing{start: prefix, end: afterPrefix(prefix), read: read}
	if f.After == nil {
		return l, nil
	}
	a, err := Get(r, *f.After)
	if err != nil {
		return nil, err
	}
	if a == nil || !bytes.HasPrefix(key(a), prefix) {
		return nil, exec.Errorf(exec.CodeUnknownGrant, "after %s: no such accreditation in this list", *f.After)
	}
	l.start = append(key(a), 0)
	return l, nil
}

func readRecord(_ exec.Reader, _, data []byte) (*Accreditation, error) { return Decode(data) }

func readGiven(r exec.Reader, key, _ []byte) (*Accreditation, error) {
	var id op.ID
	if len(key) != len(givenPrefix)+sha256.Size+len(id)+8+len(id) {
		return nil, fmt.Errorf("%q: not the key of an accreditation given", key)
	}
	copy(id[:], key[len(key)-len(id):])
	return must(r, id)
}

func readPointed(r exec.Reader, key, data []byte) (*Accreditation, error) {
	id, err := readPointer(key, data)
	if err != nil {
		return nil, err
	}
	return must(r, *id)
}

func (f *Filter) matches(a *Accreditation) bool {
	return (f.Subject == "" || a.Subject == f.Subject) && (f.Authority == "" || a.Authority == f.Authority) &&
		(f.Parent == nil || a.Parent != nil && *a.Parent == *f.Parent) &&
		(f.Action == "" || a.Action == f.Action) && (f.Resource == "" || a.Resource == f.Resource)
}

// afterPrefix is the first key after all that begin with prefix, whatever bytes it ends in; nil: to the end of the store.
func afterPrefix(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xFF {
			end := bytes.Clone(prefix[:i+1])
			end[i]++
			return end
		}
	}
	return nil
}
