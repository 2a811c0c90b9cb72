package credentials

import (
	"slices"
	"time"

	"github.com/hanse-id/hanse/credentials/cose"
	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/jose"
)

// Inspection is what can be read off a credential without verifying anything: every word of it may be forged.
type Inspection struct {
	Form       string           `json:"form"` // a securing form, "unsecured", or what an unsupported container calls itself
	ID         string           `json:"id,omitempty"`
	Types      []string         `json:"types,omitempty"`
	Issuer     string           `json:"issuer,omitempty"`
	IssuerName string           `json:"issuerName,omitempty"`
	Subjects   []string         `json:"subjects,omitempty"` // ids
	Contexts   []string         `json:"contexts,omitempty"` // URLs; an inline context is "(inline)"
	ValidFrom  string           `json:"validFrom,omitempty"`
	ValidUntil string           `json:"validUntil,omitempty"`
	Status     []InspectedEntry `json:"status,omitempty"`
	Header     map[string]any   `json:"header,omitempty"` // JOSE header
	Proofs     []InspectedProof `json:"proofs,omitempty"`
	Disclosed  []string         `json:"disclosed,omitempty"` // SD-JWT: JSON pointers of what is shown and could be withheld
	Withheld   bool             `json:"withheld,omitempty"`  // SD-JWT: digests stay closed; something is withheld, or they are decoys
	Bytes      int              `json:"bytes"`               // of the input
	Warnings   []string         `json:"warnings"`            // what a verifier would object to, or what to beware of
	Claims     []InspectedClaim `json:"-"`                   // what Credential says of its subjects, a leaf each; for people
	Credential map[string]any   `json:"credential,omitempty"`
}

// InspectedEntry is a credentialStatus entry.
type InspectedEntry struct {
	Type          string `json:"type"`
	Purpose       string `json:"purpose,omitempty"`
	Index         string `json:"index,omitempty"`
	List          string `json:"list,omitempty"`
	Accreditation string `json:"accreditation,omitempty"` // id
}

// InspectedClaim is one leaf of what a credential says of a subject.
type InspectedClaim struct {
	Path  string // JSON pointer (RFC 6901) into the credential
	Value string // as JSON writes it; shortened
}

// InspectedProof is a proof, or the signature of a token.
type InspectedProof struct {
	Type      string `json:"type"`      // proof type, or "JWS"
	Algorithm string `json:"algorithm"` // cryptosuite, or alg
	Method    string `json:"method"`    // verification method, or kid
	Purpose   string `json:"purpose,omitempty"`
	Created   string `json:"created,omitempty"`
	Expires   string `json:"expires,omitempty"`
}

// Inspect explains a credential, secured or not. It verifies nothing, resolves nothing and fetches nothing. contexts may be nil
// (EmbeddedContexts). The error is a *ProblemError where the input cannot be read at all.
func Inspect(input []byte, contexts *Contexts) (*Inspection, error) {
	if contexts == nil {
		contexts = EmbeddedContexts()
	}
	if len(input) > 16*DefaultMaxBytes {
		return nil, unparsable("too large")
	}
	i := &Inspection{Bytes: len(input), Warnings: []string{}}
	credential, err := i.open(input)
	if err != nil || credential == nil {
		return i, err
	}
	i.Credential = credential
	if i.Form == string(FormSDJWTVC) {
		i.describeClaims(credential)
		return i, nil
	}
	i.describe(credential)
	m, broken := checkModel(credential, contexts)
	if broken != nil {
		i.warn("data model: " + broken.Error())
		return i, nil //nolint:nilerr // a broken data model is a finding, not a failure
	}
	now := time.Now()
	for _, p := range []period{{"validFrom", m.validFrom, time.Time{}}, {"validUntil", time.Time{}, m.validUntil}} {
		if problem := p.check(now, 0); problem != nil {
			i.warn(problem.Title + ": " + problem.Detail)
		}
	}
	for n, name := range undefinedMembers(credential, m, contexts) {
		if n == maxRemarks {
			break
		}
		i.warn("member " + name + " is not defined by the data model or by a context of the credential")
	}
	return i, nil
}

func (i *Inspection) warn(text string) { i.Warnings = append(i.Warnings, text) }

// open takes the credential out of its container; nil where the container is not supported.
func (i *Inspection) open(input []byte) (map[string]any, error) {
	o, err := openInput(input, jose.Limits{MaxBytes: 16 * DefaultMaxBytes, MaxDepth: maxDepth}, EmbeddedContexts())
	if err != nil {
		document, ok := unsecured(input)
		if !ok {
			return nil, err
		}
		i.Form = "unsecured"
		if _, has := document["proof"]; has {
			i.Form = "unknown"
		}
		i.warn(err.Error())
		return document, nil
	}
	if o.unsupported != nil {
		i.warn(o.unsupported.Error() + ": whether it is genuine cannot be said here")
	}
	if o.appended > 0 {
		i.warn("contexts that were appended after signing are left out")
	}
	if o.token != nil {
		i.readToken(o.token)
	} else if o.message != nil {
		i.readMessage(o.message)
	} else if o.credential != nil {
		i.readProofs(o.credential)
	}
	if o.sd != nil {
		i.readDisclosures(o.sd)
	}
	if i.Form == "" {
		i.Form = string(o.form)
	}
	if i.Form == "" {
		i.Form = "unsupported"
	}
	return o.credential, nil
}

func (i *Inspection) readToken(t *jose.Token) {
	i.Header = t.Header
	i.Proofs = []InspectedProof{{Type: "JWS", Algorithm: t.Algorithm, Method: t.KeyID}}
	if err := t.CheckAlgorithm(); err != nil {
		i.warn(err.Error())
	}
	for _, name := range t.Ignored {
		i.warn("header member " + name + " is not used: keys come from the issuer")
	}
	if t.KeyID == "" {
		i.warn("no kid: the key cannot be found")
	}
	if _, err := parseClaims(t.Payload); err != nil {
		i.warn("claims: " + err.Error())
	}
}

func (i *Inspection) readMessage(m *cose.Message) {
	i.Proofs = []InspectedProof{{Type: "COSE_Sign1", Algorithm: m.AlgorithmName(), Method: m.KeyID}}
	if err := m.CheckAlgorithm(); err != nil {
		i.warn(err.Error())
	}
	if m.KeyID == "" {
		i.warn("no kid: the key cannot be found")
	}
}

func (i *Inspection) readProofs(document map[string]any) {
	list, _, _ := objects(document["proof"])
	for _, p := range list {
		get := func(name string) string { s, _ := p[name].(string); return s }
		i.Proofs = append(i.Proofs, InspectedProof{
			Type: get("type"), Algorithm: get("cryptosuite"), Method: get("verificationMethod"),
			Purpose: get("proofPurpose"), Created: get("created"), Expires: get("expires"),
		})
		if get("type") == dataintegrity.ProofType && i.Form == "" {
			i.Form = get("cryptosuite")
		}
	}
	if proofs, err := dataintegrity.Proofs(document); err == nil && slices.ContainsFunc(proofs, (*dataintegrity.Proof).Base) {
		i.warn("the base proof is its holder's alone: what is shown to others is derived from it")
	}
}
