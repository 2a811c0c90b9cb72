package api

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
)

// facadeRoutes are the protocols of other trust registries over the same ledger, and what the center says of itself in them.
// They are public and read only; each request reads a bounded number of records.
func (s *Server) facadeRoutes() []route {
	linkage := &domainLinkage{server: s}
	const issuers = tirBase + "/issuers"
	return []route{
		{Method: http.MethodPost, Path: "/trqp/authorization", Handler: s.trqpAuthorization, CORS: true},
		{Method: http.MethodPost, Path: "/trqp/recognition", Handler: s.trqpRecognition, CORS: true},
		{Method: http.MethodGet, Path: issuers, Handler: s.tirIssuers},
		{Method: http.MethodGet, Path: issuers + "/:did", Handler: s.tirIssuer},
		{Method: http.MethodGet, Path: issuers + "/:did/attributes", Handler: s.tirAttributes},
		{Method: http.MethodGet, Path: issuers + "/:did/attributes/:attributeId", Handler: s.tirAttribute},
		{Method: http.MethodGet, Path: issuers + "/:did/attributes/:attributeId/revisions", Handler: s.tirRevisions},
		{Method: http.MethodGet, Path: issuers + "/:did/attributes/:attributeId/revisions/:revisionId", Handler: s.tirRevision},
		{Method: http.MethodGet, Path: "/v1/accreditations/:id/credential", Handler: s.accreditationCredential},
		{Method: http.MethodGet, Path: "/.well-known/did-configuration.json", Handler: linkage.get},
	}
}

// TrqpAuthorizationView answers a TRQP v2 authorization query: does the authority authorize the entity to take the action on
// the resource? The first four members echo the query.
type TrqpAuthorizationView struct {
	EntityID      string         `json:"entity_id"`
	AuthorityID   string         `json:"authority_id"`
	Action        string         `json:"action"`
	Resource      string         `json:"resource"`
	Authorized    bool           `json:"authorized"`
	TimeRequested string         `json:"time_requested,omitempty"` // context.time: what the answer is about; absent: time_evaluated
	TimeEvaluated string         `json:"time_evaluated"`           // the clock of this center when it answered
	Message       string         `json:"message,omitempty"`
	Context       map[string]any `json:"context,omitempty"` // as it was sent
}

// TrqpRecognitionView answers a TRQP v2 recognition query: does the authority recognize the entity, another authority, for
// the action on the resource?
type TrqpRecognitionView struct {
	EntityID      string         `json:"entity_id"`
	AuthorityID   string         `json:"authority_id"`
	Action        string         `json:"action"`
	Resource      string         `json:"resource"`
	Recognized    bool           `json:"recognized"`
	TimeRequested string         `json:"time_requested,omitempty"`
	TimeEvaluated string         `json:"time_evaluated"`
	Message       string         `json:"message,omitempty"`
	Context       map[string]any `json:"context,omitempty"`
}

// trqpAuthorization answers POST /trqp/authorization (TRQP v2.0, HTTPS binding).
func (s *Server) trqpAuthorization(c echo.Context) error {
	q, err := s.readTrqp(c)
	if err != nil {
		return err
	}
	action, resource, err := q.right()
	if err != nil {
		return err
	}
	var held bool
	var message string
	if err := s.read(c, func(v *app.View) error {
		q.at = instantOf(v.Head(), q.at, s.opts.Now())
		entity, _, err := q.parties(v.Reader())
		if err != nil {
			return err
		}
		path, err := trust.Find(v.Reader(), q.at, trust.Question{
			Subject: entity, Action: action, Resource: resource, At: q.at,
			Authority: q.authority, Jurisdiction: q.condition("jurisdiction"),
		})
		if err != nil {
			return err
		}
		held, message = path.Held, pathMessage(path)
		return nil
	}); err != nil {
		return err
	}
	c.Response().Header().Set("Link", "<"+s.pathURL(q, action, resource)+`>; rel="describedby"`)
	return sendJSON(c, http.StatusOK, cacheNever, TrqpAuthorizationView{
		EntityID: q.Entity, AuthorityID: q.Authority, Action: q.Action, Resource: q.Resource, Authorized: held,
		TimeRequested: q.requested, TimeEvaluated: timeText(s.opts.Now().Unix()), Message: q.remark(message), Context: q.Context,
	})
}

// pathURL is where the path of the right stands in full: each accreditation with its framework and validity.
func (s *Server) pathURL(q *trqpQuery, action trust.Action, resource governance.Resource) string {
	query := url.Values{"issuer": {q.Entity}, "resource": {string(resource)}, "action": {string(action)}, "authority": {q.authority}}
	if q.requested != "" {
		query.Set("at", q.requested)
	}
	return s.link("/v1/trust/path?" + query.Encode())
}

// pathMessage says in words what a path is.
func pathMessage(path *trust.Path) string {
	if !path.Held {
		return string(path.Why) + ": " + path.Detail
	}
	text := "authorized by"
	for i, hop := range path.Hops {
		if i > 0 {
			text += ", itself by"
		}
		text += " " + hop.Authority
	}
	return text
}
