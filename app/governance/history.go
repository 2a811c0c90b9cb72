package governance

import (
	"encoding/binary"
	"fmt"
	"math"
	"sort"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// Centers and rule tables are versioned: the present version stands under the noun's own key, version n under its number
// once it is superseded, and none is ever rewritten. So "was it an active center then" and "did the rules permit it then"
// have an answer for every block time.

const centerHistoryPrefix = "g/h/"

// CenterVersionKey is the state key of superseded version n of a center's record.
func CenterVersionKey(h op.CenterHash, n int64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(centerHistoryPrefix), h[:]...), uint64(n))
}

// At reads the version of a center's record that was in force at block time t (unix seconds); nil if d was no member then:
// not yet, or removed.
func At(r exec.Reader, d did.DID, t int64) (*Center, error) {
	present, err := Get(r, d)
	if err != nil || present == nil {
		return nil, err
	}
	n, err := versionAt(present.N, t, func(n int64) (int64, error) {
		c, err := nth(r, present, n)
		if err != nil {
			return 0, err
		}
		return c.Since, nil
	})
	if err != nil || n == 0 {
		return nil, err
	}
	c, err := nth(r, present, n)
	if err != nil || c.Status == Removed {
		return nil, err
	}
	return c, nil
}

// History lists all versions of a center's record, oldest first; nil if d never was a center. A center can make many.
func History(r exec.Reader, d did.DID) ([]Center, error) { return Latest(r, d, math.MaxInt64) }

// Latest lists the last versions of a center's record, at most limit of them, oldest first; nil if d never was a center.
func Latest(r exec.Reader, d did.DID, limit int64) ([]Center, error) {
	present, err := Get(r, d)
	if err != nil || present == nil {
		return nil, err
	}
	var list []Center
	for n := max(1, present.N-limit+1); n <= present.N; n++ {
		c, err := nth(r, present, n)
		if err != nil {
			return nil, err
		}
		list = append(list, *c)
	}
	return list, nil
}

// nth reads version n of present's record.
func nth(r exec.Reader, present *Center, n int64) (*Center, error) {
	if n == present.N {
		return present, nil
	}
	c, err := readCenter(r, CenterVersionKey(op.HashCenter(present.DID), n))
	if err == nil && c == nil {
		err = fmt.Errorf("center %s: version %d is missing", present.Name, n)
	}
	return c, err
}

// versionAt finds the last of versions 1 to last whose time is not after t, by binary search; 0 if there is none.
func versionAt(last, t int64, since func(n int64) (int64, error)) (int64, error) {
	var fault error
	later := sort.Search(int(last), func(i int) bool {
		at, err := since(int64(i) + 1)
		if err != nil {
			fault = err
		}
		return fault != nil || at > t
	})
	return int64(later), fault
}
