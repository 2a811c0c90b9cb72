package api

import (
	"encoding/hex"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/governance"
)

// LeagueView is the league as this center sees it.
type LeagueView struct {
	League  string `json:"league"`
	Height  int64  `json:"height"`
	Time    string `json:"time"`
	AppHash string `json:"appHash"` // hexadecimal
	Centers int    `json:"centers"`
	Version string `json:"version,omitempty"`
}

// CenterView is a member of the league.
type CenterView struct {
	Name      string   `json:"name"`
	DID       string   `json:"did"`
	API       string   `json:"api,omitempty"`
	Validator string   `json:"validator"` // Ed25519 multikey
	Power     int64    `json:"power"`
	Sponsors  []string `json:"sponsors"` // Ed25519 multikeys
	Halted    bool     `json:"halted"`
}

func (s *Server) getLeague(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	head, err := s.head(c)
	if err != nil {
		return err
	}
	centers, err := s.opts.Ledger.Centers(ctx)
	if err != nil {
		return ledgerError(err)
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, LeagueView{
		League: s.opts.League, Height: head.Height, Time: timeText(head.Time), AppHash: hex.EncodeToString(head.AppHash),
		Centers: len(centers), Version: s.opts.Version,
	})
}

func (s *Server) listCenters(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	if _, err := s.head(c); err != nil {
		return err
	}
	centers, err := s.opts.Ledger.Centers(c.Request().Context())
	if err != nil {
		return ledgerError(err)
	}
	views := make([]CenterView, 0, len(centers))
	for _, center := range centers {
		views = append(views, centerView(center))
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, map[string]any{"items": views})
}

func (s *Server) getParams(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	if _, err := s.head(c); err != nil {
		return err
	}
	params, err := s.opts.Ledger.Params(c.Request().Context())
	if err != nil {
		return ledgerError(err)
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, params)
}

// head reads the last committed block and puts its height on the answer.
func (s *Server) head(c echo.Context) (app.Head, error) {
	head, err := s.opts.Ledger.Head(c.Request().Context())
	if err != nil {
		return head, ledgerError(err)
	}
	setHeight(c, head.Height)
	return head, nil
}

func centerView(m governance.Center) CenterView {
	return CenterView{Name: m.Name, DID: string(m.DID), API: m.API, Validator: m.Validator, Power: m.Power, Sponsors: m.Sponsors, Halted: m.Halted}
}
