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

func TestRecoveryScenarios(t *testing.T) {
	for name, script := range map[string]string{
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
		"present control cancels": `
			create A keys=a1,a2,a3 threshold=2 recovery=B by a1,a2
			recover A keys=x1 by B/b1
			cancel A by a1                                 -> not-authorised
			cancel A by D/d1                               -> not-authorised
			cancel A by a1,D/d1                            -> not-authorised
			cancel A by x1                                 -> unknown-key
			cancel A reason=found by a1,a3
			pending A none
			cancel A by a1,a3                              -> wrong-state
			after +200
			update A keys=a1,a2,a3 threshold=2 services=1 by a1,a2
			version A 2
		`,
		"present control is control at the time of the cancellation": `
			create A keys=a1 recovery=B by a1
			recover A keys=x1 by B/b1
			update A keys=a2 recovery=B by a1
			cancel A by a1                                 -> unknown-key
			cancel A by a2
			flagged A 2
			disputed A none
		`,
		"a controller cancels": `
			create A keys=a1 controllers=C recovery=B by a1
			recover A keys=x1 by B/b1
			cancel A by C/c1                               -> not-authorised
			cancel A by C/c1,C/c2
		`,
		"the set cancels what it started": `
			create A keys=a1 recovery=B,C,D quorum=2 by a1
			recover A keys=x1 by B/b1,D/d1
			cancel A by B/b1                               -> not-authorised
			cancel A by C/c1,C/c2                          -> not-authorised
			cancel A by C/c1,C/c2,D/d1
			pending A none
		`,
		"cancelling takes one or the other, not a mixture": `
			create A keys=a1,a2 threshold=2 recovery=B,D quorum=2 by a1,a2
			recover A keys=x1 by B/b1,D/d1
			cancel A by a1,B/b1                            -> not-authorised
			cancel A by a1,B/b1,D/d1
		`,
		"a cancellation names the recovery that it means": `
			create A keys=a1 recovery=B by a1
			recover A keys=x1 by B/b1
			cancel A by a1
			again                                          -> duplicate
			recover A keys=x2 by B/b1
			again                                          -> duplicate
			pending A set
			cancel D by d1                                 -> wrong-state
			cancel X by x1                                 -> unknown-did
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
		"updates in between are flagged, then disputed": `
			create A keys=a1 recovery=B by a1
			recover A keys=x1 by B/b1
			update A keys=a1 recovery=B services=1 by a1
			update A keys=a2 by a1
			flagged A 2,3
			disputed A none
			after +100
			update A keys=x1 services=1 by x1
			version A 5
			flagged A 2,3
			disputed A 2,3
		`,
		"a cancelled recovery disputes nothing": `
			create A keys=a1 recovery=B by a1
			recover A keys=x1 by B/b1
			update A keys=a1 recovery=B services=1 by a1
			cancel A by a1
			update A keys=a1 recovery=B services=2 by a1
			after +200
			update D keys=d1 services=1 by d1
			version A 3
			flagged A 2
			disputed A none
		`,
		"no deactivation while somebody says that control is lost": `
			create A keys=a1 recovery=B by a1
			recover A keys=x1 by B/b1
			deactivate A by a1                             -> recovery-pending
			{
			cancel A by a1
			deactivate A by a1
			}
			recover A keys=x1 by B/b1                      -> deactivated
			cancel A by a1                                 -> deactivated
		`,
		"a cancellation in the block in which it is due is too late": `
			create A keys=a1 recovery=B by a1
			recover A keys=x1 by B/b1
			time +99
			cancel A by a1                                 -> wrong-state
			version A 2
		`,
		"and one second before it is not": `
			create A keys=a1 recovery=B by a1
			recover A keys=x1 by B/b1
			time +98
			cancel A by a1
			version A 1
		`,
		"a version that was superseded a moment ago can be named": `
			create A keys=a1 recovery=B by a1
			update A keys=t1 recovery=B services=1 by a1
			recover A keys=x1 prev=1 by B/b1
			pending A set base=1
			after +100
			update A keys=x1 by x1
			disputed A 2
		`,
		"but not for longer than its delay": `
			create A keys=a1 recovery=B by a1
			update A keys=t1 recovery=B services=1 by a1
			time +97
			recover A keys=x1 prev=1 by B/b1
			cancel A by t1
			after +0
			recover A keys=x1 prev=1 by B/b1               -> version-mismatch
			recover A keys=x1 prev=7 by B/b1               -> version-mismatch
			recover A keys=x1 by B/b1
		`,
		"the set of the version that is named counts": `
			create A keys=a1 recovery=B by a1
			update A keys=a1 recovery=D by a1
			recover A keys=x1 by B/b1                      -> not-authorised
			recover A keys=x1 prev=1 by D/d1               -> not-authorised
			recover A keys=x1 prev=1 by B/b1
		`,
		"never below the last recovery": `
			create A keys=a1 recovery=B delay=1000 by a1
			update A keys=t1 recovery=B delay=1000 services=1 by a1
			recover A keys=x1 recovery=B delay=1000 prev=2 by B/b1
			after +999
			update A keys=x1 recovery=B delay=1000 services=2 by x1
			version A 4
			update A keys=x1 recovery=B delay=1000 services=3 by x1
			recover A keys=x2 prev=1 by B/b1               -> version-mismatch
			recover A keys=x2 prev=2 by B/b1               -> version-mismatch
			recover A keys=x2 prev=3 by B/b1
			after +1000
			update A keys=x2 by x2
			disputed A 4,5
		`,
		"disputes of several recoveries": `
			create A keys=a1 recovery=B by a1
			update A keys=t1 recovery=B by a1
			recover A keys=x1 recovery=B prev=1 by B/b1
			after +100
			update A keys=x1 recovery=B services=1 by x1
			disputed A 2
			update A keys=t2 recovery=B services=2 by x1
			recover A keys=x3 recovery=B prev=4 by B/b1
			after +100
			update A keys=x3 by x3
			version A 7
			disputed A 2,5
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
		"quotas do not keep anybody from recovering": `
			create A keys=a1 recovery=B by a1
			update A keys=a1 recovery=B services=1 by a1
			update A keys=a1 recovery=B services=2 by a1
			update A keys=a1 recovery=B services=3 by a1   -> over-quota
			recover A keys=x1 by B/b1
			cancel A by a1
		`,
		"a deactivated member of the set recovers nothing, in the same block too": `
			create A keys=a1 recovery=B,D by a1
			{
			deactivate B by b1
			recover A keys=x1 by B/b1                      -> deactivated
			}
			recover A keys=x1 by D/d1
		`,
		"a controller that was deactivated in the same block cancels nothing": `
			create A keys=a1 controllers=D recovery=B by a1
			recover A keys=x1 by B/b1
			{
			deactivate D by d1
			cancel A by D/d1                               -> deactivated
			}
			pending A set
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
	} {
		t.Run(name, func(t *testing.T) {
			params := quick
			if name == "quotas do not keep anybody from recovering" {
				params = func(p *exec.Params) { quick(p); p.OpsPerDIDHour = 2 }
			}
			s := apptest.Run(t, apptest.Options{Centers: 1, Params: params}, friends+script)
			if err := app.Fsck(s.Store, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// What thieves can do, and what stops them: DESIGN.md tells the same.
func TestThieves(t *testing.T) {
	for name, script := range map[string]string{
		"a thief who changed keys and set is undone within the delay, if he looks away": `
			create A keys=a1 recovery=B by a1
			update A keys=t1 recovery=key:t2 by a1
			recover A keys=a2 recovery=B prev=1 by B/b1
			after +100
			update A keys=a2 recovery=B services=1 by a2
			disputed A 2
			recover A keys=t3 prev=2 by key:t2             -> version-mismatch
		`,
		"after the delay he has won": `
			create A keys=a1 recovery=B by a1
			update A keys=t1 recovery=key:t2 by a1
			after +100
			recover A keys=a2 recovery=B prev=1 by B/b1    -> version-mismatch
			recover A keys=a2 recovery=B by B/b1           -> not-authorised
		`,
		"a thief who looks cancels: recovery is for loss, pre-rotation for theft": `
			create A keys=a1 recovery=B by a1
			recover A keys=a2 recovery=B by B/b1
			cancel A by a1
		`,
		"a thief of present keys cannot cancel where next keys are asked for": `
			create A keys=a1 next=n1 recovery=B by a1
			recover A keys=a2 recovery=B by B/b1
			cancel A by a1                                 -> pre-rotation
			cancel A reveal=a1 by a1                       -> pre-rotation
			cancel A reveal=t1 by ~t1                      -> unknown-key
			deactivate A by a1                             -> recovery-pending
			update A keys=t1 next=t2 recovery=B by a1      -> pre-rotation
			after +99
			update A keys=a2 recovery=B services=1 by a2
		`,
		"the owner reveals next keys to cancel": `
			create A keys=a1 next=n1 recovery=B by a1
			recover A keys=x1 recovery=B by B/b1
			cancel A reveal=n1 by ~n1
			update A keys=n1 next=n2 recovery=B by n1
			pending A none
		`,
		"a thief cannot occupy the place of a recovery with one of his own": `
			create A keys=a1 recovery=B by a1
			update A keys=t1 recovery=key:t2 delay=5000 by a1
			recover A keys=t3 by key:t2
			recover A keys=t4 by key:t2                    -> recovery-pending
			recover A keys=a2 recovery=B prev=1 by B/b1
			pending A set base=1
			recover A keys=t3 prev=2 by key:t2             -> recovery-pending
			cancel A by key:t2                             -> not-authorised
			after +100
			update A keys=a2 recovery=B services=1 by a2
			disputed A 2
		`,
		"nor be the first by a short delay of his own": `
			create A keys=a1 recovery=B delay=1000 by a1
			update A keys=t1 recovery=key:t2 delay=100 by a1
			recover A keys=t3 by key:t2
			pending A set base=2 due=+998                  # when nobody can go back before his declaration any more
			after +500
			update A keys=t1 recovery=key:t2 delay=100 services=1 by t1
			recover A keys=a2 recovery=B delay=1000 prev=1 by B/b1
			after +1000
			update A keys=a2 recovery=B delay=1000 by a2
			disputed A 2,3
		`,
		"not by declaring nothing in between either": `
			create A keys=a1 recovery=B delay=1000 by a1
			update A keys=t1 by a1
			update A keys=t1 recovery=key:t2 delay=100 by t1
			recover A keys=t3 by key:t2
			pending A set base=3 due=+997
			recover A keys=a2 prev=1 by B/b1
			pending A set base=1
		`,
		"starts from a thief's versions do not use up those of the set": `
			create A keys=a1 recovery=B by a1
			update A keys=t1 recovery=key:t2 by a1
			recover A keys=t3 by key:t2
			cancel A by t1
			recover A keys=t3 by key:t2
			cancel A by t1
			recover A keys=t3 by key:t2
			cancel A by t1
			recover A keys=t3 by key:t2
			cancel A by t1
			recover A keys=t3 by key:t2                    -> over-quota
			recover A keys=a2 prev=1 by B/b1
		`,
		"a member who was sent away has the old delay to object, and present control to answer": `
			create A keys=a1 recovery=B by a1
			update A keys=a1 recovery=D by a1
			recover A keys=x1 prev=1 by B/b1
			cancel A by D/d1                               -> not-authorised
			cancel A by a1
			after +100
			recover A keys=x1 prev=1 by B/b1               -> version-mismatch
		`,
		"a deactivation is final": `
			create A keys=a1 recovery=B by a1
			deactivate A by a1
			recover A keys=a2 prev=1 by B/b1               -> deactivated
		`,
	} {
		t.Run(name, func(t *testing.T) {
			s := apptest.Run(t, apptest.Options{Centers: 1, Params: quick}, friends+script)
			if err := app.Fsck(s.Store, nil); err != nil {
				t.Error(err)
			}
		})
	}
}
