package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/api/issuance"
)

// TemplateView is a template of an issuer.
type TemplateView struct {
	issuance.Template
	Fixed bool `json:"fixed,omitempty"` // set by the configuration: it cannot be changed here
}

func templateView(t issuance.Template) TemplateView {
	return TemplateView{Template: t, Fixed: t.Fixed()}
}

// listTemplates answers GET /v1/issuers/{issuer}/templates.
func (s *Server) listTemplates(c echo.Context) error {
	if err := s.issuanceRead(c); err != nil {
		return err
	}
	all, err := s.opts.Issuance.Templates(c.Request().Context(), pathParam(c, "issuer"))
	if err != nil {
		return issuanceError(err, "")
	}
	views := make([]TemplateView, len(all))
	for n, t := range all {
		views[n] = templateView(t)
	}
	return writeJSON(c, http.StatusOK, mediaJSON, map[string]any{"items": views})
}

// getTemplate answers GET /v1/issuers/{issuer}/templates/{name}.
func (s *Server) getTemplate(c echo.Context) error {
	if err := s.issuanceRead(c); err != nil {
		return err
	}
	t, err := s.opts.Issuance.Template(c.Request().Context(), pathParam(c, "issuer"), pathParam(c, "name"))
	if err != nil {
		return issuanceError(err, "")
	}
	return writeJSON(c, http.StatusOK, mediaJSON, templateView(t))
}

// putTemplate answers PUT /v1/issuers/{issuer}/templates/{name}. Issuer and name are the path's; the body may repeat them.
func (s *Server) putTemplate(c echo.Context) error {
	raw, err := s.configurationBody(c)
	if err != nil {
		return err
	}
	t, err := issuance.ParseTemplate(raw)
	if err != nil {
		return badConfiguration(err)
	}
	for _, member := range []struct {
		name string
		to   *string
		is   string
	}{{"issuer", &t.Issuer, pathParam(c, "issuer")}, {"name", &t.Name, pathParam(c, "name")}} {
		if *member.to != "" && *member.to != member.is {
			return badMember("/"+member.name, "must be the one of the path, or be left out")
		}
		*member.to = member.is
	}
	created, err := s.opts.Issuance.PutTemplate(c.Request().Context(), t)
	if err != nil {
		return issuanceError(err, "")
	}
	return writeJSON(c, createdStatus(created), mediaJSON, templateView(t))
}

// deleteTemplate answers DELETE /v1/issuers/{issuer}/templates/{name}.
func (s *Server) deleteTemplate(c echo.Context) error {
	if err := s.issuanceRead(c); err != nil {
		return err
	}
	if err := s.opts.Issuance.DeleteTemplate(c.Request().Context(), pathParam(c, "issuer"), pathParam(c, "name")); err != nil {
		return issuanceError(err, "")
	}
	return c.NoContent(http.StatusNoContent)
}
