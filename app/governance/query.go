package governance

import "github.com/hanse-id/hanse/app/exec"

// maxScan bounds the proposals that one page looks at.
const maxScan = 1000

// Proposals lists proposals with a number below `before` (0: from the newest), newest first, at most limit, of the given
// state ("": any). next is what to give as before for the following page, 0 at the end. Work is bounded: where few
// proposals are of the state, a page may be short although another follows.
func Proposals(r exec.Reader, state ProposalState, before int64, limit int) (page []Proposal, next int64, err error) {
	last, err := LastProposal(r)
	if err != nil {
		return nil, 0, err
	}
	if before > 0 {
		last = min(last, before-1)
	}
	for n, scanned := last, 0; n >= 1; n, scanned = n-1, scanned+1 {
		if len(page) >= limit || scanned == maxScan {
			return page, n + 1, nil
		}
		p, err := GetProposal(r, n)
		if err != nil {
			return nil, 0, err
		}
		if p != nil && (state == "" || p.State == state) {
			page = append(page, *p)
		}
	}
	return page, 0, nil
}
