package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// GraphView is a part of the forest of accreditations: those of one page, in the order of a walk from the root downwards,
// and the parties that they are between.
type GraphView struct {
	Nodes []NodeView `json:"nodes"`
	Edges []EdgeView `json:"edges"`
	Next  string     `json:"next,omitempty"`
}

// NodeView is a party.
type NodeView struct {
	ID   string   `json:"id"`
	Kind NodeKind `json:"kind"`
	Name string   `json:"name,omitempty"`
}

// NodeKind says what a party is.
type NodeKind string

// The kinds of parties.
const (
	NodeLeague NodeKind = "league"
	NodeCenter NodeKind = "center"
	NodeDID    NodeKind = "did"
)

// EdgeView is an accreditation from its authority to its subject or, with the action "member" and without id, the membership of
// a center in the league.
type EdgeView struct {
	From     string              `json:"from"`
	To       string              `json:"to"`
	ID       *op.ID              `json:"id,omitempty"`
	Action   string              `json:"action"`
	Resource governance.Resource `json:"resource,omitempty"`
	State    string              `json:"state"` // by itself, now; of a membership the center's status
}

// membership is the action of an edge from the league to a center.
const membership = "member"

// getTrustGraph answers GET /v1/trust/graph.
func (s *Server) getTrustGraph(c echo.Context) error {
	if err := knownQuery(c, "root", "after", "limit"); err != nil {
		return err
	}
	after, err := idParam(c, "after")
	if err != nil {
		return err
	}
	limit, err := limitParam(c)
	if err != nil {
		return err
	}
	root, err := textParam(c, "root")
	if err != nil {
		return err
	}
	var view GraphView
	if err := s.read(c, func(v *app.View) error {
		g, err := s.newGraph(v, root)
		if err != nil {
			return err
		}
		next, err := g.page(after, limit)
		view = GraphView{Nodes: g.nodes, Edges: g.edges, Next: nextLink(c, "after", idText(next))}
		return err
	}); err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, view)
}

// graph walks the forest of accreditations depth first. What the authorities in tops grant hangs below these authorities; all
// else below the accreditation that it was granted under. So each accreditation is met once, and the place of a walk is the
// accreditation it met last.
type graph struct {
	view  *app.View
	now   int64
	names *naming
	tops  []string // authorities at the top, in order
	top   map[string]bool

	nodes []NodeView
	known map[string]bool
	edges []EdgeView
}

// newGraph prepares a walk from root: the league ("" or its URI) with all centers, or one party, by DID or a center's name.
func (s *Server) newGraph(v *app.View, root string) (*graph, error) {
	g := &graph{
		view: v, now: instantOf(v.Head(), 0, s.opts.Now()), names: newNaming(v.Reader()), top: map[string]bool{}, nodes: []NodeView{}, known: map[string]bool{}, edges: []EdgeView{},
	}
	league := governance.LeagueURI(s.opts.League)
	if root == "" || root == league {
		centers, err := governance.AllCenters(v.Reader())
		if err != nil {
			return nil, err
		}
		g.addTop(league)
		for _, center := range centers {
			g.addTop(string(center.DID))
		}
		return g, nil
	}
	if id, err := did.Parse(root); err == nil {
		g.addTop(string(id))
		return g, nil
	}
	center, err := centerParam(v.Reader(), "root", root)
	if err != nil {
		return nil, err
	}
	g.addTop(string(center.DID))
	return g, nil
}

func (g *graph) addTop(authority string) {
	g.tops, g.top[authority] = append(g.tops, authority), true
}

// page collects up to limit accreditations that follow after (nil: from the start, with the memberships). next is what to
// give as after for the following page, nil at the end.
func (g *graph) page(after *op.ID, limit int) (next *op.ID, err error) {
	w := walk{graph: g, left: limit}
	if after == nil {
		if err := g.addMemberships(); err != nil {
			return nil, err
		}
		err = w.authorities(g.tops)
	} else {
		err = w.resume(*after)
	}
	if !w.full {
		return nil, err
	}
	return w.last, err
}

// addMemberships adds the edges between the league and its centers, where the walk begins at the league.
func (g *graph) addMemberships() error {
	if !isLeague(g.tops[0]) {
		return g.addNode(g.tops[0])
	}
	if err := g.addNode(g.tops[0]); err != nil {
		return err
	}
	for _, member := range g.tops[1:] {
		center, err := governance.Get(g.view.Reader(), did.DID(member))
		if err != nil || center == nil {
			return err
		}
		if err := g.addNode(member); err != nil {
			return err
		}
		g.edges = append(g.edges, EdgeView{From: g.tops[0], To: member, Action: membership, State: string(center.Status)})
	}
	return nil
}

func (g *graph) add(a *trust.Accreditation) error {
	if err := g.addNode(a.Authority); err != nil {
		return err
	}
	if err := g.addNode(string(a.Subject)); err != nil {
		return err
	}
	g.edges = append(g.edges, EdgeView{
		From: a.Authority, To: string(a.Subject), ID: &a.ID, Action: string(a.Action), Resource: a.Resource,
		State: string(a.StateAt(g.now)),
	})
	return nil
}

func (g *graph) addNode(id string) error {
	if g.known[id] {
		return nil
	}
	g.known[id] = true
	name, err := g.names.of(id)
	node := NodeView{ID: id, Kind: NodeDID, Name: name}
	switch {
	case isLeague(id):
		node.Kind = NodeLeague
	case name != "":
		node.Kind = NodeCenter
	}
	g.nodes = append(g.nodes, node)
	return err
}
