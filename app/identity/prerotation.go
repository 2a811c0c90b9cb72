package identity

import (
	"slices"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did"
)

// Pre-rotation (`ledger.md` 3): while a record has `next`, whatever would change who controls it must be signed by
// next keys, which nobody has seen before. Stolen present keys can change the rest of the document, and no more.

// changesControl reports whether t differs from r, whose control keys are own, in control keys, controllers, threshold,
// next or recovery.
func (t *target) changesControl(r *Record, own []controlKey) bool {
	same := slices.Equal(controlSet(own), controlSet(t.control)) &&
		slices.Equal(sorted(r.Document.Controller), sorted(t.document.Controller)) &&
		r.Threshold == t.threshold &&
		slices.Equal(slices.Sorted(slices.Values(r.Next)), slices.Sorted(slices.Values(t.next))) &&
		r.Recovery.same(t.recovery)
	return !same
}

// controlSet lists control keys with their names, in byte order: renaming a key is a change of control.
func controlSet(own []controlKey) []string {
	set := make([]string, len(own))
	for i, k := range own {
		set[i] = k.kid + " " + k.key.Multikey()
	}
	slices.Sort(set)
	return slices.Compact(set)
}

func sorted(list []did.DID) []did.DID { return slices.Compact(slices.Sorted(slices.Values(list))) }

// reveal asks a for next keys: those of candidates whose hashes r.Next lists.
func (a *authority) reveal(r *Record, candidates []controlKey) {
	a.prerotated = true
	for _, k := range candidates {
		if slices.Contains(r.Next, hashKey(k.key)) {
			a.revealed = append(a.revealed, k)
		}
	}
}

// checkNext asks a change of control for a new `next`: a hash of the present one stays only while nobody has seen its key.
func (t *target) checkNext(r *Record, revealed []controlKey) error {
	if len(t.next) == 0 {
		return exec.Errorf(exec.CodePreRotation, "next: a change of control sets a new one").At(t.at + "/next")
	}
	for _, k := range revealed {
		if slices.Contains(t.next, hashKey(k.key)) {
			return exec.Errorf(exec.CodePreRotation, "next: %s was revealed", k.kid).At(t.at + "/next")
		}
	}
	if slices.Equal(slices.Sorted(slices.Values(r.Next)), slices.Sorted(slices.Values(t.next))) {
		return exec.Errorf(exec.CodePreRotation, "next: not a new one").At(t.at + "/next")
	}
	return nil
}
