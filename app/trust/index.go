package trust

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

const (
	recordPrefix    = "t/a/"
	givenPrefix     = "t/b/"
	subjectPrefix   = "t/c/"
	ofSubjectPrefix = "t/g/"
	lastPrefix      = "t/l/"
	searchPrefix    = "t/s/"
	subjectsKey     = "t/u"
	subjectsPrefix  = "t/u/"
)

// Key is the state key of an accreditation.
func Key(id op.ID) []byte { return append([]byte(recordPrefix), id[:]...) }

// hashed appends SHA-256 of a text to a prefix.
func hashed(prefix, text string) []byte {
	h := sha256.Sum256([]byte(text))
	return append([]byte(prefix), h[:]...)
}

func subjectKey(d did.DID) []byte { return hashed(subjectPrefix, string(d)) }

func ofSubjectKey(d did.DID, n int64) []byte {
	return binary.BigEndian.AppendUint64(hashed(ofSubjectPrefix, string(d)), uint64(n))
}

func subjectsEntry(n int64) []byte {
	return binary.BigEndian.AppendUint64([]byte(subjectsPrefix), uint64(n))
}

// givenBy begins the keys of what an authority gave under parent (nil: of its own right).
func givenBy(authority string, parent *op.ID) []byte {
	key := hashed(givenPrefix, authority)
	if parent == nil {
		return append(key, make([]byte, len(op.ID{}))...)
	}
	return append(key, parent[:]...)
}

func (a *Accreditation) givenKey() []byte {
	key := binary.BigEndian.AppendUint64(givenBy(a.Authority, a.Parent), uint64(a.Height))
	return append(key, a.ID[:]...)
}

// lastKey names what may stand only once: an authority, a subject, an action and a resource.
func lastKey(authority string, subject did.DID, action Action, resource governance.Resource) []byte {
	return hashed(lastPrefix, authority+"\x00"+string(subject)+"\x00"+string(action)+"\x00"+string(resource))
}

// searchFor begins the keys of what a subject holds of an action; the resource's text follows.
func searchFor(subject did.DID, action Action) []byte {
	return append(hashed(searchPrefix, string(subject)), action.letter())
}

// letter is an action in one byte.
func (a Action) letter() byte {
	if a == "" {
		return 0
	}
	return a[0] // a, i, v
}

// searchTail is the length of what follows the resource in a search key: zero byte, level, authority, times.
const searchTail = 1 + 1 + sha256.Size + 8 + 8

func (a *Accreditation) searchKey() []byte {
	key := append(searchFor(a.Subject, a.Action), a.Resource...)
	key = append(key, 0, byte(a.Level))
	h := sha256.Sum256([]byte(a.Authority))
	key = append(key, h[:]...)
	key = binary.BigEndian.AppendUint64(key, ^uint64(a.Granted))
	return binary.BigEndian.AppendUint64(key, ^uint64(a.Number))
}

// add writes a new accreditation with all its index entries, and numbers it.
func (a *Accreditation) add(s exec.Store) error {
	if err := a.count(s); err != nil {
		return err
	}
	pointer := map[string]any{"id": a.ID.String()}
	for _, key := range [...][]byte{
		ofSubjectKey(a.Subject, a.Number), lastKey(a.Authority, a.Subject, a.Action, a.Resource), a.searchKey(),
	} {
		if err := putValue(s, key, pointer); err != nil {
			return err
		}
	}
	if err := putValue(s, a.givenKey(), map[string]any{}); err != nil {
		return err
	}
	return a.put(s)
}

// count gives a its number, and its subject one if it is new.
func (a *Accreditation) count(s exec.Store) error {
	given, number, err := readSubject(s, a.Subject)
	if err != nil {
		return err
	}
	if given == 0 {
		if number, err = readCount(s, subjectsKey); err != nil {
			return err
		}
		if err := putValue(s, subjectsEntry(number), map[string]any{"did": string(a.Subject)}); err != nil {
			return err
		}
		if err := putValue(s, []byte(subjectsKey), map[string]any{"count": number + 1}); err != nil {
			return err
		}
	}
	a.Number = given
	return putValue(s, subjectKey(a.Subject), map[string]any{"count": given + 1, "number": number})
}

// readSubject reads how many accreditations d was given, and its number among subjects.
func readSubject(r exec.Reader, d did.DID) (given, number int64, err error) {
	data := r.Get(subjectKey(d))
	if data == nil {
		return 0, 0, nil
	}
	m, err := object.Parse(data)
	if err != nil {
		return 0, 0, fmt.Errorf("subject %s: %w", d, err)
	}
	given, number = m.Int("count"), m.Int("number")
	return given, number, m.Done()
}
