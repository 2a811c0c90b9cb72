package governance

import (
	"encoding/binary"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

const (
	lastProposalKey = "g/n"
	proposalPrefix  = "g/p/"
	openPrefix      = "g/o/"
)

// ProposalState says how far a proposal is.
type ProposalState string

// Open → passed (waiting for its delay) → executed | failed, or open → rejected | withdrawn.
const (
	Open      ProposalState = "open"
	Passed    ProposalState = "passed"
	Executed  ProposalState = "executed"
	Failed    ProposalState = "failed"   // passed, but what it wanted was no longer possible: see Failure
	Rejected  ProposalState = "rejected" // the voting period ended without a majority
	Withdrawn ProposalState = "withdrawn"
)

// Proposal is a league's decision in the making. Number counts from 1; ID is the operation that proposed it.
type Proposal struct {
	Number      int64
	ID          op.ID
	Proposer    did.DID
	Kind        string
	Content     map[string]any
	Before      map[string]any // params.change, rules.change: what the content would replace, as it was when proposed
	Reason      string
	Numerator   int64 // passes with more than Numerator/Denominator of the active centers
	Denominator int64
	Delay       int64 // seconds from passing to execution
	Opened      int64 // block time
	Height      int64
	Closes      int64 // votes at or after this block time are too late
	State       ProposalState
	Passed      int64 // block time, 0 before
	Ended       int64 // block time of execution, failure, rejection, withdrawal
	EndHeight   int64
	Failure     exec.Code // of a failed one
	Yes, No     int64     // as counted last, of centers that were active then
	Abstain     int64
	Voters      int64 // active centers when counted last
}

// Needed is the smallest number of yes votes that passes the proposal, with the centers that are active.
func (p *Proposal) Needed() int64 { return p.Voters*p.Numerator/p.Denominator + 1 }

// majority reports whether the votes pass the proposal.
func (p *Proposal) majority() bool { return p.Yes*p.Denominator > p.Voters*p.Numerator }

// waiting reports whether the proposal counts against the bounds of proposals: it is undecided, or not executed yet.
func (p *Proposal) waiting() bool { return p.State == Open || p.State == Passed }

// ProposalKey is the state key of proposal n.
func ProposalKey(n int64) []byte {
	return binary.BigEndian.AppendUint64([]byte(proposalPrefix), uint64(n))
}

// openKey indexes the proposals that wait, with their proposers.
func openKey(n int64) []byte { return binary.BigEndian.AppendUint64([]byte(openPrefix), uint64(n)) }

// GetProposal reads proposal n; nil if there is none.
func GetProposal(r exec.Reader, n int64) (*Proposal, error) {
	data := r.Get(ProposalKey(n))
	if data == nil {
		return nil, nil
	}
	p, err := DecodeProposal(data)
	if err != nil {
		return nil, fmt.Errorf("proposal %d: %w", n, err)
	}
	return p, nil
}

// LastProposal reads the number of the newest proposal; 0 if there is none.
func LastProposal(r exec.Reader) (int64, error) {
	data := r.Get([]byte(lastProposalKey))
	if data == nil {
		return 0, nil
	}
	m, err := object.Parse(data)
	if err != nil {
		return 0, fmt.Errorf("number of proposals: %w", err)
	}
	n := m.Int("last")
	return n, m.Done()
}

// put writes the proposal and keeps the index of those that wait.
func (p *Proposal) put(s exec.Store) error {
	data, err := jcs.Encode(p.value())
	if err != nil {
		return fmt.Errorf("proposal %d: %w", p.Number, err)
	}
	s.Set(ProposalKey(p.Number), data)
	if p.waiting() {
		return putValue(s, string(openKey(p.Number)), map[string]any{"proposer": string(p.Proposer)})
	}
	s.Delete(openKey(p.Number))
	return nil
}

func (p *Proposal) value() map[string]any {
	m := map[string]any{
		"number": p.Number, "id": p.ID.String(), "proposer": string(p.Proposer), "kind": p.Kind, "content": p.Content,
		"numerator": p.Numerator, "denominator": p.Denominator, "delay": p.Delay, "opened": p.Opened, "height": p.Height,
		"closes": p.Closes, "state": string(p.State), "yes": p.Yes, "no": p.No, "abstain": p.Abstain, "voters": p.Voters,
	}
	if p.Before != nil {
		m["before"] = p.Before
	}
	if p.Reason != "" {
		m["reason"] = p.Reason
	}
	for _, n := range [...]struct {
		name  string
		value int64
	}{{"passed", p.Passed}, {"ended", p.Ended}, {"endHeight", p.EndHeight}, {"failure", int64(p.Failure)}} {
		if n.value != 0 {
			m[n.name] = n.value
		}
	}
	return m
}

// proposalLimits leave room for a content of the size that an operation can have, and the record around it.
var proposalLimits = jcs.Limits{MaxBytes: 256 << 10, MaxDepth: 20}

// DecodeProposal reads a proposal from its state value (JCS JSON), as a proof carries it.
func DecodeProposal(value []byte) (*Proposal, error) {
	parsed, err := jcs.ParseIntegers(value, proposalLimits)
	if err != nil {
		return nil, err
	}
	members, _ := parsed.(map[string]any)
	m := object.New(members, "")
	p := &Proposal{
		Number: m.Int("number"), Proposer: did.DID(m.String("proposer")), Kind: m.String("kind"), Content: m.Object("content"),
		Before: m.OptObject("before"), Reason: m.OptString("reason"), Numerator: m.Int("numerator"),
		Denominator: m.Int("denominator"), Delay: m.Int("delay"), Opened: m.Int("opened"), Height: m.Int("height"),
		Closes: m.Int("closes"), State: ProposalState(m.String("state")), Yes: m.Int("yes"), No: m.Int("no"),
		Abstain: m.Int("abstain"), Voters: m.Int("voters"), Passed: m.OptInt("passed", 0), Ended: m.OptInt("ended", 0),
		EndHeight: m.OptInt("endHeight", 0), Failure: exec.Code(m.OptInt("failure", 0)),
	}
	id := m.String("id")
	if p.Denominator < 1 {
		m.Fail("denominator", "below 1")
	}
	if err := m.Done(); err != nil {
		return nil, err
	}
	if p.ID, err = op.ParseID(id); err != nil {
		return nil, err
	}
	return p, nil
}
