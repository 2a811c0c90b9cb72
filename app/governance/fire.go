package governance

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did"
)

// DueKind is the kind of this module's calendar items.
const DueKind = "proposal"

// What an item is about, before the '/' of its reference.
const (
	dueClose   = "close"   // the end of proposal n's voting period
	dueExecute = "execute" // the execution of proposal n, which passed
	dueSuspend = "suspend" // the suspension of a center by evidence, which did not fit its block
)

func dueRef(what string, n int64) string { return what + "/" + strconv.FormatInt(n, 10) }

// Fire serves a calendar item. An *exec.Error means that a passed proposal cannot be executed: drop what was written and
// call Fail. due.ErrLater asks for the next block. read reads its content.
func Fire(env *exec.Env, ref string, read ReadAct) error {
	what, rest, _ := strings.Cut(ref, "/")
	if what == dueSuspend {
		return fireSuspension(env, did.DID(rest))
	}
	p, err := dueProposal(env.Store, ref)
	if err != nil {
		return err
	}
	switch {
	case what == dueClose && p.State == Open:
		return p.closeVoting(env)
	case what == dueExecute && p.State == Passed:
		return p.execute(env, read)
	}
	return nil // decided meanwhile
}

// Fail records that a passed proposal could not be executed, and why.
func Fail(env *exec.Env, ref string, code exec.Code) error {
	p, err := dueProposal(env.Store, ref)
	if err != nil {
		return err
	}
	p.State, p.Failure = Failed, code
	return p.end(env, "proposal.failed", exec.Attribute{Name: "failure", Value: code.Info().Name})
}

// dueProposal reads the proposal that an item is about.
func dueProposal(r exec.Reader, ref string) (*Proposal, error) {
	_, number, _ := strings.Cut(ref, "/")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("due item %q: no proposal", ref)
	}
	p, err := GetProposal(r, n)
	if err == nil && p == nil {
		err = fmt.Errorf("due item %q: no such proposal", ref)
	}
	return p, err
}

// closeVoting counts for the last time.
func (p *Proposal) closeVoting(env *exec.Env) error {
	v, err := electorate(env.Store)
	if err != nil {
		return err
	}
	if err := p.recount(env.Store, v); err != nil {
		return err
	}
	if p.majority() {
		return p.decide(env)
	}
	p.State = Rejected
	return p.end(env, "proposal.rejected", exec.Attribute{Name: "yes", Value: strconv.FormatInt(p.Yes, 10)},
		exec.Attribute{Name: "voters", Value: strconv.FormatInt(p.Voters, 10)})
}

// execute does what the league decided, unless its rules have come to forbid it meanwhile.
func (p *Proposal) execute(env *exec.Env, read ReadAct) error {
	rules, err := PresentRules(env.Store)
	if err != nil {
		return err
	}
	if _, err := rules.Permit(p.Kind, RoleLeague); err != nil {
		return err
	}
	act, err := read(env.League, p.Kind, p.Content)
	if err != nil {
		return err
	}
	if err := act.Check(env); err != nil {
		return err
	}
	if err := act.Execute(env, exec.Mandate{Proposal: p.Number, ID: p.ID}); err != nil {
		return err
	}
	p.State = Executed
	return p.end(env, "proposal.executed")
}

// end writes p in a state that does not change any more.
func (p *Proposal) end(env *exec.Env, event string, attributes ...exec.Attribute) error {
	p.Ended, p.EndHeight = env.Block.Time, env.Block.Height
	p.emit(env, event, attributes...)
	return p.put(env.Store)
}

// keyNumber is the number that a key ends in.
func keyNumber(key []byte, prefix string) (int64, error) {
	if len(key) != len(prefix)+8 {
		return 0, fmt.Errorf("%q: does not end in a number", key)
	}
	return int64(binary.BigEndian.Uint64(key[len(prefix):])), nil
}
