package credentials

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/did/jcs"
)

// evaluateAccreditation adds an entry that names an accreditation to the check. Only a ledger knows such entries: where there is
// none, or the source is of another kind, the entry is not evaluated, and that is said.
func (s statusChecker) evaluateAccreditation(ctx context.Context, e entry, credential map[string]any, c *Check) {
	if s.source == nil {
		c.notEvaluated(e)
		return
	}
	result, err := s.source.Status(ctx, StatusQuery{Issuer: s.issuer, Entry: *e.status, At: s.at})
	switch {
	case errors.Is(err, ErrStatusType), err == nil && result.State == "":
		c.notEvaluated(e)
		return
	case err != nil:
		outcome, problem := statusProblem(err)
		problem.Pointer = e.pointer
		c.worsen(outcome, problem)
		return
	}
	c.stand(result.Evidence)
	c.worsen(Pass, nil)
	if result.State != StateActive {
		c.worsen(Fail, &Problem{Type: ProblemStatusVerification, Title: "accreditation is " + stateText(result.State),
			Detail: fmt.Sprintf("accreditation %s is not in force", e.status.Accreditation), Pointer: e.pointer})
	}
	if types, _ := texts(credential["type"]); !slices.Contains(types, AccreditationType) {
		return // a credential that stands and falls with an accreditation, but is no copy of one
	}
	if result.Accreditation == nil {
		c.note("the copy was not compared with the accreditation")
		return
	}
	if difference := result.Accreditation.difference(e.status.Accreditation, credential); difference != "" {
		c.worsen(Fail, &Problem{Type: ProblemStatusVerification, Title: "credential is no copy of the accreditation",
			Detail: difference, Pointer: "/credentialSubject"})
	}
}

// namesAccreditation reports whether a credential says that it is the copy of a recorded accreditation. Without the entry that
// leads to the record nobody would notice that it is none, or is revoked.
func namesAccreditation(credential map[string]any) bool {
	if types, _ := texts(credential["type"]); !slices.Contains(types, AccreditationType) {
		return false
	}
	subjects, _, _ := objects(credential["credentialSubject"])
	return slices.ContainsFunc(subjects, func(s map[string]any) bool {
		copied, _ := s["accreditation"].(map[string]any)
		id, _ := copied["id"].(string)
		return strings.HasPrefix(id, accreditationURN)
	})
}

// difference says in which member a credential differs from the copy of the accreditation that it names; nothing if it is one.
// Whoever may sign copies must not be able to say more in them than the ledger does.
func (a *Accreditation) difference(id string, credential map[string]any) string {
	copied, err := a.Credential("did:example:issuer", "https://center.example")
	if err != nil || a.ID != id {
		return "the ledger's accreditation has another id"
	}
	for _, name := range []string{"credentialSubject", "validFrom", "validUntil"} {
		is, err := jcs.EncodeFractions(credential[name])
		if err != nil {
			return name + " cannot be compared"
		}
		should, err := jcs.EncodeFractions(copied[name])
		if err != nil || !bytes.Equal(is, should) {
			return name + " is not what the ledger has"
		}
	}
	return ""
}

// stateText is a state as a title has it: known words as they are, others quoted.
func stateText(state string) string {
	switch state {
	case "revoked", "suspended", "expired":
		return state
	case "notYetValid":
		return "not yet valid"
	}
	return fmt.Sprintf("not in force: %.64q", state)
}
