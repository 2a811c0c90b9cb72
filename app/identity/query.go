package identity

import (
	"bytes"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did"
)

// Get reads the present record; nil if d was never created. An error means that the state is corrupt.
func Get(r exec.Reader, d did.DID) (*Record, error) { return read(r, Key(d), d) }

// Life says whether a DID has a record, and whether it still stands.
type Life struct {
	Known bool  // it was created
	Ended int64 // block time of its deactivation; 0: none
}

// LifeOf is the little of Get that many records are asked for at once: a document of the largest size is not decoded for it.
// The members of a record come in JCS order, `created` first and then, if it is there, `deactivated`.
func LifeOf(r exec.Reader, d did.DID) (Life, error) {
	data := r.Get(Key(d))
	if data == nil {
		return Life{}, nil
	}
	if _, rest, _ := bytes.Cut(data, []byte(",")); !bytes.HasPrefix(rest, []byte(`"deactivated":`)) {
		return Life{Known: true}, nil
	}
	record, err := read(r, Key(d), d)
	if err != nil {
		return Life{}, err
	}
	return Life{Known: true, Ended: record.Updated}, nil
}

func read(r exec.Reader, key []byte, d did.DID) (*Record, error) {
	data := r.Get(key)
	if data == nil {
		return nil, nil
	}
	record, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("record of %s: %w", d, err)
	}
	return record, nil
}

// Select reads a version by id or time (did.At), the present one if both are zero; with both, the version must be the
// one that the time selects. did.ErrNotFound without the DID,
// did.ErrNoVersion if no version fits. Deactivated and Pending are about the DID, whatever version is returned; Disputed is
// about the version.
func Select(r exec.Reader, d did.DID, at did.At) (*Record, error) {
	present, err := Get(r, d)
	if err != nil {
		return nil, err
	}
	if present == nil {
		return nil, did.ErrNotFound
	}
	selected := present
	if !at.Time.IsZero() {
		if selected, err = byTime(r, present, at.Time.Unix()); err != nil {
			return nil, err
		}
	}
	if at.VersionID != "" && at.VersionID != selected.VersionID {
		if !at.Time.IsZero() {
			return nil, did.ErrNoVersion
		}
		if selected, err = byID(r, present, at.VersionID); err != nil {
			return nil, err
		}
	}
	return selected, annotate(r, present, selected)
}

// annotate adds what records of their own say of a DID and of the version that was selected.
func annotate(r exec.Reader, present, selected *Record) (err error) {
	selected.Deactivated = present.Deactivated
	if selected.Pending, err = PendingOf(r, present.DID); err != nil {
		return err
	}
	if selected.N < present.Recovered {
		selected.Disputed, _, err = Disputed(r, present.DID, selected.N)
	}
	return err
}

// Nth reads version n of d, 1 being the first; did.ErrNoVersion if there is none.
func Nth(r exec.Reader, d did.DID, n int64) (*Record, error) {
	present, err := Get(r, d)
	if err != nil {
		return nil, err
	}
	if present == nil {
		return nil, did.ErrNotFound
	}
	if n < 1 || n > present.N {
		return nil, did.ErrNoVersion
	}
	return version(r, present, n)
}

// version reads version n of present's DID.
func version(r exec.Reader, present *Record, n int64) (*Record, error) {
	if n == present.N {
		return present, nil
	}
	record, err := read(r, VersionKey(present.DID, n), present.DID)
	if err == nil && record == nil {
		err = fmt.Errorf("record of %s: version %d is missing", present.DID, n)
	}
	return record, err
}

func byID(r exec.Reader, present *Record, id string) (*Record, error) {
	n, ok := versionNumber(id)
	if !ok || n > present.N {
		return nil, did.ErrNoVersion
	}
	record, err := version(r, present, n)
	if err != nil {
		return nil, err
	}
	if record.VersionID != id {
		return nil, did.ErrNoVersion
	}
	return record, nil
}

// versionNumber reads the number that a version id begins with.
func versionNumber(id string) (int64, bool) {
	number, _, _ := strings.Cut(id, "-")
	n, err := strconv.ParseInt(number, 10, 64)
	return n, err == nil && n >= 1
}

// byTime finds the last version whose block time is ≤ t by binary search over n.
func byTime(r exec.Reader, present *Record, t int64) (*Record, error) {
	if present.Updated <= t {
		return present, nil
	}
	var fault error
	later := sort.Search(int(present.N), func(i int) bool { // number of versions that are not later than t
		if fault != nil {
			return true
		}
		record, err := version(r, present, int64(i)+1)
		if err != nil {
			fault = err
			return true
		}
		return record.Updated > t
	})
	if fault != nil {
		return nil, fault
	}
	if later == 0 {
		return nil, did.ErrNoVersion
	}
	return version(r, present, int64(later))
}

// Version converts a record to what resolvers return, read at ledger height h. The document of the deactivation itself
// is nil. Genesis records have no creation time.
func (r *Record) Version(h int64) did.Version {
	return did.Version{
		Recovery:      r.Pending.version(),
		Disputed:      r.Disputed,
		During:        r.During,
		DID:           r.DID,
		Document:      r.Document,
		N:             r.N,
		VersionID:     r.VersionID,
		Created:       instant(r.Created),
		Updated:       instant(r.Updated),
		NextVersionID: r.NextVersion,
		NextUpdate:    instant(r.NextUpdate),
		Deactivated:   r.Deactivated,
		Height:        h,
	}
}

func (p *Pending) version() *did.Recovery {
	if p == nil {
		return nil
	}
	return &did.Recovery{Operation: p.ID.String(), Base: p.Base, Started: instant(p.Started), Due: instant(p.Due), By: p.by()}
}

// instant converts unix seconds to UTC; 0 is no time.
func instant(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
