package identity_test

import (
	"testing"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
)

func TestLeagueRecoveryScenarios(t *testing.T) {
	const three = "as=center-1,center-2,center-3 kind=did.recover "
	for name, script := range map[string]string{
		"the league recovers who named it at creation, after the delay": `
			create A keys=a1 league=700 by a1
			propose P as=center-1 kind=did.recover did=A keys=a2
			vote P yes as=center-2
			pending A none
			vote P yes as=center-3
			state P executed
			pending A league base=1 due=+699
			after +698
			version A 1
			after +0
			version A 2
			pending A none
			update A keys=a1 by a1                         -> unknown-key
			update A keys=a2 by a2
		`,
		"and nobody else": `
			create A keys=a1 recovery=B by a1
			propose P as=center-1 kind=did.recover did=A keys=a2     -> no-recovery
			propose P as=center-1 kind=did.recover did=D keys=a2     -> no-recovery
			propose P as=center-1 kind=did.recover did=X keys=a2     -> unknown-did
			propose P as=center-1 kind=did.recover did=center-4 keys=a2 -> no-recovery
		`,
		"one center alone recovers nobody": `
			create A keys=a1 league=700 by a1
			recover A keys=a2 by center-1/center-1         -> no-recovery
			propose P as=center-1 kind=did.recover did=A keys=a2
			propose Q as=D kind=did.recover did=A keys=a2 by d1 -> not-a-center
			after +4000
			state P rejected
			pending A none
		`,
		"any one control key vetoes": `
			create A keys=a1,a2,a3 threshold=3 league=700 by a1,a2,a3
			pass P ` + three + `did=A keys=x1
			pending A league
			cancel A by D/d1                               -> not-authorised
			cancel A by center-1/center-1                  -> not-authorised
			cancel A by x1                                 -> unknown-key
			cancel A by a2
			pending A none
			after +1000
			version A 1
			state P executed
		`,
		"a controller's veto takes the controller's own threshold": `
			create A controllers=C league=700 by C/c1,C/c2
			pass P ` + three + `did=A keys=x1
			cancel A by C/c2                               -> not-authorised
			cancel A by C/c2,C/c3
		`,
		"a present key vetoes where next keys are asked for, too": `
			create A keys=a1 next=n1 league=700 by a1
			pass P ` + three + `did=A keys=x1
			cancel A by a1
		`,
		"the recovery set cancels what the league started": `
			create A keys=a1 recovery=B,D quorum=2 league=700 by a1
			pass P ` + three + `did=A keys=x1
			recover A keys=a2 by B/b1,D/d1                 -> recovery-pending
			cancel A by B/b1                               -> not-authorised
			cancel A by B/b1,D/d1
			recover A keys=a2 by B/b1,D/d1
		`,
		"one at a time": `
			create A keys=a1 recovery=B league=700 by a1
			recover A keys=a2 by B/b1
			propose P as=center-1 kind=did.recover did=A keys=x1 -> recovery-pending
		`,
		"what was started between proposal and execution stays": `
			create A keys=a1 recovery=B league=700 by a1
			propose P as=center-1 kind=did.recover did=A keys=x1
			vote P yes as=center-2
			recover A keys=a2 by B/b1
			vote P yes as=center-3
			state P failed:recovery-pending
			pending A set
		`,
		"an owner who comes back during the vote vetoes afterwards": `
			create A keys=a1 league=700 by a1
			propose P as=center-1 kind=did.recover did=A keys=x1
			vote P yes as=center-2
			update A keys=a2 league=700 by a1
			vote P yes as=center-3
			pending A league base=1
			cancel A by a1                                 -> unknown-key
			cancel A by a2
		`,
		"or drops the league": `
			create A keys=a1 league=700 by a1
			update A keys=a1 by a1
			propose P as=center-1 kind=did.recover did=A keys=x1 -> no-recovery
			after +696
			propose Q as=center-1 kind=did.recover did=A keys=x1 prev=1
			after +0
			propose R as=center-1 kind=did.recover did=A keys=x1 prev=1 -> version-mismatch
			vote Q yes as=center-2
			vote Q yes as=center-3
			state Q failed:version-mismatch
		`,
		"a thief who drops the league and declares a set of his own does not come first": `
			create A keys=a1 league=700 by a1
			update A keys=t1 recovery=key:t2 by a1
			recover A keys=t3 by key:t2
			pending A set base=2 due=+698
			pass P ` + three + `did=A keys=a2 prev=1
			pending A league base=1
			after +700
			update A keys=a2 by a2
			disputed A 2
		`,
		"the league keeps what was declared, or drops it": `
			create A keys=a1 league=700 by a1
			propose P as=center-1 kind=did.recover did=A keys=x1 league=701 -> no-recovery
			propose P as=center-1 kind=did.recover did=A keys=x1 recovery=B delay=99 -> limit-exceeded
			propose P as=center-1 kind=did.recover did=A keys=x1 recovery=B delay=100 league=700
			vote P yes as=center-2
			vote P yes as=center-3
			after +700
			update A keys=x1 recovery=B league=700 services=1 by x1
		`,
		"a deactivated DID is gone": `
			create A keys=a1 league=700 by a1
			propose P as=center-1 kind=did.recover did=A keys=x1
			vote P yes as=center-2
			deactivate A by a1
			vote P yes as=center-3
			state P failed:deactivated
			propose Q as=center-1 kind=did.recover did=A keys=x1 -> deactivated
		`,
		"the league's content is as strict as an operation": `
			create A keys=a1 league=700 by a1
			propose P as=center-1 kind=did.recover content={"did":"did:web:a.example"} -> malformed
			propose P as=center-1 kind=did.recover did=A           -> invalid-document
			propose P as=center-1 kind=did.recover did=A keys=x1 threshold=2 -> invalid-document
			propose P as=center-1 kind=did.recover did=A keys=x1 prev=2 -> version-mismatch
			propose P as=center-1 kind=did.recover did=A keys=x1 services=11 -> limit-exceeded
		`,
		"the node restarts in the middle": `
			create A keys=a1 league=700 by a1
			pass P ` + three + `did=A keys=x1
			reopen
			pending A league
			update A keys=a1 league=700 services=1 by a1
			after +700
			reopen
			version A 3
			disputed A 2
		`,
		"a center whose DID named the league is recovered like anybody": `
			create A keys=a1 by a1
			update center-4 keys=y1 by center-4
			propose P as=center-1 kind=did.recover did=center-4 keys=x1 -> no-recovery
		`,
	} {
		t.Run(name, func(t *testing.T) {
			s := apptest.Run(t, apptest.Options{Params: quick}, friends+script)
			if err := app.Fsck(s.Store, nil); err != nil {
				t.Error(err)
			}
		})
	}
}
