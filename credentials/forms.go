package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// Form names a securing form: "vc+jwt", "eddsa-jcs-2022", later others.
type Form string

// The forms that exist today.
const (
	FormJWT      Form = "vc+jwt"
	FormEdDSAJCS Form = "eddsa-jcs-2022"
)

// form is one row of the table of securing forms.
type form struct {
	name       Form
	algorithms []keys.Algorithm // of the keys that can sign it
	enveloping bool             // JOSE: the credential is the payload; otherwise the proof is inside the credential
	legacy     bool             // takes VC Data Model 1.1 documents
	secure     func(ctx context.Context, i *Issuer, credential map[string]any) (*Secured, error)
}

// forms is the one table of securing forms. It is never written to.
var forms = []form{
	{name: FormJWT, algorithms: []keys.Algorithm{keys.EdDSA, keys.ES256}, enveloping: true, secure: secureJWT},
	{name: FormEdDSAJCS, algorithms: []keys.Algorithm{keys.EdDSA}, legacy: true, secure: secureDataIntegrity},
}

// Forms lists the securing forms that can be issued and verified.
func Forms() []Form {
	out := make([]Form, 0, len(forms))
	for _, f := range forms {
		out = append(out, f.name)
	}
	return out
}

func formNamed(name Form) (form, bool) {
	for _, f := range forms {
		if f.name == name {
			return f, true
		}
	}
	return form{}, false
}

// Algorithms lists the kinds of key that can sign a form, preferred first; none for an unknown form.
func (f Form) Algorithms() []keys.Algorithm {
	known, _ := formNamed(f)
	return append([]keys.Algorithm(nil), known.algorithms...)
}

// Secured is a secured credential in either container.
type Secured struct {
	Form       Form
	Credential map[string]any  // the plain credential (for JWT: the payload)
	Body       json.RawMessage // what an API returns: the document with its proof, or an EnvelopedVerifiableCredential
	Compact    string          // JOSE forms: the compact serialization
}

// JOSE names of VC-JOSE-COSE.
const (
	jwtType        = "vc+jwt"
	jwtContentType = "vc"
	jwtDataURL     = "data:application/vc+jwt,"
)

func secureJWT(ctx context.Context, i *Issuer, credential map[string]any) (*Secured, error) {
	compact, err := jose.Sign(ctx, credential, i.Signer, jose.SignOptions{Type: jwtType, ContentType: jwtContentType, KeyID: i.Method})
	if errors.Is(err, jose.ErrMalformed) {
		return nil, malformed("", err.Error())
	}
	if err != nil {
		return nil, err
	}
	body, err := marshal(map[string]any{"@context": []any{contextV2}, "id": jwtDataURL + compact, "type": envelopedType})
	if err != nil {
		return nil, err
	}
	return &Secured{Credential: credential, Body: body, Compact: compact}, nil
}

func secureDataIntegrity(ctx context.Context, i *Issuer, credential map[string]any) (*Secured, error) {
	signed, err := dataintegrity.Add(ctx, credential, i.Signer, dataintegrity.Options{
		Suite: string(i.Form), Method: i.Method, Created: i.now().Truncate(time.Second),
	})
	if errors.Is(err, dataintegrity.ErrMalformed) {
		return nil, malformed("", err.Error())
	}
	if err != nil {
		return nil, err
	}
	body, err := marshal(signed)
	if err != nil {
		return nil, err
	}
	return &Secured{Credential: credential, Body: body}, nil
}

// marshal writes JSON as it is signed: numbers stay as they are written.
func marshal(v any) (json.RawMessage, error) {
	data, err := jcs.Marshal(v)
	if err != nil {
		return nil, malformed("", err.Error())
	}
	return data, nil
}
