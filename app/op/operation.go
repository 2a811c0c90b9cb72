package op

import (
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// Operation is one decoded operation (`ledger.md` 1). Its fields are to be read only.
type Operation struct {
	ID         ID
	League     string
	Type       string // "did.create", "status.set", …
	By         did.DID
	Exp        int64 // unix seconds
	Nonce      [16]byte
	Body       map[string]any // as jcs.ParseIntegers returns it
	Payload    []byte         // the exact, canonical payload
	Envelope   []byte         // the exact envelope it came in: the slice that Decode was given
	Signatures []Signature    // 1..16, sorted by kid, none repeated
}

// Signature is one JWS signature of an operation.
type Signature struct {
	Alg   keys.Algorithm
	KID   did.URL
	Input []byte // JWS signing input: BASE64URL(protected) '.' BASE64URL(payload)
	Value []byte // 64 bytes
}

// Check returns the question whether key made this signature.
func (s Signature) Check(key keys.Public) Check {
	return Check{Key: key, Alg: s.Alg, Input: s.Input, Value: s.Value}
}

// Decode reads an envelope: a compact JWS, or a General JSON JWS of several signatures. Everything `ledger.md` 1
// forbids is an *Error. No signature is verified. The operation keeps envelope: it must not change afterwards.
func Decode(envelope []byte) (*Operation, error) {
	parts, err := splitEnvelope(envelope)
	if err != nil {
		return nil, err
	}
	signatures, err := decodeSignatures(parts)
	if err != nil {
		return nil, err
	}
	payload, ok := decode64(parts.payload)
	if !ok {
		return nil, refuse("/payload", "payload is not base64url without padding")
	}
	o, err := decodePayload(payload)
	if err != nil {
		return nil, err
	}
	o.Envelope = envelope
	o.Signatures = signatures
	return o, nil
}

// decodePayload reads a payload, which must equal its own RFC 8785 form.
func decodePayload(payload []byte) (*Operation, error) {
	if len(payload) > MaxPayloadBytes {
		return nil, refuse("/payload", "payload has %d bytes, at most %d are allowed", len(payload), MaxPayloadBytes)
	}
	value, err := jcs.ParseCanonical(payload, jcs.Limits{MaxBytes: MaxPayloadBytes, MaxDepth: MaxPayloadDepth})
	if err != nil {
		return nil, refuse("/payload", "payload: %v", err)
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, refuse("/payload", "payload is not an object")
	}
	o := &Operation{ID: PayloadID(payload), Payload: payload}
	if err := o.readMembers(members); err != nil {
		return nil, err
	}
	return o, nil
}

func (o *Operation) readMembers(members map[string]any) error {
	for _, name := range [...]string{"league", "type", "by", "exp", "nonce", "body"} {
		if _, ok := members[name]; !ok {
			return refuse("/"+name, "payload has no member %q", name)
		}
	}
	if len(members) != 6 {
		return refuse("/payload", "payload has %d members, exactly league, type, by, exp, nonce and body are allowed", len(members))
	}
	var ok bool
	if o.League, ok = members["league"].(string); !ok {
		return refuse("/league", "league is not a string")
	}
	if err := did.CheckLeague(o.League); err != nil {
		return refuse("/league", "league: %v", err)
	}
	if o.Type, ok = members["type"].(string); !ok || !isType(o.Type) {
		return refuse("/type", "type is not dot-separated lower-case words of at most %d bytes", MaxTypeBytes)
	}
	by, ok := members["by"].(string)
	if !ok {
		return refuse("/by", "by is not a DID")
	}
	id, err := did.Parse(by)
	if err != nil {
		return refuse("/by", "by: %v", err)
	}
	o.By = id
	if o.Exp, ok = members["exp"].(int64); !ok || o.Exp <= 0 {
		return refuse("/exp", "exp is not a positive number of seconds")
	}
	text, _ := members["nonce"].(string)
	nonce, ok := decode64([]byte(text))
	if !ok || len(nonce) != len(o.Nonce) {
		return refuse("/nonce", "nonce is not 16 bytes of base64url without padding")
	}
	copy(o.Nonce[:], nonce)
	if o.Body, ok = members["body"].(map[string]any); !ok {
		return refuse("/body", "body is not an object")
	}
	return nil
}

// isType reports whether s is words of a–z, 0–9 and '-', joined by dots: "did.recover.cancel".
func isType(s string) bool {
	if len(s) > MaxTypeBytes {
		return false
	}
	word := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.' && word > 0:
			word = 0
		case 'a' <= c && c <= 'z', word > 0 && ('0' <= c && c <= '9' || c == '-'):
			word++
		default:
			return false
		}
	}
	return word > 0
}
