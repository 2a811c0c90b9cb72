// Package cose secures bytes as COSE_Sign1 messages (RFC 9052) with a media type, as VC-JOSE-COSE asks for Verifiable
// Credentials (vc+cose) and as CWTs are (RFC 8392).
//
//	message, err := cose.Sign(ctx, payload, signer, cose.SignOptions{Type: "application/vc+cose", ContentType: "application/vc", KeyID: kid})
//	parsed, err := cose.Parse(message, cose.Limits{})
//	err = parsed.CheckType("application/vc+cose")
//	err = parsed.Verify(key) // key was found in the issuer's DID document by parsed.KeyID
//
// What Parse reads is signed: algorithm, type, content type and key id count in the protected header only, and an
// unprotected header that says anything else is refused.
package cose

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/veraison/go-cose"

	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// What can be wrong with a message. Errors of this package wrap exactly one of these.
var (
	ErrMalformed = errors.New("malformed COSE_Sign1")
	ErrTooLarge  = errors.New("COSE_Sign1 too large")
	ErrAlgorithm = errors.New("COSE algorithm not acceptable")
	ErrType      = errors.New("COSE type not acceptable")
	ErrSignature = errors.New("COSE signature does not verify")
)

// algorithms maps COSE algorithms (IANA) to the kind of key they need; ES256K is RFC 8812's, ESP256, ESP384 and Ed25519 are
// the fully-specified ones of RFC 9864.
var algorithms = []struct {
	id  cose.Algorithm
	alg keys.Algorithm
}{
	{cose.AlgorithmES256, keys.ES256}, {cose.AlgorithmEdDSA, keys.EdDSA}, {cose.AlgorithmES384, keys.ES384}, {-47, keys.ES256K},
	{-9, keys.ES256}, {-51, keys.ES384}, {-19, keys.EdDSA},
}

// SignOptions are the protected header of a message to be made.
type SignOptions struct {
	Type        string // typ (RFC 9596): a media type
	ContentType string // left out if empty
	KeyID       string // left out if empty
}

// Sign makes a tagged COSE_Sign1 over payload. The algorithm is the signer's.
func Sign(ctx context.Context, payload []byte, signer keystore.Signer, o SignOptions) ([]byte, error) {
	s := signing{ctx, signer}
	message := cose.NewSign1Message()
	message.Payload = payload
	message.Headers.Protected.SetAlgorithm(s.Algorithm())
	for label, value := range map[int64]string{cose.HeaderLabelType: o.Type, cose.HeaderLabelContentType: o.ContentType} {
		if value != "" {
			message.Headers.Protected[label] = value
		}
	}
	if o.KeyID != "" {
		message.Headers.Protected[cose.HeaderLabelKeyID] = []byte(o.KeyID)
	}
	if err := message.Sign(nil, nil, s); err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return message.MarshalCBOR()
}

// signing is a keystore's signer as go-cose takes it: it hashes for itself.
type signing struct {
	ctx    context.Context //nolint:containedctx // go-cose has no other way to pass it; lives for one call
	signer keystore.Signer
}

func (s signing) Algorithm() cose.Algorithm {
	for _, a := range algorithms {
		if a.alg == s.signer.Public().Algorithm() {
			return a.id
		}
	}
	return cose.AlgorithmReserved
}

func (s signing) Sign(_ io.Reader, content []byte) ([]byte, error) {
	return s.signer.Sign(s.ctx, content)
}

// Message is a parsed COSE_Sign1. Nothing of it is authentic before Verify.
type Message struct {
	Payload     []byte
	Algorithm   cose.Algorithm
	Type        string // "" if absent
	ContentType string // "" if absent
	KeyID       string // "" if absent

	message *cose.Sign1Message
}

// Limits bound what Parse reads. Zero fields mean the defaults.
type Limits struct {
	MaxBytes int // default 1 MiB
}

// Parse reads a tagged COSE_Sign1 with an attached payload. It checks neither type nor signature. Errors wrap ErrTooLarge,
// ErrMalformed or ErrAlgorithm.
func Parse(data []byte, limits Limits) (*Message, error) {
	if limits.MaxBytes <= 0 {
		limits.MaxBytes = 1 << 20
	}
	if len(data) > limits.MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(data), limits.MaxBytes)
	}
	m := &Message{message: cose.NewSign1Message()}
	if err := m.message.UnmarshalCBOR(data); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if m.Payload = m.message.Payload; len(m.Payload) == 0 {
		return nil, fmt.Errorf("%w: no payload", ErrMalformed)
	}
	return m, m.readHeaders()
}

// readHeaders picks out what is understood and refuses what would change the meaning of the rest.
func (m *Message) readHeaders() (err error) {
	protected := m.message.Headers.Protected
	if m.Algorithm, err = protected.Algorithm(); err != nil {
		return fmt.Errorf("%w: %w", ErrAlgorithm, err)
	}
	if _, critical := protected[cose.HeaderLabelCritical]; critical {
		return fmt.Errorf("%w: critical header parameters are not understood", ErrMalformed)
	}
	for _, f := range []struct {
		label int64
		to    *string
	}{{cose.HeaderLabelType, &m.Type}, {cose.HeaderLabelContentType, &m.ContentType}} {
		if value, ok := protected[f.label]; ok {
			if *f.to, ok = value.(string); !ok {
				return fmt.Errorf("%w: header parameter %d is not a text", ErrMalformed, f.label)
			}
		}
	}
	if id, ok := protected[cose.HeaderLabelKeyID].([]byte); ok {
		m.KeyID = string(id)
	}
	for label, value := range m.message.Headers.Unprotected {
		// A key id may stand there (RFC 9052, 3.1): it names a key that the issuer's document decides on anyway.
		id, ok := value.([]byte)
		if label != cose.HeaderLabelKeyID || !ok || m.KeyID != "" {
			return fmt.Errorf("%w: unprotected header parameter %v", ErrMalformed, label)
		}
		m.KeyID = string(id)
	}
	return nil
}

// CheckType reports ErrType unless the message's typ is want.
func (m *Message) CheckType(want string) error {
	if m.Type != want {
		return fmt.Errorf("%w: typ is %.64q, not %q", ErrType, m.Type, want)
	}
	return nil
}

// AlgorithmName is the algorithm's name, its number where it has none here.
func (m *Message) AlgorithmName() string {
	if kind, err := m.kind(); err == nil {
		return string(kind)
	}
	return m.Algorithm.String()
}

// CheckAlgorithm reports ErrAlgorithm unless some kind of key signs with the message's algorithm.
func (m *Message) CheckAlgorithm() error {
	_, err := m.kind()
	return err
}

func (m *Message) kind() (keys.Algorithm, error) {
	for _, a := range algorithms {
		if a.id == m.Algorithm {
			return a.alg, nil
		}
	}
	return "", fmt.Errorf("%w: %d", ErrAlgorithm, m.Algorithm)
}

// Verify checks the signature with key. The key alone decides the algorithm: a header that names another one is refused
// (ErrAlgorithm), whatever its signature. ErrSignature otherwise.
func (m *Message) Verify(key keys.Public) error {
	q, err := m.Question(key)
	if err != nil {
		return err
	}
	if !q.Verify() {
		return fmt.Errorf("%w with key %s", ErrSignature, key.Multikey())
	}
	return nil
}

// Question returns what is left of Verify once everything but the signature itself was checked, so that many can be answered
// together: Verify returns nil iff the answer is yes. Errors are those of Verify.
func (m *Message) Question(key keys.Public) (keys.Question, error) {
	kind, err := m.kind()
	if err != nil {
		return keys.Question{}, err
	}
	if kind != key.Algorithm() {
		return keys.Question{}, fmt.Errorf("%w: algorithm %d with a key for %s", ErrAlgorithm, m.Algorithm, key.Algorithm())
	}
	q := asking{alg: m.Algorithm, question: &keys.Question{Key: key}}
	if err := m.message.Verify(nil, q); err != nil {
		return keys.Question{}, fmt.Errorf("%w with key %s", ErrSignature, key.Multikey())
	}
	return *q.question, nil
}

// asking is a verifier as go-cose takes it, which keeps what it is asked and answers nothing.
type asking struct {
	alg      cose.Algorithm
	question *keys.Question
}

func (a asking) Algorithm() cose.Algorithm { return a.alg }

func (a asking) Verify(content, signature []byte) error {
	a.question.Message, a.question.Signature = content, signature
	return nil
}
