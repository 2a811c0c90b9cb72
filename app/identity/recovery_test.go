package identity_test

import (
	"testing"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
)

// quick makes recoveries that take a hundred seconds, by the league seven hundred.
func quick(p *exec.Params) {
	p.MinRecoverySeconds, p.LeagueRecoverySeconds, p.VotingSeconds = 100, 700, 3600
}

// friends are those who recover A in the scenarios.
const friends = `
	create B keys=b1 by b1
	create C keys=c1,c2,c3 threshold=2 by c1,c2
	create D keys=d1 by d1
`

// playAll plays scripts among friends, each in a league of its own, whose state must be sound afterwards.
func playAll(t *testing.T, scripts map[string]string, params func(*exec.Params)) {
	t.Helper()
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			s := apptest.Run(t, apptest.Options{Centers: 1, Params: params}, friends+script)
			if err := app.Fsck(s.Store, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRecoveryScenarios(t *testing.T) {
	playAll(t, map[string]string{
		"a quorum of the set recovers, after the delay": `
			create A keys=a1 recovery=B,C,key:r1 quorum=2 by a1
			recover A keys=a2 by B/b1                      -> not-authorised
			recover A keys=a2 by B/b1,C/c1                 -> not-authorised   # C needs two keys
			recover A keys=a2 by C/c1,C/c2                 -> not-authorised   # and counts once
			recover A keys=a2 by B/b1,D/d1                 -> not-authorised
			recover A keys=a2 by B/b1,a1                   -> not-authorised   # own keys have no part
			recover A keys=a2 by a1                        -> not-authorised
			recover A keys=a2 by B/b2,key:r1               -> unknown-key
			pending A none
			recover A keys=a2 by B/b1,key:r1
			pending A set base=1 due=+99
			after +98
			pending A set base=1 due=+0
			version A 1
			after +0
			pending A none
			version A 2
			disputed A none
			flagged A none
			update A keys=a1 by a1                         -> unknown-key
			update A keys=a2 services=1 by a2
		`,
		"a member's own threshold counts": `
			create A keys=a1 recovery=C by a1
			recover A keys=a2 by C/c2                      -> not-authorised
			recover A keys=a2 by C/c3,C/c2
		`,
		"keys on two curves and two methods": `
			create P keys=p1 by p1
			create A keys=a1 recovery=P,key:p2 quorum=2 by a1
			recover A keys=p3 by P/p1,key:p2
			after +100
			update A keys=p3 services=1 by p3
		`,
		"one at a time": `
			create A keys=a1 recovery=B,D by a1
			recover A keys=x1 by B/b1
			recover A keys=x2 by D/d1                      -> recovery-pending
			cancel A by a1
			{
			recover A keys=x3 by D/d1
			recover A keys=x4 by B/b1                      -> recovery-pending
			}
			after +100
			update A keys=x3 services=1 by x3
			recover A keys=x5 by D/d1                      -> no-recovery       # the new version declares none
		`,
		"a set starts so many a day": `
			create A keys=a1 recovery=B by a1
			recover A keys=x1 by B/b1
			cancel A by a1
			recover A keys=x1 by B/b1
			cancel A by a1
			recover A keys=x1 by B/b1
			cancel A by B/b1
			recover A keys=x1 by B/b1
			cancel A by a1
			recover A keys=x1 by B/b1                      -> over-quota
			recover A keys=x1 by D/d1                      -> not-authorised
			time +86400
			recover A keys=x1 by B/b1
		`,
		"refusals consume nothing": `
			create A keys=a1 recovery=B by a1
			recover A keys=x1 by B/b1
			recover A keys=x2 by B/b1                      -> recovery-pending
			again                                          -> recovery-pending
			cancel A by a1
			recover A keys=x3 recovery=B league=9000 by B/b1 -> no-recovery
			again                                          -> no-recovery
			recover A keys=x3 recovery=B delay=99 by B/b1  -> limit-exceeded
			recover A keys=x1 prev=5 by B/b1               -> version-mismatch
			again                                          -> version-mismatch
		`,
		"recovered control must be such that somebody can exercise it": `
			create A keys=a1 recovery=B by a1
			recover A by B/b1                              -> invalid-document
			recover A keys=x1 threshold=2 by B/b1          -> invalid-document
			recover A keys=x1 next=x1 by B/b1              -> pre-rotation
			recover A keys=x1 recovery=A by B/b1           -> malformed
			recover A controllers=D by B/b1
			after +100
			update A keys=x1 by D/d1
		`,
		"a deactivated member of the set recovers nothing, in the same block too": `
			create A keys=a1 recovery=B,D by a1
			{
			deactivate B by b1
			recover A keys=x1 by B/b1                      -> deactivated
			}
			recover A keys=x1 by D/d1
		`,
		"a member that rotated signs with its new key": `
			create A keys=a1 recovery=D by a1
			{
			update D keys=d2 by d1
			recover A keys=x1 by D/d1                      -> unknown-key
			recover A keys=x1 by D/d2
			}
		`,
		"circular sets end after one step": `
			create A keys=a1 by a1
			create E keys=e1 recovery=A by e1
			update A keys=a1 recovery=E by a1
			recover A keys=x1 by E/e1
			recover E keys=x2 by A/a1
			time +98
			cancel E by A/a1                               -> unknown-key      # A is recovered in this block
			after +0
			update A keys=x1 by x1
			update E keys=x2 by x2
		`,
		"controllers of a member do not count": `
			create E keys=e1 controllers=D by e1
			create A keys=a1 recovery=E by a1
			recover A keys=x1 by D/d1                      -> not-authorised
			recover A keys=x1 by E/e1
		`,
		"the set of a member does not count": `
			create E keys=e1 recovery=D by e1
			create A keys=a1 recovery=E by a1
			recover A keys=x1 by D/d1                      -> not-authorised
		`,
		"a set that is a chain is one level deep": `
			create E keys=e1 recovery=D controllers=D by e1
			create F keys=f1 recovery=E controllers=E by f1
			create A keys=a1 recovery=F controllers=F by a1
			recover A keys=x1 by E/e1                      -> not-authorised
			recover A keys=x1 by F/f1
		`,
		"the node restarts in the middle": `
			create A keys=a1 recovery=B by a1
			recover A keys=x1 by B/b1
			reopen
			pending A set base=1
			update A keys=a1 recovery=B services=1 by a1
			reopen
			after +100
			update D keys=d1 services=1 by d1
			reopen
			version A 3
			disputed A 2
			update A keys=x1 by x1
		`,
		"league and set are declared as they must be": `
			create A keys=a1 recovery=B delay=99 by a1              -> limit-exceeded
			create A keys=a1 league=699 by a1                       -> limit-exceeded
			create A keys=a1 recovery=B delay=800 league=800 by a1  -> malformed
			create A keys=a1 recovery=B,B by a1                     -> malformed
			create A keys=a1 recovery=B quorum=2 by a1              -> malformed
			create A keys=a1 recovery=B delay=800 league=801 by a1
			update A keys=a1 recovery=B delay=800 league=802 by a1  -> no-recovery
			update A keys=a1 recovery=B delay=800 by a1
			update A keys=a1 recovery=B delay=800 league=801 by a1  -> no-recovery
			update A keys=a1 by a1
			update A keys=a1 league=801 by a1                       -> no-recovery
		`,
		"pre-rotation covers the declaration": `
			create A keys=a1 next=n1 recovery=B by a1
			update A keys=a1 next=n1 by a1                 -> pre-rotation
			update A keys=a1 next=n1 recovery=D by a1      -> pre-rotation
			update A keys=a1 next=n1 recovery=B services=1 by a1
			recover A keys=x1 by B/b1                      # and is overridden by it
			after +100
			update A keys=x1 services=1 by x1
		`,
	}, quick)
}

func TestQuotasDoNotKeepAnybodyFromRecovering(t *testing.T) {
	playAll(t, map[string]string{
		"quotas do not keep anybody from recovering": `
			create A keys=a1 recovery=B by a1
			update A keys=a1 recovery=B services=1 by a1
			update A keys=a1 recovery=B services=2 by a1
			update A keys=a1 recovery=B services=3 by a1   -> over-quota
			recover A keys=x1 by B/b1
			cancel A by a1
		`,
	}, func(p *exec.Params) { quick(p); p.OpsPerDIDHour = 2 })
}
