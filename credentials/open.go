package credentials

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials/cose"
	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// opened is an input taken out of its container. Nothing of it is authentic yet.
type opened struct {
	form        Form           // "" where it is not supported
	credential  map[string]any // what the proofs are over; with its proof where that is embedded
	proofs      []proof
	enveloped   bool          // the credential is the payload of an envelope, with its claims
	claims      bool          // the credential is the claims of an SD-JWT VC: the VC data model does not apply
	sd          *sdjwt.Token  // SD-JWT forms
	token       *jose.Token   // JOSE forms
	message     *cose.Message // COSE forms
	algorithm   func() error  // enveloped: whether anything acceptable signs with the envelope's algorithm
	ignored     []string      // header members that carry or locate keys and were not used
	appended    int           // contexts that the document has beyond those its proofs were made with; credential lacks them
	unsupported error         // form, proof type or cryptosuite that is not implemented; proofs is empty then
}

// proof is what has to be checked with a key of the issuer.
type proof struct {
	form             Form   // where proofs of one credential may differ in it (Data Integrity); "": the credential's
	pointer          string // of the member that names the method
	method           string // verification method URL, "" if none is named
	verify           func(keys.Public) error
	question         func(keys.Public) (keys.Question, error) // verify without the signature itself; nil: verified alone
	created, expires time.Time                                // zero if not said
}

// formOf returns the securing form of one proof.
func (o *opened) formOf(p proof) Form {
	if p.form != "" {
		return p.form
	}
	return o.form
}

// namedAlgorithm returns the kind of key that an envelope's header says it was signed with. It is a claim: the key decides.
func (o *opened) namedAlgorithm() (keys.Algorithm, bool) {
	switch {
	case o.token != nil && o.token.Algorithm == "Ed25519": // RFC 9864
		return keys.EdDSA, true
	case o.token != nil:
		return keys.Algorithm(o.token.Algorithm), true
	case o.message != nil:
		return keys.Algorithm(o.message.AlgorithmName()), true
	}
	return "", false
}

// openInput finds out which container an input is in and takes it apart. Errors are *ProblemError.
func openInput(input []byte, limits jose.Limits, contexts *Contexts) (*opened, error) {
	text := bytes.TrimSpace(input)
	if len(text) == 0 {
		return nil, unparsable("empty input")
	}
	switch {
	case input[0] == coseTag: // what ends in a byte that is a space in text is none here
		return openCOSE(input, limits)
	case text[0] != '{' && text[0] != '"':
		return openText(string(text), limits)
	}
	v, err := jcs.Parse(input, jcs.Limits{MaxBytes: limits.MaxBytes, MaxDepth: limits.MaxDepth})
	if err != nil {
		return nil, unparsable(err.Error())
	}
	switch v := v.(type) {
	case string:
		return openText(v, limits)
	case map[string]any:
		if types, _ := texts(v["type"]); slices.Contains(types, envelopedType) {
			return openEnvelope(v, limits)
		}
		if sdjwt.IsJSON(v) {
			return openSDJWTJSON(v, limits)
		}
		return openEmbedded(v, contexts)
	}
	return nil, unparsable("neither an object nor a token")
}

// openText reads a bare token: an SD-JWT has a tilde, a JWT none.
func openText(text string, limits jose.Limits) (*opened, error) {
	if strings.Contains(text, "~") {
		return openSDJWT(text, "", limits)
	}
	return openToken(text, limits)
}

// unparsable is a PARSING_ERROR.
func unparsable(detail string) *ProblemError {
	return &ProblemError{Problem: Problem{Type: ProblemParsing, Title: "cannot be parsed", Detail: detail}}
}

func openEmbedded(document map[string]any, contexts *Contexts) (*opened, error) {
	if err := refusePresentation(document); err != nil {
		return nil, err
	}
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
			form: Form(p.Suite), pointer: "/proof/verificationMethod", method: p.Method, created: p.Created, expires: p.Expires,
			verify:   func(key keys.Public) error { return p.Verify(document, key, contexts.lookup) },
			question: func(key keys.Public) (keys.Question, error) { return p.Question(document, key, contexts.lookup) },
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
