package governance_test

import (
	"testing"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
)

func scenario(t *testing.T, name string, o apptest.Options, text string) {
	t.Helper()
	t.Run(name, func(t *testing.T) { apptest.Run(t, o, text) })
}

func TestVoting(t *testing.T) {
	four := apptest.Options{}
	scenario(t, "more than two thirds of four are three", four, `
		propose P as=center-1 kind=center.suspend center=center-4
		tally P yes=1 no=0 voters=4
		vote P yes as=center-2
		state P open
		center center-4 active
		vote P yes as=center-3
		state P executed
		center center-4 suspended
		power center-4 0
	`)
	scenario(t, "two thirds exactly are not enough", apptest.Options{Centers: 3}, `
		propose P as=center-1 kind=sponsor.resume center=center-3 -> wrong-state
		propose P as=center-1 kind=center.suspend center=center-3
		vote P yes as=center-2
		state P open
	`)
	scenario(t, "votes outlive the restart of a node", four, `
		reopen
		propose P as=center-1 kind=center.suspend center=center-4
		reopen
		vote P yes as=center-2
		vote P no as=center-3
		reopen
		time +604700
		tally P yes=2 no=1 voters=4
		vote P yes as=center-3
		reopen
		state P executed
		center center-4 suspended
	`)
	scenario(t, "a vote by no center", four, `
		create A keys=a1 by a1
		propose P as=center-1 kind=center.suspend center=center-4
		vote P yes as=A by a1 -> not-a-center
		vote P yes as=nobody by a1 -> not-a-center
		propose Q as=A kind=center.suspend center=center-4 by a1 -> not-a-center
		withdraw P as=A by a1 -> not-a-center
		change A validator=v9 by a1 -> not-a-center
		tally P yes=1
	`)
	scenario(t, "a vote without control of the center", four, `
		propose P as=center-1 kind=center.suspend center=center-4
		vote P yes as=center-2 by center-1/center-1 -> not-authorised
		vote P yes as=center-2 by center-3 -> unknown-key
		tally P yes=1
	`)
	scenario(t, "a double vote", four, `
		propose P as=center-1 kind=center.suspend center=center-4
		vote P yes as=center-1 -> duplicate-vote
		vote P no as=center-2
		vote P no as=center-2 -> duplicate-vote
		tally P yes=1 no=1 voters=4
		{
			vote P yes as=center-2
			vote P yes as=center-2 -> duplicate-vote
		}
		tally P yes=2 no=0 voters=4
	`)
	scenario(t, "votes change until the close", four, `
		propose P as=center-1 kind=center.suspend center=center-4
		vote P no as=center-1
		vote P abstain as=center-2
		vote P yes as=center-3
		tally P yes=1 no=1 abstain=1 voters=4
		vote P yes as=center-1
		vote P yes as=center-2
		state P executed
	`)
	scenario(t, "a vote after the close", four, `
		propose P as=center-1 kind=center.suspend center=center-4
		vote P yes as=center-2
		time +604797
		vote P no as=center-2        # the last second
		vote P yes as=center-3 -> proposal-closed
		state P rejected
		vote P yes as=center-2 -> proposal-closed
		withdraw P as=center-1 -> proposal-closed
	`)
	scenario(t, "a vote after the decision", four, `
		pass P as=center-1,center-2,center-3 kind=center.suspend center=center-4
		vote P no as=center-2 -> proposal-closed
		vote P yes as=center-4 -> not-a-center
	`)
	scenario(t, "a vote on nothing", four, `
		vote P yes as=center-1 -> unknown-proposal
		withdraw P as=center-1 -> malformed
	`)
	scenario(t, "a proposal is withdrawn by its proposer alone", four, `
		propose P as=center-1 kind=center.suspend center=center-4
		withdraw P as=center-2 -> not-permitted
		withdraw P as=center-1
		state P withdrawn
		vote P yes as=center-2 -> proposal-closed
		withdraw P as=center-1 -> proposal-closed
		time +604800
		block
		state P withdrawn
	`)
	scenario(t, "about itself a center has a vote like any other, and never decides alone", four, `
		propose P as=center-4 kind=center.remove center=center-4
		tally P yes=1 voters=4
		vote P yes as=center-1
		vote P yes as=center-2
		state P executed
		center center-4 removed
	`)
	scenario(t, "a league of one decides alone", apptest.Options{Centers: 1}, `
		propose P as=center-1 kind=params.change votingSeconds=60
		state P executed
		propose Q as=center-1 kind=center.remove center=center-1 -> center-floor
		propose Q as=center-1 kind=center.suspend center=center-1 -> validator-bound
	`)
}

func TestWhoCounts(t *testing.T) {
	scenario(t, "suspended centers neither vote nor are among those a majority is of", apptest.Options{Centers: 7}, `
		propose P as=center-1 kind=params.change votingSeconds=60
		vote P yes as=center-2
		vote P yes as=center-3
		vote P yes as=center-4
		vote P no as=center-7
		tally P yes=4 no=1 voters=7
		pass Q as=center-1,center-2,center-3,center-4,center-5 kind=center.suspend center=center-7
		tally P yes=4 no=0 voters=6
		state P open
		pass R as=center-1,center-2,center-3,center-4,center-5 kind=center.suspend center=center-6
		tally P yes=4 voters=5
		state P passed            # four of five; what the end of a block decides, the next one does
		block
		state P executed
	`)
	scenario(t, "a proposal fails to gain by who comes back", apptest.Options{Centers: 7}, `
		pass Q as=center-1,center-2,center-3,center-4,center-5 kind=center.suspend center=center-7
		propose P as=center-1 kind=params.change votingSeconds=60
		vote P yes as=center-2
		vote P yes as=center-3
		tally P yes=3 voters=6
		pass R as=center-1,center-2,center-3,center-4,center-5 kind=center.reinstate center=center-7
		tally P yes=3 voters=7
		vote P yes as=center-7
		tally P yes=4 voters=7
		pass S as=center-1,center-2,center-3,center-4,center-5 kind=center.suspend center=center-7
		tally P yes=3 voters=6
	`)
	scenario(t, "the vote of a center that left counts no more, in the very block that removes it", apptest.Options{Centers: 5}, `
		propose P as=center-5 kind=params.change votingSeconds=60
		vote P yes as=center-1
		propose Q as=center-1 kind=center.remove center=center-5
		vote Q yes as=center-2
		vote Q yes as=center-3
		{
			vote Q yes as=center-4
			vote P yes as=center-2
		}
		center center-5 removed
		tally P yes=2 voters=4
		state P open
		vote P yes as=center-3
		state P executed
	`)
}

func TestStanding(t *testing.T) {
	four := apptest.Options{}
	all := "center-1,center-2,center-3"
	scenario(t, "suspend, reinstate, remove", four, `
		pass P as=`+all+` kind=center.suspend center=center-4
		propose Q as=center-1 kind=center.suspend center=center-4 -> wrong-state
		pass Q as=`+all+` kind=center.reinstate center=center-4
		center center-4 active
		power center-4 10
		propose R as=center-1 kind=center.reinstate center=center-4 -> wrong-state
		pass R as=`+all+` kind=center.remove center=center-4
		center center-4 removed
		power center-4 0
		propose S as=center-1 kind=center.reinstate center=center-4 -> unknown-center
		propose S as=center-1 kind=center.remove center=center-4 -> unknown-center
		propose S as=center-4 kind=center.remove center=center-1 -> not-a-center
		reopen
		center center-4 removed
	`)
	scenario(t, "a halted sponsor goes on voting, by another's batches", four, `
		propose P as=center-2 kind=sponsor.halt center=center-1
		vote P yes as=center-3
		state P open               # one half is not more than one half
		vote P yes as=center-4
		center center-1 halted
		power center-1 10
		propose Q as=center-1 kind=sponsor.resume center=center-1
		vote Q yes as=center-2
		vote Q yes as=center-3
		center center-1 active
	`)
	scenario(t, "the last whose batches are taken goes on sponsoring, or nothing could ever be decided again", four, `
		{
			propose A as=center-1 kind=sponsor.halt center=center-4
			propose B as=center-1 kind=sponsor.halt center=center-3
			propose C as=center-1 kind=sponsor.halt center=center-2
			propose D as=center-1 kind=sponsor.halt center=center-1
			vote A yes as=center-2
			vote B yes as=center-2
			vote C yes as=center-2
			vote D yes as=center-2
			vote D yes as=center-3
			vote A yes as=center-3
			vote B yes as=center-3
			vote C yes as=center-3
		}
		state D executed
		center center-1 halted
		state A executed
		state B executed
		state C failed:center-floor
		center center-2 active
		propose E as=center-1 kind=sponsor.halt center=center-2 -> center-floor
		propose E as=center-1 kind=center.suspend center=center-2 -> center-floor
		propose E as=center-1 kind=center.remove center=center-2 -> center-floor
		evidence center-2
		center center-2 active
		power center-2 10
		pass F as=center-1,center-2,center-3 kind=sponsor.resume center=center-1
		evidence center-2
		center center-2 suspended
		propose G as=center-1 kind=sponsor.halt center=center-1 -> center-floor
	`)
	scenario(t, "a league of one cannot halt itself", apptest.Options{Centers: 1}, `
		propose P as=center-1 kind=sponsor.halt center=center-1 -> center-floor
	`)
	scenario(t, "removal that would drop below four when four is the floor", apptest.Options{Params: func(p *exec.Params) { p.MinCenters = 4 }}, `
		propose P as=center-1 kind=center.remove center=center-4 -> center-floor
		propose P as=center-4 kind=center.remove center=center-4 -> center-floor
		pass A as=`+all+` kind=center.admit center=center-5
		pass P as=`+all+`,center-5 kind=center.remove center=center-4
		center center-4 removed
		propose Q as=center-1 kind=center.remove center=center-3 -> center-floor
		pass S as=`+all+` kind=center.suspend center=center-3   # a member still
		propose Q as=center-1 kind=center.remove center=center-3 -> center-floor
	`)
	scenario(t, "two removals pass in one block, and the floor stops the second", apptest.Options{Centers: 7, Params: func(p *exec.Params) { p.MinCenters = 6 }}, `
		propose P as=center-1 kind=center.remove center=center-7
		propose Q as=center-1 kind=center.remove center=center-6
		vote P yes as=center-2
		vote Q yes as=center-2
		vote P yes as=center-3
		vote Q yes as=center-3
		vote P yes as=center-4
		vote Q yes as=center-4
		{
			vote P yes as=center-5
			vote Q yes as=center-5
		}
		state P executed
		state Q failed:center-floor
		center center-6 active
		center center-7 removed
	`)
	scenario(t, "conflicting proposals pass in one block: the first counts", four, `
		propose P as=center-1 kind=center.remove center=center-4
		propose Q as=center-1 kind=center.suspend center=center-4
		vote P yes as=center-2
		vote Q yes as=center-2
		{
			vote Q yes as=center-3
			vote P yes as=center-3
		}
		state Q executed
		state P executed           # a suspended center can be removed
		propose R as=center-1 kind=params.change maxCenters=5
		propose S as=center-1 kind=params.change minCenters=3
		vote R yes as=center-2
		vote S yes as=center-2
		{
			vote R yes as=center-3
			vote S yes as=center-3
		}
		state R executed
		state S executed           # what R changed is not undone
	`)
	scenario(t, "parameters that are valid alone and not together", four, `
		propose R as=center-1 kind=params.change maxCenters=5
		propose S as=center-1 kind=params.change minCenters=6
		vote R yes as=center-2
		vote S yes as=center-2
		{
			vote R yes as=center-3
			vote S yes as=center-3
		}
		state R executed
		state S failed:wrong-state
	`)
}
