package identity_test

import "testing"

// Who may end a recovery, and until when.
func TestCancelling(t *testing.T) {
	playAll(t, map[string]string{
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
		"a controller that was deactivated in the same block cancels nothing": `
			create A keys=a1 controllers=D recovery=B by a1
			recover A keys=x1 by B/b1
			{
			deactivate D by d1
			cancel A by D/d1                               -> deactivated
			}
			pending A set
		`,
	}, quick)
}
