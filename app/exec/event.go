package exec

import (
	"strconv"

	"github.com/hanse-id/hanse/did"
)

// Event is what an operation (or a block) did, with the subjects it changed.
type Event struct {
	Type       string      `json:"type"`     // "did.created", "status.set", …
	Subjects   []string    `json:"subjects"` // see SubjectDID and its siblings: what caches must drop
	Attributes []Attribute `json:"attributes,omitempty"`
}

// Attribute is one named value of an event.
type Attribute struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Subjects of which a league has one: the ledger parameters, the rule table, the upgrade plan.
const (
	SubjectParams  = "params"
	SubjectRules   = "rules"
	SubjectUpgrade = "upgrade"
)

// SubjectDID is the subject of a DID's record: "did/<did>".
func SubjectDID(id did.DID) string { return "did/" + string(id) }

// SubjectList is the subject of a status list: "list/<list id>".
func SubjectList(id string) string { return "list/" + id }

// SubjectCenter is the subject of a center's record: "center/<did>".
func SubjectCenter(id did.DID) string { return "center/" + string(id) }

// SubjectProposal is the subject of a proposal: "proposal/<number>".
func SubjectProposal(n int64) string { return "proposal/" + strconv.FormatInt(n, 10) }

// SubjectTrust is the subject of everything that a DID was accredited for: "trust/<did>".
func SubjectTrust(id did.DID) string { return "trust/" + string(id) }

// SubjectGrant is the subject of an accreditation: "accreditation/<id>".
func SubjectGrant(id string) string { return "accreditation/" + id }

// SubjectSchema is the subject of a registered schema: "schema/<digest>".
func SubjectSchema(digest string) string { return "schema/" + digest }
