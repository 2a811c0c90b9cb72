package web

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/fetch"
	"github.com/hanse-id/hanse/did/resolve"
)

// accept names the representations of a DID document that are read.
const accept = "application/did, application/did+json, application/did+ld+json, application/json;q=0.9, application/ld+json;q=0.8"

// The defaults of Options.
const (
	DefaultTTL     = 30 * time.Second
	DefaultEntries = 1024
)

// Fetcher asks for a URL; a *fetch.Guard does.
type Fetcher interface {
	Check(url string) error
	Get(ctx context.Context, url, accept string) (*fetch.Response, error)
}

// Options of a Resolver; zero values are useful.
type Options struct {
	// Own answers for DIDs that the caller itself hosts, so that nobody has to fetch from himself. false: fetched like others.
	Own func(ctx context.Context, id did.DID) (doc *did.Document, own bool, err error)
	// TTL is how long an answer is kept (DefaultTTL; negative: not at all), Entries how many are (DefaultEntries).
	TTL     time.Duration
	Entries int
	Now     func() time.Time // nil: time.Now
}

// Resolver resolves did:web. It is safe for concurrent use.
type Resolver struct {
	fetch  Fetcher
	opts   Options
	kept   *cache
	asking singleflight.Group
}

var _ did.Resolver = (*Resolver)(nil)

// New returns a resolver that asks through a guard.
func New(guard Fetcher, o Options) *Resolver {
	if o.TTL == 0 {
		o.TTL = DefaultTTL
	}
	if o.Entries <= 0 {
		o.Entries = DefaultEntries
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Resolver{fetch: guard, opts: o, kept: &cache{entries: map[did.DID]entry{}}}
}

// Resolve fetches the present document. Errors: did.ErrInvalidDID for an identifier that names no host that may be asked,
// did.ErrNotFound where the host says 404 or 410, did.ErrInvalidDocument for a document that is none or is of another DID, a *resolve.Error
// FEATURE_NOT_SUPPORTED where a version is asked for; anything else means unavailable. Answers are kept for a short time, unless
// resolve.NoCache(ctx).
func (r *Resolver) Resolve(ctx context.Context, id did.DID, at did.At) (did.Version, error) {
	url, err := URL(id)
	if err != nil {
		return did.Version{}, err
	}
	if at != (did.At{}) {
		return did.Version{}, &resolve.Error{Code: resolve.FeatureNotSupported, Detail: "did:web has no history: neither versionId nor versionTime"}
	}
	doc, err := r.document(ctx, id, url)
	if err != nil {
		return did.Version{}, err
	}
	return did.Version{DID: id, Document: doc}, nil
}

func (r *Resolver) document(ctx context.Context, id did.DID, url string) (*did.Document, error) {
	if r.opts.Own != nil {
		if doc, own, err := r.opts.Own(ctx, id); own || err != nil {
			return doc, err
		}
	}
	if resolve.NoCache(ctx) {
		return r.ask(ctx, id, url)
	}
	if doc := r.kept.get(id, r.opts.Now()); doc != nil {
		return doc, nil
	}
	// One question for all who want to know; it goes on, within the guard's time, when the first of them gives up.
	flight := r.asking.DoChan(string(id), func() (any, error) {
		if doc := r.kept.get(id, r.opts.Now()); doc != nil { // put there since
			return doc, nil
		}
		return r.ask(context.WithoutCancel(ctx), id, url)
	})
	select {
	case <-ctx.Done():
		return nil, unavailable("no complete answer in time", ctx.Err())
	case answer := <-flight:
		doc, _ := answer.Val.(*did.Document)
		return doc, answer.Err
	}
}

// ask fetches a document and keeps it.
func (r *Resolver) ask(ctx context.Context, id did.DID, url string) (*did.Document, error) {
	if err := r.fetch.Check(url); err != nil {
		return nil, unasked(reasonOf(err))
	}
	now := r.opts.Now()
	response, err := r.fetch.Get(ctx, url, accept)
	if err != nil {
		return nil, unavailable(reasonOf(err), err)
	}
	doc, err := read(id, response)
	if err != nil {
		r.kept.drop(id) // the host's last word is not what it said before
		return nil, err
	}
	if r.opts.TTL > 0 {
		r.kept.put(id, doc, now.Add(r.opts.TTL), now, r.opts.Entries)
	}
	return doc, nil
}

// read makes a document of an answer.
func read(id did.DID, response *fetch.Response) (*did.Document, error) {
	switch {
	case response.Status == http.StatusNotFound, response.Status == http.StatusGone:
		return nil, fmt.Errorf("%w: the host has no document for this did:web", did.ErrNotFound)
	case response.Status != http.StatusOK:
		return nil, unavailable(fmt.Sprintf("the host answers with status %d", response.Status), nil)
	case !isJSON(response.Header.Get("Content-Type")):
		return nil, fmt.Errorf("%w: the host's answer is of another media type than JSON", did.ErrInvalidDocument)
	}
	doc, err := did.ParseDocument(response.Body)
	if err != nil {
		return nil, err
	}
	if doc.ID != id {
		return nil, fmt.Errorf("%w: the document is of another DID", did.ErrInvalidDocument)
	}
	return doc, nil
}

// isJSON reports whether a media type is that of a DID document, or JSON.
func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || media == "application/did" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json"))
}

// unavailable says why there is no answer: an internal error of DID resolution, in words that are for everybody.
func unavailable(reason string, cause error) error {
	return &resolve.Error{Code: resolve.InternalError, Detail: "did:web: " + reason, Err: cause}
}

// unasked is why nobody is asked for a DID that is written as one, by the guard's rules: resolution calls it INVALID_DID as well.
type unasked string

func (u unasked) Error() string { return "did:web: nobody is asked there: " + string(u) }

// Unwrap makes it an invalid DID.
func (u unasked) Unwrap() error { return did.ErrInvalidDID }

// reasonOf is what a guard says to everybody.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*fetch.Error](err); ok {
		return e.Reason
	}
	return "no answer"
}
