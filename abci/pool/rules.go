package pool

import (
	"slices"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// Rules is what the pool needs of committed state besides the questions it asks the machine.
type Rules struct {
	League  string
	Params  exec.Params
	Centers map[op.CenterHash]Sponsors
}

// Sponsors is a center as batches see it.
type Sponsors struct {
	Name   string
	DID    did.DID
	Keys   []keys.Public
	Halted bool // its batches are refused: it is suspended, or was halted
}

// member finds the center that has a sponsor key; the zero value if none has.
func (r Rules) member(sponsor keys.Public) Sponsors {
	for _, c := range r.Centers {
		if slices.ContainsFunc(c.Keys, sponsor.Equal) {
			return c
		}
	}
	return Sponsors{}
}

// ReadRules reads the rules from a view of committed state.
func ReadRules(r exec.Reader) (Rules, error) {
	league, err := governance.League(r)
	if err != nil {
		return Rules{}, err
	}
	params, err := governance.Params(r)
	if err != nil {
		return Rules{}, err
	}
	centers, err := governance.Centers(r)
	if err != nil {
		return Rules{}, err
	}
	rules := Rules{League: league, Params: params, Centers: make(map[op.CenterHash]Sponsors, len(centers))}
	for _, c := range centers {
		s := Sponsors{Name: c.Name, DID: c.DID, Halted: !c.Sponsoring()}
		for _, multikey := range c.Sponsors {
			key, err := keys.ParseMultikey(multikey)
			if err != nil {
				return Rules{}, err
			}
			s.Keys = append(s.Keys, key)
		}
		rules.Centers[op.HashCenter(c.DID)] = s
	}
	return rules, nil
}

// changesRules reports whether a block that changed these subjects may have changed the rules.
func changesRules(changed []string) bool {
	for _, subject := range changed {
		if subject == exec.SubjectParams || strings.HasPrefix(subject, "center/") {
			return true
		}
	}
	return false
}
