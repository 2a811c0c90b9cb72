package credentials

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// Presenter makes presentations for a holder. Its fields must not change once it is used; it is then safe for concurrent use.
type Presenter struct {
	DID      did.DID
	Method   string // verification method URL whose key Signer holds; must be in authentication
	Form     Form   // one of PresentationForms
	Signer   keystore.Signer
	Contexts *Contexts        // nil: EmbeddedContexts
	Now      func() time.Time // nil: time.Now
}

// PresentOptions say what is presented, and to whom.
type PresentOptions struct {
	Credentials [][]byte  // secured, each as Verify takes it; at most 32
	Challenge   string    // empty: for any
	Domain      string    // empty: for any
	Expires     time.Time // zero: not said
	ID          string    // URL of the presentation; empty: none
}

// ErrPresenter says that a Presenter is not configured consistently: unknown form, a method of another DID, a key of the wrong kind.
var ErrPresenter = errors.New("presenter is not usable")

// Present makes a presentation of VC Data Model 2.0. A *ProblemError says what is wrong with a credential, by its place in
// verifiableCredential. Credentials are not verified.
func (p *Presenter) Present(ctx context.Context, o PresentOptions) (*Secured, error) {
	f, ok := presentationFormNamed(p.Form)
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: unknown form %.64q", ErrPresenter, p.Form)
	case p.Signer == nil:
		return nil, fmt.Errorf("%w: no signer", ErrPresenter)
	case !slices.Contains(f.algorithms, p.Signer.Public().Algorithm()):
		return nil, fmt.Errorf("%w: a key for %s cannot sign %s", ErrPresenter, p.Signer.Public().Algorithm(), p.Form)
	case !strings.HasPrefix(p.Method, p.DID.String()+"#"):
		return nil, fmt.Errorf("%w: method %q is not one of %q", ErrPresenter, p.Method, p.DID)
	case o.ID != "" && !isURL(o.ID):
		return nil, malformed("/id", "must be one URL")
	}
	document, err := unsignedPresentation(p.DID, o)
	if err != nil {
		return nil, err
	}
	secured, err := f.secure(ctx, p, o, document)
	if err != nil {
		return nil, err
	}
	secured.Form = p.Form
	return secured, nil
}

// Bind presents one SD-JWT credential (vc+sd-jwt, dc+sd-jwt; as it is, as a JSON string, or enveloped) by itself: with a KB-JWT of
// the key that the credential is bound to (cnf: its jwk is Signer's, or its kid is Method); with any other it is refused. Challenge and
// domain become nonce and audience (RFC 9901 section 4.3); both are needed.
func (p *Presenter) Bind(ctx context.Context, credential []byte, challenge, domain string) (string, error) {
	if p.Signer == nil {
		return "", fmt.Errorf("%w: no signer", ErrPresenter)
	}
	if challenge == "" || domain == "" {
		return "", malformed("", "a key binding needs a nonce and an audience: challenge and domain")
	}
	text, err := disclosures(credential)
	if err != nil {
		return "", err
	}
	if err := p.checkBound(text); err != nil {
		return "", err
	}
	bound, err := sdjwt.Bind(ctx, text, p.Signer, sdjwt.Binding{Audience: domain, Nonce: challenge, IssuedAt: p.now()})
	if errors.Is(err, sdjwt.ErrMalformed) || errors.Is(err, jose.ErrMalformed) {
		return "", malformed("", err.Error())
	}
	return bound, err
}

// checkBound refuses an SD-JWT credential that is bound to another key than the presenter's, or to none: no verifier would take it.
func (p *Presenter) checkBound(text string) error {
	t, err := sdjwt.Parse(text, sdjwt.Limits{})
	if err != nil {
		return tokenProblem(err)
	}
	cnf, _ := t.JWT.Payload["cnf"].(map[string]any)
	jwk, byKey := cnf["jwk"].(map[string]any)
	kid, byMethod := cnf["kid"].(string)
	switch key, err := keys.ParseJWK(jwk); {
	case byKey && err != nil:
		return malformed("/cnf/jwk", err.Error())
	case byKey && key != p.Signer.Public():
		return malformed("/cnf/jwk", "the credential is bound to the key "+key.DIDKey()+", and not to "+p.Signer.Public().DIDKey())
	case !byKey && byMethod && kid != p.Method:
		return malformed("/cnf/kid", fmt.Sprintf("the credential is bound to the verification method %.256q, and not to %s", kid, p.Method))
	case !byKey && !byMethod:
		return malformed("/cnf", "the credential names no key that it is bound to, so no key binding can be made: present it within a "+jwtPresentation)
	}
	return nil
}

// disclosures is the compact form of an SD-JWT credential.
func disclosures(credential []byte) (string, error) {
	object, err := asObject(credential)
	if err != nil {
		return "", err
	}
	id, _ := object["id"].(string)
	for _, beginning := range []string{sdJWTDataURL, sdJWTVCDataURL} {
		if text, ok := strings.CutPrefix(id, beginning); ok {
			return text, nil
		}
	}
	return "", malformed("", "is no SD-JWT: only these have a key binding of their own")
}

// unsignedPresentation is the document that is signed.
func unsignedPresentation(holder did.DID, o PresentOptions) (map[string]any, error) {
	if len(o.Credentials) > maxPresented {
		return nil, malformed("/verifiableCredential", fmt.Sprintf("%d credentials, at most %d", len(o.Credentials), maxPresented))
	}
	document := map[string]any{"@context": []any{contextV2}, "type": []any{presentationType}, "holder": holder.String()}
	if o.ID != "" {
		document["id"] = o.ID
	}
	list := make([]any, 0, len(o.Credentials))
	for i, input := range o.Credentials {
		one, err := asObject(input)
		if err != nil {
			return nil, within(err, point("/verifiableCredential", i))
		}
		list = append(list, one)
	}
	if len(list) > 0 {
		document["verifiableCredential"] = list
	}
	return document, nil
}

// asObject is a secured credential as presentations hold it: a document with proofs, or an EnvelopedVerifiableCredential.
func asObject(input []byte) (map[string]any, error) {
	text := bytes.TrimSpace(input)
	if len(text) > 0 && input[0] == coseTag { // what ends in a byte that is a space in text is none here
		return envelopedObject(coseDataURL + base64.StdEncoding.EncodeToString(input)), nil
	}
	if len(text) > 0 && text[0] != '{' {
		return tokenObject(unquoted(text, jose.Limits{MaxBytes: DefaultMaxBytes}))
	}
	v, err := jcs.Parse(text, jcs.Limits{MaxBytes: DefaultMaxBytes, MaxDepth: maxDepth})
	if err != nil {
		return nil, unparsable(err.Error())
	}
	document, ok := v.(map[string]any)
	if !ok {
		return nil, unparsable("neither an object nor a token")
	}
	types, _ := texts(document["type"])
	if _, secured := document["proof"]; !secured && !slices.Contains(types, envelopedType) {
		return nil, malformed("/proof", "missing: the credential is not secured")
	}
	if holdsBaseProof(document) {
		return nil, malformed("/proof", "a base proof is its holder's alone, and shows everything: derive first what shall be shown (hanse vc derive)")
	}
	return document, nil
}

// holdsBaseProof reports whether one of the proofs of a document is a base proof, with which anybody could derive what its holder
// withholds.
func holdsBaseProof(document map[string]any) bool {
	if document["proof"] == nil {
		return false
	}
	proofs, _ := dataintegrity.Proofs(document) // what is malformed otherwise is the verifier's to say
	return slices.ContainsFunc(proofs, (*dataintegrity.Proof).Base)
}

// tokenObject envelopes a token by what its typ says.
func tokenObject(text string) (map[string]any, error) {
	if strings.Contains(text, "~") {
		t, err := sdjwt.Parse(text, sdjwt.Limits{})
		if err != nil {
			return nil, tokenProblem(err)
		}
		if t.JWT.Type == sdJWTVCType {
			return envelopedObject(sdJWTVCDataURL + text), nil
		}
		return envelopedObject(sdJWTDataURL + text), nil
	}
	if _, err := jose.Parse(text, jose.Limits{}); err != nil {
		return nil, tokenProblem(err)
	}
	return envelopedObject(jwtDataURL + text), nil
}

func envelopedObject(id string) map[string]any {
	return map[string]any{"@context": []any{contextV2}, "id": id, "type": envelopedType}
}

func (p *Presenter) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

func (p *Presenter) contexts() *Contexts {
	if p.Contexts == nil {
		return EmbeddedContexts()
	}
	return p.Contexts
}
