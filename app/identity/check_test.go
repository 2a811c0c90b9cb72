package identity

import (
	"strings"
	"testing"

	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/exec/exectest"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// recoveredState is a DID of four versions, the third made by a recovery from the first, with another recovery pending.
func recoveredState(t *testing.T) (*exectest.Store, *Pending) {
	t.Helper()
	s := exectest.NewStore()
	document := &did.Document{Context: []any{did.Context}, ID: self}
	env := &exec.Env{Store: s, League: "test"}
	declared := &Recovery{Set: []did.DID{friend}, Threshold: 1, Delay: 100}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r := &Record{DID: self, N: 1, VersionID: versionID(1, op.ID{1}.String()), Document: document, Threshold: 1, Recovery: declared, Created: 5, Updated: 5, Height: 1}
	must(put(s, Key(self), r))
	env.Block = exec.Block{Height: 2, Time: 10}
	must(supersede(env, r, &Record{DID: self, Document: document, Threshold: 1, Recovery: declared, Updated: 10, Height: 2}, op.ID{2}, "did.updated"))
	pend := func(id op.ID, base int64) *Pending {
		present, err := Get(s, self)
		must(err)
		b, err := version(s, present, base)
		must(err)
		st := &start{target: target{did: self, document: document, threshold: 1, recovery: declared}, present: present, base: b}
		p := &Pending{ID: id}
		must(st.begin(env, p))
		return p
	}
	p := pend(op.ID{3}, 1)
	env.Block = exec.Block{Height: 3, Time: p.Due}
	must(FireRecovery(env, p.ref()))
	present, err := Get(s, self)
	must(err)
	env.Block = exec.Block{Height: 4, Time: p.Due + 1}
	must(supersede(env, present, &Record{DID: self, Document: document, Threshold: 1, Recovery: declared, Updated: p.Due + 1, Height: 4}, op.ID{4}, "did.updated"))
	must(countOne(s, startsKey(self, 3), day, p.Due))
	return s, pend(op.ID{5}, 3)
}

func problems(s exec.Reader) (list []string) {
	Check(s, func(err error) { list = append(list, err.Error()) })
	return list
}

func TestCheckFindsBrokenRecoveries(t *testing.T) {
	if s, _ := recoveredState(t); problems(s) != nil {
		t.Fatalf("a sound state: %q", problems(s))
	}
	change := func(s *exectest.Store, key []byte, old, now string) {
		data := string(s.Get(key))
		if !strings.Contains(data, old) {
			t.Errorf("%s has no %s", data, old)
		}
		s.Set(key, []byte(strings.ReplaceAll(data, old, now)))
	}
	for name, damage := range map[string]func(*exectest.Store, *Pending){
		"pending without an item": func(s *exectest.Store, p *Pending) { due.Drop(s, p.entry()) },
		"item without a pending":  func(s *exectest.Store, p *Pending) { s.Delete(PendingKey(self)) },
		"pending at another time": func(s *exectest.Store, p *Pending) { change(s, PendingKey(self), `"due":`, `"due":1`) },
		"pending of another DID":  func(s *exectest.Store, p *Pending) { change(s, PendingKey(self), self, friend) },
		"pending from below a recovery": func(s *exectest.Store, p *Pending) {
			change(s, PendingKey(self), p.Base, versionID(1, op.ID{1}.String()))
		},
		"pending from nowhere":            func(s *exectest.Store, p *Pending) { change(s, PendingKey(self), p.Base, "9-x") },
		"pending that is no JSON":         func(s *exectest.Store, p *Pending) { s.Set(PendingKey(self), []byte("x")) },
		"pending with an unknown member":  func(s *exectest.Store, p *Pending) { change(s, PendingKey(self), `"did":`, `"dib":1,"did":`) },
		"pending that is not in JCS form": func(s *exectest.Store, p *Pending) { change(s, PendingKey(self), `"did":`, ` "did":`) },
		"recovery that is not there":      func(s *exectest.Store, p *Pending) { s.Delete(recoveredKey(self, 3)) },
		"recovery of no version":          func(s *exectest.Store, p *Pending) { s.Set(recoveredKey(self, 9), s.Get(recoveredKey(self, 3))) },
		"recovery that made another":      func(s *exectest.Store, p *Pending) { change(s, recoveredKey(self, 3), `"n":3`, `"n":4`) },
		"recovery from above":             func(s *exectest.Store, p *Pending) { change(s, recoveredKey(self, 3), `"base":1`, `"base":3`) },
		"recovery by another operation": func(s *exectest.Store, p *Pending) {
			change(s, recoveredKey(self, 3), op.ID{3}.String(), op.ID{4}.String())
		},
		"record that forgot its recovery": func(s *exectest.Store, p *Pending) { change(s, Key(self), `,"recovered":3`, ``) },
		"record with a recovery of its own": func(s *exectest.Store, p *Pending) {
			change(s, VersionKey(self, 2), `,"recovery":`, `,"recovered":2,"recovery":`)
		},
		"count that is none": func(s *exectest.Store, p *Pending) { s.Set(startsKey(self, 3), []byte(`{"count":1,"hour":2}`)) },
	} {
		s, p := recoveredState(t)
		damage(s, p)
		if problems(s) == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

func TestDisputedAsksOneRecovery(t *testing.T) {
	s := exectest.NewStore()
	for _, e := range []recovered{ // 2 and 3 disputed by 4, none by 5, 6 to 8 by 9
		{did: self, n: 4, by: "4-a", base: 1}, {did: self, n: 5, by: "5-b", base: 4}, {did: self, n: 9, by: "9-c", base: 5},
		{did: friend, n: 3, by: "3-d", base: 1},
	} {
		data, err := e.encode()
		if err != nil {
			t.Fatal(err)
		}
		s.Set(recoveredKey(e.did, e.n), data)
	}
	want := map[int64]string{2: "4-a", 3: "4-a", 6: "9-c", 7: "9-c", 8: "9-c"}
	for n := int64(-1); n < 12; n++ {
		by, disputed, err := Disputed(s, self, n)
		if err != nil || by != want[n] || disputed != (want[n] != "") {
			t.Errorf("version %d: disputed %t by %q (%v), want %q", n, disputed, by, err, want[n])
		}
	}
	s.Set(recoveredKey(self, 11), []byte("x"))
	if _, _, err := Disputed(s, self, 9); err == nil {
		t.Error("a broken record says nothing")
	}
}
