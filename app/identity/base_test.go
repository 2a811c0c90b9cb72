package identity_test

import "testing"

// Which versions a recovery may continue from, and what becomes of those after them.
func TestBases(t *testing.T) {
	playAll(t, map[string]string{
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
	}, quick)
}
