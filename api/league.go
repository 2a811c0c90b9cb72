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
	League  string             `json:"league"`
	Profile governance.Profile `json:"profile"`
	Height  int64              `json:"height"`
	Time    string             `json:"time"`
	AppHash string             `json:"appHash"` // hexadecimal
	Centers int                `json:"centers"` // members, suspended ones included
	Active  int                `json:"active"`  // centers that validate, sponsor and vote
	Version string             `json:"version,omitempty"`
	Rules   RulesView          `json:"rules"`
	Upgrade *governance.Plan   `json:"upgrade,omitempty"`
}

// RulesView is the rule table: which action needs which role, threshold and delay.
type RulesView struct {
	N     int64             `json:"n"`               // version
	Since string            `json:"since,omitempty"` // absent: genesis
	Rules []governance.Rule `json:"rules"`
}

// getLeague answers GET /v1/league.
func (s *Server) getLeague(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	view := LeagueView{League: s.opts.League, Version: s.opts.Version}
	if err := s.read(c, view.read); err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, view)
}

func (l *LeagueView) read(v *app.View) error {
	head, r := v.Head(), v.Reader()
	l.Height, l.Time, l.AppHash = head.Height, timeText(head.Time), hex.EncodeToString(head.AppHash)
	centers, err := governance.Centers(r)
	if err != nil {
		return err
	}
	l.Centers = len(centers)
	for _, center := range centers {
		if center.Status == governance.Active {
			l.Active++
		}
	}
	rules, err := governance.PresentRules(r)
	if err != nil {
		return err
	}
	l.Rules = rulesView(rules)
	if l.Upgrade, err = governance.PresentPlan(r); err != nil {
		return err
	}
	l.Profile, err = governance.ProfileOf(r)
	return err
}

func rulesView(t *governance.Rules) RulesView {
	return RulesView{N: t.N, Since: timeOrNone(t.Since), Rules: append([]governance.Rule{}, t.Rules...)}
}

// getParams answers GET /v1/params.
func (s *Server) getParams(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	var view any
	if err := s.read(c, func(v *app.View) (err error) {
		view, err = governance.Params(v.Reader())
		return err
	}); err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, view)
}
