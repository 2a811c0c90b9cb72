package api

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/credentials"
)

// Times of the domain linkage credential. It is signed anew when half of its validity is over, so that what a client keeps
// for domainMaxAge is always valid for two weeks more.
const (
	domainValidity = 30 * 24 * time.Hour
	domainPeriod   = domainValidity / 2
	domainCache    = "public, max-age=3600"
)

// domainLinkage is the DID configuration resource of this center's origin (DIF Well Known DID Configuration v1). It is safe
// for concurrent use.
type domainLinkage struct {
	server *Server

	mu   sync.Mutex
	from time.Time // of body; zero: none was made yet
	body []byte
}

// get answers GET /.well-known/did-configuration.json.
func (d *domainLinkage) get(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	body, err := d.at(c.Request().Context(), d.server.opts.Now())
	if err != nil {
		return err
	}
	return send(c, answer{status: http.StatusOK, media: mediaJSON, cache: domainCache, body: body})
}

// at returns the resource for an instant. Its times are multiples of the period, so replicas with the same key agree on
// every byte.
func (d *domainLinkage) at(ctx context.Context, now time.Time) ([]byte, error) {
	center := d.server.opts.Center
	if center == nil || center.Issuer == nil {
		return nil, noCenterIdentity()
	}
	from := now.UTC().Truncate(domainPeriod)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.body != nil && d.from.Equal(from) {
		return d.body, nil
	}
	origin, err := originOfURL(d.server.opts.PublicURL)
	if err != nil {
		return nil, &Error{Name: "not-found", Status: http.StatusNotFound, Detail: "only an https origin can be linked to a DID", Err: err}
	}
	jwt, err := center.Issuer.IssueDomainLinkage(ctx, origin, from, from.Add(domainValidity))
	if err != nil {
		return nil, unavailable("the center's key does not sign at present", err)
	}
	body, err := credentials.DomainConfiguration(jwt)
	if err != nil {
		return nil, err
	}
	d.from, d.body = from, body
	return body, nil
}

// originOfURL is the origin of an absolute URL.
func originOfURL(text string) (credentials.Origin, error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", err
	}
	return credentials.ParseOrigin(u.Scheme + "://" + u.Host)
}

// noCenterIdentity says that this API has no key to sign with as the center.
func noCenterIdentity() error {
	return unavailable("this API signs nothing as its center: ask another replica, or the operator to configure the center's issuer", nil)
}
