package credentials

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// LinkReason says why an origin is not linked with an issuer: stable words.
type LinkReason string

// The reasons.
const (
	LinkNotPublished LinkReason = "notPublished"     // the origin publishes no DID configuration
	LinkMalformed    LinkReason = "malformed"        // what it publishes is none
	LinkRedirected   LinkReason = "redirected"       // another origin publishes it
	LinkNotNamed     LinkReason = "notNamed"         // nobody names the other: the configuration the issuer, or its DID document a domain
	LinkInvalid      LinkReason = "invalidLinkage"   // the linkage credential breaks a rule of the specification
	LinkOtherOrigin  LinkReason = "otherOrigin"      // it is about another origin
	LinkNotInForce   LinkReason = "notInForce"       // it is not valid yet, or no more
	LinkNotSigned    LinkReason = "signatureInvalid" // the issuer's key did not sign it
)

// linkError is a linkage that was refused.
type linkError struct {
	reason LinkReason
	detail string
}

func (e *linkError) Error() string { return e.detail }

func refuseLink(reason LinkReason, format string, args ...any) error {
	return &linkError{reason, fmt.Sprintf(format, args...)}
}

// linkage is a domain linkage credential, taken apart. Nothing of it is authentic yet.
type linkage struct {
	credential map[string]any // data model 1.1; in Data Integrity form with its proof, and as it is published
	token      *jose.Token    // JSON Web Token Proof Format
	issuer     string         // whom it claims to be about
}

// readConfiguration reads a DID configuration resource (section "DID Configuration Resource"): an object of @context and
// linked_dids, and nothing else. Entries that are no linkages at all are left out: one entry says nothing about another.
func readConfiguration(body []byte) ([]linkage, error) {
	v, err := jcs.Parse(body, jcs.Limits{MaxDepth: maxDepth})
	resource, ok := v.(map[string]any)
	if err != nil || !ok {
		return nil, refuseLink(LinkMalformed, "the DID configuration is not a JSON object")
	}
	for _, name := range sortedKeys(resource) {
		if name != "@context" && name != "linked_dids" {
			return nil, refuseLink(LinkMalformed, "the DID configuration has a member %.64q", name)
		}
	}
	if contexts, ok := texts(resource["@context"]); !ok || !slices.Contains(contexts, contextLinkage) {
		return nil, refuseLink(LinkMalformed, "the DID configuration's @context is not %s", contextLinkage)
	}
	entries, ok := resource["linked_dids"].([]any)
	if !ok {
		return nil, refuseLink(LinkMalformed, "the DID configuration has no list linked_dids")
	}
	var list []linkage
	for _, entry := range entries {
		if l, ok := readLinkage(entry); ok {
			list = append(list, l)
		}
	}
	return list, nil
}

// readLinkage takes one entry apart, as far as it takes to see whom it is about.
func readLinkage(entry any) (linkage, bool) {
	switch entry := entry.(type) {
	case string:
		token, err := jose.Parse(entry, jose.Limits{MaxDepth: maxDepth})
		if err != nil {
			return linkage{}, false
		}
		credential, _ := token.Payload["vc"].(map[string]any)
		issuer, _ := token.Payload["iss"].(string)
		return linkage{credential: credential, token: token, issuer: issuer}, credential != nil
	case map[string]any:
		return linkage{credential: entry, issuer: idOf(entry["issuer"])}, true
	}
	return linkage{}, false
}

// check applies the specification's rules to a linkage that is to link an issuer with an origin, but for those about its proof,
// and returns its data model.
func (l linkage) check(issuer did.DID, origin Origin, contexts *Contexts) (*model, error) {
	if l.token != nil {
		if err := l.checkToken(issuer); err != nil {
			return nil, err
		}
	}
	m, err := checkModel(l.credential, contexts)
	if err != nil {
		return nil, refuseLink(LinkInvalid, "the linkage credential is not valid: %s", err)
	}
	list, _ := l.credential["@context"].([]any)
	for _, rule := range []struct {
		broken bool
		detail string
	}{
		{m.base != contextV1 || !slices.Contains(list, any(contextLinkage)), "does not have the contexts of a domain linkage"},
		{!slices.Contains(m.types, linkageType), "is not of type " + linkageType},
		{m.id != "", "has an id"},
		{m.validUntil.IsZero(), "has no expirationDate"},
		{l.credential["credentialStatus"] != nil, "has a status, which the specification does not provide for"},
		{m.issuer != issuer.String(), "is issued by another DID than it is about"},
		{len(m.subjects) != 1 || m.subjects[0] != issuer.String(), "is about another subject than its issuer"},
	} {
		if rule.broken {
			return nil, refuseLink(LinkInvalid, "the linkage credential %s", rule.detail)
		}
	}
	return m, l.checkOrigin(origin)
}

// checkOrigin compares origins parsed: "https://a.example.attacker.example" begins with "https://a.example", and is another.
func (l linkage) checkOrigin(origin Origin) error {
	subjects, _, _ := objects(l.credential["credentialSubject"])
	text, _ := subjects[0]["origin"].(string)
	claimed, err := parseClaimedOrigin(text)
	if err != nil {
		return refuseLink(LinkInvalid, "the linkage credential names no origin")
	}
	if claimed != origin {
		return refuseLink(LinkOtherOrigin, "the linkage credential is about %.256q", claimed)
	}
	return nil
}

// checkToken applies the rules of the JSON Web Token Proof Format: no members in header and payload beyond those it names. A typ
// of JWT and an iat are forgiven, because deployed issuers write them.
func (l linkage) checkToken(issuer did.DID) error {
	for name := range l.token.Header {
		if name != "alg" && name != "kid" && name != "typ" {
			return refuseLink(LinkInvalid, "the linkage token's header has a member %.64q", name)
		}
	}
	for name := range l.token.Payload {
		if !slices.Contains([]string{"iss", "sub", "nbf", "exp", "iat", "vc"}, name) {
			return refuseLink(LinkInvalid, "the linkage token has a claim %.64q", name)
		}
	}
	if err := l.token.CheckAlgorithm(); err != nil {
		return refuseLink(LinkInvalid, "the linkage token: %s", err)
	}
	_, err := parseClaims(l.token.Payload)
	switch {
	case l.token.KeyID == "":
		return refuseLink(LinkInvalid, "the linkage token has no kid")
	case l.token.Type != "" && l.token.Type != "JWT":
		return refuseLink(LinkInvalid, "the linkage token is of type %.64q", l.token.Type)
	case l.credential["proof"] != nil:
		return refuseLink(LinkInvalid, "the linkage token has a proof inside")
	case err != nil:
		return refuseLink(LinkInvalid, "the linkage token is not valid: %s", err)
	case l.token.Payload["iss"] != issuer.String() || l.token.Payload["sub"] != issuer.String():
		return refuseLink(LinkInvalid, "the linkage token's iss and sub are not the DID that it is about")
	}
	return nil
}

// periods are the times in which a token's claims say that it holds.
func (l linkage) periods() []period {
	if l.token == nil {
		return nil
	}
	c, _ := parseClaims(l.token.Payload)
	if !c.expires.IsZero() {
		c.expires = c.expires.Add(-1) // at exp itself a token is no longer accepted (RFC 7519 section 4.1.4)
	}
	return []period{{"iat", c.issuedAt, time.Time{}}, {"nbf", c.notBefore, time.Time{}}, {"exp", time.Time{}, c.expires}}
}

// linkReason is the reason and the words of a linkage that was refused; false for an error of another kind, which decides nothing.
func linkReason(err error) (LinkReason, string, bool) {
	e, ok := errors.AsType[*linkError](err)
	if !ok {
		return "", "", false
	}
	return e.reason, e.detail, true
}
