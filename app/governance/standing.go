package governance

import (
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/did"
)

// standing is an act about a member's standing: center.suspend, center.reinstate, center.remove, sponsor.halt and
// sponsor.resume, content {center}.
type standing struct {
	kind   string
	center did.DID
}

func readStanding(m *object.Reader, kind string) (Act, error) {
	a := &standing{kind: kind, center: readDID(m, "center")}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return a, nil
}

// Check asks for a member in a state that allows the act, and for a league that may lose it.
func (a *standing) Check(env *exec.Env) error {
	_, _, err := a.plan(env)
	return err
}

// Execute writes the member's next version.
func (a *standing) Execute(env *exec.Env, m exec.Mandate) error {
	old, next, err := a.plan(env)
	if err != nil {
		return err
	}
	next.Cause = causeProposal(m.Proposal)
	return replace(env, old, next, a.event())
}

func (a *standing) plan(env *exec.Env) (old, next *Center, err error) {
	if old, err = member(env.Store, a.center); err != nil {
		return nil, nil, err
	}
	changed := *old
	next = &changed
	switch a.kind {
	case "center.suspend":
		next.Status = Suspended
	case "center.reinstate":
		next.Status = Active
	case "center.remove":
		next.Status = Removed
	case "sponsor.halt":
		next.Halted = true
	case "sponsor.resume":
		next.Halted = false
	}
	if next.Status == old.Status && next.Halted == old.Halted {
		return nil, nil, exec.Errorf(exec.CodeWrongState, "%s: center %s is so already", a.kind, old.Name)
	}
	if err := checkFloor(env, next); err != nil {
		return nil, nil, err
	}
	return old, next, checkChange(env, old, next)
}

// checkFloor keeps a removal from taking the league below its smallest number of members.
func checkFloor(env *exec.Env, next *Center) error {
	if next.Status != Removed {
		return nil
	}
	n, err := readCounts(env.Store)
	if err != nil {
		return err
	}
	if n.members-1 < env.Params.MinCenters {
		return exec.Errorf(exec.CodeCenterFloor, "removing %s: the league has %d centers and may not have fewer than %d",
			next.Name, n.members, env.Params.MinCenters)
	}
	return nil
}

func (a *standing) event() string {
	switch a.kind {
	case "center.suspend":
		return eventSuspended
	case "center.reinstate":
		return "center.reinstated"
	case "center.remove":
		return "center.removed"
	case "sponsor.halt":
		return "center.halted"
	}
	return "center.resumed"
}
