package governance

import (
	"strconv"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// CastVote is a validated league.vote: body {proposal, choice, reason?}, by a center. Another choice replaces the one
// before, until the proposal is decided or its voting period ends.
type CastVote struct {
	by       did.DID
	proposal int64
	choice   Choice
	reason   string
}

// ValidateVote checks the bytes of a league.vote. Errors are *exec.Error.
func ValidateVote(o *op.Operation) (*CastVote, error) {
	m := object.New(o.Body, "/body")
	v := &CastVote{by: o.By, proposal: readNumber(m, "proposal"), choice: readChoice(m), reason: readReason(m)}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return v, nil
}

func readNumber(m *object.Reader, name string) int64 {
	n := m.Int(name)
	if n < 1 {
		m.Fail(name, "below 1")
	}
	return n
}

// Authorize asks for control of an active center's DID.
func (v *CastVote) Authorize(env *exec.Env) error { return authorizeCenter(env, v.by) }

// Apply records and counts the vote. CodeUnknownProposal, CodeClosed, CodeDuplicateVote.
func (v *CastVote) Apply(env *exec.Env) error {
	p, err := openProposal(env, v.proposal)
	if err != nil {
		return err
	}
	old, err := voteOf(env.Store, p.Number, v.by)
	if err != nil {
		return err
	}
	if old != nil && old.Choice == v.choice {
		return exec.Errorf(exec.CodeDuplicateVote, "proposal %d: %s voted %s already", p.Number, v.by, v.choice).At("/body/choice")
	}
	vote := &Vote{
		Center: v.by, Choice: v.choice, Reason: v.reason, ID: env.Op.ID, Time: env.Block.Time, Height: env.Block.Height,
	}
	return p.cast(env, old, vote)
}

// openProposal reads a proposal that can still be voted on: CodeUnknownProposal, CodeClosed.
func openProposal(env *exec.Env, n int64) (*Proposal, error) {
	p, err := GetProposal(env.Store, n)
	switch {
	case err != nil:
		return nil, err
	case p == nil:
		return nil, exec.Errorf(exec.CodeUnknownProposal, "proposal %d: there is none", n).At("/body/proposal")
	case p.State != Open:
		return nil, exec.Errorf(exec.CodeClosed, "proposal %d: %s", n, p.State).At("/body/proposal")
	case env.Block.Time >= p.Closes:
		return nil, exec.Errorf(exec.CodeClosed, "proposal %d: its voting period ended at %d", n, p.Closes).At("/body/proposal")
	}
	return p, nil
}

// Withdraw is a validated league.withdraw: body {proposal}, by the center that proposed it, while it is open.
type Withdraw struct {
	by       did.DID
	proposal int64
}

// ValidateWithdraw checks the bytes of a league.withdraw. Errors are *exec.Error.
func ValidateWithdraw(o *op.Operation) (*Withdraw, error) {
	m := object.New(o.Body, "/body")
	w := &Withdraw{by: o.By, proposal: readNumber(m, "proposal")}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return w, nil
}

// Authorize asks for control of a member's DID: one that was suspended may still take back what it proposed.
func (w *Withdraw) Authorize(env *exec.Env) error {
	c, err := Get(env.Store, w.by)
	if err != nil {
		return err
	}
	if c == nil {
		return exec.Errorf(exec.CodeNotCenter, "%s: no center of the league", w.by)
	}
	return identity.Authorize(env, w.by)
}

// Apply ends the proposal. CodeUnknownProposal, CodeClosed, CodeNotPermitted for any other center than the proposer.
func (w *Withdraw) Apply(env *exec.Env) error {
	p, err := openProposal(env, w.proposal)
	if err != nil {
		return err
	}
	if p.Proposer != w.by {
		return exec.Errorf(exec.CodeNotPermitted, "proposal %s: only its proposer may withdraw it", strconv.FormatInt(p.Number, 10))
	}
	p.State = Withdrawn
	return p.end(env, "proposal.withdrawn")
}
