package api

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/api/auth"
	"github.com/hanse-id/hanse/api/issuance"
)

// issuerRoutes are the configuration of issuers, for administrators, and of their templates, for who works for an issuer. A key for one
// issuer alone cannot change what the issuer is: its DID, keys and forms.
func (s *Server) issuerRoutes() []route {
	return []route{
		{Method: http.MethodGet, Path: "/v1/issuers", Scope: auth.Admin, Handler: s.listIssuers},
		{Method: http.MethodGet, Path: "/v1/issuers/:issuer", Scope: auth.Admin, Handler: s.getIssuer},
		{Method: http.MethodPut, Path: "/v1/issuers/:issuer", Scope: auth.Admin, Handler: s.putIssuer},
		{Method: http.MethodGet, Path: "/v1/issuers/:issuer/templates", Scope: "read:/issuers/:issuer/templates", Handler: s.listTemplates},
		{Method: http.MethodGet, Path: "/v1/issuers/:issuer/templates/:name", Scope: "read:/issuers/:issuer/templates", Handler: s.getTemplate},
		{Method: http.MethodPut, Path: "/v1/issuers/:issuer/templates/:name", Scope: "write:/issuers/:issuer/templates", Handler: s.putTemplate},
		{Method: http.MethodDelete, Path: "/v1/issuers/:issuer/templates/:name", Scope: "write:/issuers/:issuer/templates", Handler: s.deleteTemplate},
	}
}

// listIssuers answers GET /v1/issuers.
func (s *Server) listIssuers(c echo.Context) error {
	if err := s.issuanceRead(c); err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, mediaJSON, map[string]any{"items": s.opts.Issuance.Issuers()})
}

// getIssuer answers GET /v1/issuers/{issuer}.
func (s *Server) getIssuer(c echo.Context) error {
	if err := s.issuanceRead(c); err != nil {
		return err
	}
	i, err := s.opts.Issuance.Issuer(pathParam(c, "issuer"))
	if err != nil {
		return issuanceError(err, "")
	}
	return writeJSON(c, http.StatusOK, mediaJSON, i)
}

// putIssuer answers PUT /v1/issuers/{issuer}.
func (s *Server) putIssuer(c echo.Context) error {
	raw, err := s.configurationBody(c)
	if err != nil {
		return err
	}
	i, err := issuance.ParseIssuer(raw)
	if err != nil {
		return badConfiguration(err)
	}
	if name := pathParam(c, "issuer"); i.Name == "" {
		i.Name = name
	} else if i.Name != name {
		return badMember("/name", "must be the issuer of the path, or be left out")
	}
	configured, created, err := s.opts.Issuance.Configure(c.Request().Context(), i)
	if err != nil {
		return issuanceError(err, "")
	}
	return writeJSON(c, createdStatus(created), mediaJSON, configured)
}

// issuanceRead is what reads of the configuration have in common.
func (s *Server) issuanceRead(c echo.Context) error {
	if s.opts.Issuance == nil {
		return noIssuance()
	}
	c.Response().Header().Set(echo.HeaderCacheControl, cacheNever)
	return knownQuery(c)
}

// configurationBody reads a body that is a JSON object, strictly.
func (s *Server) configurationBody(c echo.Context) ([]byte, error) {
	if err := s.issuanceRead(c); err != nil {
		return nil, err
	}
	if err := requireMedia(c, mediaJSON, "+json"); err != nil {
		return nil, err
	}
	raw, err := s.readBody(c)
	if err != nil {
		return nil, err
	}
	value, err := s.parseJSON(raw)
	if err != nil {
		return nil, err
	}
	if _, ok := value.(map[string]any); !ok {
		return nil, badMember("", "the body must be a JSON object")
	}
	return raw, nil
}

// badConfiguration says which member of a configuration cannot be read.
func badConfiguration(err error) error {
	if refusal, ok := errors.AsType[*issuance.Refusal](err); ok {
		return badMember(refusal.Pointer, refusal.Detail)
	}
	return badMember("", err.Error())
}

func createdStatus(created bool) int {
	if created {
		return http.StatusCreated
	}
	return http.StatusOK
}
