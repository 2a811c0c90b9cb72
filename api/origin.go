package api

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// exposed are the response headers that pages of other origins may read. Both values are shared like those of secure.
var (
	exposed   = []string{"ETag, Location, Retry-After, X-Hanse-Height, X-Request-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"}
	anyOrigin = []string{"*"}
)

// crossOrigin answers CORS (Fetch standard): public routes may be read from the configured origins, never with credentials.
// With --no-auth there is no CORS at all.
func (s *Server) crossOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.opts.NoAuth || len(s.opts.CORSOrigins) == 0 {
			return next(c)
		}
		h, r := c.Response().Header(), c.Request()
		method, preflight := r.Method, false
		if wanted := r.Header.Get(echo.HeaderAccessControlRequestMethod); r.Method == http.MethodOptions && wanted != "" {
			method, preflight = wanted, true
		}
		row, known := s.table[method+" "+c.Path()]
		if !known || !row.crossOrigin() {
			return next(c)
		}
		if slices.Contains(s.opts.CORSOrigins, "*") {
			h[echo.HeaderAccessControlAllowOrigin] = anyOrigin
		} else {
			h.Add(echo.HeaderVary, echo.HeaderOrigin)
			origin := r.Header.Get(echo.HeaderOrigin)
			if !slices.Contains(s.opts.CORSOrigins, origin) {
				return next(c)
			}
			h.Set(echo.HeaderAccessControlAllowOrigin, origin)
		}
		h[echo.HeaderAccessControlExposeHeaders] = exposed
		if !preflight {
			return next(c)
		}
		h.Set(echo.HeaderAccessControlAllowMethods, method)
		h.Set(echo.HeaderAccessControlAllowHeaders, "Accept, Content-Type, If-None-Match, Last-Event-ID, Prefer, X-Request-Id")
		h.Set(echo.HeaderAccessControlMaxAge, "86400")
		return c.NoContent(http.StatusNoContent)
	}
}

// loopbackOnly protects --no-auth: the Host header must name this machine (a rebound DNS name does not), and a browser
// must not be sent here by a page of another site.
func loopbackOnly(r *http.Request) error {
	if !isLoopbackHost(r.Host) {
		return forbidden("without authentication only requests to localhost are answered")
	}
	if origin := r.Header.Get(echo.HeaderOrigin); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || !isLoopbackHost(u.Host) {
			return forbidden("without authentication pages of other sites are not answered")
		}
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" {
		return forbidden("without authentication pages of other sites are not answered")
	}
	return nil
}

// isLoopbackHost reports whether host (with or without a port) is localhost or a loopback address.
func isLoopbackHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if strings.EqualFold(name, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}

// clientIP is Echo's IPExtractor: the peer's address, unless the peer is a trusted proxy, whose X-Forwarded-For is read from
// the right up to the first address that is not one.
func (s *Server) clientIP(r *http.Request) string {
	peer := directIP(r.RemoteAddr)
	if !s.isTrustedProxy(peer) {
		return peer
	}
	hops := strings.Split(strings.Join(r.Header.Values(echo.HeaderXForwardedFor), ","), ",")
	client := peer
	for i := len(hops) - 1; i >= 0; i-- {
		addr, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		client = addr.Unmap().String()
		if !s.isTrustedProxy(client) {
			break
		}
	}
	return client
}

func directIP(remote string) string {
	addr, err := netip.ParseAddrPort(remote)
	if err != nil {
		return remote
	}
	return addr.Addr().Unmap().WithZone("").String()
}

func (s *Server) isTrustedProxy(ip string) bool {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(s.opts.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}
