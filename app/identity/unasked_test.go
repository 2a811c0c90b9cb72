package identity_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
)

// Nobody who did not ask for it can be recovered by anyone: whatever others do, with all their keys, with all centers
// agreeing, and with the DID's own keys too as long as they sign no update, its record stays as it is.
func TestNobodyWhoDidNotAskIsRecovered(t *testing.T) {
	accepted := 0
	rapid.Check(t, func(rt *rapid.T) {
		s := apptest.Run(t, apptest.Options{Params: quick}, `
			create N keys=n1 by n1
			create B keys=b1 recovery=N,key:r1 league=700 by b1
			create S keys=s1 recovery=B by s1
			create L keys=l1 league=700 by l1
		`)
		// Who did not ask for what: N for anything, S not for the league, L not for a set.
		bySet, byLeague := []string{"N", "L"}, []string{"N", "S"}
		before := map[string]string{}
		for _, name := range []string{"N", "S", "L"} {
			before[name] = recordOf(s, name)
		}
		keys := []string{"N/n1", "B/b1", "S/s1", "L/l1", "key:r1", "center-1/center-1", "center-2/center-2"}
		target := rapid.SampledFrom([]string{"keys=x1", "keys=x1 recovery=B", "keys=x1 league=700", "controllers=B", "keys=x1,x2 threshold=2 next=x3"})
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "kind") {
			case 0, 1:
				signers := rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 1, 4, rapid.ID).Draw(rt, "signers")
				name := rapid.SampledFrom(bySet).Draw(rt, "name")
				prev := rapid.SampledFrom([]string{"", " prev=1", " prev=2"}).Draw(rt, "prev")
				s.Play(fmt.Sprintf("recover %s %s%s by %s -> ?", name, target.Draw(rt, "target"), prev, strings.Join(signers, ",")))
			case 2, 3:
				name := rapid.SampledFrom(byLeague).Draw(rt, "name")
				s.Play(fmt.Sprintf("propose P as=center-1 kind=did.recover did=%s %s -> ?", name, target.Draw(rt, "target")))
				if s.Results[len(s.Results)-1].Code == exec.OK {
					s.Play("vote P yes as=center-2 -> ?\nvote P yes as=center-3 -> ?\nvote P yes as=center-4 -> ?")
				}
			case 4: // those who asked, in between
				s.Play(rapid.SampledFrom([]string{
					"recover B keys=b1 recovery=N,key:r1 league=700 by N/n1 -> ?",
					"cancel B by b1 -> ?",
					"update B keys=b1 recovery=N by b1 -> ?",
					"cancel N by n1 -> ?",
				}).Draw(rt, "line"))
			case 5:
				s.Play("after +" + rapid.SampledFrom([]string{"1", "100", "800", "90000"}).Draw(rt, "seconds"))
			}
		}
		s.Play("after +90000")
		for name, record := range before {
			if got := recordOf(s, name); got != record {
				rt.Fatalf("%s: changed to %s", name, got)
			}
			s.Play("pending " + name + " none")
		}
		for _, r := range s.Results[4:] {
			if r.Code == exec.OK {
				accepted++
			}
		}
	})
	if accepted == 0 {
		t.Error("nothing was ever accepted, not even of those who asked")
	}
}

// recordOf is what a proof of the present record would show.
func recordOf(s *apptest.Script, name string) string {
	view, err := s.App.View(0)
	if err != nil {
		s.TB.Fatal(err)
	}
	defer view.Close()
	return string(view.Reader().Get(identity.Key(s.DIDs[name])))
}

var _ governance.Act = (*identity.LeagueRecovery)(nil)
