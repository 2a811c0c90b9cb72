package identity

import (
	"bytes"
	"fmt"
	"math"

	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did"
)

// checkRecovered compares the recoveries that took effect with the versions that they made, and these with them: recoveries
// of a DID follow one another and never reach below one another.
func checkRecovered(r exec.Reader, problem func(error)) {
	var before recovered // the previous one
	for key, data := range r.Range([]byte(recoveredPrefix), exec.PrefixEnd(recoveredPrefix)) {
		e, err := decodeRecovered(data)
		if err != nil {
			problem(fmt.Errorf("%q: %w", key, err))
			continue
		}
		if !bytes.Equal(key, recoveredKey(e.did, e.n)) {
			problem(fmt.Errorf("recovery of %s: stands under another key", e.did))
		}
		record, err := Nth(r, e.did, e.n)
		switch {
		case err != nil:
			problem(fmt.Errorf("recovery of %s: version %d: %w", e.did, e.n, err))
		case record.VersionID != e.by || record.Recovered != e.n || e.by != versionID(e.n, e.id.String()):
			problem(fmt.Errorf("recovery of %s: version %d is another one's", e.did, e.n))
		case e.base < 1 || e.base >= e.n || before.did == e.did && e.base < before.n:
			problem(fmt.Errorf("recovery of %s: version %d continues from %d", e.did, e.n, e.base))
		}
		before = *e
	}
}

// checkMade compares a version with the recovery that it says made it.
func checkMade(r exec.Reader, v *Record, problem func(error)) {
	switch {
	case v.Recovered < 0 || v.Recovered > v.N || v.N == 1 && v.Recovered != 0:
		problem(fmt.Errorf("record of %s: version %d says that a recovery made version %d", v.DID, v.N, v.Recovered))
	case v.Recovered == v.N && r.Get(recoveredKey(v.DID, v.N)) == nil:
		problem(fmt.Errorf("record of %s: no recovery made version %d", v.DID, v.N))
	}
}

// checkPending compares the recoveries that are under way with their DIDs and with the calendar.
func checkPending(r exec.Reader, problem func(error)) {
	items := map[string]due.Item{}
	all, err := due.Until(r, math.MaxInt64-1, math.MaxInt64)
	if err != nil {
		return // reported with the calendar
	}
	for _, item := range all {
		if item.Kind == RecoveryDue {
			items[item.Ref] = item
		}
	}
	pending := 0
	for key, data := range r.Range([]byte(pendingPrefix), exec.PrefixEnd(pendingPrefix)) {
		pending++
		p, err := decodePending(data)
		if err != nil {
			problem(fmt.Errorf("%q: %w", key, err))
			continue
		}
		if !bytes.Equal(key, PendingKey(p.DID)) {
			problem(fmt.Errorf("recovery of %s: stands under another DID's key", p.DID))
		}
		if items[p.ref()] != p.entry() {
			problem(fmt.Errorf("recovery of %s: not in the calendar at %d", p.DID, p.Due))
		}
		if err := checkBase(r, p.DID, p.Base); err != nil {
			problem(fmt.Errorf("recovery of %s: base %q: %w", p.DID, p.Base, err))
		}
	}
	if pending != len(items) {
		problem(fmt.Errorf("recoveries: %d under way, %d in the calendar", pending, len(items)))
	}
}

func checkBase(r exec.Reader, d did.DID, id string) error {
	present, err := active(r, d)
	if err != nil {
		return err
	}
	base, err := byID(r, present, id)
	if err != nil {
		return err
	}
	if base.Recovery == nil || base.N < present.Recovered {
		return fmt.Errorf("no version to recover from")
	}
	return nil
}
