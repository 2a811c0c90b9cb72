package trust

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// Bounds of a search: candidates in all and for one resource at least, keys looked at for each candidate, and keys that
// may lie between two of them before the index is opened anew.
const (
	maxCandidates    = maxWalked
	minPerResource   = 16
	keysPerCandidate = 16
	skippedInOneScan = 8
)

// candidate is an accreditation that could be in force at an instant, before its record is read.
type candidate struct {
	id    op.ID
	level byte
}

// candidates lists what could give a subject a right at an instant, nearest to the league first: the last accreditation
// given until then by each authority, for the resource and for every declared prefix of it. complete is false where the bound
// cut it off.
func candidates(r exec.Reader, subject did.DID, action Action, resource governance.Resource, at int64) (list []candidate, complete bool, err error) {
	resources := covering(r, searchFor(subject, action), resource)
	share, complete := max(maxCandidates/len(resources), minPerResource), true
	for _, text := range resources {
		prefix := append(searchFor(subject, action), text...)
		some, all, err := inForceBy(r, append(prefix, 0), at, share)
		if err != nil {
			return nil, false, err
		}
		list, complete = append(list, some...), complete && all
	}
	// Stable: within a level, the resource itself comes first, then authorities in the order of their hashes.
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.level, b.level) })
	return list, complete, nil
}

// covering lists the resource texts under prefix that cover a resource: itself, and the declared prefixes of it that
// have entries. Prefixes of one text are found by jumping from each to the next possible one, whatever lies between.
func covering(r exec.Reader, prefix []byte, resource governance.Resource) []string {
	const declared = "prefix:"
	list := []string{string(resource)}
	kind, text, _ := strings.Cut(string(resource), ":")
	if kind == "schema" {
		return list
	}
	base := append(bytes.Clone(prefix), declared...)
	for n := 0; n <= len(text); {
		found, ok := firstText(r, append(bytes.Clone(base), text[:n]...), afterPrefix(base), len(base))
		if !ok {
			return list
		}
		common := commonPrefix(found, text)
		switch {
		case common == len(found):
			if declared+found != string(resource) {
				list = append(list, declared+found)
			}
			n = common + 1
		case common == len(text) || found[common] > text[common]:
			return list
		default:
			n = common + 1
		}
	}
	return list
}

// firstText is what stands between the first skip bytes and the zero byte of the first key from start on.
func firstText(r exec.Reader, start, end []byte, skip int) (string, bool) {
	for key := range r.Range(start, end) {
		text, _, _ := bytes.Cut(key[skip:], []byte{0})
		return string(text), true
	}
	return "", false
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// inForceBy lists, of every level and authority under prefix, the last accreditation given until an instant: those before it
// had ended by then, because only one may stand. At most limit entries; all is false where there are more.
func inForceBy(r exec.Reader, prefix []byte, at int64, limit int) (list []candidate, all bool, err error) {
	const group = searchTail - 1 - 16 // level and authority
	end, looked := afterPrefix(prefix), 0
	for seek := prefix; seek != nil; {
		start := seek
		seek = nil
		skipped := 0
		for key, data := range r.Range(start, end) {
			if looked++; looked > limit*keysPerCandidate {
				return list, false, nil
			}
			if seek != nil && bytes.Compare(key, seek) < 0 {
				if skipped++; skipped > skippedInOneScan {
					break
				}
				continue
			}
			of := key[:len(prefix)+group]
			granted := int64(^binary.BigEndian.Uint64(key[len(of):]))
			if granted > at {
				seek, skipped = binary.BigEndian.AppendUint64(bytes.Clone(of), ^uint64(at)), 0
				continue
			}
			if len(list) == limit {
				return list, false, nil
			}
			id, err := readPointer(key, data)
			if err != nil {
				return nil, false, err
			}
			list = append(list, candidate{*id, of[len(prefix)]})
			seek, skipped = afterPrefix(of), 0
		}
		if skipped <= skippedInOneScan {
			return list, true, nil
		}
	}
	return list, true, nil
}
