package dataintegrity

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// suite is what a cryptosuite does: hash what is signed, and read and write its proof value.
type suite struct {
	algorithm keys.Algorithm                                         // of the keys it takes
	configure func(document, options map[string]any)                 // completes the proof options when signing
	hash      func(document, options map[string]any) ([]byte, error) // the bytes that are signed
	encode    func(signature []byte) string
	decode    func(value string) ([]byte, error) // error wraps ErrMalformed
}

// suites is the one table of cryptosuites. It is never written to.
var suites = map[string]suite{
	EdDSAJCS2022: eddsaJCS2022,
}

// Algorithm returns the kind of key a cryptosuite signs with, false if the cryptosuite is not supported.
func Algorithm(name string) (keys.Algorithm, bool) {
	s, ok := suites[name]
	return s.algorithm, ok
}

// Options say which proof Add makes.
type Options struct {
	Suite   string    // cryptosuite name
	Method  string    // verification method DID URL
	Purpose string    // default "assertionMethod"
	Created time.Time // whole seconds are written; zero: no `created` member
	Expires time.Time // zero: no `expires` member
}

// Add returns a copy of document with a proof. document must have none; it is not changed and shares its values with the copy.
func Add(ctx context.Context, document map[string]any, signer keystore.Signer, o Options) (map[string]any, error) {
	s, ok := suites[o.Suite]
	if !ok {
		return nil, fmt.Errorf("cryptosuite %.64q %w", o.Suite, ErrUnsupported)
	}
	if signer.Public().Algorithm() != s.algorithm {
		return nil, fmt.Errorf("%w: cryptosuite %s needs a key for %s", ErrMalformed, o.Suite, s.algorithm)
	}
	if _, has := document["proof"]; has {
		return nil, fmt.Errorf("%w: document has a proof already", ErrMalformed)
	}
	proof := o.members()
	s.configure(document, proof)
	message, err := s.hash(document, proof)
	if err != nil {
		return nil, err
	}
	signature, err := signer.Sign(ctx, message)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	proof["proofValue"] = s.encode(signature)
	out := maps.Clone(document)
	out["proof"] = proof
	return out, nil
}

func (o Options) members() map[string]any {
	if o.Purpose == "" {
		o.Purpose = "assertionMethod"
	}
	m := map[string]any{
		"type": ProofType, "cryptosuite": o.Suite, "verificationMethod": o.Method, "proofPurpose": o.Purpose,
	}
	if !o.Created.IsZero() {
		m["created"] = o.Created.UTC().Format(time.RFC3339)
	}
	if !o.Expires.IsZero() {
		m["expires"] = o.Expires.UTC().Format(time.RFC3339)
	}
	return m
}

// Verify checks p over document, the document that carries it: what is then authentic is Unsecured of it, which may have
// fewer contexts. The key alone decides the algorithm. Errors wrap ErrSignature, ErrMalformed, or
// ErrUnsupported for an unknown cryptosuite and for a proof that names previous proofs.
func (p *Proof) Verify(document map[string]any, key keys.Public) error {
	s, ok := suites[p.Suite]
	if !ok {
		return fmt.Errorf("cryptosuite %.64q %w", p.Suite, ErrUnsupported)
	}
	if len(p.Previous) > 0 {
		return fmt.Errorf("proof chain %w", ErrUnsupported)
	}
	if key.Algorithm() != s.algorithm {
		return fmt.Errorf("%w: cryptosuite %s with a key for %s", ErrSignature, p.Suite, key.Algorithm())
	}
	unsecured, err := p.unsecured(document)
	if err != nil {
		return err
	}
	message, err := s.hash(unsecured, p.options)
	if err != nil {
		return err
	}
	if !key.Verify(message, p.signed) {
		return fmt.Errorf("%w with key %s", ErrSignature, key.Multikey())
	}
	return nil
}
