package resolve

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/did"
)

// Dereference dereferences a DID URL (DID Resolution 5.4): a bare DID to its document, a fragment to a verification method
// or a service, and service or serviceType to service endpoint URLs, joined with relativeRef (RFC 3986 5). It fetches
// nothing. Endpoints are http, https or DID URLs; if a service has others only, that is FEATURE_NOT_SUPPORTED.
// With VerificationRelationship, the URL must name a method that is in the relationship.
// It never fails otherwise than in the result.
func Dereference(ctx context.Context, r did.Resolver, didURL string, o Options) DereferenceResult {
	t, err := parseTarget(didURL, &o)
	if err != nil {
		return notDereferenced(err)
	}
	resolved := resolveTarget(ctx, r, t, o)
	if err := resolved.Resolution.Error; err != nil {
		return notDereferenced(err)
	}
	result := DereferenceResult{ContentMetadata: resolved.DocumentMetadata, Version: resolved.Version}
	if resolved.Document == nil {
		return result // deactivated
	}
	switch {
	case o.VerificationRelationship != "":
		result.Content, err = authorizedMethod(resolved.Document, t, o.VerificationRelationship)
	case t.selectsServices():
		result.URLs, err = t.endpoints(resolved.Document)
		result.Content = result.URLs
	case t.url.Path != "":
		err = fail(NotFound, "no method knows resources at a path")
	case t.url.Fragment != "":
		result.Content, err = fragment(resolved.Document, t)
	default:
		result.Content = resolved.Document
	}
	if err != nil {
		return notDereferenced(err)
	}
	result.Dereferencing.ContentType = ContentType
	if result.URLs != nil {
		result.Dereferencing.ContentType = "text/uri-list"
	}
	return result
}

func notDereferenced(err *Error) DereferenceResult {
	return DereferenceResult{Dereferencing: ResolutionMetadata{Error: err}}
}

// name returns the absolute URL of a fragment of the document.
func (t *target) name() string { return string(t.url.DID) + "#" + t.url.Fragment }

// fragment finds the part of a document that the fragment names.
func fragment(d *did.Document, t *target) (any, *Error) {
	if m, ok := d.Method(t.name()); ok {
		return alone(d, m.Value()), nil
	}
	if s, ok := d.ServiceByID(t.name()); ok {
		return alone(d, s.Value()), nil
	}
	return nil, fail(NotFound, "the document has no such fragment")
}

// authorizedMethod finds the method that the fragment names, and checks that it is in the relationship.
func authorizedMethod(d *did.Document, t *target, r did.Relationship) (any, *Error) {
	if t.url.Fragment == "" || t.url.Path != "" || t.selectsServices() {
		return nil, fail(InvalidVerificationMethod, "a verification relationship needs the URL of a verification method")
	}
	m, ok := d.Method(t.name())
	if !ok {
		if _, other := d.ServiceByID(t.name()); !other {
			return nil, fail(NotFound, "the document has no such fragment")
		}
		return nil, fail(InvalidVerificationMethod, "the DID URL names a service")
	}
	if !d.Has(r, t.name()) {
		return nil, fail(InvalidRelationship, "the method is not in "+string(r))
	}
	return alone(d, m.Value()), nil
}

// alone makes a part of a document stand for itself: its own context, an absolute id.
func alone(d *did.Document, part map[string]any) map[string]any {
	if id, ok := part["id"].(string); ok {
		part["id"] = d.Absolute(id)
	}
	part["@context"] = did.Context
	return part
}

// endpoints lists the URLs of the services that the target selects.
func (t *target) endpoints(d *did.Document) ([]string, *Error) {
	var urls []string
	var refused *Error
	found := false
	for _, s := range d.Service {
		if !t.selects(d, s) {
			continue
		}
		found = true
		for _, endpoint := range texts(s.Endpoint) {
			u, err := t.join(endpoint)
			if err != nil {
				refused = err
				continue
			}
			urls = append(urls, u)
		}
	}
	switch {
	case len(urls) > 0:
		return urls, nil
	case refused != nil:
		return nil, refused
	case found:
		return nil, fail(NotFound, "the service has no endpoint that is a URL")
	}
	return nil, fail(NotFound, "the document has no such service")
}

func (t *target) selects(d *did.Document, s did.Service) bool {
	if t.service != "" {
		id := d.Absolute(s.ID)
		if s.ID == "" || id != d.Absolute(t.service) && id != string(d.ID)+"#"+t.service {
			return false
		}
	}
	return t.serviceType == "" || slices.Contains(s.Type, t.serviceType)
}

// texts returns the endpoints that are URLs; maps have no place in a list of URLs.
func texts(endpoint any) []string {
	switch e := endpoint.(type) {
	case string:
		return []string{e}
	case []any:
		var out []string
		for _, item := range e {
			if s, ok := item.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// join resolves the relative reference against an endpoint and hands the fragment down to it.
func (t *target) join(endpoint string) (string, *Error) {
	joined, err := t.joinReference(endpoint)
	if err != nil || t.url.Fragment == "" {
		return joined, err
	}
	if strings.Contains(joined, "#") {
		return "", fail(InvalidDIDURL, "the endpoint has a fragment already")
	}
	return joined + "#" + t.url.Fragment, nil
}

func (t *target) joinReference(endpoint string) (string, *Error) {
	if strings.HasPrefix(endpoint, "did:") {
		return t.joinDID(endpoint)
	}
	base, err := url.Parse(endpoint)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return "", fail(FeatureNotSupported, "the endpoint is neither http, https nor a DID URL")
	}
	if t.relativeRef == "" {
		return endpoint, nil
	}
	ref, err := url.Parse(t.relativeRef)
	if err != nil {
		return "", fail(InvalidDIDURL, "relativeRef is no relative reference")
	}
	joined := base.ResolveReference(ref)
	if joined.Host != base.Host || joined.Scheme != base.Scheme {
		return "", fail(InvalidDIDURL, "relativeRef names another host")
	}
	return joined.String(), nil
}

// joinDID appends the reference to an endpoint that is a DID (DID Core 3.2.2). It is not followed: no cycles.
func (t *target) joinDID(endpoint string) (string, *Error) {
	follows := t.relativeRef == "" || strings.ContainsRune("/?", rune(t.relativeRef[0])) && !strings.ContainsAny(endpoint, "/?#")
	u, err := did.ParseURL(endpoint + t.relativeRef)
	if err != nil || !follows {
		return "", fail(FeatureNotSupported, "the endpoint is no DID URL that the reference can follow")
	}
	return u.String(), nil
}
