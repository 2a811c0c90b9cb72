package governance

import (
	"strconv"

	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// One active center, one vote: votes of centers that are suspended or removed when it is counted do not count, and they are
// not among those a majority is a majority of. So every proposal is counted again when another number of centers is active.

// recountKey marks a state in which open proposals were counted with other centers than the present ones, within a block.
const recountKey = "g/t"

func recounting(r exec.Reader) bool { return r.Get([]byte(recountKey)) != nil }

// Settle counts all open proposals again if another number of centers is active than when they were counted: some may
// pass. Package app calls it a few times a block, and always at its end; there are at most MaxOpenProposals.
func Settle(env *exec.Env) error {
	if !recounting(env.Store) {
		return nil
	}
	env.Store.Delete([]byte(recountKey))
	voting, err := electorate(env.Store)
	if err != nil {
		return err
	}
	numbers, err := waitingProposals(env.Store)
	if err != nil {
		return err
	}
	for _, n := range numbers {
		p, err := GetProposal(env.Store, n)
		if err != nil {
			return err
		}
		if p == nil || p.State != Open {
			continue
		}
		if err := p.recount(env.Store, voting); err != nil {
			return err
		}
		if err := p.decide(env); err != nil {
			return err
		}
	}
	return nil
}

// waitingProposals lists the numbers of proposals that are undecided or not executed yet, oldest first.
func waitingProposals(r exec.Reader) (numbers []int64, err error) {
	for key := range r.Range([]byte(openPrefix), exec.PrefixEnd(openPrefix)) {
		n, err := keyNumber(key, openPrefix)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// voters are the active centers.
type voters struct {
	n    int64
	have map[op.CenterHash]bool
}

func electorate(r exec.Reader) (v voters, err error) {
	centers, err := Centers(r)
	if err != nil {
		return v, err
	}
	v.have = make(map[op.CenterHash]bool, len(centers))
	for _, c := range centers {
		if c.Status == Active {
			v.n++
			v.have[op.HashCenter(c.DID)] = true
		}
	}
	return v, nil
}

// recount counts p's votes.
func (p *Proposal) recount(r exec.Reader, v voters) error {
	p.Yes, p.No, p.Abstain, p.Voters = 0, 0, 0, v.n
	votes, err := Votes(r, p.Number)
	if err != nil {
		return err
	}
	for _, vote := range votes {
		if v.have[op.HashCenter(vote.Center)] {
			p.count(vote.Choice, 1)
		}
	}
	return nil
}

func (p *Proposal) count(c Choice, sign int64) {
	switch c {
	case Yes:
		p.Yes += sign
	case No:
		p.No += sign
	case Abstain:
		p.Abstain += sign
	}
}

// cast records a vote of an active center on the open proposal p, counts it, and decides. old is the vote that it replaces.
func (p *Proposal) cast(env *exec.Env, old, vote *Vote) error {
	if err := vote.put(env.Store, p.Number); err != nil {
		return err
	}
	p.emit(env, "proposal.voted", exec.Attribute{Name: "center", Value: string(vote.Center)},
		exec.Attribute{Name: "choice", Value: string(vote.Choice)})
	if recounting(env.Store) { // what was counted before means nothing any more
		v, err := electorate(env.Store)
		if err != nil {
			return err
		}
		if err := p.recount(env.Store, v); err != nil {
			return err
		}
		return p.decide(env)
	}
	if old != nil {
		p.count(old.Choice, -1)
	}
	p.count(vote.Choice, 1)
	return p.decide(env)
}

// decide writes the open proposal p after it was counted, and passes it if it has its majority: its execution is then due.
func (p *Proposal) decide(env *exec.Env) error {
	if !p.majority() {
		return p.put(env.Store)
	}
	p.State, p.Passed = Passed, env.Block.Time
	if _, err := due.Put(env.Store, env.Block.Time+p.Delay, DueKind, dueRef(dueExecute, p.Number)); err != nil {
		return err
	}
	p.emit(env, "proposal.passed", exec.Attribute{Name: "yes", Value: strconv.FormatInt(p.Yes, 10)},
		exec.Attribute{Name: "voters", Value: strconv.FormatInt(p.Voters, 10)})
	return p.put(env.Store)
}

func (p *Proposal) emit(env *exec.Env, event string, attributes ...exec.Attribute) {
	env.Emit(exec.Event{
		Type: event, Subjects: []string{exec.SubjectProposal(p.Number)},
		Attributes: append([]exec.Attribute{{Name: "kind", Value: p.Kind}}, attributes...),
	})
}
