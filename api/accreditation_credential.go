package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/credentials"
)

// accreditationCredential answers GET /v1/accreditations/{id}/credential: the holder's copy of an accreditation, signed by
// the center that serves; compact where the client asks for application/vc+jwt, else enveloped. The copy says what was
// granted; what became of that is its status, which the ledger answers.
func (s *Server) accreditationCredential(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	id, err := op.ParseID(pathParam(c, "id"))
	if err != nil {
		return notFound("accreditation")
	}
	offers := []string{mediaVC, mediaJSONLD, mediaJSON, mediaVCJWT}
	chosen := negotiate(parseAccept(c.Request().Header.Values(echo.HeaderAccept)), offers)
	if chosen < 0 {
		return &Error{Name: "not-acceptable", Status: http.StatusNotAcceptable, Parameter: echo.HeaderAccept,
			Detail: "the copy of an accreditation can be had as " + strings.Join(offers, ", ")}
	}
	var a *trust.Accreditation
	if err := s.read(c, func(v *app.View) (err error) {
		if a, err = trust.Get(v.Reader(), id); err == nil && a == nil {
			err = exec.Errorf(exec.CodeUnknownGrant, "accreditation %s: no such accreditation", id)
		}
		return err
	}); err != nil {
		return err
	}
	secured, err := s.accreditationCopy(c.Request().Context(), copyOf(a))
	if err != nil {
		return err
	}
	body := []byte(secured.Body)
	if offers[chosen] == mediaVCJWT {
		body = []byte(secured.Compact)
	}
	return send(c, answer{status: http.StatusOK, media: offers[chosen], cache: cacheRevalidate, vary: echo.HeaderAccept, body: body})
}

// accreditationCopy signs a copy as the center that serves. The same accreditation and key give the same bytes.
func (s *Server) accreditationCopy(ctx context.Context, a credentials.Accreditation) (*credentials.Secured, error) {
	if s.opts.Center == nil || s.opts.Center.Issuer == nil {
		return nil, noCenterIdentity()
	}
	secured, err := s.opts.Center.Issuer.IssueAccreditation(ctx, a, s.opts.PublicURL)
	if problem, ok := errors.AsType[*credentials.ProblemError](err); ok { // the ledger's record is not the client's mistake
		return nil, errors.New("copy of accreditation " + a.ID + ": " + problem.Error())
	}
	if err != nil {
		return nil, unavailable("the center's key does not sign at present", err)
	}
	return secured, nil
}

// copyOf is what a copy of an accreditation says: as it was granted.
func copyOf(a *trust.Accreditation) credentials.Accreditation {
	copied := credentials.Accreditation{
		ID: a.ID.String(), Authority: a.Authority, Subject: a.Subject, Action: string(a.Action), Resource: string(a.Resource),
		Limits: credentials.AccreditationLimits{
			Jurisdictions: a.Limits.Jurisdictions, Validity: a.Limits.Validity, Depth: a.Limits.Depth, Count: a.Limits.Count,
		},
		Parent: idText(a.Parent), ValidFrom: time.Unix(a.ValidFrom, 0).UTC(), Framework: a.Framework, Evidence: a.Evidence,
	}
	if a.ValidUntil != 0 {
		copied.ValidUntil = time.Unix(a.ValidUntil, 0).UTC()
	}
	return copied
}
