package governance

import (
	"errors"
	"strconv"

	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// maxReason bounds a reason, in bytes.
const maxReason = 1024

// Propose is a validated league.propose: body {kind, content, reason?}, by a center. Proposing is voting yes.
type Propose struct {
	by      did.DID
	kind    string
	content map[string]any
	reason  string
	act     Act
}

// ValidatePropose checks the bytes of a league.propose; read reads its content. Errors are *exec.Error.
func ValidatePropose(o *op.Operation, read ReadAct) (*Propose, error) {
	m := object.New(o.Body, "/body")
	p := &Propose{by: o.By, kind: m.String("kind"), content: m.Object("content"), reason: readReason(m)}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	var err error
	p.act, err = read(o.League, p.kind, p.content)
	return p, err
}

func readReason(m *object.Reader) string {
	reason := m.OptString("reason")
	if len(reason) > maxReason {
		m.Fail("reason", "above "+strconv.Itoa(maxReason)+" bytes")
	}
	if m.Has("reason") && reason == "" {
		m.Fail("reason", "empty: leave it out")
	}
	return reason
}

// authorizeCenter asks for control of an active center's DID.
func authorizeCenter(env *exec.Env, by did.DID) error {
	if _, err := RequireCenter(env.Store, by); err != nil {
		return err
	}
	return identity.Authorize(env, by)
}

// Authorize asks for control of an active center's DID.
func (p *Propose) Authorize(env *exec.Env) error { return authorizeCenter(env, p.by) }

// Apply opens the proposal, if the rule table has this kind, there is room for one more, and it could be executed now.
func (p *Propose) Apply(env *exec.Env) error {
	rules, err := PresentRules(env.Store)
	if err != nil {
		return err
	}
	rule, err := rules.Permit(p.kind, RoleLeague)
	if err != nil {
		return err
	}
	if err := p.checkRoom(env); err != nil {
		return err
	}
	if err := p.act.Check(env); err != nil && !errors.Is(err, due.ErrLater) {
		return err
	}
	made, err := p.open(env, rule)
	if err != nil {
		return err
	}
	vote := &Vote{Center: p.by, Choice: Yes, ID: env.Op.ID, Time: env.Block.Time, Height: env.Block.Height}
	return made.cast(env, nil, vote)
}

// share is how many of the proposals that wait may be one center's: an eighth of them, rounded up, and in large leagues no more
// than two parts of as many as there are centers. So less than a third of the centers cannot keep the others from proposing,
// as long as the limit is not far below the number of centers.
func share(limit, active int64) int64 {
	return min((limit+7)/8, max(1, 2*limit/max(1, active)))
}

// checkRoom bounds the proposals that wait, in all and by one center.
func (p *Propose) checkRoom(env *exec.Env) error {
	var all, own int64
	for _, data := range env.Store.Range([]byte(openPrefix), exec.PrefixEnd(openPrefix)) {
		m, err := object.Parse(data)
		if err != nil {
			return err
		}
		if did.DID(m.String("proposer")) == p.by {
			own++
		}
		all++
		if err := m.Done(); err != nil {
			return err
		}
	}
	active, err := ActiveCenters(env.Store)
	if err != nil {
		return err
	}
	limit := env.Params.MaxOpenProposals
	if most := share(limit, active); all >= limit || own >= most {
		return exec.Errorf(exec.CodeLimitExceeded, "%d proposals are undecided, %d of them by %s: at most %d and %d",
			all, own, p.by, limit, most)
	}
	return nil
}

// open numbers the proposal and fixes what it takes to pass.
func (p *Propose) open(env *exec.Env, rule *Rule) (*Proposal, error) {
	last, err := LastProposal(env.Store)
	if err != nil {
		return nil, err
	}
	active, err := ActiveCenters(env.Store)
	if err != nil {
		return nil, err
	}
	made := &Proposal{
		Number: last + 1, ID: env.Op.ID, Proposer: p.by, Kind: p.kind, Content: p.content, Reason: p.reason,
		Numerator: rule.Numerator, Denominator: rule.Denominator, Delay: rule.Delay, Opened: env.Block.Time,
		Height: env.Block.Height, Closes: env.Block.Time + env.Params.VotingSeconds, State: Open, Voters: active,
	}
	if made.Denominator == 0 {
		made.Numerator, made.Denominator = env.Params.VoteNumerator, env.Params.VoteDenominator
	}
	if a, ok := p.act.(interface {
		Before(env *exec.Env) (map[string]any, error)
	}); ok {
		if made.Before, err = a.Before(env); err != nil {
			return nil, err
		}
	}
	if err := putValue(env.Store, lastProposalKey, map[string]any{"last": made.Number}); err != nil {
		return nil, err
	}
	if _, err := due.Put(env.Store, made.Closes, DueKind, dueRef(dueClose, made.Number)); err != nil {
		return nil, err
	}
	made.emit(env, "proposal.opened", exec.Attribute{Name: "center", Value: string(p.by)})
	return made, nil
}
