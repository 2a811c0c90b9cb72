package identity

import (
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/did"
)

// LeagueRecovery is what a proposal of kind did.recover does: it starts a recovery of a DID that named the league as its
// last resort when it was created (it is a governance.Act). A value belongs to one execution.
type LeagueRecovery struct{ start }

// contentPointer is where a proposal's content stands in the operation that proposes it.
const contentPointer = "/body/content"

// ReadKind reads the content of a did.recover proposal: {did, prev, document, threshold?, next?, recovery?}. Errors are
// *exec.Error.
func ReadKind(league string, content map[string]any) (*LeagueRecovery, error) {
	m := object.New(content, contentPointer)
	id, prev := did.DID(m.String("did")), m.String("prev")
	if of, _, err := did.SplitHanse(id); err != nil || of != league {
		m.Fail("did", "not a DID of the league")
	}
	t, err := readTarget(m, contentPointer, league, id)
	if err != nil {
		return nil, err
	}
	return &LeagueRecovery{start{target: *t, prev: prev}}, nil
}

// Check says whether the recovery could start on this state now. It writes nothing. CodeUnknownDID, CodeDeactivated,
// CodeVersionMismatch, CodeNoRecovery, CodeRecoveryPending, CodeLimitExceeded.
func (l *LeagueRecovery) Check(env *exec.Env) error { return l.check(env, true) }

// Execute starts it: from now on it is pending for as long as the DID declared, and any one control key vetoes it. env.Op
// is nil. Errors are those of Check.
func (l *LeagueRecovery) Execute(env *exec.Env, m exec.Mandate) error {
	if err := l.check(env, true); err != nil {
		return err
	}
	return l.begin(env, &Pending{ID: m.ID, League: true, Proposal: m.Proposal})
}
