package dataintegrity

import (
	"context"
	"crypto"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hanse-id/hanse/credentials/jsonld"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// Names of the cryptosuites: vc-di-eddsa sections 3.2 and 3.3, vc-di-ecdsa sections 3.2 and 3.3.
const (
	EdDSARDFC2022 = "eddsa-rdfc-2022"
	EdDSAJCS2022  = "eddsa-jcs-2022"
	ECDSARDFC2019 = "ecdsa-rdfc-2019"
	ECDSAJCS2019  = "ecdsa-jcs-2019"
)

// suite is one row of the table: which keys it takes, and how it makes bytes of a document and of proof options.
type suite struct {
	name       string
	algorithms []keys.Algorithm
	// canonicalize makes the bytes that are hashed. h is the hash of the key's algorithm.
	canonicalize func(document map[string]any, h crypto.Hash, contexts jsonld.Contexts) ([]byte, error)
	// ownContext: the proof carries the document's @context, which is signed with it (JCS). Otherwise it is only lent to the
	// options while they are canonicalized (RDFC).
	ownContext bool
}

// suites is the one table of cryptosuites. It is never written to.
var suites = []suite{
	{EdDSAJCS2022, []keys.Algorithm{keys.EdDSA}, canonicalJSON, true},
	{EdDSARDFC2022, []keys.Algorithm{keys.EdDSA}, canonicalRDF, false},
	{ECDSAJCS2019, []keys.Algorithm{keys.ES256, keys.ES384}, canonicalJSON, true},
	{ECDSARDFC2019, []keys.Algorithm{keys.ES256, keys.ES384}, canonicalRDF, false},
}

func suiteNamed(name string) (*suite, bool) {
	for i := range suites {
		if suites[i].name == name {
			return &suites[i], true
		}
	}
	return nil, false
}

// Algorithms lists the kinds of key a cryptosuite signs with, preferred first; none if it is not supported.
func Algorithms(name string) []keys.Algorithm {
	s, ok := suiteNamed(name)
	if !ok {
		return nil
	}
	return slices.Clone(s.algorithms)
}

// Options say which proof Add makes.
type Options struct {
	Suite     string          // cryptosuite name
	Method    string          // verification method DID URL
	Purpose   string          // default "assertionMethod"
	Created   time.Time       // whole seconds are written; zero: no `created` member
	Expires   time.Time       // zero: no `expires` member
	ID        string          // of the proof, so that others can name it; empty: none
	Previous  []string        // ids of the document's proofs that this one is made over (a proof chain)
	Domain    string          // empty: none
	Challenge string          // empty: none
	Contexts  jsonld.Contexts // RDFC suites; nil: no context is pinned
}

// Add returns a copy of document with one more proof: beside those it has (a proof set), and over those that Options.Previous
// names (a chain). document is not changed and shares its values with the copy.
func Add(ctx context.Context, document map[string]any, signer keystore.Signer, o Options) (map[string]any, error) {
	s, ok := suiteNamed(o.Suite)
	if !ok {
		return nil, fmt.Errorf("cryptosuite %.64q %w", o.Suite, ErrUnsupported)
	}
	if !slices.Contains(s.algorithms, signer.Public().Algorithm()) {
		return nil, fmt.Errorf("%w: cryptosuite %s needs a key for %v", ErrMalformed, o.Suite, s.algorithms)
	}
	others, err := present(document)
	if err != nil {
		return nil, err
	}
	options := o.members()
	unsecured := maps.Clone(document)
	delete(unsecured, "proof")
	if c, ok := document["@context"]; ok && s.ownContext {
		options["@context"] = c
	}
	if unsecured, err = withPrevious(unsecured, others, o.Previous); err != nil {
		return nil, err
	}
	message, err := s.hash(unsecured, options, signer.Public().Algorithm(), o.Contexts)
	if err != nil {
		return nil, err
	}
	signature, err := signer.Sign(ctx, message)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	options["proofValue"] = encodeValue(signature)
	out := maps.Clone(document)
	if len(others) == 0 {
		out["proof"] = options
	} else {
		out["proof"] = append(slices.Clone(others), any(options))
	}
	return out, nil
}

// present lists the proofs that a document has.
func present(document map[string]any) ([]any, error) {
	switch v := document["proof"].(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return []any{v}, nil
	case []any:
		if len(v) >= maxProofs {
			return nil, fmt.Errorf("%w: %d proofs already", ErrMalformed, len(v))
		}
		return v, nil
	}
	return nil, fmt.Errorf("%w: proof must be an object", ErrMalformed)
}

func (o Options) members() map[string]any {
	if o.Purpose == "" {
		o.Purpose = "assertionMethod"
	}
	m := map[string]any{
		"type": ProofType, "cryptosuite": o.Suite, "verificationMethod": o.Method, "proofPurpose": o.Purpose,
	}
	for name, value := range map[string]string{"id": o.ID, "domain": o.Domain, "challenge": o.Challenge} {
		if value != "" {
			m[name] = value
		}
	}
	if !o.Created.IsZero() {
		m["created"] = o.Created.UTC().Format(time.RFC3339)
	}
	if !o.Expires.IsZero() {
		m["expires"] = o.Expires.UTC().Format(time.RFC3339)
	}
	switch len(o.Previous) {
	case 0:
	case 1:
		m["previousProof"] = o.Previous[0]
	default:
		list := make([]any, len(o.Previous))
		for i, id := range o.Previous {
			list[i] = id
		}
		m["previousProof"] = list
	}
	return m
}

// hash is hash(canonical options) ‖ hash(canonical document): what is signed (vc-di-eddsa 3.2.4, vc-di-ecdsa 3.2.4).
func (s *suite) hash(unsecured, options map[string]any, alg keys.Algorithm, contexts jsonld.Contexts) ([]byte, error) {
	h := alg.Hash()
	if alg == keys.EdDSA {
		h = crypto.SHA256
	}
	if c, ok := unsecured["@context"]; ok && !s.ownContext {
		options = maps.Clone(options)
		options["@context"] = c
	}
	message := make([]byte, 0, 2*h.Size())
	for _, v := range []map[string]any{options, unsecured} {
		canonical, err := s.canonicalize(v, h, contexts)
		if err != nil {
			return nil, err
		}
		sum := h.New()
		sum.Write(canonical)
		message = sum.Sum(message)
	}
	return message, nil
}

// Verify checks p over document, the document that carries it: what is then authentic is Unsecured of it, which may have
// fewer contexts. Proofs that it names as previous ones are part of what is signed; they are checked by their own Verify.
// The key alone decides the algorithm. Errors wrap ErrSignature, ErrMalformed, ErrContext, or ErrUnsupported for an unknown
// cryptosuite.
func (p *Proof) Verify(document map[string]any, key keys.Public, contexts jsonld.Contexts) error {
	s, ok := suiteNamed(p.Suite)
	if !ok {
		return fmt.Errorf("cryptosuite %.64q %w", p.Suite, ErrUnsupported)
	}
	if !slices.Contains(s.algorithms, key.Algorithm()) {
		return fmt.Errorf("%w: cryptosuite %s with a key for %s", ErrSignature, p.Suite, key.Algorithm())
	}
	unsecured, err := p.unsecured(document)
	if err != nil {
		return err
	}
	others, _ := document["proof"].([]any)
	if unsecured, err = withPrevious(unsecured, others, p.Previous); err != nil {
		return err
	}
	message, err := s.hash(unsecured, p.options, key.Algorithm(), contexts)
	if err != nil {
		return err
	}
	if !key.Verify(message, p.signed) {
		return fmt.Errorf("%w with key %s", ErrSignature, key.Multikey())
	}
	return nil
}
