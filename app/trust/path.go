package trust

import (
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// Question asks whether a DID holds a right at an instant, and by which path.
type Question struct {
	Subject      did.DID
	Action       Action
	Resource     governance.Resource
	At           int64     // unix seconds; 0: now. After the block time of the state that is asked, what is known now counts
	Authority    string    // "": any; else some hop of the path must be by it (DID or LeagueURI)
	Centers      []did.DID // empty: any; else the path must end in one of these centers, or in one that one of these recognises, or at the league itself
	Jurisdiction string    // "": not asked
	Validity     int64     // of the credential, seconds; 0: not asked, -1: without end
	MaxDepth     int64     // accreditations on the path; 0: what the ledger allowed when they were given
}

// maxAccepted bounds Question.Centers: no league has more centers.
const maxAccepted = 128

// validate refuses what is no question: *exec.Error with CodeMalformed.
func (q *Question) validate() error {
	_, err := governance.ParseResource(string(q.Resource))
	switch {
	case q.Subject == "":
		return exec.Errorf(exec.CodeMalformed, "subject: missing")
	case !q.Action.known():
		return exec.Errorf(exec.CodeMalformed, "action %.16q: none of issue, verify, accredit", q.Action)
	case err != nil:
		return exec.Errorf(exec.CodeMalformed, "%v", err)
	case q.At < 0:
		return exec.Errorf(exec.CodeMalformed, "time %d: negative", q.At)
	case len(q.Centers) > maxAccepted:
		return exec.Errorf(exec.CodeMalformed, "centers: %d, at most %d expected", len(q.Centers), maxAccepted)
	case q.Jurisdiction != "" && !validJurisdiction(q.Jurisdiction):
		return exec.Errorf(exec.CodeMalformed, "jurisdiction %.16q: no ISO 3166 code", q.Jurisdiction)
	case q.Validity < -1 || q.MaxDepth < 0:
		return exec.Errorf(exec.CodeMalformed, "validity or depth: negative")
	}
	return nil
}

func (a Action) known() bool { return a == Issue || a == Verify || a == Accredit }

// Path is the answer. Hops lead from the subject to the league; where Held is false they are the best attempt, whose last
// hop is the one that does not hold, and may be empty.
type Path struct {
	Held   bool
	Why    Why    // of a negative answer
	Detail string // for people
	At     int64  // the instant that was asked
	Hops   []Hop
}

// Why is the reason of a negative answer: stable words.
type Why string

// The reasons.
const (
	NoAccreditation Why = "noAccreditation"      // nobody ever accredited the subject for this
	NotInForce      Why = "accreditationInvalid" // expired, not yet valid, suspended or revoked at that instant: see the hop
	AuthorityGone   Why = "authorityInvalid"     // an authority's DID was deactivated, or its center was no active member
	SubjectGone     Why = "subjectDeactivated"   // the subject's own DID was deactivated, or it was a center and is no active member
	RuleMissing     Why = "noRightOfItsOwn"      // the rule table did not give the center this right at that instant
	NotRecognised   Why = "centerNotAccepted"    // the path is good, but ends in a center that is neither accepted nor recognised
	OtherAuthority  Why = "otherAuthority"       // the path is good, but the authority that was asked for has no part in it
	TooDeep         Why = "pathTooLong"
	OutOfScope      Why = "outOfScope"            // jurisdiction or validity
	Undecided       Why = "tooManyAccreditations" // the bound of work was reached
)

// rank orders reasons by how near to a path they are: the nearest attempt is shown.
func (w Why) rank() int {
	for i, known := range [...]Why{
		NoAccreditation, TooDeep, NotInForce, AuthorityGone, RuleMissing, SubjectGone, OutOfScope, OtherAuthority, NotRecognised,
	} {
		if w == known {
			return i
		}
	}
	return 0
}

// Hop is one link: an accreditation, or (the last one) a center's membership of the league.
type Hop struct {
	ID         *op.ID // nil: membership
	Authority  string
	Subject    did.DID
	Action     Action // membership: accredit
	Resource   governance.Resource
	Limits     Limits
	State      State // at the instant that was asked
	ValidFrom  int64
	ValidUntil int64 // 0: open end
	Height     int64 // at which it was granted, or membership began to be as it was
	Reason     Reason
	Proposal   int64 // what the league decided it by, if it did
	Framework  string
}

// hop describes a at t.
func (a *Accreditation) hop(t int64) Hop {
	state, change := a.at(t)
	h := Hop{
		ID: &a.ID, Authority: a.Authority, Subject: a.Subject, Action: a.Action, Resource: a.Resource, Limits: a.Limits,
		State: state, ValidFrom: a.ValidFrom, ValidUntil: a.ValidUntil, Height: a.Height, Proposal: a.Proposal, Framework: a.Framework,
	}
	if change != nil && change.State == state {
		h.Reason = change.Reason
	}
	return h
}

// passes reports whether some hop is by authority; "" is by anybody.
func (p *Path) passes(authority string) bool {
	if authority == "" {
		return true
	}
	for _, h := range p.Hops {
		if h.Authority == authority {
			return true
		}
	}
	return false
}
