package credentials

import (
	"context"
	"fmt"
	"slices"

	"github.com/hanse-id/hanse/did"
)

// This file has the checks of what a verifier's policy asks for: who may issue, and whose domain it is.

// checkAccreditation asks whether the issuer was accredited for the credential at the instant of the verification. A type or an
// issuer that the policy does not take fails before anybody is asked.
func (r *run) checkAccreditation(ctx context.Context) Check {
	if !r.Policy.acceptsTypes(r.model.types) {
		return notAccepted("credential type is not accepted", fmt.Sprintf("the verifier's policy takes %.256q", r.Policy.Types), r.member("type"))
	}
	if !r.Policy.acceptsIssuer(r.model.issuer) {
		return notAccepted("issuer is not accepted", fmt.Sprintf("the verifier's policy takes %.256q", r.Policy.Issuers), r.member("issuer"))
	}
	c := r.accreditation(ctx)
	c.Severity = r.severity(CheckAccreditation)
	return c
}

// member points to the member of the credential that says what a document of the VC data model calls name.
func (r *run) member(name string) string {
	if r.opened.claims {
		name = map[string]string{"type": "vct", "issuer": "iss"}[name]
	}
	return point("", name)
}

func (r *run) accreditation(ctx context.Context) Check {
	if r.Trust == nil {
		if !r.Policy.RequireAccreditation {
			return skip("no source of accreditations is configured")
		}
		return undecided(&Problem{Type: ProblemUnavailable, Title: "accreditation unavailable", Detail: "no source of accreditations is configured"})
	}
	result, err := r.Trust.Accredited(ctx, r.question())
	if err != nil {
		return undecided(problemOf(err, ProblemUnavailable, "accreditation unavailable"))
	}
	c := Check{Outcome: Pass, Note: result.Reason, Path: result.Path, Evidence: &result.Evidence}
	if !result.Accredited {
		c.Outcome, c.Code, c.Note = Fail, result.Code, ""
		c.Problem = &Problem{Type: ProblemNotAccredited, Title: "issuer is not accredited", Detail: result.Reason, Pointer: r.member("issuer")}
	}
	return c
}

// asksDomain reports whether the policy asks for a linked domain.
func (r *run) asksDomain() bool {
	return r.Policy.RequireLinkedDomain || len(r.Policy.LinkedDomains) > 0
}

// checkLinkedDomain asks whether the issuer, whose signature is established by then, is linked with one of the domains of the
// policy, or with one that its own DID document names.
func (r *run) checkLinkedDomain(ctx context.Context) Check {
	c := r.linkedDomain(ctx)
	c.Severity = r.severity(CheckLinkedDomain)
	return c
}

func (r *run) linkedDomain(ctx context.Context) Check {
	if !r.asksDomain() {
		return skip("no linked domain was asked for")
	}
	if r.Domains == nil {
		return undecided(&Problem{Type: ProblemUnavailable, Title: "linked domain unavailable", Detail: "no source of domain linkages is configured"})
	}
	origins := r.Policy.LinkedDomains
	if len(origins) == 0 {
		origins = linkedOrigins(r.version.Document)
	}
	switch {
	case len(origins) == 0:
		c := fail(&Problem{Type: ProblemNotLinked, Title: "issuer is not linked with a domain", Detail: "its DID document names none", Pointer: "/issuer"})
		c.Code = string(LinkNotNamed)
		return c
	case len(origins) > maxOrigins:
		return undecided(&Problem{Type: ProblemNotSupported, Title: "too many domains", Detail: fmt.Sprintf("%d domains, at most %d are asked", len(origins), maxOrigins)})
	}
	parts := make([]Check, 0, len(origins))
	for _, text := range origins {
		part := r.linkedWith(ctx, text)
		if part.Outcome == Pass {
			return part
		}
		parts = append(parts, part)
	}
	// A domain that could not be asked might have been the one: it outweighs those that say no.
	first := max(0, slices.IndexFunc(parts, func(c Check) bool { return c.Outcome == Indeterminate }))
	c := parts[first]
	for i, part := range parts {
		if i != first {
			c.Warnings = append(c.Warnings, *part.Problem)
		}
	}
	return c
}

// linkedWith asks about one domain.
func (r *run) linkedWith(ctx context.Context, text string) Check {
	origin, err := ParseOrigin(text)
	if err != nil {
		return undecided(&Problem{Type: ProblemNotSupported, Title: "domain cannot be asked", Detail: err.Error()})
	}
	result, err := r.Domains.Linked(ctx, DomainQuery{Issuer: did.DID(r.model.issuer), Origin: origin, At: r.opts.At})
	if err != nil {
		return undecided(problemOf(err, ProblemUnavailable, "linked domain unavailable"))
	}
	c := Check{Outcome: Pass, Note: "linked with " + string(origin), Evidence: &result.Evidence}
	if !result.Linked {
		c.Outcome, c.Code, c.Note = Fail, string(result.Reason), ""
		c.Problem = &Problem{Type: ProblemNotLinked, Title: "issuer is not linked with " + string(origin), Detail: result.Detail, Pointer: "/issuer"}
	}
	return c
}

// linkedDomainsType is the type of the services of a DID document that name origins (DIF Well Known DID Configuration, Linked
// Domain Service Endpoint).
const linkedDomainsType = "LinkedDomains"

// linkedOrigins lists the origins that a DID document names in its LinkedDomains services: a string, an object with origins, or
// a list of these. What is no origin is left out, and so is what exceeds the number that is asked.
func linkedOrigins(document *did.Document) []string {
	var out []string
	if document == nil {
		return nil
	}
	add := func(v any) {
		s, _ := v.(string)
		if o, err := ParseOrigin(s); err == nil && len(out) < maxOrigins && !slices.Contains(out, string(o)) {
			out = append(out, string(o))
		}
	}
	for _, service := range document.Service {
		if !slices.Contains(service.Type, linkedDomainsType) {
			continue
		}
		endpoints, ok := service.Endpoint.([]any)
		if !ok {
			endpoints = []any{service.Endpoint}
		}
		for _, endpoint := range endpoints {
			if m, ok := endpoint.(map[string]any); ok {
				origins, _ := m["origins"].([]any)
				for _, origin := range origins {
					add(origin)
				}
				continue
			}
			add(endpoint)
		}
	}
	return out
}
