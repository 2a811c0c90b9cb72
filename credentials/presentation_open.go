package credentials

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/credentials/cose"
	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// This file takes presentations out of their containers (VC-JOSE-COSE sections 3.1.2, 3.2.2 and 3.3.2, Data Integrity 1.0).

// Names of the presentation forms, as those of credentials in envelope.go.
const (
	presentationType      = "VerifiablePresentation"
	envelopedPresented    = "EnvelopedVerifiablePresentation"
	jwtPresentation       = "vp+jwt"
	sdJWTPresentation     = "vp+sd-jwt"
	cosePresentation      = "application/vp+cose"
	presentationContent   = "vp" // cty of all of them
	jwtPresentedURL       = "data:application/vp+jwt,"
	sdJWTPresentedURL     = "data:application/vp+sd-jwt,"
	cosePresentedURL      = "data:application/vp+cose;base64,"
	legacyPresentedURL    = "data:" + MediaTypeLegacyJWT + ","
	authenticationPurpose = "authentication"
)

// open finds out which container an input is in and takes it apart. Errors are *ProblemError.
func (p *presenting) open(input []byte) error {
	text := bytes.TrimSpace(input)
	if len(text) == 0 {
		return unparsable("empty input")
	}
	if p.o.MediaType == MediaTypeLegacyJWT {
		return p.openLegacy(unquoted(text, p.limits()))
	}
	switch {
	case input[0] == coseTag: // what ends in a byte that is a space in text is none here
		return p.openCOSE(input)
	case text[0] == '"':
		return p.openText(unquoted(text, p.limits()))
	case text[0] != '{':
		return p.openText(string(text))
	}
	v, err := jcs.Parse(input, jcs.Limits{MaxBytes: p.limits().MaxBytes, MaxDepth: maxPresentationDepth})
	if err != nil {
		return unparsable(err.Error())
	}
	document, ok := v.(map[string]any)
	if !ok {
		return unparsable("neither an object nor a token")
	}
	if types, _ := texts(document["type"]); slices.Contains(types, envelopedPresented) {
		return p.openPresented(document)
	}
	if sdjwt.IsJSON(document) {
		t, err := sdjwt.FromJSON(document, p.disclosureLimits())
		return p.openDisclosed(t, err)
	}
	if _, secured := document["proof"]; secured {
		return p.openProofs(document)
	}
	p.document, p.opened = document, &opened{credential: document}
	return nil
}

// unquoted reads a JSON string; what is none stays as it is.
func unquoted(text []byte, limits jose.Limits) string {
	v, err := jcs.Parse(text, jcs.Limits{MaxBytes: limits.MaxBytes, MaxDepth: 1})
	if s, ok := v.(string); ok && err == nil {
		return s
	}
	return string(text)
}

// openText reads a bare token: an SD-JWT has a tilde, a JWT none.
func (p *presenting) openText(text string) error {
	if strings.Contains(text, "~") {
		return p.openSDJWT(text)
	}
	return p.openJWT(text)
}

// openPresented reads an EnvelopedVerifiablePresentation (VC Data Model 2.0 section 4.13.4). As with credentials, it has three
// members and no more.
func (p *presenting) openPresented(envelope map[string]any) error {
	for _, name := range sortedKeys(envelope) {
		if name != "@context" && name != "id" && name != "type" {
			return malformed(point("", name), "is not a member of an enveloped presentation")
		}
	}
	if types, _ := texts(envelope["type"]); len(types) != 1 {
		return malformed("/type", "must be "+envelopedPresented)
	}
	if contexts, _ := texts(envelope["@context"]); len(contexts) == 0 || contexts[0] != contextV2 {
		return malformed("/@context", "must begin with "+contextV2)
	}
	id, _ := envelope["id"].(string)
	if compact, ok := strings.CutPrefix(id, jwtPresentedURL); ok {
		return p.openJWT(compact)
	}
	if text, ok := strings.CutPrefix(id, sdJWTPresentedURL); ok {
		err := p.openSDJWT(text)
		if p.itself != "" {
			p.itself, err = "", malformed("/id", "holds a credential and no presentation: it presents itself without an envelope")
		}
		return err
	}
	if compact, ok := strings.CutPrefix(id, legacyPresentedURL); ok {
		return p.openLegacy(compact)
	}
	text, ok := strings.CutPrefix(id, cosePresentedURL)
	if !ok {
		return malformed("/id", "must be a data URL with the media type of a secured presentation")
	}
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return malformed("/id", "is not base64")
	}
	return p.openCOSE(data)
}

func (p *presenting) openJWT(compact string) error {
	t, err := jose.Parse(compact, p.limits())
	if err != nil {
		return tokenProblem(err)
	}
	if _, legacy := t.Payload["vp"]; legacy && (t.Type == "" || strings.EqualFold(t.Type, "jwt")) {
		return unparsable("a JWT with a vp claim is no " + jwtPresentation + ": it is read as media type " + MediaTypeLegacyJWT + " only")
	}
	return p.openJOSE(t, FormVPJWT, t.Payload)
}

func (p *presenting) openSDJWT(text string) error {
	t, err := sdjwt.Parse(text, p.disclosureLimits())
	return p.openDisclosed(t, err)
}

func (p *presenting) disclosureLimits() sdjwt.Limits {
	return sdjwt.Limits{MaxBytes: p.limits().MaxBytes, MaxDepth: maxPresentationDepth}
}

// openDisclosed opens a vp+sd-jwt that was parsed, unless that failed. A credential that comes with a key binding, or could, presents
// itself.
func (p *presenting) openDisclosed(t *sdjwt.Token, err error) error {
	if err != nil {
		return tokenProblem(err)
	}
	if t.JWT.Type == sdJWTType || t.JWT.Type == sdJWTVCType {
		p.itself = Form(t.JWT.Type)
		return nil
	}
	if t.Binding != nil {
		return unparsable("a key binding belongs to a credential: a " + sdJWTPresentation + " is signed by its holder already")
	}
	claims, err := t.Claims()
	if err != nil {
		return tokenProblem(err)
	}
	return p.openJOSE(t.JWT, FormVPSDJWT, claims)
}

func (p *presenting) openJOSE(t *jose.Token, form Form, document map[string]any) error {
	if slices.Contains(credentialTypes, t.Type) {
		return unparsable(isCredential)
	}
	if err := t.CheckType(string(form)); err != nil {
		return tokenProblem(err)
	}
	if t.Header["cty"] != nil && t.Header["cty"] != presentationContent {
		return unparsable("cty is not " + presentationContent)
	}
	p.document, p.claims = document, document
	p.opened = &opened{
		form: form, credential: document, token: t, enveloped: true, algorithm: t.CheckAlgorithm, ignored: t.Ignored,
		proofs: []proof{{pointer: "kid", method: t.KeyID, verify: t.Verify}},
	}
	return nil
}

func (p *presenting) openCOSE(data []byte) error {
	m, err := cose.Parse(data, cose.Limits{MaxBytes: p.limits().MaxBytes})
	if err == nil && slices.Contains(credentialTypes, m.Type) {
		return unparsable(isCredential)
	}
	if err == nil {
		err = m.CheckType(cosePresentation)
	}
	if err == nil && m.ContentType != "" && m.ContentType != "application/"+presentationContent {
		err = fmt.Errorf("%w: content type is not application/%s", cose.ErrType, presentationContent)
	}
	if err != nil {
		return unparsable(err.Error())
	}
	v, err := jcs.Parse(m.Payload, jcs.Limits{MaxBytes: p.limits().MaxBytes, MaxDepth: maxPresentationDepth})
	document, ok := v.(map[string]any)
	if err != nil || !ok {
		return unparsable("the payload is no JSON object")
	}
	p.document, p.claims = document, document
	p.opened = &opened{
		form: FormVPCOSE, credential: document, enveloped: true, algorithm: m.CheckAlgorithm, message: m,
		proofs: []proof{{pointer: "kid", method: m.KeyID, verify: m.Verify}},
	}
	return nil
}

// openProofs reads a presentation with embedded proofs. Contexts that were appended after signing are left out, as they are of
// credentials.
func (p *presenting) openProofs(document map[string]any) error {
	o := &opened{credential: document}
	p.document, p.opened = document, o
	proofs, err := dataintegrity.Proofs(document)
	if err == nil {
		err = o.leaveOutAppended(proofs)
		p.document = o.credential
	}
	if errors.Is(err, dataintegrity.ErrUnsupported) {
		o.unsupported = err
		return nil
	}
	if err != nil {
		return malformed("/proof", err.Error())
	}
	for _, one := range proofs {
		if one.Purpose != authenticationPurpose {
			if err := refuseCredential(document); err != nil {
				return err
			}
			return malformed("/proof/proofPurpose", "must be "+authenticationPurpose)
		}
		if !one.Created.IsZero() && !one.Expires.IsZero() && one.Expires.Before(one.Created) {
			return malformed("/proof/expires", "is before created")
		}
		o.form = Form(one.Suite)
		o.proofs = append(o.proofs, proof{
			form: o.form, pointer: "/proof/verificationMethod", method: one.Method, created: one.Created, expires: one.Expires,
			verify: func(key keys.Public) error { return one.Verify(document, key, p.Contexts.lookup) },
		})
	}
	return nil
}
