package ledgertest

import (
	"context"
	"errors"
	"testing"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// Act signs an operation by p and commits it; the test fails unless it succeeds.
func (l *Ledger) Act(t testing.TB, p Party, kind string, body map[string]any) op.ID {
	t.Helper()
	return l.Commit(t, l.Sign(t, p, kind, body))
}

// Refused signs an operation by p and returns the code it is refused with, by the pool or by its block; the test fails if it
// succeeds.
func (l *Ledger) Refused(t testing.TB, p Party, kind string, body map[string]any) exec.Code {
	t.Helper()
	submissions, err := l.Submit(context.Background(), [][]byte{l.Sign(t, p, kind, body)})
	check(t, err)
	if refusal := submissions[0].Error; refusal != nil {
		return refusal.Code
	}
	receipt, err := l.Receipt(context.Background(), submissions[0].ID)
	check(t, err)
	if receipt.State != app.Rejected {
		t.Fatalf("%s is %s, want it rejected", kind, receipt.State)
	}
	return receipt.Code
}

// Propose makes a proposal by a center, which votes yes by it, and returns its number.
func (l *Ledger) Propose(t testing.TB, center Party, kind string, content map[string]any) int64 {
	t.Helper()
	id := l.Act(t, center, "league.propose", map[string]any{"kind": kind, "content": content, "reason": "test"})
	newest, err := read(l, func(v *app.View) (*governance.Proposal, error) {
		page, _, err := governance.Proposals(v.Reader(), "", 0, 1)
		if err != nil || len(page) == 0 {
			return nil, errors.Join(err, errors.New("there is no proposal"))
		}
		return &page[0], nil
	})
	check(t, err)
	if newest.ID != id {
		t.Fatalf("the newest proposal is %s, want %s", newest.ID, id)
	}
	return newest.Number
}

// Vote casts a center's vote.
func (l *Ledger) Vote(t testing.TB, center Party, number int64, choice governance.Choice) op.ID {
	t.Helper()
	return l.Act(t, center, "league.vote", map[string]any{"proposal": number, "choice": string(choice)})
}

// VoteAll casts the same vote of every member of the genesis, but for the proposer and those who are no center any more,
// until the proposal is no longer open, and returns it.
func (l *Ledger) VoteAll(t testing.TB, number int64, choice governance.Choice) *governance.Proposal {
	t.Helper()
	for _, member := range l.Members {
		proposal := l.Proposal(t, number)
		if proposal.State != governance.Open {
			break
		}
		if member.DID != proposal.Proposer && l.isActive(t, member.DID) {
			l.Vote(t, member, number, choice)
		}
	}
	return l.Proposal(t, number)
}

func (l *Ledger) isActive(t testing.TB, id did.DID) bool {
	t.Helper()
	center, err := read(l, func(v *app.View) (*governance.Center, error) { return governance.Get(v.Reader(), id) })
	check(t, err)
	return center != nil && center.Status == governance.Active
}

// Proposal reads a proposal; the test fails if there is none.
func (l *Ledger) Proposal(t testing.TB, number int64) *governance.Proposal {
	t.Helper()
	proposal, err := read(l, func(v *app.View) (*governance.Proposal, error) { return governance.GetProposal(v.Reader(), number) })
	check(t, err)
	if proposal == nil {
		t.Fatalf("there is no proposal %d", number)
	}
	return proposal
}

// Decide proposes by the first active member, and all others vote yes; the test fails unless the proposal is executed.
func (l *Ledger) Decide(t testing.TB, kind string, content map[string]any) *governance.Proposal {
	t.Helper()
	for _, member := range l.Members {
		if !l.isActive(t, member.DID) {
			continue
		}
		proposal := l.VoteAll(t, l.Propose(t, member, kind, content), governance.Yes)
		if proposal.State != governance.Executed {
			t.Fatalf("proposal %d (%s) is %s (%s)", proposal.Number, kind, proposal.State, proposal.Failure)
		}
		return proposal
	}
	t.Fatal("the league has no active center")
	return nil
}

// Accredit grants subject an action on a resource by an authority; more has further members of the body ("parent",
// "limits", …) and may be nil. It returns the id of the accreditation.
func (l *Ledger) Accredit(t testing.TB, authority Party, subject did.DID, action trust.Action, resource governance.Resource, more map[string]any) op.ID {
	t.Helper()
	body := map[string]any{"subject": string(subject), "action": string(action), "resource": string(resource)}
	for name, value := range more {
		body[name] = value
	}
	return l.Act(t, authority, "trust.accredit", body)
}

// Revoke revokes an accreditation for a reason.
func (l *Ledger) Revoke(t testing.TB, authority Party, id op.ID, reason trust.Reason) op.ID {
	t.Helper()
	return l.Act(t, authority, "trust.revoke", map[string]any{"accreditation": id.String(), "reason": string(reason)})
}
