package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/web"
)

// WebIdentities are the did:web documents that a center hosts: its own at the root of its origin, and one for each of its issuers
// whose DID is that of {public URL}/issuers/{name}. It is safe for concurrent use.
type WebIdentities struct {
	base   did.DID // did:web of the public URL; "" where that cannot have one
	root   bool    // the public URL has no path, so that the center's document is under /.well-known
	center *CenterIdentity
	issued *issuance.Service
}

// NewWebIdentities returns the documents of a center with this public URL. Without https there are none. center and issued may be nil.
func NewWebIdentities(publicURL string, center *CenterIdentity, issued *issuance.Service) *WebIdentities {
	w := &WebIdentities{center: center, issued: issued}
	if id, err := web.DID(publicURL); err == nil {
		w.base, w.root = id, !strings.Contains(id.ID(), ":")
	}
	return w
}

// Document returns the document of a did:web that is hosted here, did.ErrNotFound for one that would be and is not, so that a center
// asks itself for nothing; false for any other DID. It fits web.Options.Own.
func (w *WebIdentities) Document(_ context.Context, id did.DID) (*did.Document, bool, error) {
	if w.base == "" {
		return nil, false, nil
	}
	name, under := strings.CutPrefix(string(id), string(w.base)+":issuers:")
	var doc *did.Document
	switch {
	case under:
		doc = w.issuer(name)
	case w.root && id == w.base:
		doc = w.own()
	default:
		return nil, false, nil
	}
	if doc == nil {
		return nil, true, fmt.Errorf("%w: this center hosts no such did:web", did.ErrNotFound)
	}
	return doc, true, nil
}

// own is the center's own document: also known as its DID on the ledger, whose assertion key it has.
func (w *WebIdentities) own() *did.Document {
	if !w.root || w.center == nil || w.center.Issuer == nil {
		return nil
	}
	return web.Document(w.base, web.Forms(w.base, w.center.Issuer.Signer.Public()), w.center.DID.String())
}

func (w *WebIdentities) issuer(name string) *did.Document {
	if w.issued == nil || w.base == "" {
		return nil
	}
	one, ok := w.issued.Identity(name)
	if !ok || string(one.DID) != string(w.base)+":issuers:"+name {
		return nil
	}
	return web.Document(one.DID, one.Keys)
}

// webRoutes serve the documents where the did:web method looks for them.
func (s *Server) webRoutes() []route {
	w := NewWebIdentities(s.opts.PublicURL, s.opts.Center, s.opts.Issuance)
	return []route{
		{Method: http.MethodGet, Path: "/.well-known/did.json", Handler: w.getOwn},
		{Method: http.MethodGet, Path: "/issuers/:issuer/did.json", Handler: w.getIssuer},
	}
}

func (w *WebIdentities) getOwn(c echo.Context) error {
	if w.root && w.center == nil {
		return noCenterIdentity()
	}
	return w.send(c, w.own())
}

func (w *WebIdentities) getIssuer(c echo.Context) error {
	return w.send(c, w.issuer(pathParam(c, "issuer")))
}

// webOffers are the media types of a hosted document: what did:web resolvers ask for first.
var webOffers = []string{"application/did+json", "application/did", "application/did+ld+json", mediaJSON, "application/ld+json"}

// send answers with a document. It is a file to whoever asks for it: an Accept header that names none of its types gets the first.
func (w *WebIdentities) send(c echo.Context, doc *did.Document) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	if doc == nil {
		return w.absent()
	}
	body, err := jcs.EncodeFractions(doc.Value())
	if err != nil {
		return err
	}
	media := webOffers[max(0, negotiate(parseAccept(c.Request().Header.Values(echo.HeaderAccept)), webOffers))]
	return send(c, answer{status: http.StatusOK, media: media, cache: cacheRevalidate, vary: echo.HeaderAccept, body: body})
}

var errNoWebOrigin = errors.New("public URL has no did:web")

func (w *WebIdentities) absent() error {
	if w.base == "" {
		return &Error{Name: "not-found", Status: http.StatusNotFound, Detail: "only an https origin with a host name has did:web documents", Err: errNoWebOrigin}
	}
	return &Error{Name: "not-found", Status: http.StatusNotFound, Detail: "no did:web document is hosted here"}
}
