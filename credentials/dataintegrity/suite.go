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

// Names of the cryptosuites: vc-di-eddsa sections 3.2 and 3.3, vc-di-ecdsa sections 3.2 and 3.3 (ECDSASD2023: 3.6).
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
	selective  bool // statements are signed one by one: base and derived proofs
}

// suites is the one table of cryptosuites. It is never written to.
var suites = []suite{
	{name: EdDSAJCS2022, algorithms: []keys.Algorithm{keys.EdDSA}, canonicalize: canonicalJSON, ownContext: true},
	{name: EdDSARDFC2022, algorithms: []keys.Algorithm{keys.EdDSA}, canonicalize: canonicalRDF},
	{name: ECDSAJCS2019, algorithms: []keys.Algorithm{keys.ES256, keys.ES384}, canonicalize: canonicalJSON, ownContext: true},
	{name: ECDSARDFC2019, algorithms: []keys.Algorithm{keys.ES256, keys.ES384}, canonicalize: canonicalRDF},
	{name: ECDSASD2023, algorithms: []keys.Algorithm{keys.ES256}, canonicalize: canonicalRDF, selective: true},
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
	Mandatory []string        // ecdsa-sd-2023: JSON pointers of what a holder must show
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
	value, err := s.value(ctx, unsecured, options, signer, o)
	if err != nil {
		return nil, err
	}
	options["proofValue"] = value
	out := maps.Clone(document)
	if len(others) == 0 {
		out["proof"] = options
	} else {
		out["proof"] = append(slices.Clone(others), any(options))
	}
	return out, nil
}

// value makes the proof value.
func (s *suite) value(ctx context.Context, unsecured, options map[string]any, signer keystore.Signer, o Options) (string, error) {
	if s.selective {
		return addBase(ctx, unsecured, options, signer, o)
	}
	message, err := s.hash(unsecured, options, signer.Public().Algorithm(), o.Contexts)
	if err != nil {
		return "", err
	}
	signature, err := signer.Sign(ctx, message)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return encodeValue(signature), nil
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
	if s, ok := suiteNamed(p.Suite); ok && s.selective && slices.Contains(s.algorithms, key.Algorithm()) {
		unsecured, err := p.unsecured(document)
		if err != nil {
			return err
		}
		return p.verifySelective(unsecured, key, contexts)
	}
	q, err := p.Question(document, key, contexts)
	if err != nil {
		return err
	}
	if !q.Verify() {
		return fmt.Errorf("%w with key %s", ErrSignature, key.Multikey())
	}
	return nil
}
