package credentials

import (
	"maps"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/jose"
)

// This file reads the JWTs of VC Data Model 1.1 (section 6.3.1): claims vp and vc that hold a document, of which registered claims
// repeat or replace members. What a claim and a member say differently is refused.

// FormLegacyJWT is the form of such tokens in reports. It cannot be issued.
const FormLegacyJWT Form = MediaTypeLegacyJWT

// parseLegacy reads a token whose typ is JWT or missing, and the object that one of its claims holds.
func parseLegacy(compact, claim string, limits jose.Limits) (*jose.Token, map[string]any, error) {
	t, err := jose.Parse(compact, limits)
	if err != nil {
		return nil, nil, tokenProblem(err)
	}
	if t.Type != "" && !strings.EqualFold(t.Type, "jwt") {
		return nil, nil, unparsable("typ is " + shortened(t.Type) + ", which is no " + MediaTypeLegacyJWT)
	}
	if err := t.CheckAlgorithm(); err != nil {
		return nil, nil, tokenProblem(err)
	}
	document, ok := t.Payload[claim].(map[string]any)
	if !ok {
		return nil, nil, malformed(point("", claim), "missing")
	}
	if _, secured := document["proof"]; secured {
		return nil, nil, malformed(point(point("", claim), "proof"), "is not looked at inside of a token")
	}
	if first := firstContext(document); first != nil && first != contextV1 {
		return nil, nil, malformed(point(point("", claim), "@context"), "a JWT with a "+claim+" claim holds a document of data model 1.1: "+contextV1)
	}
	if _, err := parseClaims(t.Payload); err != nil {
		return nil, nil, err
	}
	return t, maps.Clone(document), nil
}

// firstContext is the context that says which data model a document is of; nil if there is none.
func firstContext(document map[string]any) any {
	if list, ok := document["@context"].([]any); ok && len(list) > 0 {
		return list[0]
	}
	return document["@context"]
}

func shortened(s string) string { return s[:min(len(s), 64)] }

// openLegacy reads a JWT with a vp claim. Its holder is iss.
func (p *presenting) openLegacy(compact string) error {
	t, document, err := parseLegacy(compact, "vp", p.limits())
	if err != nil {
		return err
	}
	if _, both := t.Payload["vc"]; both {
		return malformed("/vc", "is not allowed beside vp")
	}
	for claim, member := range map[string]string{"iss": "holder", "jti": "id"} {
		if err := replaceBy(document, member, t.Payload, claim); err != nil {
			return err
		}
	}
	p.document, p.claims = document, t.Payload
	p.opened = &opened{form: FormLegacyJWT, credential: document, token: t, ignored: t.Ignored, proofs: []proof{legacyProof(t)}}
	return nil
}

// openLegacyCredential reads a JWT with a vc claim as the credential of data model 1.1 that it stands for.
func openLegacyCredential(compact string, limits jose.Limits) (*opened, error) {
	t, document, err := parseLegacy(compact, "vc", limits)
	if err != nil {
		return nil, err
	}
	for claim, member := range map[string]string{"iss": "issuer", "jti": "id"} {
		if err := replaceBy(document, member, t.Payload, claim); err != nil {
			return nil, err
		}
	}
	for claim, member := range map[string]string{"nbf": "issuanceDate", "exp": "expirationDate"} {
		if err := replaceTime(document, member, t.Payload, claim); err != nil {
			return nil, err
		}
	}
	if err := replaceSubject(document, t.Payload); err != nil {
		return nil, err
	}
	return &opened{form: FormLegacyJWT, credential: document, token: t, ignored: t.Ignored, proofs: []proof{legacyProof(t)}}, nil
}

func legacyProof(t *jose.Token) proof {
	c, _ := parseClaims(t.Payload)
	p := proof{pointer: "kid", method: t.KeyID, created: c.issuedAt, verify: t.Verify}
	if p.created.Before(c.notBefore) {
		p.created = c.notBefore
	}
	if !c.expires.IsZero() {
		p.expires = c.expires.Add(-1) // at exp itself a token is no longer accepted (RFC 7519 section 4.1.4)
	}
	return p
}

// replaceBy sets a member that is a URL, or an object with one as id, to what a claim says.
func replaceBy(document map[string]any, member string, claims map[string]any, claim string) error {
	said, ok := claims[claim].(string)
	if !ok {
		return nil
	}
	switch v := document[member].(type) {
	case nil:
		document[member] = said
	case map[string]any:
		if _, has := v["id"]; !has {
			v = maps.Clone(v)
			v["id"] = said
			document[member] = v
		}
	}
	if idOf(document[member]) != said {
		return malformed(point("", claim), "is not the "+member)
	}
	return nil
}

// replaceTime sets a member that is a time to what a claim says. Claims have whole seconds.
func replaceTime(document map[string]any, member string, claims map[string]any, claim string) error {
	v, ok := claims[claim]
	if !ok {
		return nil
	}
	said, _ := parseNumericDate(v)
	if given, has := document[member]; has {
		if t, ok := dataintegrity.ParseTime(given); ok && t.Unix() != said.Unix() {
			return malformed(point("", claim), "is not the "+member)
		}
		return nil // what is no time is the data model's to refuse
	}
	document[member] = said.Format(time.RFC3339)
	return nil
}

// replaceSubject sets the id of the one subject to what sub says.
func replaceSubject(document, claims map[string]any) error {
	if _, ok := claims["sub"].(string); !ok {
		return nil
	}
	list, many, ok := objects(document["credentialSubject"])
	if !ok {
		return nil // the data model's to refuse
	}
	if len(list) != 1 {
		return malformed("/sub", "is the id of one subject, and there are several")
	}
	subject := maps.Clone(list[0])
	if err := replaceBy(subject, "id", claims, "sub"); err != nil {
		return malformed("/sub", "is not the id of the subject")
	}
	if many {
		document["credentialSubject"] = []any{subject}
	} else {
		document["credentialSubject"] = subject
	}
	return nil
}
