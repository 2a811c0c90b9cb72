package credentials

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/credentials/cose"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did/jcs"
)

// This file has the enveloping forms (VC-JOSE-COSE): how a credential becomes a payload, and how it is taken out again.

// Names of VC-JOSE-COSE: media types without "application/", which JOSE leaves out and COSE does not.
const (
	jwtType         = "vc+jwt"
	coseType        = "application/vc+cose"
	envelopeContent = "vc" // cty of all of them
	jwtDataURL      = "data:application/vc+jwt,"
	coseDataURL     = "data:application/vc+cose;base64,"
)

func secureJWT(ctx context.Context, i *Issuer, credential map[string]any) (*Secured, error) {
	compact, err := jose.Sign(ctx, credential, i.Signer, jose.SignOptions{Type: jwtType, ContentType: envelopeContent, KeyID: i.Method})
	if errors.Is(err, jose.ErrMalformed) {
		return nil, malformed("", err.Error())
	}
	if err != nil {
		return nil, err
	}
	body, err := envelope(jwtDataURL + compact)
	return &Secured{Credential: credential, Body: body, Compact: compact}, err
}

func secureCOSE(ctx context.Context, i *Issuer, credential map[string]any) (*Secured, error) {
	payload, err := marshal(credential)
	if err != nil {
		return nil, err
	}
	message, err := cose.Sign(ctx, payload, i.Signer, cose.SignOptions{Type: coseType, ContentType: "application/" + envelopeContent, KeyID: i.Method})
	if err != nil {
		return nil, err
	}
	body, err := envelope(coseDataURL + base64.StdEncoding.EncodeToString(message))
	return &Secured{Credential: credential, Body: body, COSE: message}, err
}

// envelope is an EnvelopedVerifiableCredential (VC Data Model 2.0, section 4.13).
func envelope(id string) ([]byte, error) {
	return marshal(map[string]any{"@context": []any{contextV2}, "id": id, "type": envelopedType})
}

// openEnvelope reads an EnvelopedVerifiableCredential. Members beside those three would be covered by no signature, so they are
// refused.
func openEnvelope(envelope map[string]any, limits jose.Limits) (*opened, error) {
	for _, name := range sortedKeys(envelope) {
		if name != "@context" && name != "id" && name != "type" {
			return nil, malformed(point("", name), "is not a member of an enveloped credential")
		}
	}
	if types, _ := texts(envelope["type"]); len(types) != 1 {
		return nil, malformed("/type", "must be "+envelopedType)
	}
	contexts, _ := texts(envelope["@context"])
	if len(contexts) == 0 || contexts[0] != contextV2 {
		return nil, malformed("/@context", "must begin with "+contextV2)
	}
	id, _ := envelope["id"].(string)
	if compact, ok := strings.CutPrefix(id, jwtDataURL); ok {
		return openToken(compact, limits)
	}
	if compact, ok := strings.CutPrefix(id, sdJWTDataURL); ok {
		return openSDJWT(compact, sdJWTType, limits)
	}
	if compact, ok := strings.CutPrefix(id, sdJWTVCDataURL); ok {
		return openSDJWT(compact, sdJWTVCType, limits)
	}
	if text, ok := strings.CutPrefix(id, coseDataURL); ok {
		return openBase64COSE(text, limits)
	}
	media, _, ok := strings.Cut(strings.TrimPrefix(id, "data:"), ",")
	if !ok || !strings.HasPrefix(id, "data:") {
		return nil, malformed("/id", "must be a data URL")
	}
	media, _, _ = strings.Cut(media, ";")
	return nil, malformed("/id", fmt.Sprintf("%.64q is not the media type of a secured credential", media))
}

func openToken(compact string, limits jose.Limits) (*opened, error) {
	t, err := jose.Parse(compact, limits)
	if err != nil {
		return nil, tokenProblem(err)
	}
	return openJOSE(t, FormJWT, jwtType, t.Payload)
}

func openJOSE(t *jose.Token, form Form, want string, credential map[string]any) (*opened, error) {
	if slices.Contains(presentationTypes, t.Type) {
		return nil, unparsable(isPresentation)
	}
	if err := t.CheckType(want); err != nil {
		return nil, tokenProblem(err)
	}
	if t.Header["cty"] != nil && t.Header["cty"] != envelopeContent {
		return nil, unparsable("cty is not " + envelopeContent)
	}
	return &opened{
		form: form, credential: credential, token: t, enveloped: true, algorithm: t.CheckAlgorithm, ignored: t.Ignored,
		proofs: []proof{{pointer: "kid", method: t.KeyID, verify: t.Verify, question: t.Question}},
	}, nil
}

// tokenProblem gives an error of packages jose and sdjwt its problem type.
func tokenProblem(err error) *ProblemError {
	p := Problem{Type: ProblemParsing, Title: "cannot be parsed", Detail: err.Error()}
	if errors.Is(err, jose.ErrAlgorithm) || errors.Is(err, jose.ErrSignature) || errors.Is(err, sdjwt.ErrDisclosure) {
		p.Type, p.Title = ProblemCryptography, "signature is not acceptable"
	}
	return &ProblemError{Problem: p, Err: err}
}

func openBase64COSE(text string, limits jose.Limits) (*opened, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, malformed("/id", "is not base64")
	}
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, malformed("/id", "is not base64")
	}
	return openCOSE(data, limits)
}

// coseTag begins every tagged COSE_Sign1.
const coseTag = 0xD2

func openCOSE(data []byte, limits jose.Limits) (*opened, error) {
	m, err := cose.Parse(data, cose.Limits{MaxBytes: limits.MaxBytes})
	if err == nil && slices.Contains(presentationTypes, m.Type) {
		return nil, unparsable(isPresentation)
	}
	if err == nil {
		err = m.CheckType(coseType)
	}
	if err == nil && m.ContentType != "" && m.ContentType != "application/"+envelopeContent {
		err = fmt.Errorf("%w: content type is not application/%s", cose.ErrType, envelopeContent)
	}
	if err != nil {
		return nil, unparsable(err.Error())
	}
	v, err := jcs.Parse(m.Payload, jcs.Limits{MaxBytes: limits.MaxBytes, MaxDepth: limits.MaxDepth})
	credential, ok := v.(map[string]any)
	if err != nil || !ok {
		return nil, unparsable("the payload is no JSON object")
	}
	return &opened{
		form: FormCOSE, credential: credential, enveloped: true, algorithm: m.CheckAlgorithm, message: m,
		proofs: []proof{{pointer: "kid", method: m.KeyID, verify: m.Verify, question: m.Question}},
	}, nil
}
