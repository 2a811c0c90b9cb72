package identity_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// happened lists what the last block said of a DID: events with their attributes, without ids.
func happened(s *apptest.Script, name string) (list []string) {
	s.TB.Helper()
	view, err := s.App.View(0)
	if err != nil {
		s.TB.Fatal(err)
	}
	defer view.Close()
	block, err := view.Block(view.Head().Height)
	if err != nil {
		s.TB.Fatal(err)
	}
	events := block.Events
	for _, r := range block.Receipts {
		events = append(events, r.Events...)
	}
	for _, e := range events {
		if !slices.Contains(e.Subjects, exec.SubjectDID(s.DIDs[name])) {
			continue
		}
		text := e.Type
		for _, a := range e.Attributes {
			value, _, _ := strings.Cut(a.Value, "-")
			if len(value) > 10 {
				value = "…"
			}
			text += " " + a.Name + "=" + value
		}
		list = append(list, text)
	}
	return list
}

// Caches drop what a block's subjects name: whatever resolution says of a recovery must be the subject of an event.
func TestEveryStepOfARecoveryIsAnEventOfItsDID(t *testing.T) {
	s := apptest.Run(t, apptest.Options{Params: quick}, friends+"create A keys=a1 recovery=B,D delay=1000 league=7000 by a1")
	start := fmt.Sprint(s.Time)
	for _, step := range []struct {
		line string
		want []string
	}{
		{"recover A keys=x1 by B/b1", []string{"did.recovery.started recovery=… by=set base=1 due=" + fmt.Sprint(s.Time+1000)}},
		{"cancel A reason=found by a1", []string{"did.recovery.cancelled recovery=… by=set reason=found"}},
		{"update A keys=a1 recovery=D delay=1000 by a1", []string{"did.updated versionId=2"}},
		{"recover A keys=x1 by D/d1", []string{"did.recovery.started recovery=… by=set base=2 due=" + fmt.Sprint(s.Time+2+7000)}},
		{"recover A keys=x1 prev=1 by B/b1", []string{
			"did.recovery.cancelled recovery=… by=set replacedBy=…",
			"did.recovery.started recovery=… by=set base=1 due=" + fmt.Sprint(s.Time+4+1000),
		}},
		{"after +1000", []string{"did.recovered versionId=3 recovery=… by=set base=1"}},
	} {
		s.Play(step.line)
		if diff := cmp.Diff(step.want, happened(s, "A")); diff != "" {
			t.Errorf("%s (from %s): %s", step.line, start, diff)
		}
	}
}

// Signatures are verified ahead of the block if their questions are known beforehand.
func TestSignaturesOfRecoveriesAreHinted(t *testing.T) {
	s := apptest.Run(t, apptest.Options{Params: quick}, friends+`
		create A keys=a1,a2 threshold=2 recovery=B,C,key:p1 quorum=3 by a1,a2
		recover A keys=x1 by B/b1,C/c1,C/c2,key:p1
	`)
	body := func(kind string, body map[string]any, signers ...apptest.Signer) *op.Operation {
		return s.Decode(s.Sign(s.Draft(kind, s.DIDs["A"], body), signers...))
	}
	view, err := s.App.View(0)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	p, err := identity.PendingOf(view.Reader(), s.DIDs["A"])
	if err != nil {
		t.Fatal(err)
	}
	cancel := body("did.recover.cancel", map[string]any{"recovery": p.ID.String()}, apptest.Signed(s.DIDs["A"], "a1", "a2")...)
	if n := len(s.App.Checks(cancel)); n != 2 {
		t.Errorf("cancellation: %d questions", n)
	}
	s.Play("cancel A by a1,a2")
	set := slices.Concat(apptest.Signed(s.DIDs["B"], "b1"), apptest.Signed(s.DIDs["C"], "c2", "c3"), []apptest.Signer{apptest.Operator("p1")})
	start := body("did.recover", map[string]any{"document": apptest.Document("x1"), "prev": p.Base}, set...)
	if n := len(s.App.Checks(start)); n != 4 {
		t.Errorf("start: %d questions", n)
	}
	if checks := s.App.Checks(body("did.recover", map[string]any{"document": apptest.Document("x1"), "prev": p.Base}, set[0])); checks != nil {
		t.Errorf("what nobody could authorise costs %d signature checks", len(checks))
	}
}

func TestABadSignatureRecoversNothing(t *testing.T) {
	s := apptest.Run(t, apptest.Options{Params: quick}, friends+"create A keys=a1 recovery=B,D quorum=2 by a1")
	view, err := s.App.View(0)
	if err != nil {
		t.Fatal(err)
	}
	r, err := identity.Get(view.Reader(), s.DIDs["A"])
	if err != nil || view.Close() != nil {
		t.Fatal(err)
	}
	draft := s.Draft("did.recover", s.DIDs["A"], map[string]any{"document": apptest.Document("x1"), "prev": r.VersionID})
	forged := s.Sign(draft, apptest.Signed(s.DIDs["B"], "b1")[0], apptest.Signer{KID: apptest.KID(s.DIDs["D"], "d1"), Key: apptest.Key("x1")})
	if got := s.Do(forged)[0].Code; got != exec.CodeBadSignature {
		t.Errorf("got %s", got)
	}
	s.Play("pending A none")
}

// Work of a block is bounded: recoveries that have to wait for the next block are due nevertheless, and nobody cancels them.
func TestRecoveriesThatWaitForTheNextBlockAreDue(t *testing.T) {
	const n = 50
	s := apptest.Run(t, apptest.Options{Params: func(p *exec.Params) { quick(p); p.BeginBlockItems = 16 }}, "create B keys=b1 by b1")
	var create, start, cancel strings.Builder
	for i := range n {
		fmt.Fprintf(&create, "create A%d keys=a%d recovery=B league=700 by a%d\n", i, i, i)
		fmt.Fprintf(&start, "recover A%d keys=x%d by B/b1\n", i, i)
	}
	last := n - 1
	s.Play("{\n" + create.String() + "}")
	s.Play(fmt.Sprintf("update A%d keys=a%d recovery=B league=700 by a%d", last, last, last))
	s.Play("{\n" + start.String() + "}\ntime +99")
	fmt.Fprintf(&cancel, "cancel A%d by a%d -> wrong-state\nupdate A%d keys=a%d services=1 by a%d\n", last, last, last, last, last)
	fmt.Fprintf(&cancel, "recover A%d keys=y1 by B/b1 -> recovery-pending\n", last)
	fmt.Fprintf(&cancel, "propose P as=center-1 kind=did.recover did=A%d keys=y1 prev=1 -> recovery-pending\n", last)
	s.Play("{\n" + cancel.String() + "}")
	versions := func() (fired int) {
		for i := range n {
			v := s.Select("A"+fmt.Sprint(i), did.At{})
			if v.Recovery == nil {
				fired++
			}
		}
		return fired
	}
	if got := versions(); got != 32 {
		t.Errorf("%d recoveries took effect in the first block, want 32: 16 when it begins, 16 when it ends", got)
	}
	s.Play("block")
	if got := versions(); got != n {
		t.Errorf("%d recoveries took effect after the second block, want %d", got, n)
	}
	s.Play(fmt.Sprintf("disputed A%d 3\nversion A%d 4", last, last))
	if err := app.Fsck(s.Store, nil); err != nil {
		t.Error(err)
	}
}

// A key is judged by the instant that is asked for: before and after a rotation, and inside a disputed stretch.
func TestKeysAreValidAsOfATime(t *testing.T) {
	s := apptest.Run(t, apptest.Options{Params: quick}, friends+"create A keys=a1 recovery=B by a1")
	created := s.Time - 1
	s.Play("time +50\nupdate A keys=t1 recovery=B by a1")
	rotated := s.Time - 1
	s.Play("recover A keys=a2 recovery=B prev=1 by B/b1\nafter +100\nupdate A keys=a3 recovery=B by a2")
	recovered := s.Time - 2
	for _, c := range []struct {
		at       int64
		key      string
		disputed bool
	}{
		{created, "a1", false}, {rotated - 1, "a1", false}, {rotated, "t1", true}, {recovered - 1, "t1", true},
		{recovered, "a2", false}, {recovered + 1, "a3", false}, {recovered + 1000, "a3", false},
	} {
		v := s.Select("A", did.At{Time: time.Unix(c.at, 0)})
		if !v.Document.Has(did.CapabilityInvocation, string(v.DID)+"#"+c.key) || (v.Disputed != "") != c.disputed {
			t.Errorf("at %+d: version %s, disputed %q; want key %s", c.at-created, v.VersionID, v.Disputed, c.key)
		}
		if by := s.Select("A", did.At{Time: time.Unix(recovered, 0)}); c.disputed && v.Disputed != by.VersionID {
			t.Errorf("at %+d: disputed by %q, want %q", c.at-created, v.Disputed, by.VersionID)
		}
	}
}
