package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// Form names a securing form: "vc+jwt", "eddsa-jcs-2022" and so on.
type Form string

// The forms.
const (
	FormJWT       Form = "vc+jwt"
	FormSDJWT     Form = "vc+sd-jwt"
	FormCOSE      Form = "vc+cose"
	FormSDJWTVC   Form = "dc+sd-jwt" // IETF SD-JWT VC: claims, and no document of the VC data model
	FormEdDSAJCS  Form = "eddsa-jcs-2022"
	FormEdDSARDFC Form = "eddsa-rdfc-2022"
	FormECDSAJCS  Form = "ecdsa-jcs-2019"
	FormECDSARDFC Form = "ecdsa-rdfc-2019"
	FormECDSASD   Form = "ecdsa-sd-2023"
)

// form is one row of the table of securing forms.
type form struct {
	name       Form
	algorithms []keys.Algorithm // of the keys that can sign it
	enveloping bool             // JOSE and COSE: the credential is the payload; otherwise the proof is inside the credential
	legacy     bool             // takes VC Data Model 1.1 documents
	claims     bool             // secures claims (SD-JWT VC) instead of a document of the VC data model
	rdf        bool             // signs what a document says, and not how it is written: see disguised
	secure     func(ctx context.Context, i *Issuer, credential map[string]any) (*Secured, error)
}

// forms is the one table of securing forms. It is never written to.
var forms = []form{
	{name: FormJWT, algorithms: []keys.Algorithm{keys.EdDSA, keys.ES256, keys.ES384, keys.ES256K}, enveloping: true, secure: secureJWT},
	{name: FormSDJWT, algorithms: []keys.Algorithm{keys.EdDSA, keys.ES256, keys.ES384, keys.ES256K}, enveloping: true, secure: secureSDJWT},
	{name: FormCOSE, algorithms: []keys.Algorithm{keys.EdDSA, keys.ES256, keys.ES384, keys.ES256K}, enveloping: true, secure: secureCOSE},
	{name: FormSDJWTVC, algorithms: []keys.Algorithm{keys.EdDSA, keys.ES256, keys.ES384, keys.ES256K}, enveloping: true, claims: true, secure: secureSDJWTVC},
	{name: FormEdDSAJCS, algorithms: []keys.Algorithm{keys.EdDSA}, legacy: true, secure: secureDataIntegrity},
	{name: FormEdDSARDFC, algorithms: []keys.Algorithm{keys.EdDSA}, legacy: true, rdf: true, secure: secureDataIntegrity},
	{name: FormECDSAJCS, algorithms: []keys.Algorithm{keys.ES256, keys.ES384}, legacy: true, secure: secureDataIntegrity},
	{name: FormECDSARDFC, algorithms: []keys.Algorithm{keys.ES256, keys.ES384}, legacy: true, rdf: true, secure: secureDataIntegrity},
	{name: FormECDSASD, algorithms: []keys.Algorithm{keys.ES256}, legacy: true, rdf: true, secure: secureSelective},
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

// Enveloping reports whether a credential becomes the payload of a token or message, instead of carrying a proof.
func (f Form) Enveloping() bool {
	known, _ := formNamed(f)
	return known.enveloping
}

// Claims reports whether a form secures claims (SD-JWT VC) instead of a document of the VC data model.
func (f Form) Claims() bool {
	known, _ := formNamed(f)
	return known.claims
}

// Secured is a secured credential in either container.
type Secured struct {
	Form       Form
	Credential map[string]any  // the plain credential (enveloping forms: the payload)
	Body       json.RawMessage // what an API returns: the document with its proof, an EnvelopedVerifiableCredential, or the SD-JWT VC as a JSON string
	Compact    string          // JOSE forms: the compact serialization, an SD-JWT with all its disclosures
	COSE       []byte          // COSE forms: the message
}

func secureDataIntegrity(ctx context.Context, i *Issuer, credential map[string]any) (*Secured, error) {
	signed, err := dataintegrity.Add(ctx, credential, i.Signer, dataintegrity.Options{
		Suite: string(i.Form), Method: i.Method, Created: i.now().Truncate(time.Second), Contexts: i.contexts().lookup,
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
