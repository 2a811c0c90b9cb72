package identity_test

import (
	"testing"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
)

// The notation is apptest's: an operation a line, and what came of it.
func TestScenarios(t *testing.T) {
	for name, c := range map[string]struct {
		params func(*exec.Params)
		script string
	}{
		"a DID is created by the keys in its body": {script: `
			create A keys=a1 by a1
			create B keys=b1 by a1                 -> unknown-key
			create C keys=c1,c2 threshold=2 by c1  -> not-authorised
			create C keys=c1,c2 threshold=2 by c1,c2
			create D keys=p1 by p1
		`},
		"and only once": {script: `
			create A keys=a1 by a1
			create A keys=a1 by a1                 -> exists
			deactivate A by a1
			create A keys=a1 by a1                 -> deactivated
			update A keys=a1 by a1                 -> deactivated
			deactivate A by a1                     -> deactivated
		`},
		"an update names the version it replaces": {script: `
			create A keys=a1 by a1
			update A keys=a1 services=1 by a1
			update A keys=a1 services=2 prev=1 by a1 -> version-mismatch
			update A keys=a1 services=2 prev=2 by a1
			deactivate A prev=1 by a1              -> version-mismatch
			deactivate A by a1
		`},
		"the same operation twice has one outcome": {script: `
			create A keys=a1 by a1
			again                                  -> duplicate
			update A keys=a1 services=1 by a1
			again                                  -> duplicate
			reopen
			again                                  -> duplicate
			time +61
			again                                  -> duplicate
			time +700
			again                                  -> duplicate  # forgotten by this block
			again                                  -> expired
		`},
		"a bad outcome is final too": {script: `
			create A keys=a1 by a1
			update A keys=a1 services=1 by a1
			update A keys=a1 services=2 prev=1 by a1 -> version-mismatch
			again                                  -> duplicate
		`},
		"what was not authorised can still be done": {script: `
			create A keys=a1 by a2                 -> unknown-key
			again                                  -> unknown-key
			create A keys=a1 by a1
		`},
		"the threshold counts distinct keys by their bytes": {script: `
			create A keys=a1,a2,a3 threshold=2 by a1,a2
			update A keys=a1,a2 threshold=2 by a1  -> not-authorised
			update A keys=a1,a2 threshold=2 by a2,a3
		`},
		"nobody gets a threshold that cannot be met": {script: `
			create A keys=a1 threshold=2 by a1     -> invalid-document
			create B keys=b1 threshold=2 controllers=A by b1,A/a1 -> unknown-did
			create C by c1                         -> invalid-document
		`},
		"keys that do not control do not count": {script: `
			create A keys=a1 auth=x1 by a1
			update A keys=x1 by x1                 -> unknown-key
		`},
		"a controller counts once, by its own threshold": {script: `
			create B keys=b1,b2 threshold=2 by b1,b2
			create A keys=a1 threshold=2 controllers=B by a1,B/b1,B/b2
			update A keys=a1 by a1                 -> not-authorised
			update A keys=a1 by B/b1,B/b2          -> not-authorised
			update A keys=a1 by a1,B/b1            -> not-authorised
			update A keys=a1 by a1,B/b1,B/b2
		`},
		"a controller alone controls": {script: `
			create B keys=b1 by b1
			create A controllers=B by B/b1
			update A controllers=B services=1 by B/b1
			deactivate A by B/b1
		`},
		"control is one level deep": {script: `
			create C keys=c1 by c1
			create B keys=b1 controllers=C by b1
			create A keys=a1 controllers=B by a1
			update A keys=a1 by C/c1               -> not-authorised
			update B keys=b1 by C/c1
		`},
		"circular controllers end": {script: `
			create A keys=a1 by a1
			create B keys=b1 controllers=A by b1
			update A controllers=B by a1
			update B controllers=A by b1
			update A controllers=B services=1 by a1      -> unknown-key
			update A controllers=B services=1 by B/b1    -> unknown-key
		`},
		"a DID is not its own controller": {script: `
			create A keys=a1 by a1
			update A keys=a1 threshold=2 controllers=A by a1 -> invalid-document
			update A controllers=A by a1           -> invalid-document
		`},
		"a deactivated controller controls nothing": {script: `
			create B keys=b1 by b1
			create A keys=a1 controllers=B by a1
			update A keys=a1 controllers=B services=1 by B/b1
			deactivate B by b1
			update A keys=a1 controllers=B services=2 by B/b1 -> deactivated
			update A keys=a1 controllers=B services=2 by a1
		`},
		"deactivation in the same block counts": {script: `
			create B keys=b1 by b1
			create A keys=a1 controllers=B by a1
			{
			deactivate B by b1
			update A keys=a1 services=2 by B/b1    -> deactivated
			}
		`},
		"rotation, then the old key, in one block": {script: `
			create A keys=a1 by a1
			{
			update A keys=a2 by a1
			update A keys=a3 by a1                 -> unknown-key
			}
			update A keys=a3 by a2
		`},
		"the old key, then rotation, in one block": {script: `
			create A keys=a1 by a1
			{
			update A keys=a1 services=1 by a1
			update A keys=a2 by a1                 -> version-mismatch
			}
			update A keys=a2 by a1
		`},
		"a signature of a stranger spoils the operation": {script: `
			create A keys=a1 by a1
			create B keys=b1 by b1
			update A keys=a1 services=1 by a1,B/b1 -> not-authorised
		`},
		"pre-rotated control needs next keys": {script: `
			create A keys=a1 next=a2 by a1
			update A keys=a1 next=a2 services=1 by a1
			update A keys=a2 next=a3 by a1                -> pre-rotation
			update A keys=a1,a2 next=a3 by a1             -> pre-rotation
			update A keys=a1 by a1                        -> pre-rotation
			update A keys=a1 next=a3 by a1                -> pre-rotation
			update A keys=a1 next=a2 controllers=A by a1  -> pre-rotation
			update A keys=a1 next=a2 recovery=R by a1     -> pre-rotation
			update A keys=x1 next=a3 by x1                -> unknown-key
			update A keys=a2 by a2                        -> pre-rotation
			update A keys=a2 next=a2 by a2                -> pre-rotation
			update A keys=a2 next=a3 by a2
			update A keys=a2 next=a3 services=1 by a2
			update A keys=a3 next=a4 by a3
		`},
		"pre-rotation has the threshold of the present record": {script: `
			create A keys=a1,a2 next=n1,n2 threshold=2 by a1,a2
			update A keys=n1,n2 next=m1,m2 threshold=2 by n1     -> pre-rotation
			update A keys=n1,x1 next=m1 threshold=1 by n1,x1     -> unknown-key
			update A keys=n1,a2 next=m1 threshold=1 by n1,a2     -> pre-rotation
			update A keys=n1,n2 next=m1,m2 threshold=2 by n1,n2
		`},
		"next hashes that protect nothing are refused": {script: `
			create A keys=a1 next=a1 by a1                -> pre-rotation
			create A keys=a1,a2 threshold=2 next=n1 by a1,a2 -> pre-rotation
		`},
		"deactivation of a pre-rotated DID reveals next keys": {script: `
			create A keys=a1 next=a2 by a1
			deactivate A by a1                            -> pre-rotation
			deactivate A reveal=a3 by ~a3                 -> unknown-key
			deactivate A reveal=a2 by ~a2
		`},
		"a DID has so many operations an hour": {params: func(p *exec.Params) { p.OpsPerDIDHour = 2 }, script: `
			create A keys=a1 by a1
			update A keys=a1 services=1 by a1
			update A keys=a1 services=2 by a1
			update A keys=a1 services=3 by a1      -> over-quota
			update A keys=a1 services=3 by a2      -> unknown-key
			create B keys=b1 by b1
			update B keys=b1 services=1 by b1
			time +3600
			update A keys=a1 services=3 by a1
		`},
		"documents have limits": {params: func(p *exec.Params) { p.MaxServices, p.MaxControllers, p.MaxKeys = 2, 1, 2 }, script: `
			create A keys=a1 services=3 by a1          -> limit-exceeded
			create A keys=a1,a2,a3 by a1               -> limit-exceeded
			create A keys=a1 controllers=B,C by a1     -> limit-exceeded
			create A keys=a1 services=2 by a1
			update A keys=a1 services=3 by a1          -> limit-exceeded
		`},
		"who was never created does nothing": {script: `
			update A keys=a1 by a1                 -> unknown-did
			deactivate A by a1                     -> unknown-did
		`},
		"a center's DID comes from genesis": {script: `
			update center-1 keys=center-1 services=1 by center-1
			update center-2 keys=center-1 by center-1 -> unknown-key
			deactivate center-3 by center-3
		`},
	} {
		t.Run(name, func(t *testing.T) { apptest.Run(t, apptest.Options{Params: c.params}, c.script) })
	}
}
