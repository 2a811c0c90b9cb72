package dataintegrity

import (
	"fmt"
	"slices"

	"github.com/hanse-id/hanse/credentials/jsonld"
	"github.com/hanse-id/hanse/did/keys"
)

// Question returns what is left of Verify once everything but the signature itself was checked, so that many can be answered
// together: Verify returns nil iff the answer is yes. Errors are those of Verify; a suite with several signatures in one
// proof (ecdsa-sd-2023) is ErrUnsupported here.
func (p *Proof) Question(document map[string]any, key keys.Public, contexts jsonld.Contexts) (keys.Question, error) {
	s, ok := suiteNamed(p.Suite)
	if !ok {
		return keys.Question{}, fmt.Errorf("cryptosuite %.64q %w", p.Suite, ErrUnsupported)
	}
	if !slices.Contains(s.algorithms, key.Algorithm()) {
		return keys.Question{}, fmt.Errorf("%w: cryptosuite %s with a key for %s", ErrSignature, p.Suite, key.Algorithm())
	}
	if s.selective {
		return keys.Question{}, fmt.Errorf("one signature of cryptosuite %s %w", p.Suite, ErrUnsupported)
	}
	unsecured, err := p.unsecured(document)
	if err != nil {
		return keys.Question{}, err
	}
	others, _ := document["proof"].([]any)
	if unsecured, err = withPrevious(unsecured, others, p.Previous); err != nil {
		return keys.Question{}, err
	}
	message, err := s.hash(unsecured, p.options, key.Algorithm(), contexts)
	if err != nil {
		return keys.Question{}, err
	}
	return keys.Question{Key: key, Message: message, Signature: p.signed}, nil
}
