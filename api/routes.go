package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// ScopeAny is the scope of a route that needs some API key; its handler asks for the exact scope itself (see requireScope).
const ScopeAny = "any"

// route is one row of the route table. Path is Echo's: ":name" for a segment, a last "*" for a rest.
type route struct {
	Method  string
	Path    string
	Scope   string // "": public; ScopeAny; else what the API key must carry, ":name" segments taken from the path
	Handler echo.HandlerFunc

	// CORS offers the route to pages of other origins. Public GET routes are offered anyway.
	CORS bool
	// Stream marks an answer without an end (SSE): no time limit, no HEAD.
	Stream bool
	// Body bounds the body of a request, in bytes, where the server's own limit does not; 0: the server's.
	Body int64
	// Hidden routes (landing page, documentation) are not in openapi.yaml.
	Hidden bool
}

// crossOrigin reports whether other origins may read what the route answers.
func (r route) crossOrigin() bool {
	return r.CORS || (r.Scope == "" && r.Method == http.MethodGet)
}

// routes is the one route table.
func (s *Server) routes() []route {
	var all []route
	for _, part := range [][]route{
		s.resolutionRoutes(),
		s.webRoutes(),
		s.sdJWTVCRoutes(),
		s.registrarRoutes(),
		s.operationRoutes(),
		s.trustRoutes(),
		s.credentialRoutes(),
		s.issuerRoutes(),
		s.presentationRoutes(),
		s.facadeRoutes(),
		s.operatingRoutes(),
	} {
		all = append(all, part...)
	}
	return all
}

// mount registers the table; a GET route answers HEAD too.
func (s *Server) mount(e *echo.Echo) {
	s.table = make(map[string]route)
	for _, r := range s.routes() {
		methods := []string{r.Method}
		if r.Method == http.MethodGet && !r.Stream {
			methods = append(methods, http.MethodHead)
		}
		for _, method := range methods {
			s.table[method+" "+r.Path] = r
			e.Add(method, r.Path, r.Handler)
		}
	}
}

// routeOf finds the table row that c was routed to.
func (s *Server) routeOf(c echo.Context) (route, bool) {
	r, ok := s.table[c.Request().Method+" "+c.Path()]
	return r, ok
}

// pathParam returns a path parameter, decoded once. A parameter is one segment: an escaped slash stays part of it.
func pathParam(c echo.Context, name string) string {
	value := c.Param(name)
	if c.Request().URL.RawPath == "" { // Echo matched the decoded path
		return value
	}
	return unescape(value)
}

// oneSegment keeps a name from being several segments of a scope.
func oneSegment(name string) string { return strings.ReplaceAll(name, "/", "%2F") }

// neededScope fills the ":name" segments of a route's scope from the request path.
func neededScope(c echo.Context, scope string) string {
	if !strings.Contains(scope, ":") {
		return scope
	}
	verb, path, _ := strings.Cut(scope, ":")
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if name, ok := strings.CutPrefix(segment, ":"); ok {
			segments[i] = oneSegment(pathParam(c, name))
		}
	}
	return verb + ":" + strings.Join(segments, "/")
}
