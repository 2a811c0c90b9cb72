package main

import "github.com/hanse-id/hanse/app/exec"

// hintOf says what to do about an operation that the ledger refused; "" where the code says it all.
func hintOf(code exec.Code) string {
	switch code {
	case exec.CodeTooEarly:
		return "an operation is taken at most two windows (20 minutes) before it expires: submit it again then"
	case exec.CodeNotCenter:
		return "only active centers do this: 'hanse center list' shows which are"
	case exec.CodeUnknownCenter:
		return "'hanse center list --all' shows names and DIDs"
	case exec.CodeNotPermitted:
		return "'hanse league rules' shows who may; a right that was given to you is named with --parent"
	case exec.CodeUnknownProposal:
		return "'hanse league proposals' lists them"
	case exec.CodeClosed, exec.CodeDuplicateVote:
		return "'hanse league proposal NUMBER' shows its state and the votes"
	case exec.CodeValidatorBound:
		return "at most a third of the power may change in one block, and no validator key is used twice: wait for the next block, or make another key"
	case exec.CodeCenterFloor:
		return "the parameter minCenters says how many centers stay: 'hanse league params'"
	case exec.CodeUnknownGrant:
		return "'hanse trust list' shows accreditations and their ids"
	case exec.CodeScopeExceeded:
		return "'hanse trust show ACCREDITATION' shows how far the parent goes: what it limits has to be limited as narrowly or more"
	case exec.CodePathBroken:
		return "'hanse trust path DID --action accredit' shows which link does not hold"
	case exec.CodeNoRecovery:
		return "'hanse did recover show DID' shows who may recover it: nobody else can"
	case exec.CodeRecoveryPending:
		return "'hanse did recover show DID' shows the pending recovery; it ends by 'hanse did recover cancel', or at its due time"
	case exec.CodeIrreversible:
		return "what is revoked or withdrawn stays so; a new accreditation may take the place of a revoked one"
	case exec.CodeWrongState:
		return "it is so already, or not in a state that allows this: 'hanse trust show', 'hanse center show' and 'hanse did recover show' say how things are"
	case exec.CodeExists:
		return "it is there already: 'hanse trust list --subject DID' shows accreditations, 'hanse schema list' schemas"
	case exec.CodeNotAuthorised:
		return "the key that signed does not control what would change: --home, or --did with --key, says as whom you act"
	case exec.CodeUnknownSchema:
		return "'hanse schema list' shows what is registered"
	}
	return ""
}
