package dataintegrity

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ProofType is the type of every proof of Data Integrity 1.0 (section 2.1).
const ProofType = "DataIntegrityProof"

// maxProofs bounds a proof set.
const maxProofs = 8

// Proof is one embedded proof. Nothing of it is authentic before Verify.
type Proof struct {
	ID       string
	Suite    string    // cryptosuite
	Method   string    // verificationMethod, a DID URL
	Purpose  string    // proofPurpose
	Created  time.Time // zero if absent
	Expires  time.Time // zero if absent
	Previous []string  // previousProof: ids of proofs of the same document

	options map[string]any // every member but proofValue: what is signed beside the document
	value   string         // proofValue as written
	signed  []byte         // proofValue decoded; nil where the suite is not supported, or selective
	base    *baseValue     // proofValue decoded, of a base proof
	derived *derivedValue  // proofValue decoded, of a derived proof
}

// members are the proof members that are known (Data Integrity section 2.1). Others are refused: a cryptosuite that needs
// more brings its own.
var members = []string{
	"@context", "challenge", "created", "cryptosuite", "domain", "expires", "id", "nonce", "previousProof", "proofPurpose",
	"proofValue", "type", "verificationMethod",
}

// Proofs reads the `proof` member of a document: an object, or a set of at most 8. The error names the member and wraps
// ErrMalformed or, for a proof type or cryptosuite that is not known here, ErrUnsupported; then the proofs are returned
// too, for their fields.
func Proofs(document map[string]any) ([]*Proof, error) {
	var list []any
	switch v := document["proof"].(type) {
	case map[string]any:
		list = []any{v}
	case []any:
		list = v
	default:
		return nil, fmt.Errorf("%w: proof must be an object", ErrMalformed)
	}
	if len(list) == 0 || len(list) > maxProofs {
		return nil, fmt.Errorf("%w: %d proofs, at most %d and at least one", ErrMalformed, len(list), maxProofs)
	}
	proofs := make([]*Proof, 0, len(list))
	var unsupported error
	for _, v := range list {
		p, err := parse(v)
		if p == nil {
			return nil, err
		}
		if err != nil && unsupported == nil {
			unsupported = err
		}
		proofs = append(proofs, p)
	}
	if err := checkChain(proofs); err != nil {
		return nil, err
	}
	return proofs, unsupported
}

// parse reads one proof. It returns proof and error where the proof is well-formed but not supported.
func parse(v any) (*Proof, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: proof must be an object", ErrMalformed)
	}
	kind, ok := m["type"].(string)
	if !ok || kind == "" {
		return nil, fmt.Errorf("%w: proof type must be a string", ErrMalformed)
	}
	p := &Proof{options: make(map[string]any, len(m))}
	if kind != ProofType {
		p.Method, _ = m["verificationMethod"].(string)
		return p, fmt.Errorf("proof type %.64q %w", kind, ErrUnsupported)
	}
	if err := p.read(m); err != nil {
		return nil, err
	}
	s, ok := suiteNamed(p.Suite)
	if !ok {
		return p, fmt.Errorf("cryptosuite %.64q %w", p.Suite, ErrUnsupported)
	}
	for name := range m {
		if !slices.Contains(members, name) {
			return nil, fmt.Errorf("%w: unknown proof member %.64q", ErrMalformed, name)
		}
	}
	var err error
	if s.selective {
		p.base, p.derived, err = decodeSelective(p.value)
	} else {
		p.signed, err = decodeValue(p.value)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// read fills in the members that every cryptosuite shares.
func (p *Proof) read(m map[string]any) error {
	for _, f := range []struct {
		name string
		to   *string
	}{
		{"cryptosuite", &p.Suite}, {"verificationMethod", &p.Method}, {"proofPurpose", &p.Purpose}, {"proofValue", &p.value},
	} {
		s, ok := m[f.name].(string)
		if !ok || s == "" {
			return fmt.Errorf("%w: %s must be a string", ErrMalformed, f.name)
		}
		*f.to = s
	}
	if err := readTime(m, "created", &p.Created); err != nil {
		return err
	}
	if err := readTime(m, "expires", &p.Expires); err != nil {
		return err
	}
	if v, ok := m["id"]; ok {
		if p.ID, ok = v.(string); !ok || p.ID == "" {
			return fmt.Errorf("%w: id must be a string", ErrMalformed)
		}
	}
	for name, v := range m {
		if name != "proofValue" {
			p.options[name] = v
		}
	}
	return p.readPrevious(m)
}

func readTime(m map[string]any, name string, to *time.Time) error {
	v, ok := m[name]
	if !ok {
		return nil
	}
	t, ok := ParseTime(v)
	if !ok {
		return fmt.Errorf("%w: %s must be a date and time with zone", ErrMalformed, name)
	}
	*to = t
	return nil
}

// ParseTime reads an xsd:dateTimeStamp, as Data Integrity and the VC Data Model 2.0 (section 4.9) write times: date, time,
// zone, nothing left out. It reports whether v is one.
func ParseTime(v any) (time.Time, bool) {
	s, ok := v.(string)
	if !ok || len(s) < len("2006-01-02T15:04:05Z") || len(s) > 64 || strings.ContainsAny(s, ",zt ") {
		return time.Time{}, false
	}
	if s[10] != 'T' || s[13] != ':' { // package time reads hours of one digit too
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}
