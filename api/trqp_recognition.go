package api

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// recognitionActions are the actions a recognition query may name: those of accreditations and the words of the
// specification's examples. Recognition on the ledger is by resource, so they all mean the same.
var recognitionActions = []string{string(trust.Issue), string(trust.Verify), string(trust.Accredit), "recognize", "govern"}

// trqpRecognition answers POST /trqp/recognition (TRQP v2.0, HTTPS binding).
func (s *Server) trqpRecognition(c echo.Context) error {
	q, err := s.readTrqp(c)
	if err != nil {
		return err
	}
	if !slices.Contains(recognitionActions, q.Action) {
		return trqpUnknown("action", q.Action)
	}
	resource, err := q.resource()
	if err != nil {
		return err
	}
	var held bool
	var message string
	if err := s.read(c, func(v *app.View) (err error) {
		q.at = instantOf(v.Head(), q.at, s.opts.Now())
		held, message, err = q.recognized(v.Reader(), resource)
		return err
	}); err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, cacheNever, TrqpRecognitionView{
		EntityID: q.Entity, AuthorityID: q.Authority, Action: q.Action, Resource: q.Resource, Recognized: held,
		TimeRequested: q.requested, TimeEvaluated: timeText(s.opts.Now().Unix()), Message: q.remark(message), Context: q.Context,
	})
}

// recognized finds the answer by what the entity is: a league or a center is recognized by statements and the ledger's
// default, anybody else by a right to accredit that comes from the authority.
func (q *trqpQuery) recognized(r exec.Reader, resource governance.Resource) (bool, string, error) {
	if isLeague(q.Entity) {
		if err := q.knownAuthority(r); err != nil {
			return false, "", err
		}
		return q.stated(r, q.Entity, resource)
	}
	entity, gone, err := q.parties(r)
	if err != nil || gone {
		return false, "the DID of the entity is deactivated", err
	}
	center, err := governance.At(r, entity, q.at)
	if err != nil {
		return false, "", err
	}
	if center != nil && !isLeague(q.authority) {
		if center.Status != governance.Active {
			return false, "the entity is a center that is not active", nil
		}
		return q.stated(r, q.Entity, resource)
	}
	path, err := trust.Find(r, q.at, trust.Question{
		Subject: entity, Action: trust.Accredit, Resource: resource, At: q.at, Authority: q.authority, Jurisdiction: q.condition("jurisdiction"),
	})
	if err != nil {
		return false, "", err
	}
	return path.Held, pathMessage(path), nil
}

// stated says whether the authority recognises a center or a league, by a statement of its own or by default.
func (q *trqpQuery) stated(r exec.Reader, of string, resource governance.Resource) (bool, string, error) {
	member, err := q.isMember(r)
	if err != nil {
		return false, "", err
	}
	switch {
	case !member:
		return false, "the authority is no active center of the league: it recognizes nobody", nil
	case of == q.authority:
		return true, "it is the authority itself", nil
	case of == governance.LeagueURI(q.league):
		return true, "the league is the root of every right of its centers", nil
	}
	held, statement, err := trust.Recognises(r, q.authority, of, resource, q.at)
	switch {
	case err != nil:
		return false, "", err
	case statement == nil:
		return held, "by the default of the league: the authority has said nothing about the entity", nil
	}
	return held, "by the statement " + statement.ID.String() + " of the authority", nil
}

// isMember reports whether the authority was the league or an active center of it at the instant.
func (q *trqpQuery) isMember(r exec.Reader) (bool, error) {
	if isLeague(q.authority) {
		return true, nil
	}
	center, err := governance.At(r, did.DID(q.authority), q.at)
	return err == nil && center != nil && center.Status == governance.Active, err
}
