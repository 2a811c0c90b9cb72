package op

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// Signer makes signatures with one key (what keystore.Signer offers; declared here so that app depends on no keystore).
type Signer interface {
	Public() keys.Public
	Sign(ctx context.Context, message []byte) ([]byte, error)
}

// Draft is an operation before it is signed.
type Draft struct {
	League string
	Type   string
	By     did.DID
	Exp    int64    // unix seconds
	Nonce  [16]byte // random, from the caller; Payload refuses all zero
	Body   map[string]any
}

// Payload returns the canonical payload; its SHA-256 is the operation id. What Decode would refuse is an *Error.
func (d Draft) Payload() ([]byte, error) {
	if d.Nonce == ([16]byte{}) {
		return nil, refuse("/nonce", "nonce is all zero")
	}
	body := d.Body
	if body == nil {
		body = map[string]any{}
	}
	payload, err := jcs.Encode(map[string]any{
		"league": d.League,
		"type":   d.Type,
		"by":     string(d.By),
		"exp":    d.Exp,
		"nonce":  string(encode64(d.Nonce[:])),
		"body":   body,
	})
	if err != nil {
		return nil, refuse("/body", "payload: %v", err)
	}
	if _, err := decodePayload(payload); err != nil {
		return nil, err
	}
	return payload, nil
}

// Sign returns the envelope of d with one signature.
func (d Draft) Sign(ctx context.Context, kid did.URL, signer Signer) ([]byte, error) {
	payload, err := d.Payload()
	if err != nil {
		return nil, err
	}
	signature, err := Sign(ctx, payload, kid, signer)
	if err != nil {
		return nil, err
	}
	return Assemble(payload, []Signature{signature})
}

// Sign makes one signature over payload, ES256 ones with low S.
func Sign(ctx context.Context, payload []byte, kid did.URL, signer Signer) (Signature, error) {
	alg := signer.Public().Algorithm()
	input := SigningInput(alg, kid, payload)
	value, err := signer.Sign(ctx, input)
	if err != nil {
		return Signature{}, err
	}
	if alg == keys.ES256 {
		value = lowS(value)
	}
	return Signature{Alg: alg, KID: kid, Input: input, Value: value}, nil
}

// Protected returns the JWS protected header for alg and kid, as JSON.
func Protected(alg keys.Algorithm, kid did.URL) []byte {
	// A kid that cannot be encoded was not made by did.ParseURL; Decode refuses the empty header that it leads to.
	header, err := jcs.Encode(map[string]any{"alg": string(alg), "kid": kid.String(), "typ": mediaType})
	if err != nil {
		return []byte("{}")
	}
	return header
}

// SigningInput returns the bytes that are signed: BASE64URL(Protected(alg, kid)) '.' BASE64URL(payload).
func SigningInput(alg keys.Algorithm, kid did.URL, payload []byte) []byte {
	return joinInput(encode64(Protected(alg, kid)), encode64(payload))
}

// Assemble makes the envelope from payload and signatures: compact for one, General JSON for several, sorted by kid.
// A signature without Input is taken to be over SigningInput. What Decode would refuse is an *Error.
func Assemble(payload []byte, signatures []Signature) ([]byte, error) {
	sorted := slices.Clone(signatures)
	slices.SortStableFunc(sorted, func(a, b Signature) int { return strings.Compare(a.KID.String(), b.KID.String()) })
	encoded := encode64(payload)
	parts := &envelopeParts{payload: encoded, signatures: make([]encodedSignature, len(sorted))}
	for i, s := range sorted {
		protected := encode64(Protected(s.Alg, s.KID))
		if s.Input != nil {
			before, after, _ := bytes.Cut(s.Input, []byte{'.'})
			if !bytes.Equal(after, encoded) {
				return nil, refuse("", "signature by %s is over another payload", s.KID)
			}
			protected = before
		}
		parts.signatures[i] = encodedSignature{protected: protected, value: encode64(s.Value)}
	}
	envelope, err := parts.join()
	if err != nil {
		return nil, err
	}
	if _, err := Decode(envelope); err != nil {
		return nil, err
	}
	return envelope, nil
}

// join is the inverse of splitEnvelope.
func (p *envelopeParts) join() ([]byte, error) {
	switch len(p.signatures) {
	case 0:
		return nil, refuse("/signatures", "operation has no signature")
	case 1:
		s := p.signatures[0]
		return joinInput(joinInput(s.protected, p.payload), s.value), nil
	}
	list := make([]any, len(p.signatures))
	for i, s := range p.signatures {
		list[i] = map[string]any{"protected": string(s.protected), "signature": string(s.value)}
	}
	envelope, err := jcs.Encode(map[string]any{"payload": string(p.payload), "signatures": list})
	if err != nil {
		return nil, refuse("", "operation: %v", err)
	}
	return envelope, nil
}

// NormalizeS returns envelope with every ES256 signature in low-S form: admission does this, consensus refuses high S.
// The id does not change. An envelope with nothing to change is returned as it is; one that Decode refuses is an *Error.
func NormalizeS(envelope []byte) ([]byte, error) {
	o, err := Decode(envelope)
	if err != nil {
		return nil, err
	}
	parts, err := splitEnvelope(envelope)
	if err != nil {
		return nil, err
	}
	changed := false
	for i, s := range o.Signatures {
		if s.Alg != keys.ES256 {
			continue
		}
		if value := lowS(s.Value); !bytes.Equal(value, s.Value) {
			parts.signatures[i].value = encode64(value)
			changed = true
		}
	}
	if !changed {
		return envelope, nil
	}
	return parts.join()
}
