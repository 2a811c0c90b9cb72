package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/resolve"
)

// The representations of DID resolution (interfaces.md, section 1), the default first.
const (
	mediaResolution    = "application/did-resolution"
	mediaDereferencing = "application/did-url-dereferencing"
	mediaURIList       = "text/uri-list"
	mediaLegacy        = `application/ld+json;profile="https://w3id.org/did-resolution"`
)

// resolutionOffers is what a DID URL can be answered with; documentOffers of it are DID documents.
var (
	documentOffers   = []string{"application/did", "application/did+json", "application/did+ld+json", mediaJSON, "application/ld+json"}
	resolutionOffers = append(append([]string{mediaResolution}, documentOffers...), mediaDereferencing, mediaLegacy)
)

const identifiersPath = "/1.0/identifiers/"

// resolutionRoutes are those of section 1.
func (s *Server) resolutionRoutes() []route {
	return []route{
		{Method: http.MethodGet, Path: identifiersPath + "*", Handler: s.resolveGet},
		{Method: http.MethodPost, Path: identifiersPath + "*", Handler: s.resolvePost, CORS: true},
		{Method: http.MethodGet, Path: "/1.0/methods", Handler: s.methods},
		{Method: http.MethodGet, Path: "/1.0/properties", Handler: s.properties},
		{Method: http.MethodGet, Path: "/1.0/traits", Handler: s.traits},
		{Method: http.MethodGet, Path: "/1.0/testIdentifiers", Handler: s.testIdentifiers},
	}
}

// question is a resolution request, whatever it came in.
type question struct {
	url     string // DID or DID URL
	options resolve.Options
	accept  []mediaRange
}

// resolveGet answers GET /1.0/identifiers/{did-or-did-url}.
func (s *Server) resolveGet(c echo.Context) error {
	target, query := identifierOf(c)
	q := question{url: target, accept: parseAccept(c.Request().Header.Values(echo.HeaderAccept))}
	options, err := resolve.ParseQuery(query)
	if err != nil {
		return s.sendResolution(c, mediaResolution, failedResolution(err))
	}
	return s.answerQuestion(c, q.with(options))
}

// resolvePost answers the same path with options in a JSON body.
func (s *Server) resolvePost(c echo.Context) error {
	target, query := identifierOf(c)
	q := question{url: target, accept: parseAccept(c.Request().Header.Values(echo.HeaderAccept))}
	members := map[string]any{}
	if c.Request().ContentLength != 0 {
		var err error
		if members, err = s.readObject(c); err != nil {
			return err
		}
	}
	options, err := resolve.ParseOptions(members)
	if err == nil && query != "" {
		err = &resolve.Error{Code: resolve.InvalidOptions, Detail: "options are in the query and in the body"}
	}
	if err != nil {
		return s.sendResolution(c, mediaResolution, failedResolution(err))
	}
	return s.answerQuestion(c, q.with(options))
}

// with adds options; the accept option is an Accept header of its own.
func (q question) with(options resolve.Options) question {
	q.options = options
	if options.Accept != "" {
		q.accept = parseAccept([]string{options.Accept})
	}
	return q
}

// identifierOf splits a request target into DID URL and options. Percent-encoded, the path holds the whole DID URL and the
// query holds options; un-encoded, everything after '?' belongs to the DID URL.
func identifierOf(c echo.Context) (target, query string) {
	u := c.Request().URL
	escaped := strings.TrimPrefix(u.EscapedPath(), identifiersPath)
	if !strings.HasPrefix(escaped, "did:") {
		return unescape(escaped), u.RawQuery
	}
	if u.RawQuery != "" || u.ForceQuery {
		escaped += "?" + u.RawQuery
	}
	return escaped, ""
}

// answerQuestion negotiates the representation and answers in it.
func (s *Server) answerQuestion(c echo.Context, q question) error {
	offers := resolutionOffers
	if selectsServices(q.url) {
		offers = append(offers[:len(offers):len(offers)], mediaURIList)
	}
	chosen := negotiate(q.accept, offers)
	if chosen < 0 {
		return s.sendResolution(c, mediaResolution, failedResolution(&resolve.Error{
			Code: resolve.RepresentationNotSupported, Detail: "none of the accepted media types is offered; try " + mediaResolution,
		}))
	}
	if foreignParameters(q.url) {
		return s.sendResolution(c, offers[chosen], failedResolution(&resolve.Error{
			Code: resolve.InvalidDIDURL, Detail: "a parameter is not ASCII",
		}))
	}
	ctx, media, resolver := c.Request().Context(), offers[chosen], &asker{s: s}
	switch media {
	case mediaDereferencing, mediaURIList:
		result := resolve.Dereference(ctx, resolver, q.url, q.options)
		setHeight(c, or(result.Version.Height, resolver.absent))
		return s.sendDereferenced(c, media, result)
	}
	result := resolve.Resolve(ctx, resolver, q.url, q.options)
	setHeight(c, or(result.Version.Height, resolver.absent))
	return s.sendResolution(c, media, result)
}

// selectsServices reports whether a DID URL has a service or serviceType parameter: only then it can be a list of URLs.
func selectsServices(didURL string) bool {
	_, query, _ := strings.Cut(didURL, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); name == "service" || name == "serviceType" {
			return true
		}
	}
	return false
}

// foreignParameters reports whether the parameters of a DID URL, decoded, hold anything but ASCII. Over HTTP such a
// parameter always arrives percent-encoded, so that its raw form says nothing.
func foreignParameters(didURL string) bool {
	id, query, found := strings.Cut(didURL, "?")
	if _, err := did.ParseURL(id); err != nil || !found {
		return false // resolving says what is wrong
	}
	return strings.ContainsFunc(unescape(query), func(r rune) bool { return r > unicode.MaxASCII })
}

func failedResolution(err error) resolve.Result {
	failure, ok := errors.AsType[*resolve.Error](err)
	if !ok {
		failure = &resolve.Error{Code: resolve.InternalError, Detail: "the resolver is not available", Err: err}
	}
	return resolve.Result{Resolution: resolve.ResolutionMetadata{Error: failure}}
}

// sendResolution answers a result in a representation: the document alone where that was asked for and there is one,
// otherwise the full result.
func (s *Server) sendResolution(c echo.Context, media string, result resolve.Result) error {
	s.logResolution(c, result.Resolution.Error)
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
	a := answer{status: result.Status(), cache: cachePolicy(result.Err())}
	r, err := s.renderings.of(media, result)
	if err != nil {
		return err
	}
	a.media, a.body, a.tag = r.media, r.body, r.tag
	return send(c, a)
}

// render writes a result in a representation.
func render(media string, result resolve.Result) (r rendering, err error) {
	r.media = media
	switch {
	case media == mediaLegacy:
		r.body, err = encodeJSON(result.Legacy())
	case media != mediaResolution && result.Err() == nil && result.Document != nil:
		r.body, err = jcs.EncodeFractions(result.Document.Value())
	default:
		r.media = mediaResolution
		r.body, err = encodeJSON(result)
	}
	r.tag = entityTag(r.media, r.body)
	return r, err
}

// sendDereferenced answers a dereferencing: 303 to a service endpoint, or the result.
func (s *Server) sendDereferenced(c echo.Context, media string, result resolve.DereferenceResult) error {
	s.logResolution(c, result.Dereferencing.Error)
	if media == mediaURIList && result.Err() != nil { // errors are full results
		return s.sendResolution(c, mediaResolution, failedResolution(result.Err()))
	}
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
	cache := cachePolicy(result.Err())
	if len(result.URLs) > 0 && result.Status() == http.StatusSeeOther {
		c.Response().Header().Set(echo.HeaderLocation, result.URLs[0])
		c.Response().Header().Set(echo.HeaderCacheControl, cache)
		return c.NoContent(http.StatusSeeOther)
	}
	body, err := encodeJSON(result)
	if err != nil {
		return err
	}
	return send(c, answer{status: result.Status(), media: mediaDereferencing, cache: cache, body: body})
}

// logResolution logs what went wrong on our side; what a client got wrong is its own business.
func (s *Server) logResolution(c echo.Context, err *resolve.Error) {
	if err != nil && err.Status() == http.StatusInternalServerError {
		s.log.Error("resolution failed", "requestId", requestID(c), "code", string(err.Code), "error", err.Err)
	}
}

// cachePolicy: every version is asked for each time, superseded ones too. Their documents never change, but what is said of
// them does: when the DID is deactivated its old versions answer 410 with `deactivated`, and a copy that was called
// immutable, or fresh for a year, would go on showing the keys of a compromised DID as good. A 304 costs next to nothing.
func cachePolicy(err error) string {
	if err != nil {
		return cacheNever
	}
	return cacheRevalidate
}

// asker is the resolver as one request uses it: with proofs from the ledger (the `proof` option), whatever the resolver is
// decorated with, and remembering at which height the ledger said that there is nothing.
type asker struct {
	s      *Server
	absent int64 // height; 0: the ledger did not say so
}

// Resolve implements did.Resolver.
func (a *asker) Resolve(ctx context.Context, id did.DID, at did.At) (did.Version, error) {
	v, err := a.s.opts.Resolver.Resolve(ctx, id, at)
	if !errors.Is(err, did.ErrNotFound) || id.Method() != "hanse" {
		return v, err
	}
	// Absence carries no height. What is still absent after the head was read is absent at that height at least.
	head, headErr := a.s.opts.Ledger.Head(ctx)
	if headErr != nil {
		return v, err
	}
	if v, err = a.s.opts.Resolver.Resolve(ctx, id, at); errors.Is(err, did.ErrNotFound) {
		a.absent = head.Height
	}
	return v, err
}

// Prove implements resolve.Prover.
func (a *asker) Prove(ctx context.Context, v did.Version) ([]map[string]any, error) {
	return a.s.proveVersion(ctx, v)
}
