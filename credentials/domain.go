package credentials

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/fetch"
)

// Fetcher gets what a URL names; *fetch.Guard is the one to use: origins are strangers' words.
type Fetcher interface {
	Get(ctx context.Context, url, accept string) (*fetch.Response, error)
}

// Domains is the DomainSource that reads DID configurations from their origins (DIF Well Known DID Configuration, v1). It takes
// linkages in both proof formats: tokens, and Data Integrity as far as its cryptosuites are supported. Nothing is kept between two
// questions. Its fields must not change once it is used; it is then safe for concurrent use.
type Domains struct {
	Fetch    Fetcher
	Resolver did.Resolver
	Contexts *Contexts        // nil: EmbeddedContexts
	Now      func() time.Time // nil: time.Now
	Skew     time.Duration    // for beginnings; default 60 s
}

var _ DomainSource = (*Domains)(nil)

// maxLinkages bounds how many linkages of one configuration that claim to be the issuer's are verified.
const maxLinkages = 8

// Linked fetches the DID configuration of an origin and looks for a linkage of the issuer that is valid at the instant. An origin
// shows only its present: what is not linked now may have been at a past instant, so then the answer is an error unless it is yes.
// A redirect to another origin links nothing: a place that forwards whatever it is asked for would speak for whomever it is sent
// to.
func (d *Domains) Linked(ctx context.Context, q DomainQuery) (DomainResult, error) {
	result, err := d.linked(ctx, q)
	if reason, detail, ok := linkReason(err); ok {
		result.Reason, result.Detail, err = reason, detail, nil
	}
	if err == nil && !result.Linked && !q.At.IsZero() {
		err = fmt.Errorf("what %s said at that time is not known (now: %s)", q.Origin, result.Detail)
	}
	return result, err
}

func (d *Domains) linked(ctx context.Context, q DomainQuery) (DomainResult, error) {
	url := string(q.Origin) + linkagePath
	result := DomainResult{Evidence: Evidence{Source: url}}
	body, err := d.get(ctx, q.Origin, url)
	if err != nil {
		return result, err
	}
	digest := sha256.Sum256(body)
	result.Evidence.Digest = hex.EncodeToString(digest[:])
	list, err := readConfiguration(body)
	if err != nil {
		return result, err
	}
	list = slices.DeleteFunc(list, func(l linkage) bool { return l.issuer != q.Issuer.String() })
	if len(list) == 0 {
		return result, refuseLink(LinkNotNamed, "the DID configuration does not name the issuer")
	}
	var refused, undecidable error
	for _, l := range list[:min(len(list), maxLinkages)] {
		err := d.verify(ctx, l, q)
		if err == nil {
			result.Linked = true
			return result, nil
		}
		if _, _, no := linkReason(err); no && refused == nil {
			refused = err
		} else if !no && undecidable == nil {
			undecidable = err
		}
	}
	if undecidable != nil {
		return result, undecidable
	}
	return result, refused
}

// get fetches the DID configuration of an origin.
func (d *Domains) get(ctx context.Context, origin Origin, url string) ([]byte, error) {
	if d.Fetch == nil {
		return nil, errors.New("nothing to fetch with is configured")
	}
	response, err := d.Fetch.Get(ctx, url, "application/json")
	if e, ok := errors.AsType[*fetch.Error](err); ok && e.Kind == fetch.TooLarge {
		return nil, refuseLink(LinkMalformed, "the DID configuration is too large")
	}
	if err != nil {
		return nil, err
	}
	u, err := fetch.ParseURL(response.URL)
	switch {
	case err != nil || originOf(u) != origin:
		return nil, refuseLink(LinkRedirected, "the DID configuration is published elsewhere: %.256q", response.URL)
	case response.Status == http.StatusNotFound || response.Status == http.StatusGone:
		return nil, refuseLink(LinkNotPublished, "%s publishes no DID configuration", origin)
	case response.Status != http.StatusOK:
		return nil, fmt.Errorf("%s answered with status %d", url, response.Status)
	}
	return response.Body, nil
}

// verify decides about one linkage: nil if it links, a *linkError if it does not, another error if that cannot be said.
func (d *Domains) verify(ctx context.Context, l linkage, q DomainQuery) error {
	r := (&Verifier{Resolver: d.Resolver, Contexts: d.Contexts, Now: d.Now, Skew: d.Skew}).newRun(VerifyOptions{At: q.At})
	if err := r.openLinkage(l); err != nil {
		return err
	}
	var err error
	if r.model, err = (linkage{r.opened.credential, l.token, l.issuer}).check(q.Issuer, q.Origin, r.Contexts); err != nil {
		return err
	}
	for _, p := range l.periods() {
		if problem := p.check(r.at, r.Skew); problem != nil {
			return refuseLink(LinkNotInForce, "the linkage token is %s: it %s", problem.Title, problem.Detail)
		}
	}
	for _, step := range []struct {
		check  func() Check
		reason LinkReason
	}{
		{r.checkValidity, LinkNotInForce},
		{func() Check { return r.checkIssuer(ctx) }, LinkNotSigned},
		{r.checkSignature, LinkNotSigned},
	} {
		switch c := step.check(); c.Outcome {
		case Fail:
			return refuseLink(step.reason, "the linkage credential: %s: %s", c.Problem.Title, c.Problem.Detail)
		case Indeterminate:
			return &ProblemError{Problem: *c.Problem}
		}
	}
	return nil
}

// openLinkage opens a linkage as a verification has it: the key of a token's kid, or of the proofs, has to sign.
func (r *run) openLinkage(l linkage) error {
	if l.token != nil {
		r.opened = &opened{credential: l.credential, proofs: []proof{{pointer: "kid", method: l.token.KeyID, verify: l.token.Verify}}}
		return nil
	}
	var err error
	if r.opened, err = openEmbedded(l.credential, r.Contexts); err != nil {
		return refuseLink(LinkInvalid, "the linkage credential cannot be read: %s", err)
	}
	if r.opened.unsupported != nil {
		return &ProblemError{Problem: Problem{Type: ProblemNotSupported, Title: "linkage not supported", Detail: r.opened.unsupported.Error()}}
	}
	return nil
}
