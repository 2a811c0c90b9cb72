package identity_test

import "testing"

// What thieves can do, and what stops them: DESIGN.md tells the same.
func TestThieves(t *testing.T) {
	playAll(t, map[string]string{
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
	}, quick)
}
