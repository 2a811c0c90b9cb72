package credentials

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// opened is an input taken out of its container. Nothing of it is authentic yet.
type opened struct {
	form        Form           // "" where it is not supported
	credential  map[string]any // what the proofs are over; with its proof where that is embedded
	proofs      []proof
	token       *jose.Token // JOSE forms
	appended    int         // contexts that the document has beyond those its proofs were made with; credential lacks them
	unsupported error       // form, proof type or cryptosuite that is not implemented; proofs is empty then
}

// proof is what has to be checked with a key of the issuer.
type proof struct {
	pointer          string // of the member that names the method
	method           string // verification method URL, "" if none is named
	verify           func(keys.Public) error
	created, expires time.Time // zero if not said
}

// openInput finds out which container an input is in and takes it apart. Errors are *ProblemError.
func openInput(input []byte, limits jose.Limits) (*opened, error) {
	text := bytes.TrimSpace(input)
	if len(text) == 0 {
		return nil, unparsable("empty input")
	}
	if text[0] != '{' && text[0] != '"' {
		return openToken(string(text), limits)
	}
	v, err := jcs.Parse(input, jcs.Limits{MaxBytes: limits.MaxBytes, MaxDepth: limits.MaxDepth})
	if err != nil {
		return nil, unparsable(err.Error())
	}
	switch v := v.(type) {
	case string:
		return openToken(v, limits)
	case map[string]any:
		if types, _ := texts(v["type"]); slices.Contains(types, envelopedType) {
			return openEnvelope(v, limits)
		}
		return openEmbedded(v)
	}
	return nil, unparsable("neither an object nor a token")
}

// unparsable is a PARSING_ERROR.
func unparsable(detail string) *ProblemError {
	return &ProblemError{Problem: Problem{Type: ProblemParsing, Title: "cannot be parsed", Detail: detail}}
}

// openEnvelope reads an EnvelopedVerifiableCredential (VC Data Model 2.0 section 4.13). Members beside those three would be
// covered by no signature, so they are refused.
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
	media, _, ok := strings.Cut(strings.TrimPrefix(id, "data:"), ",")
	if !ok || !strings.HasPrefix(id, "data:") {
		return nil, malformed("/id", "must be a data URL")
	}
	switch media, _, _ = strings.Cut(media, ";"); media {
	case "application/vc+sd-jwt", "application/vc+cose", "application/dc+sd-jwt":
		return &opened{unsupported: fmt.Errorf("credentials secured as %s are not supported", media)}, nil
	}
	return nil, malformed("/id", fmt.Sprintf("%.64q is not the media type of a secured credential", media))
}

func openToken(compact string, limits jose.Limits) (*opened, error) {
	t, err := jose.Parse(compact, limits)
	if err == nil {
		err = t.CheckType(jwtType)
	}
	if err != nil {
		return nil, tokenProblem(err)
	}
	if t.Header["cty"] != nil && t.Header["cty"] != jwtContentType {
		return nil, unparsable("cty is not " + jwtContentType)
	}
	return &opened{
		form: FormJWT, credential: t.Payload, token: t,
		proofs: []proof{{pointer: "kid", method: t.KeyID, verify: t.Verify}},
	}, nil
}

// tokenProblem gives an error of package jose its problem type.
func tokenProblem(err error) *ProblemError {
	p := Problem{Type: ProblemParsing, Title: "cannot be parsed", Detail: err.Error()}
	if errors.Is(err, jose.ErrAlgorithm) || errors.Is(err, jose.ErrSignature) {
		p.Type, p.Title = ProblemCryptography, "signature is not acceptable"
	}
	return &ProblemError{Problem: p, Err: err}
}

func openEmbedded(document map[string]any) (*opened, error) {
	if _, ok := document["proof"]; !ok {
		return nil, malformed("/proof", "the credential has no proof: it is not secured")
	}
	o := &opened{credential: document}
	proofs, err := dataintegrity.Proofs(document)
	if err == nil {
		err = o.leaveOutAppended(proofs)
	}
	if errors.Is(err, dataintegrity.ErrUnsupported) {
		o.unsupported = err
		return o, nil
	}
	if err != nil {
		return nil, malformed("/proof", err.Error())
	}
	for _, p := range proofs {
		if p.Purpose != "assertionMethod" {
			return nil, malformed("/proof/proofPurpose", "must be assertionMethod")
		}
		if !p.Created.IsZero() && !p.Expires.IsZero() && p.Expires.Before(p.Created) {
			return nil, malformed("/proof/expires", "is before created")
		}
		o.form = Form(p.Suite)
		o.proofs = append(o.proofs, proof{
			pointer: "/proof/verificationMethod", method: p.Method, created: p.Created, expires: p.Expires,
			verify: func(key keys.Public) error { return p.Verify(document, key) },
		})
	}
	return o, nil
}

// leaveOutAppended replaces the credential by the one that its proofs were made over: a context that was appended after
// signing is nobody's word. Where the contexts do not fit, the credential stays, and its proofs will not verify.
func (o *opened) leaveOutAppended(proofs []*dataintegrity.Proof) error {
	unsecured, err := dataintegrity.Unsecured(o.credential, proofs)
	if errors.Is(err, dataintegrity.ErrSignature) {
		return nil
	}
	if err != nil {
		return err
	}
	all, _ := o.credential["@context"].([]any)
	signed, _ := unsecured["@context"].([]any)
	o.appended = max(0, len(all)-len(signed))
	unsecured["proof"] = o.credential["proof"]
	o.credential = unsecured
	return nil
}
