package ledgertest_test

import (
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
)

func TestALeagueOfSeveralCentersDecides(t *testing.T) {
	league := ledgertest.New(t, ledgertest.Options{Centers: []string{"aachen", "brugge", "cork"}, Profile: governance.Consortium})
	if len(league.Members) != 3 || league.Center.DID != league.Members[0].DID {
		t.Fatalf("members %v", league.Members)
	}
	suspended := map[string]any{"center": string(league.Members[2].DID)}
	if p := league.Decide(t, "center.suspend", suspended); p.State != governance.Executed || p.Number != 1 {
		t.Errorf("proposal %+v", p)
	}
	number := league.Propose(t, league.Center, "center.reinstate", suspended)
	if p := league.VoteAll(t, number, governance.No); p.State != governance.Open || p.No != 1 || p.Yes != 1 {
		t.Errorf("the suspended center votes, or somebody votes twice: %+v", p)
	}
	if code := league.Refused(t, league.Members[2], "league.vote", map[string]any{"proposal": number, "choice": "yes"}); code != exec.CodeNotCenter {
		t.Errorf("code %s", code)
	}
}

func TestCentersAccreditOfTheirOwnRightAndRevoke(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	league := ledgertest.New(t, ledgertest.Options{Now: func() time.Time { return now }})
	id := league.Accredit(t, league.Center, "did:web:a.example", trust.Issue, "type:Diploma", map[string]any{"framework": "https://rules.example/"})
	now = now.Add(time.Hour)
	league.Revoke(t, league.Center, id, trust.Withdrawn)
	var right *trust.Accreditation
	if err := league.Read(t.Context(), func(v *app.View) (err error) {
		right, err = trust.Get(v.Reader(), id)
		return err
	}); err != nil || right.StateAt(now.Unix()) != trust.Revoked || right.StateAt(now.Unix()-1) != trust.Active || right.Framework == "" {
		t.Errorf("right %+v, %v", right, err)
	}
}
