package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/api/auth"
)

// principalKey is where the middleware leaves the principal in Echo's context.
const principalKey = "hanse.principal"

// Principal is who a request comes from: an API key, nobody in particular, or everybody (--no-auth).
type Principal struct {
	Key       auth.Key // zero for anonymous requests
	Anonymous bool
	Unlimited bool // --no-auth: allowed everything
}

// Allows reports whether p carries a scope.
func (p Principal) Allows(scope string) bool {
	return p.Unlimited || (!p.Anonymous && p.Key.Allows(scope))
}

// principalOf returns who c comes from.
func principalOf(c echo.Context) Principal {
	if p, ok := c.Get(principalKey).(Principal); ok {
		return p
	}
	return Principal{Anonymous: true}
}

// requireScope refuses c unless its principal carries scope: 401 without a key, 403 with one.
func requireScope(c echo.Context, scope string) error {
	p := principalOf(c)
	switch {
	case p.Allows(scope):
		return nil
	case p.Anonymous:
		return unauthorised("this needs an API key", "")
	}
	e := forbidden("the API key lacks the scope " + scope)
	e.Header = map[string]string{"WWW-Authenticate": `Bearer realm="hanse", error="insufficient_scope", scope="` + quotable(scope) + `"`}
	e.Extra = map[string]any{"scope": scope}
	return e
}

// requireIssuerScope refuses c unless its principal carries the scope for what (a path) of all issuers of the center,
// "write:/credentials/status", or for that of one issuer, by name: "write:/issuers/demo/credentials/status". The latter
// has to name its issuer, so that what it touches is known to be its own.
func requireIssuerScope(c echo.Context, verb, issuer, what string) error {
	if issuer == "" || principalOf(c).Allows(verb+":"+what) {
		return requireScope(c, verb+":"+what)
	}
	return requireScope(c, verb+":/issuers/"+oneSegment(issuer)+what)
}

func unauthorised(detail, oauthError string) *Error {
	challenge := `Bearer realm="hanse"`
	if oauthError != "" {
		challenge += `, error="` + oauthError + `"`
	}
	return &Error{Name: "unauthorised", Status: http.StatusUnauthorized, Detail: detail, Header: map[string]string{"WWW-Authenticate": challenge}}
}

// quotable keeps what may stand in a quoted header value.
func quotable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, s)
}

// authenticate finds the principal. A token that is wrong is refused even where none is needed: its sender believes in it.
func (s *Server) authenticate(c echo.Context) (Principal, error) {
	if s.opts.NoAuth {
		if err := loopbackOnly(c.Request()); err != nil {
			return Principal{}, err
		}
		return Principal{Unlimited: true}, nil
	}
	values := c.Request().Header.Values(echo.HeaderAuthorization)
	if len(values) == 0 {
		return Principal{Anonymous: true}, nil
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if len(values) != 1 || !strings.EqualFold(scheme, "Bearer") {
		return Principal{}, unauthorised("one Authorization header with a Bearer token is understood", "invalid_request")
	}
	key, err := s.opts.Keys.Lookup(c.Request().Context(), strings.TrimSpace(token))
	switch {
	case err == nil:
		return Principal{Key: key}, nil
	case errors.Is(err, auth.ErrMalformed), errors.Is(err, auth.ErrUnknown):
		return Principal{}, unauthorised("the API key is not valid", "invalid_token")
	case errors.Is(err, auth.ErrExpired): // said only to whoever presents the right token
		return Principal{}, unauthorised("this API key has expired", "invalid_token")
	case errors.Is(err, auth.ErrRevoked):
		return Principal{}, unauthorised("this API key is revoked", "invalid_token")
	}
	return Principal{}, unavailable("API keys cannot be checked at present", err)
}

// checkRouteScope enforces the scope of the table row.
func checkRouteScope(c echo.Context, r route) error {
	switch r.Scope {
	case "":
		return nil
	case ScopeAny:
		if principalOf(c).Anonymous {
			return unauthorised("this needs an API key", "")
		}
		return nil
	}
	return requireScope(c, neededScope(c, r.Scope))
}
