package api

import (
	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// AccreditationView is an authority's statement that a subject may issue, verify or accredit something.
type AccreditationView struct {
	ID            op.ID               `json:"id"`
	Authority     string              `json:"authority"` // a DID, or the league's URI
	AuthorityName string              `json:"authorityName,omitempty"`
	Subject       did.DID             `json:"subject"`
	Action        trust.Action        `json:"action"`
	Resource      governance.Resource `json:"resource"`
	Limits        trust.Limits        `json:"limits"`
	Parent        *op.ID              `json:"parent,omitempty"`   // absent: of the authority's own right
	Proposal      int64               `json:"proposal,omitempty"` // the league's: what it decided it by
	State         trust.State         `json:"state"`              // by itself, now
	ValidFrom     string              `json:"validFrom"`
	ValidUntil    string              `json:"validUntil,omitempty"` // absent: open end
	Evidence      string              `json:"evidence,omitempty"`   // SHA-256, base64url
	Framework     string              `json:"framework,omitempty"`
	Granted       string              `json:"granted"`
	Height        int64               `json:"height"`
	Level         int64               `json:"level"` // accreditations from here up to the root, this one included
	Given         int64               `json:"given"` // accreditations given under it so far
	Previous      *op.ID              `json:"previous,omitempty"`
	Changes       []ChangeView        `json:"changes,omitempty"`
}

// ChangeView is what happened to an accreditation.
type ChangeView struct {
	State     trust.State  `json:"state"`
	Time      string       `json:"time"`
	Height    int64        `json:"height"`
	Operation op.ID        `json:"operation"`
	By        string       `json:"by"`
	Reason    trust.Reason `json:"reason,omitempty"`
	Note      string       `json:"note,omitempty"`
	From      string       `json:"from,omitempty"` // of a revocation: from this instant on it does not hold
}

// AccreditationPathView is an accreditation with what stands above it, up to the league, now.
type AccreditationPathView struct {
	AccreditationView
	Held   bool       `json:"held"` // it and all above it are in force
	Why    trust.Why  `json:"why,omitempty"`
	Detail string     `json:"detail,omitempty"`
	Path   []HopView  `json:"path"` // from the parent to the league, whatever became of them
	Proof  *ProofView `json:"proof,omitempty"`
}

// listAccreditations answers GET /v1/accreditations.
func (s *Server) listAccreditations(c echo.Context) error {
	if err := knownQuery(c, "subject", "authority", "parent", "action", "resource", "after", "limit"); err != nil {
		return err
	}
	f, err := accreditationFilter(c)
	if err != nil {
		return err
	}
	return sendPage(s, c, "after", func(v *app.View) ([]AccreditationView, string, error) {
		page, next, err := trust.List(v.Reader(), f)
		if err != nil {
			return nil, "", err
		}
		names, views, now := newNaming(v.Reader()), make([]AccreditationView, len(page)), instantOf(v.Head(), 0, s.opts.Now())
		for i := range page {
			if views[i], err = accreditationView(&page[i], now, names); err != nil {
				return nil, "", err
			}
		}
		return views, idText(next), nil
	})
}

func accreditationFilter(c echo.Context) (f trust.Filter, err error) {
	if f.Subject, err = didParam(c, "subject"); err != nil {
		return f, err
	}
	if f.Authority, err = authorityParam(c, "authority"); err != nil {
		return f, err
	}
	if f.Parent, err = idParam(c, "parent"); err != nil {
		return f, err
	}
	if f.Action, err = oneParam(c, "action", trust.Issue, trust.Verify, trust.Accredit); err != nil {
		return f, err
	}
	if f.Resource, err = resourceParam(c, "resource"); err != nil {
		return f, err
	}
	if f.After, err = idParam(c, "after"); err != nil {
		return f, err
	}
	f.Limit, err = limitParam(c)
	return f, err
}

// authorityParam reads a query parameter that is a DID or the URI of a league; "" if it is not given.
func authorityParam(c echo.Context, name string) (string, error) {
	text, err := textParam(c, name)
	if err != nil || text == "" || isLeague(text) {
		return text, err
	}
	if _, err := did.Parse(text); err != nil {
		return "", badParameter(name, "neither a DID nor the URI of a league, "+governance.LeagueURI("<id>"))
	}
	return text, nil
}

// resourceParam reads a query parameter that is a resource; "" if it is not given.
func resourceParam(c echo.Context, name string) (governance.Resource, error) {
	text, err := textParam(c, name)
	if err != nil || text == "" {
		return "", err
	}
	res, err := governance.ParseResource(text)
	if err != nil {
		return "", badParameter(name, err.Error())
	}
	return res, nil
}

// idText is the text of an id; "" for none.
func idText(id *op.ID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

// getAccreditation answers GET /v1/accreditations/{id}.
func (s *Server) getAccreditation(c echo.Context) error {
	id, err := operationID(c)
	if err != nil {
		return err
	}
	return s.sendRecord(c, func(v *app.View, p prover) (any, error) {
		a, err := trust.Get(v.Reader(), id)
		if err != nil {
			return nil, err
		}
		if a == nil {
			return nil, &exec.Error{Code: exec.CodeUnknownGrant, Detail: "there is no such accreditation"}
		}
		view, err := s.accreditationPath(v, a)
		if err != nil {
			return nil, err
		}
		view.Proof, err = p.of(trust.Key(id))
		return view, err
	})
}

func (s *Server) accreditationPath(v *app.View, a *trust.Accreditation) (*AccreditationPathView, error) {
	names, now := newNaming(v.Reader()), instantOf(v.Head(), 0, s.opts.Now())
	path, err := trust.PathOf(v.Reader(), now, a.ID, now)
	if err != nil {
		return nil, err
	}
	view := &AccreditationPathView{Held: path.Held, Why: path.Why, Detail: path.Detail, Path: []HopView{}}
	if view.AccreditationView, err = accreditationView(a, now, names); err != nil {
		return nil, err
	}
	hops, err := hopsAbove(v.Reader(), s.opts.League, a, now)
	if err != nil {
		return nil, err
	}
	for _, hop := range hops {
		shown, err := hopView(hop, names)
		if err != nil {
			return nil, err
		}
		view.Path = append(view.Path, shown)
	}
	return view, nil
}

// hopsAbove lists what stands above a, up to the membership of the center that it comes from, as it is now.
func hopsAbove(r exec.Reader, league string, a *trust.Accreditation, now int64) ([]trust.Hop, error) {
	above, err := trust.Above(r, a)
	if err != nil {
		return nil, err
	}
	var hops []trust.Hop
	root := a
	for _, up := range above {
		hops, root = append(hops, hopOf(up, now)), up
	}
	if isLeague(root.Authority) {
		return hops, nil
	}
	center, err := governance.Get(r, did.DID(root.Authority))
	if err != nil || center == nil {
		return hops, err
	}
	return append(hops, trust.Hop{
		Authority: governance.LeagueURI(league), Subject: center.DID, Action: trust.Accredit, State: membershipState(center.Status),
		ValidFrom: center.Since, Height: center.Height,
	}), nil
}

// hopOf shows an accreditation as a link of a path.
func hopOf(a *trust.Accreditation, now int64) trust.Hop {
	h := trust.Hop{
		ID: &a.ID, Authority: a.Authority, Subject: a.Subject, Action: a.Action, Resource: a.Resource, Limits: a.Limits, State: a.StateAt(now),
		ValidFrom: a.ValidFrom, ValidUntil: a.ValidUntil, Height: a.Height, Proposal: a.Proposal, Framework: a.Framework,
	}
	if n := len(a.Changes); n > 0 && a.Changes[n-1].State == h.State {
		h.Reason = a.Changes[n-1].Reason
	}
	return h
}

// membershipState is a center's status as the state of a link.
func membershipState(status governance.CenterStatus) trust.State {
	switch status {
	case governance.Active:
		return trust.Active
	case governance.Suspended:
		return trust.Suspended
	}
	return trust.Revoked
}

func accreditationView(a *trust.Accreditation, now int64, names *naming) (AccreditationView, error) {
	name, err := names.of(a.Authority)
	view := AccreditationView{
		ID: a.ID, Authority: a.Authority, AuthorityName: name, Subject: a.Subject, Action: a.Action, Resource: a.Resource, Limits: a.Limits,
		Parent: a.Parent, Proposal: a.Proposal, State: a.StateAt(now), ValidFrom: timeText(a.ValidFrom), ValidUntil: timeOrNone(a.ValidUntil),
		Evidence: a.Evidence, Framework: a.Framework, Granted: timeText(a.Granted), Height: a.Height, Level: a.Level, Given: a.Given,
		Previous: a.Previous,
	}
	for _, change := range a.Changes {
		view.Changes = append(view.Changes, ChangeView{
			State: change.State, Time: timeText(change.Time), Height: change.Height, Operation: change.ID, By: change.By,
			Reason: change.Reason, Note: change.Note, From: timeOrNone(change.From),
		})
	}
	return view, err
}
