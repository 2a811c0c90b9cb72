package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// CenterView is a center of the league, as it is or as it was in one version of its record.
type CenterView struct {
	Name      string                  `json:"name"`
	DID       did.DID                 `json:"did"`
	API       string                  `json:"api,omitempty"`
	Validator string                  `json:"validator"` // Ed25519 multikey
	Power     int64                   `json:"power"`
	Sponsors  []string                `json:"sponsors"` // Ed25519 multikeys
	Halted    bool                    `json:"halted"`
	Status    governance.CenterStatus `json:"status"`
	Since     string                  `json:"since,omitempty"`    // of this version; absent: genesis
	Standing  string                  `json:"standing,omitempty"` // since when it has this status; absent: genesis
	Until     string                  `json:"until,omitempty"`    // of superseded versions
	Height    int64                   `json:"height,omitempty"`
	Cause     string                  `json:"cause"`    // of this version: "genesis", "proposal/7", "evidence", "center"
	Evidence  int64                   `json:"evidence"` // how often consensus evidence named one of its validator keys
	Version   int64                   `json:"version"`
}

// CenterHistoryView is a center with every version of its record, oldest first.
type CenterHistoryView struct {
	CenterView
	History []CenterView `json:"history"`
	Proof   *ProofView   `json:"proof,omitempty"` // of the present version
}

// listCenters answers GET /v1/centers.
func (s *Server) listCenters(c echo.Context) error {
	if err := knownQuery(c, "all"); err != nil {
		return err
	}
	all, err := boolParam(c, "all")
	if err != nil {
		return err
	}
	list := governance.Centers
	if all {
		list = governance.AllCenters
	}
	views := []CenterView{}
	if err := s.read(c, func(v *app.View) error {
		centers, err := list(v.Reader())
		for _, center := range centers {
			views = append(views, centerView(center))
		}
		return err
	}); err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, map[string]any{"items": views})
}

// maxHistory bounds the versions of a center's record that one answer shows: the latest.
const maxHistory = 100

// getCenter answers GET /v1/centers/{ref}: by DID or by name, former members too.
func (s *Server) getCenter(c echo.Context) error {
	ref := pathParam(c, "ref")
	return s.sendRecord(c, func(v *app.View, p prover) (any, error) {
		center, err := findCenter(v.Reader(), ref)
		if err != nil {
			return nil, err
		}
		history, err := governance.Latest(v.Reader(), center.DID, maxHistory)
		if err != nil {
			return nil, err
		}
		view := CenterHistoryView{CenterView: centerView(*center), History: make([]CenterView, len(history))}
		for i, version := range history {
			view.History[i] = centerView(version)
		}
		view.Proof, err = p.of(governance.CenterKey(op.HashCenter(center.DID)))
		return view, err
	})
}

// findCenter reads the center that a DID or a name means, a former one too.
func findCenter(r exec.Reader, ref string) (center *governance.Center, err error) {
	if strings.HasPrefix(ref, "did:") {
		var id did.DID
		if id, err = did.Parse(ref); err != nil {
			return nil, err
		}
		center, err = governance.Get(r, id)
	} else {
		center, err = governance.ByName(r, ref)
	}
	if err == nil && center == nil {
		err = unknownCenter()
	}
	return center, err
}

// centerParam is findCenter for a query parameter: a center that is not there is the request's mistake.
func centerParam(r exec.Reader, name, ref string) (*governance.Center, error) {
	center, err := findCenter(r, ref)
	if refusal, told := errors.AsType[*exec.Error](err); told && refusal.Code == exec.CodeUnknownCenter || errors.Is(err, did.ErrInvalidDID) {
		return nil, badParameter(name, "the league has and had no such center; a DID or a name is expected")
	}
	return center, err
}

func unknownCenter() error {
	return &exec.Error{Code: exec.CodeUnknownCenter, Detail: "the league has and had no such center"}
}

func centerView(m governance.Center) CenterView {
	return CenterView{
		Name: m.Name, DID: m.DID, API: m.API, Validator: m.Validator, Power: m.Power, Sponsors: m.Sponsors, Halted: m.Halted,
		Status: m.Status, Since: timeOrNone(m.Since), Standing: timeOrNone(m.Standing), Until: timeOrNone(m.Until), Height: m.Height, Cause: m.Cause,
		Evidence: m.Evidence, Version: m.N,
	}
}
