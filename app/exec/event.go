package exec

import "github.com/hanse-id/hanse/did"

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

// SubjectParams is the subject of the ledger parameters.
const SubjectParams = "params"

// SubjectDID is the subject of a DID's record: "did/<did>".
func SubjectDID(id did.DID) string { return "did/" + string(id) }

// SubjectList is the subject of a status list: "list/<list id>".
func SubjectList(id string) string { return "list/" + id }

// SubjectCenter is the subject of a center's record: "center/<did>".
func SubjectCenter(id did.DID) string { return "center/" + string(id) }
