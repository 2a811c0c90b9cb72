package trust

import (
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// Action is what an accreditation lets its subject do.
type Action string

// The actions. Accredit is the right to give the other two, and itself as far as the depth goes; it is not the right to do
// them: who accredits issuers and wants to issue needs an accreditation to issue, and nobody accredits itself.
const (
	Issue    Action = "issue"
	Verify   Action = "verify"
	Accredit Action = "accredit"
)

// Limits narrow an accreditation. Zero values do not limit, but for Depth. A child's limits are at least as narrow as its
// parent's.
type Limits struct {
	Jurisdictions []string `json:"jurisdictions,omitempty"` // ISO 3166 codes, sorted: "DE", "DE-BY" (within "DE")
	Validity      int64    `json:"validity,omitempty"`      // longest validity of a credential issued under it, seconds
	Depth         int64    `json:"depth,omitempty"`         // accredit: how many more levels of accredit it may give; 0: none
	Count         int64    `json:"count,omitempty"`         // accredit: how many accreditations may ever be given under it; 0: any number
}

// Accreditation is one right. ID is the operation that granted it (the proposal's, where the league did).
type Accreditation struct {
	ID         op.ID
	Authority  string // a DID, or governance.LeagueURI
	Subject    did.DID
	Action     Action
	Resource   governance.Resource
	Limits     Limits
	Parent     *op.ID // nil: of the authority's own right (a center's by the rule table, the league's by proposal)
	Proposal   int64  // the league's: number of the proposal
	ValidFrom  int64  // unix seconds, not before Granted: nobody is accredited for the past
	ValidUntil int64  // the first second at which it does not hold any more; 0: open end
	Evidence   string // SHA-256 of what it stands on, base64url; may be empty
	Framework  string // URL of the governance framework; may be empty
	Granted    int64  // block time
	Height     int64
	Level      int64    // accreditations from here up to the root, this one included
	Number     int64    // its place among the accreditations of its subject, from 0
	Given      int64    // accreditations given under it so far
	Previous   *op.ID   // the one of the same authority, subject, action and resource that it replaced, if any
	Changes    []Change // suspensions, reinstatements, the revocation; in order
}

// Change is what happened to an accreditation.
type Change struct {
	State  State  `json:"state"` // suspended, active (reinstated) or revoked
	Time   int64  `json:"time"`
	Height int64  `json:"height"`
	ID     op.ID  `json:"operation"`
	By     string `json:"by"` // DID or LeagueURI
	Reason Reason `json:"reason,omitempty"`
	Note   string `json:"note,omitempty"`
	// From: revocation only: from this instant on (unix seconds) it does not hold. The time of the revocation where what was
	// issued before stays accepted; earlier (RFC 5280, 5.3.2, invalidity date) where it is not.
	From int64 `json:"from,omitempty"`
}

// State of an accreditation at an instant.
type State string

// The states.
const (
	Active    State = "active"
	Suspended State = "suspended"
	Revoked   State = "revoked"
	Expired   State = "expired"
	NotYet    State = "notYetValid"
)

// Reason of a revocation or suspension, after RFC 5280, 5.3.1.
type Reason string

// The reasons. By default keyCompromise and fraud hold from the beginning (nothing stays accepted), the others from the
// revocation on.
const (
	Unspecified   Reason = "unspecified"
	KeyCompromise Reason = "keyCompromise"
	Affiliation   Reason = "affiliationChanged"
	Superseded    Reason = "superseded"
	Cessation     Reason = "cessationOfOperation"
	Withdrawn     Reason = "privilegeWithdrawn"
	Fraud         Reason = "fraud"
)

func (r Reason) known() bool {
	switch r {
	case Unspecified, KeyCompromise, Affiliation, Superseded, Cessation, Withdrawn, Fraud:
		return true
	}
	return false
}

// StateAt says how a stands by itself at t (unix seconds), whatever became of those above it.
func (a *Accreditation) StateAt(t int64) State {
	state, _ := a.at(t)
	return state
}

// at is StateAt with the change that made it so, nil if none did.
func (a *Accreditation) at(t int64) (State, *Change) {
	if t < a.ValidFrom {
		return NotYet, nil
	}
	last := a.lastChange()
	if last != nil && last.State == Revoked && last.From <= t {
		return Revoked, last
	}
	if a.ValidUntil != 0 && a.ValidUntil <= t {
		return Expired, nil
	}
	for i := len(a.Changes) - 1; i >= 0; i-- {
		if c := &a.Changes[i]; c.State != Revoked && c.Time <= t {
			return c.State, c
		}
	}
	return Active, nil
}

func (a *Accreditation) lastChange() *Change {
	if len(a.Changes) == 0 {
		return nil
	}
	return &a.Changes[len(a.Changes)-1]
}

// Revocation is the change that revoked a, nil if it is not revoked.
func (a *Accreditation) Revocation() *Change {
	if last := a.lastChange(); last != nil && last.State == Revoked {
		return last
	}
	return nil
}

// standing says that a was neither revoked nor has expired at block time t: another one of its kind would be a second one.
func (a *Accreditation) standing(t int64) bool {
	return a.Revocation() == nil && (a.ValidUntil == 0 || t < a.ValidUntil)
}
