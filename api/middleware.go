package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// middleware is the chain around every handler, outermost first. Routing has happened: c.Path() names the row.
func (s *Server) middleware() []echo.MiddlewareFunc {
	return []echo.MiddlewareFunc{s.identify, s.observe, s.recover, s.secure, s.crossOrigin, s.admit, s.bound}
}

// identify gives the request an id: the client's X-Request-Id if it is a harmless word, a random one otherwise.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !harmless(id) {
			id = uuid.NewString()
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

// requestID returns the id of the request.
func requestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

func harmless(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.' {
			return false
		}
	}
	return true
}

// observe handles the error of the chain, then writes the access log and the metrics. It logs the route and never the
// path, the query, an address or a token: paths name people.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		s.metrics.inFlight.Inc()
		defer s.metrics.inFlight.Dec()
		if err := next(c); err != nil {
			c.Error(err)
		}
		spent, status := time.Since(start), c.Response().Status
		s.metrics.observe(c.Request().Method, c.Path(), status, spent)
		if !s.log.Enabled(c.Request().Context(), slog.LevelInfo) {
			return nil
		}
		attrs := []slog.Attr{
			slog.String("requestId", requestID(c)), slog.String("method", methodLabel(c.Request().Method)), slog.String("route", c.Path()),
			slog.Int("status", status), slog.Int64("bytes", c.Response().Size), slog.Int64("micros", spent.Microseconds()),
		}
		if key := principalOf(c).Key.ID; key != "" {
			attrs = append(attrs, slog.String("key", key))
		}
		s.log.LogAttrs(c.Request().Context(), slog.LevelInfo, "request", attrs...)
		return nil
	}
}

// recover turns a panic into an internal error: one bad request never ends the process.
func (s *Server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			s.metrics.panics.Inc()
			s.log.Error("panic in a handler", "requestId", requestID(c), "route", c.Path(), "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}()
		return next(c)
	}
}

// fixedHeader is a header that is the same on every answer, by canonical name. Its values are shared by all answers, which
// replace and never change them: that saves an allocation for each.
type fixedHeader struct {
	name   string
	values []string
}

// securityHeaders are those of an API.
func securityHeaders(publicURL string) []fixedHeader {
	all := []fixedHeader{
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"X-Frame-Options", []string{"DENY"}},
		{"Referrer-Policy", []string{"no-referrer"}},
		{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'"}},
	}
	if u, err := url.Parse(publicURL); err == nil && u.Scheme == "https" && u.Hostname() != "localhost" { // a browser would never again ask this machine for plain http
		all = append(all, fixedHeader{"Strict-Transport-Security", []string{"max-age=31536000"}})
	}
	return all
}

// secure sets the security headers of an API; pages replace the policy by their own.
func (s *Server) secure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		for _, fixed := range s.security {
			h[fixed.name] = fixed.values
		}
		return next(c)
	}
}

// admit decides who the request comes from, how much of it there may be, and whether the route is theirs.
func (s *Server) admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Method == http.MethodOptions && !s.opts.NoAuth {
			return next(c) // answers with the Allow header only
		}
		principal, err := s.authenticate(c)
		if err != nil {
			if limited := s.limit(c, Principal{Anonymous: true}); limited != nil { // guessing is counted by address
				return limited
			}
			return err
		}
		c.Set(principalKey, principal)
		if err := s.limit(c, principal); err != nil {
			return err
		}
		r, known := s.routeOf(c)
		if !known {
			return next(c) // Echo's own 404 or 405
		}
		if err := segmentsOnly(c, r.Path); err != nil {
			return err
		}
		if err := checkRouteScope(c, r); err != nil {
			return err
		}
		return next(c)
	}
}

// segmentsOnly refuses a parameter that swallowed a slash (Echo's last parameter takes the whole rest).
func segmentsOnly(c echo.Context, path string) error {
	if strings.HasSuffix(path, "*") {
		return nil
	}
	for _, value := range c.ParamValues() {
		if strings.Contains(value, "/") {
			return notFound("resource")
		}
	}
	return nil
}

// bound limits the time of a request and refuses a body that says it is too large before reading it.
func (s *Server) bound(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r, known := s.routeOf(c)
		limit := s.opts.Limits.Body
		if known && r.Body > 0 {
			limit = r.Body
		}
		if c.Request().ContentLength > limit {
			return tooLarge(limit)
		}
		if known && r.Stream {
			return next(c)
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), s.opts.Limits.Request)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		err := next(c)
		if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && !c.Response().Committed {
			if edge, ok := errors.AsType[*Error](err); !ok || edge.Status >= http.StatusInternalServerError {
				return unavailable("the request took too long", err)
			}
		}
		return err
	}
}
