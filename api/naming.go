package api

import (
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/did"
)

// naming finds the names of centers in one view of the ledger, each once.
type naming struct {
	reader exec.Reader
	known  map[string]string
}

func newNaming(r exec.Reader) *naming { return &naming{reader: r, known: map[string]string{}} }

// of is the name of a center by its DID, the name of a league by its URI, and "" for everybody else.
func (n *naming) of(id string) (string, error) {
	if league, ok := strings.CutPrefix(id, governance.LeagueURI("")); ok {
		return league, nil
	}
	if name, ok := n.known[id]; ok {
		return name, nil
	}
	center, err := governance.Get(n.reader, did.DID(id))
	if err != nil {
		return "", err
	}
	name := ""
	if center != nil {
		name = center.Name
	}
	n.known[id] = name
	return name, nil
}

// isLeague reports whether an authority is a league.
func isLeague(authority string) bool { return strings.HasPrefix(authority, governance.LeagueURI("")) }
