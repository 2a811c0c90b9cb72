package trust

import (
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/internal/object"
)

// Each operation of the league by proposal is the operation of a center without `by`.
var (
	_ governance.Act = (*Grant)(nil)
	_ governance.Act = (*Alter)(nil)
	_ governance.Act = (*Recognise)(nil)
)

// contentPointer is where the content of a proposal stands.
const contentPointer = "/body/content"

// ReadKind reads this module's kinds of proposals: trust.accredit, trust.suspend, trust.reinstate, trust.revoke,
// trust.recognise (of another league). Errors are *exec.Error.
func ReadKind(ownLeague, kind string, content map[string]any) (governance.Act, error) {
	m := object.New(content, contentPointer)
	switch kind {
	case "trust.accredit":
		g := &Grant{}
		if err := g.read(m, contentPointer); err != nil {
			return nil, err
		}
		return g, nil
	case "trust.suspend", "trust.reinstate", "trust.revoke":
		x := &Alter{}
		if err := x.read(m, kind, contentPointer); err != nil {
			return nil, err
		}
		return x, nil
	case "trust.recognise":
		x := &Recognise{of: readLeague(m, ownLeague, "of")}
		if err := x.read(m, contentPointer); err != nil {
			return nil, err
		}
		return x, nil
	}
	return nil, exec.Errorf(exec.CodeUnknownType, "%s: no such kind of proposal", kind).At("/body/kind")
}
