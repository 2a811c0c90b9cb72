package credentials

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/hanse-id/hanse/credentials/cose"
	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did/keys"
)

// The forms of presentations beside cryptosuites, which have the names of those of credentials.
const (
	FormVPJWT   Form = "vp+jwt"
	FormVPSDJWT Form = "vp+sd-jwt"
	FormVPCOSE  Form = "vp+cose"
)

// presentationForm is one row of the table of forms that presentations are secured in.
type presentationForm struct {
	name       Form
	algorithms []keys.Algorithm // of the keys that can sign it
	secure     func(ctx context.Context, p *Presenter, o PresentOptions, document map[string]any) (*Secured, error)
}

var everyAlgorithm = []keys.Algorithm{keys.EdDSA, keys.ES256, keys.ES384, keys.ES256K}

// presentationForms is the one table of forms of presentations. It is never written to.
var presentationForms = []presentationForm{
	{FormVPJWT, everyAlgorithm, presentJWT},
	{FormVPSDJWT, everyAlgorithm, presentSDJWT},
	{FormVPCOSE, everyAlgorithm, presentCOSE},
	{FormEdDSAJCS, []keys.Algorithm{keys.EdDSA}, presentProof},
	{FormEdDSARDFC, []keys.Algorithm{keys.EdDSA}, presentProof},
	{FormECDSAJCS, []keys.Algorithm{keys.ES256, keys.ES384}, presentProof},
	{FormECDSARDFC, []keys.Algorithm{keys.ES256, keys.ES384}, presentProof},
}

// PresentationForms lists the forms that a Presenter makes presentations in.
func PresentationForms() []Form {
	out := make([]Form, 0, len(presentationForms))
	for _, f := range presentationForms {
		out = append(out, f.name)
	}
	return out
}

func presentationFormNamed(name Form) (presentationForm, bool) {
	i := slices.IndexFunc(presentationForms, func(f presentationForm) bool { return f.name == name })
	if i < 0 {
		return presentationForm{}, false
	}
	return presentationForms[i], true
}

// withClaims adds to the document of a token what embedded proofs say in members of theirs.
func (p *Presenter) withClaims(o PresentOptions, document map[string]any) map[string]any {
	document["iss"] = p.DID.String()
	document["iat"] = numericDate(p.now())
	for name, value := range map[string]string{"nonce": o.Challenge, "aud": o.Domain} {
		if value != "" {
			document[name] = value
		}
	}
	if !o.Expires.IsZero() {
		document["exp"] = numericDate(o.Expires)
	}
	return document
}

func numericDate(t time.Time) json.Number { return json.Number(strconv.FormatInt(t.Unix(), 10)) }

func presentJWT(ctx context.Context, p *Presenter, o PresentOptions, document map[string]any) (*Secured, error) {
	document = p.withClaims(o, document)
	compact, err := jose.Sign(ctx, document, p.Signer, jose.SignOptions{Type: jwtPresentation, ContentType: presentationContent, KeyID: p.Method})
	if errors.Is(err, jose.ErrMalformed) {
		return nil, malformed("", err.Error())
	}
	return envelopedPresentation(&Secured{Credential: document, Compact: compact}, jwtPresentedURL+compact, err)
}

func presentSDJWT(ctx context.Context, p *Presenter, o PresentOptions, document map[string]any) (*Secured, error) {
	document = p.withClaims(o, document)
	compact, err := sdjwt.Issue(ctx, document, p.Signer, sdjwt.IssueOptions{Type: sdJWTPresentation, ContentType: presentationContent, KeyID: p.Method})
	if errors.Is(err, sdjwt.ErrMalformed) || errors.Is(err, jose.ErrMalformed) {
		return nil, malformed("", err.Error())
	}
	return envelopedPresentation(&Secured{Credential: document, Compact: compact}, sdJWTPresentedURL+compact, err)
}

func presentCOSE(ctx context.Context, p *Presenter, o PresentOptions, document map[string]any) (*Secured, error) {
	document = p.withClaims(o, document)
	payload, err := marshal(document)
	if err != nil {
		return nil, err
	}
	message, err := cose.Sign(ctx, payload, p.Signer,
		cose.SignOptions{Type: cosePresentation, ContentType: "application/" + presentationContent, KeyID: p.Method})
	return envelopedPresentation(&Secured{Credential: document, COSE: message}, cosePresentedURL+base64.StdEncoding.EncodeToString(message), err)
}

// envelopedPresentation completes what was secured, unless that failed, by an EnvelopedVerifiablePresentation.
func envelopedPresentation(s *Secured, id string, err error) (*Secured, error) {
	if err != nil {
		return nil, err
	}
	s.Body, err = marshal(map[string]any{"@context": []any{contextV2}, "id": id, "type": envelopedPresented})
	return s, err
}

func presentProof(ctx context.Context, p *Presenter, o PresentOptions, document map[string]any) (*Secured, error) {
	signed, err := dataintegrity.Add(ctx, document, p.Signer, dataintegrity.Options{
		Suite: string(p.Form), Method: p.Method, Purpose: authenticationPurpose, Created: p.now().Truncate(time.Second), Expires: o.Expires,
		Challenge: o.Challenge, Domain: o.Domain, Contexts: p.contexts().lookup,
	})
	if errors.Is(err, dataintegrity.ErrMalformed) || errors.Is(err, dataintegrity.ErrContext) {
		return nil, malformed("", err.Error())
	}
	if err != nil {
		return nil, err
	}
	body, err := marshal(signed)
	return &Secured{Credential: document, Body: body}, err
}
