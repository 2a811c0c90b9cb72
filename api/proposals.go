package api

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// ProposalView is a league's decision in the making.
type ProposalView struct {
	Number    int64                    `json:"number"`
	Operation op.ID                    `json:"operation"` // that proposed it
	Proposer  did.DID                  `json:"proposer"`
	Kind      string                   `json:"kind"`
	Content   map[string]any           `json:"content"`
	Before    map[string]any           `json:"before,omitempty"` // what the content would replace, as it was when proposed
	Reason    string                   `json:"reason,omitempty"`
	Threshold ThresholdView            `json:"threshold"`
	Delay     int64                    `json:"delay"` // seconds from passing to execution
	Opened    string                   `json:"opened"`
	Height    int64                    `json:"height"`
	Closes    string                   `json:"closes"`
	State     governance.ProposalState `json:"state"`
	Passed    string                   `json:"passed,omitempty"`
	Ended     string                   `json:"ended,omitempty"`
	EndHeight int64                    `json:"endHeight,omitempty"`
	Failure   string                   `json:"failure,omitempty"` // name of the code, of a failed one
	Tally     TallyView                `json:"tally"`
}

// ThresholdView is the fraction of active centers that more than which must say yes.
type ThresholdView struct {
	Numerator   int64 `json:"numerator"`
	Denominator int64 `json:"denominator"`
}

// TallyView is a count of votes, as it stood when they were counted last.
type TallyView struct {
	Yes     int64 `json:"yes"`
	No      int64 `json:"no"`
	Abstain int64 `json:"abstain"`
	Voters  int64 `json:"voters"` // active centers
	Needed  int64 `json:"needed"` // yes votes that pass it
}

// VoteView is one center's present vote.
type VoteView struct {
	Center    did.DID           `json:"center"`
	Name      string            `json:"name,omitempty"`
	Choice    governance.Choice `json:"choice"`
	Reason    string            `json:"reason,omitempty"`
	Operation op.ID             `json:"operation"`
	Time      string            `json:"time"`
	Height    int64             `json:"height"`
	Proof     *ProofView        `json:"proof,omitempty"`
}

// DecisionView is a proposal with its votes.
type DecisionView struct {
	ProposalView
	Votes []VoteView `json:"votes"`
	Proof *ProofView `json:"proof,omitempty"`
}

// pageBytes bounds the JSON text of a page of proposals: each may be as large as an operation.
const pageBytes = 4 << 20

// listProposals answers GET /v1/proposals, newest first.
func (s *Server) listProposals(c echo.Context) error {
	if err := knownQuery(c, "state", "before", "limit"); err != nil {
		return err
	}
	state, err := oneParam(c, "state", governance.Open, governance.Passed, governance.Executed, governance.Failed, governance.Rejected, governance.Withdrawn)
	if err != nil {
		return err
	}
	before, err := intParam(c, "before", 0, 1<<53)
	if err != nil {
		return err
	}
	limit, err := limitParam(c)
	if err != nil {
		return err
	}
	return sendPage(s, c, "before", func(v *app.View) ([]ProposalView, string, error) {
		page, next, err := governance.Proposals(v.Reader(), state, int64(before), limit)
		if err != nil {
			return nil, "", err
		}
		views, size := make([]ProposalView, 0, len(page)), 0
		for i := range page {
			view := proposalView(&page[i])
			data, err := encodeJSON(view)
			if err != nil {
				return nil, "", err
			}
			if size += len(data); size > pageBytes && i > 0 {
				next = page[i-1].Number
				break
			}
			views = append(views, view)
		}
		return views, number(next), nil
	})
}

// number is the text of a cursor; "" for 0.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// getProposal answers GET /v1/proposals/{number}. With a proof of the proposal come proofs of the votes.
func (s *Server) getProposal(c echo.Context) error {
	n, err := strconv.ParseInt(pathParam(c, "number"), 10, 64)
	if err != nil || n < 1 {
		return badParameter("number", "proposals are numbered from 1")
	}
	return s.sendRecord(c, func(v *app.View, p prover) (any, error) {
		proposal, err := governance.GetProposal(v.Reader(), n)
		if err != nil {
			return nil, err
		}
		if proposal == nil {
			return nil, &exec.Error{Code: exec.CodeUnknownProposal, Detail: "there is no such proposal"}
		}
		return decisionView(v, p, proposal)
	})
}

func decisionView(v *app.View, p prover, proposal *governance.Proposal) (any, error) {
	votes, err := governance.Votes(v.Reader(), proposal.Number)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(votes, func(a, b governance.Vote) int { // as they were cast
		return cmp.Or(cmp.Compare(a.Height, b.Height), cmp.Compare(a.Time, b.Time))
	})
	names := newNaming(v.Reader())
	view := DecisionView{ProposalView: proposalView(proposal), Votes: make([]VoteView, len(votes))}
	for i, vote := range votes {
		w := VoteView{
			Center: vote.Center, Choice: vote.Choice, Reason: vote.Reason, Operation: vote.ID, Time: timeText(vote.Time), Height: vote.Height,
		}
		if w.Name, err = names.of(string(vote.Center)); err != nil {
			return nil, err
		}
		if w.Proof, err = p.of(governance.VoteKey(proposal.Number, op.HashCenter(vote.Center))); err != nil {
			return nil, err
		}
		view.Votes[i] = w
	}
	view.Proof, err = p.of(governance.ProposalKey(proposal.Number))
	return view, err
}

func proposalView(p *governance.Proposal) ProposalView {
	view := ProposalView{
		Number: p.Number, Operation: p.ID, Proposer: p.Proposer, Kind: p.Kind, Content: p.Content, Before: p.Before, Reason: p.Reason,
		Threshold: ThresholdView{p.Numerator, p.Denominator}, Delay: p.Delay, Opened: timeText(p.Opened), Height: p.Height,
		Closes: timeText(p.Closes), State: p.State, Passed: timeOrNone(p.Passed), Ended: timeOrNone(p.Ended), EndHeight: p.EndHeight,
		Tally: TallyView{Yes: p.Yes, No: p.No, Abstain: p.Abstain, Voters: p.Voters, Needed: p.Needed()},
	}
	if p.State == governance.Failed {
		view.Failure = p.Failure.String()
	}
	return view
}
