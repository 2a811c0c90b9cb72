package api

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// PathView says whether a DID held a right at an instant, and by which path.
type PathView struct {
	Held   bool      `json:"held"`
	Why    trust.Why `json:"why,omitempty"` // of a negative answer: a stable word
	Detail string    `json:"detail,omitempty"`
	At     string    `json:"at"`     // the instant that was asked
	Height int64     `json:"height"` // at which the ledger answered
	Hops   []HopView `json:"hops"`   // from the subject to the league; of a negative answer the best attempt, whose last hop does not hold
}

// HopView is one link of a path: an accreditation or, without id, a center's membership of the league.
type HopView struct {
	ID            *op.ID              `json:"id,omitempty"`
	Authority     string              `json:"authority"`
	AuthorityName string              `json:"authorityName,omitempty"`
	Subject       did.DID             `json:"subject"`
	SubjectName   string              `json:"subjectName,omitempty"`
	Action        trust.Action        `json:"action"`
	Resource      governance.Resource `json:"resource,omitempty"`
	Limits        trust.Limits        `json:"limits"`
	State         trust.State         `json:"state"`
	ValidFrom     string              `json:"validFrom,omitempty"`
	ValidUntil    string              `json:"validUntil,omitempty"`
	Height        int64               `json:"height,omitempty"`
	Reason        trust.Reason        `json:"reason,omitempty"`
	Proposal      int64               `json:"proposal,omitempty"`
	Framework     string              `json:"framework,omitempty"`
}

// maxAccepted bounds the centers that a question may name.
const maxAccepted = 128

// getTrustPath answers GET /v1/trust/path.
func (s *Server) getTrustPath(c echo.Context) error {
	if err := knownQuery(c, "issuer", "type", "schema", "resource", "action", "at", "center", "authority", "jurisdiction", "maxDepth"); err != nil {
		return err
	}
	q, err := s.question(c)
	if err != nil {
		return err
	}
	var view PathView
	if err := s.read(c, func(v *app.View) error {
		q := q
		if q.Centers, err = acceptedParam(c, v); err != nil {
			return err
		}
		q.At = instantOf(v.Head(), q.At, s.opts.Now())
		path, err := trust.Find(v.Reader(), max(q.At, v.Head().Time), q)
		if err != nil {
			return err
		}
		view, err = pathView(path, v, newNaming(v.Reader()))
		return err
	}); err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, view)
}

// question reads what is asked, but for the centers, which may be given by name.
func (s *Server) question(c echo.Context) (q trust.Question, err error) {
	if q.Subject, err = didParam(c, "issuer"); err != nil {
		return q, err
	}
	if q.Subject == "" {
		return q, badParameter("issuer", "the DID that is asked about is needed")
	}
	if q.Resource, err = askedResource(c); err != nil {
		return q, err
	}
	if q.Action, err = oneParam(c, "action", trust.Issue, trust.Verify, trust.Accredit); err != nil {
		return q, err
	}
	if q.Action == "" {
		q.Action = trust.Issue
	}
	if q.At, err = s.instantParam(c, "at"); err != nil {
		return q, err
	}
	if q.Authority, err = authorityParam(c, "authority"); err != nil {
		return q, err
	}
	if q.Jurisdiction, err = textParam(c, "jurisdiction"); err != nil {
		return q, err
	}
	depth, err := intParam(c, "maxDepth", 0, maxPathDepth)
	q.MaxDepth = int64(depth)
	return q, err
}

// maxPathDepth is above every bound that a league may set.
const maxPathDepth = 1000

// askedResource reads the one of type, schema and resource that is given.
func askedResource(c echo.Context) (governance.Resource, error) {
	var found governance.Resource
	for _, prefix := range [...]string{"type:", "schema:", ""} {
		name := "resource"
		if prefix != "" {
			name = prefix[:len(prefix)-1]
		}
		text, err := textParam(c, name)
		if err != nil {
			return "", err
		}
		if text == "" {
			continue
		}
		if found != "" {
			return "", badParameter(name, "one of type, schema and resource is expected")
		}
		if found, err = governance.ParseResource(prefix + text); err != nil {
			return "", badParameter(name, err.Error())
		}
	}
	if found == "" {
		return "", badParameter("type", "one of type, schema and resource is expected")
	}
	return found, nil
}

// acceptedParam reads the accepted centers, by DID or name.
func acceptedParam(c echo.Context, v *app.View) ([]did.DID, error) {
	refs := c.QueryParams()["center"]
	if len(refs) > maxAccepted {
		return nil, badParameter("center", "at most "+strconv.Itoa(maxAccepted)+" centers are taken")
	}
	var accepted []did.DID
	for _, ref := range refs {
		center, err := centerParam(v.Reader(), "center", ref)
		if err != nil {
			return nil, err
		}
		accepted = append(accepted, center.DID)
	}
	return accepted, nil
}

func pathView(p *trust.Path, v *app.View, names *naming) (PathView, error) {
	view := PathView{Held: p.Held, Why: p.Why, Detail: p.Detail, At: timeText(p.At), Height: v.Head().Height, Hops: make([]HopView, len(p.Hops))}
	for i, hop := range p.Hops {
		var err error
		if view.Hops[i], err = hopView(hop, names); err != nil {
			return view, err
		}
	}
	return view, nil
}

func hopView(h trust.Hop, names *naming) (HopView, error) {
	view := HopView{
		ID: h.ID, Authority: h.Authority, Subject: h.Subject, Action: h.Action, Resource: h.Resource, Limits: h.Limits, State: h.State,
		ValidFrom: timeOrNone(h.ValidFrom), ValidUntil: timeOrNone(h.ValidUntil), Height: h.Height, Reason: h.Reason, Proposal: h.Proposal,
		Framework: h.Framework,
	}
	var err error
	if view.AuthorityName, err = names.of(h.Authority); err != nil {
		return view, err
	}
	view.SubjectName, err = names.of(string(h.Subject))
	return view, err
}
