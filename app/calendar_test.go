package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
)

// An idle chain rests: as long as nothing is due, the root stays as it is, whatever is open.
func TestABlockInWhichNothingIsDueWritesNothing(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, `
		propose P as=center-1 kind=center.suspend center=center-4
		pass R as=center-1,center-2,center-3 kind=rules.change rules=sponsor.halt,league,3600
		pass Q as=center-1,center-2,center-3 kind=sponsor.halt center=center-4
		state Q passed
		time +700      # what had to be forgotten is forgotten
		block
	`)
	rest := s.App.Head().AppHash
	for range 5 {
		if got := s.Block().AppHash; !bytes.Equal(rest, got) {
			t.Fatal("an empty block changed the root")
		}
	}
	s.Play("time +3600\nblock\nstate Q executed")
	rest = s.App.Head().AppHash
	if got := s.Block().AppHash; !bytes.Equal(rest, got) {
		t.Error("the block after changed the root")
	}
}

// What is due at once is served in order, some of it in each block.
func TestDueWorkIsBoundedAndCarriesOver(t *testing.T) {
	s := apptest.Run(t, apptest.Options{Params: func(p *exec.Params) { p.BeginBlockItems, p.MaxOpenProposals = 16, 256 }}, "")
	var lines string
	for i := range 32 {
		lines += fmt.Sprintf("propose P%d as=center-1 kind=params.change maxKeys=%d\n", i, 2+i%10)
	}
	s.Play("{\n" + lines + "}")
	closes := apptest.Start + s.Genesis.Params.VotingSeconds
	s.Time = closes
	for block, want := range []int{32, 0} { // 16 at the beginning, 16 at the end
		result := s.Block()
		rejected := 0
		for _, e := range result.Events {
			if e.Type == "proposal.rejected" {
				if want := exec.SubjectProposal(int64(rejected + 1)); e.Subjects[0] != want {
					t.Errorf("%s before %s", e.Subjects[0], want)
				}
				rejected++
			}
		}
		if rejected != want {
			t.Errorf("block %d: %d rejected, want %d", block, rejected, want)
		}
	}
	s = apptest.Run(t, apptest.Options{Params: func(p *exec.Params) { p.BeginBlockItems, p.MaxOpenProposals = 16, 256 }}, "")
	for center := range 4 { // 128 of them: four blocks
		lines = ""
		for i := range 32 {
			lines += fmt.Sprintf("propose P%d as=center-%d kind=params.change maxKeys=%d\n", 32*center+i, center+1, 2+i%10)
		}
		s.Play("{\n" + lines + "}")
	}
	s.Time = closes + 10
	for block := range 4 {
		if n := len(s.Block().Events); n != 32 {
			t.Errorf("block %d: %d events", block, n)
		}
	}
	if n := len(s.Block().Events); n != 0 {
		t.Errorf("%d events after the last", n)
	}
}

// However much falls due at once, whatever it is, a block does its share of it and no more (`reliability.md` 3, 17).
func TestAFloodOfDueItemsIsServedInShares(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	l.Block()
	share := 2 * l.Genesis.Params.BeginBlockItems // at the beginning and at the end
	items := 2*share + 100
	b := l.Store.Begin()
	for i := range items {
		if _, err := due.Put(b, i%7, "nobody", "x"); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Store.Commit(b, 2, nil); err != nil {
		t.Fatal(err)
	}
	for items > 0 {
		result, err := l.App.Execute(l.Input())
		if err != nil {
			t.Fatal(err)
		}
		want := min(items, share)
		if n := int64(len(result.Events)); n != want {
			t.Fatalf("%d items in one block, want %d", n, want)
		}
		if _, err := l.App.Commit(); err != nil && items > share {
			t.Fatal(err)
		}
		items -= want
	}
}

// Votes while what is due waits for its turn: the close counts, not the moment at which it is noticed.
func TestVotesAfterTheCloseAreTooLateEvenIfItIsNotServedYet(t *testing.T) {
	s := apptest.Run(t, apptest.Options{Params: func(p *exec.Params) { p.BeginBlockItems, p.MaxOpenProposals = 16, 256 }}, "")
	var lines string
	for i := range 32 {
		lines += fmt.Sprintf("propose P%d as=center-1 kind=params.change maxKeys=%d\n", i, 2+i%10)
	}
	s.Play("{\n" + lines + "}")
	s.Time = apptest.Start + s.Genesis.Params.VotingSeconds
	s.Play("vote P31 yes as=center-2 -> proposal-closed")
}

// A record that no module can serve is recorded as an event and never stops a block; a corrupt one stops the node.
func TestItemsOfAnUnknownKindAreDropped(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	l.Block()
	b := l.Store.Begin()
	if _, err := due.Put(b, 5, "nobody", "x"); err != nil {
		t.Fatal(err)
	}
	if err := l.Store.Commit(b, 2, nil); err != nil {
		t.Fatal(err)
	}
	result, err := l.App.Execute(l.Input())
	if err != nil {
		t.Fatal(err)
	}
	want := []exec.Event{{Type: "due.failed", Attributes: []exec.Attribute{
		{Name: "kind", Value: "nobody"}, {Name: "ref", Value: "x"}, {Name: "failure", Value: "unknown-type"},
	}}}
	if diff := cmp.Diff(want, result.Events); diff != "" {
		t.Error(diff)
	}
}

func TestAnItemAboutNothingStopsTheNode(t *testing.T) {
	for _, ref := range []string{"execute/7", "execute/x", "close", ""} {
		l := apptest.New(t, apptest.Options{})
		l.Block()
		b := l.Store.Begin()
		if _, err := due.Put(b, 5, governance.DueKind, ref); err != nil {
			t.Fatal(err)
		}
		if err := l.Store.Commit(b, 2, nil); err != nil {
			t.Fatal(err)
		}
		_, err := l.App.Execute(l.Input())
		if _, ok := errors.AsType[*exec.StorageError](err); !ok {
			t.Errorf("%q: %v", ref, err)
		}
	}
}

// From the height of a plan on, a binary that is too old stops before it writes anything.
func TestAnOldBinaryStopsAtTheUpgrade(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, `
		pass P as=center-1,center-2,center-3 kind=upgrade.plan name=two height=3 minVersion=2.1.0
	`)
	s.Block()
	for version, fits := range map[string]bool{
		"": true, "2.1.0": true, "v2.1.0": true, "2.1.1-rc.1": true, "3.0.0": true, "2.1.0+build.7": true,
		"2.0.9": false, "1.9.9": false, "2.1.0-rc.1": false,
	} {
		a, err := app.New(s.Store, app.Options{Version: version})
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Execute(s.Input())
		got, old := errors.AsType[*app.UpgradeError](err)
		if old == fits || err != nil && !old {
			t.Errorf("%q: %v", version, err)
		}
		if want := (app.UpgradeError{Plan: "two", Height: 3, MinVersion: "2.1.0", Version: version}); old && *got != want {
			t.Errorf("%q: %+v", version, got)
		}
		if _, err := a.Commit(); old && !errors.Is(err, app.ErrNoExecuted) {
			t.Errorf("%q: committed (%v)", version, err)
		} else if !old {
			s.Restart()
			s.Time++
		}
	}
	for _, bad := range []string{"devel", "2", "2.1", "2.1.x", "02.1.0", "2.1.0.0", "-2.1.0", "2.1.99999999999"} {
		if _, err := app.New(s.Store, app.Options{Version: bad}); err == nil {
			t.Errorf("version %q: accepted", bad)
		}
	}
}

// A plan for later does not lift the one in force: a binary too old for that stops all the same.
func TestAPlanForLaterLeavesTheOneInForce(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, `
		pass P as=center-1,center-2,center-3 kind=upgrade.plan name=two height=3 minVersion=2.0.0
		block
		block
		pass Q as=center-1,center-2,center-3 kind=upgrade.plan name=three height=90 minVersion=3.0.0
		state Q executed
	`)
	for version, fits := range map[string]bool{"1.9.0": false, "2.0.0": true} {
		a, err := app.New(s.Store, app.Options{Version: version})
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Execute(s.Input())
		got, old := errors.AsType[*app.UpgradeError](err)
		if old == fits || old && got.Plan != "two" {
			t.Errorf("%q: %v", version, err)
		}
	}
}
