package identity

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// Check reads everything this package keeps and reports what breaks its invariants (fsck): every record decodes, is in
// JCS form and stands under its key; versions 1 to n of a DID are all there, each naming the one that follows, in the
// order of their times; every recovery that took effect made the version it says, and every pending one is in the calendar.
func Check(r exec.Reader, problem func(error)) {
	for key, data := range r.Range([]byte("i/"), exec.PrefixEnd("i/")) {
		if !jcs.IsCanonical(data) {
			problem(fmt.Errorf("%q: not in JCS form", key))
		}
	}
	for key, data := range r.Range([]byte(recordPrefix), exec.PrefixEnd(recordPrefix)) {
		record, err := decode(data)
		if err != nil {
			problem(fmt.Errorf("%q: %w", key, err))
			continue
		}
		if !bytes.Equal(key, Key(record.DID)) {
			problem(fmt.Errorf("record of %s: stands under another DID's key", record.DID))
		}
		checkVersions(r, record, problem)
	}
	checkOwners(r, problem)
	checkRecovered(r, problem)
	checkPending(r, problem)
	checkTallies(r, quotaPrefix, hour, problem)
	checkTallies(r, startsPrefix, day, problem)
}

func checkTallies(r exec.Reader, prefix string, p period, problem func(error)) {
	for key, data := range r.Range([]byte(prefix), exec.PrefixEnd(prefix)) {
		if _, err := decodeTally(data, p); err != nil {
			problem(fmt.Errorf("%q: %w", key, err))
		}
	}
}

func checkVersions(r exec.Reader, present *Record, problem func(error)) {
	if (present.Document == nil) != present.Deactivated {
		problem(fmt.Errorf("record of %s: a document or deactivated, not both", present.DID))
	}
	if present.NextVersion != "" {
		problem(fmt.Errorf("record of %s: the present version names a next one", present.DID))
	}
	checkMade(r, present, problem)
	next := present
	for n := present.N - 1; n >= 1; n-- {
		record, err := version(r, present, n)
		if err != nil {
			problem(err)
			return
		}
		ordered := record.Updated <= next.Updated && record.Height <= next.Height && record.Created == next.Created
		linked := record.NextVersion == next.VersionID && record.NextUpdate == next.Updated
		numbered := record.DID == present.DID && record.N == n && strings.HasPrefix(record.VersionID, versionID(n, ""))
		recovered := next.Recovered == record.Recovered || next.Recovered == next.N
		if !ordered || !linked || !numbered || !recovered || record.Deactivated || record.Document == nil {
			problem(fmt.Errorf("record of %s: version %d does not lead to version %d", present.DID, n, n+1))
		}
		checkMade(r, record, problem)
		next = record
	}
}

// checkOwners reports superseded versions that no present record accounts for.
func checkOwners(r exec.Reader, problem func(error)) {
	for key := range r.Range([]byte(versionPrefix), exec.PrefixEnd(versionPrefix)) {
		d, _, _ := bytes.Cut(key[len(versionPrefix):], []byte{0})
		present, err := Get(r, did.DID(d))
		if err != nil {
			continue // reported with the record itself
		}
		if present == nil || bytes.Compare(key, VersionKey(present.DID, present.N)) >= 0 {
			problem(fmt.Errorf("%q: belongs to no DID", key))
		}
	}
}
