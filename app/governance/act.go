package governance

import (
	"strconv"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/did"
)

// Act is what a proposal does when it is executed. Kinds of other modules implement it too (see ReadAct).
type Act interface {
	// Check says whether the act could be executed on this state now; it writes nothing. Asked when it is proposed and again
	// right before Execute. Errors are *exec.Error; due.ErrLater asks for the next block.
	Check(env *exec.Env) error
	// Execute does it. env.Op is nil. It runs in an overlay that is dropped on error.
	Execute(env *exec.Env, m exec.Mandate) error
}

// ReadAct reads a proposal's content (bytes only). CodeMalformed, CodeUnknownType. Package app joins the kinds of all modules.
type ReadAct func(league, kind string, content map[string]any) (Act, error)

// contentPointer is where a proposal's content stands in the operation that makes it.
const contentPointer = "/body/content"

// ReadKind reads the kinds of this module: see ReadAct.
func ReadKind(league, kind string, content map[string]any) (Act, error) {
	m := object.New(content, contentPointer)
	switch kind {
	case "center.admit":
		return readAdmit(m, league)
	case "center.suspend", "center.reinstate", "center.remove", "sponsor.halt", "sponsor.resume":
		return readStanding(m, kind)
	case "center.rotate":
		return readRotate(m)
	case "params.change":
		return readParamsChange(m)
	case "rules.change":
		return readRulesChange(m)
	case "upgrade.plan":
		return readPlan(m)
	case "upgrade.cancel":
		return readCancel(m)
	}
	return nil, exec.Errorf(exec.CodeUnknownType, "%.64s: no such kind of proposal", kind).At("/body/kind")
}

// causeProposal is the cause of what proposal n did.
func causeProposal(n int64) string { return "proposal/" + strconv.FormatInt(n, 10) }

// readDID reads a member that names a DID.
func readDID(m *object.Reader, name string) did.DID {
	d, err := did.Parse(m.String(name))
	if err != nil {
		m.Fail(name, "not a DID")
	}
	return d
}

// member reads the present record of a center that has not been removed. CodeUnknownCenter otherwise.
func member(r exec.Reader, d did.DID) (*Center, error) {
	c, err := Get(r, d)
	if err != nil {
		return nil, err
	}
	if c == nil || c.Status == Removed {
		return nil, exec.Errorf(exec.CodeUnknownCenter, "%s: not a member of the league", d).At(contentPointer + "/center")
	}
	return c, nil
}
