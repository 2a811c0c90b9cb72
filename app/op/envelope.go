package op

import (
	"bytes"
	"strconv"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

const mediaType = "hanse-op+jws" // the protected member typ

// encodedSignature holds the two members of a signature in base64url, and where to point when they are wrong.
type encodedSignature struct {
	pointer          string // "" or "/signatures/1"
	protected, value []byte
	input            []byte // protected '.' payload
}

type envelopeParts struct {
	payload    []byte // base64url
	signatures []encodedSignature
}

// splitEnvelope tells the two serialisations of RFC 7515 7 apart by the first byte: '{' is no base64url.
func splitEnvelope(envelope []byte) (*envelopeParts, error) {
	switch {
	case len(envelope) == 0:
		return nil, refuse("", "operation is empty")
	case len(envelope) > MaxEnvelopeBytes:
		return nil, refuse("", "operation has %d bytes, at most %d are allowed", len(envelope), MaxEnvelopeBytes)
	case envelope[0] == '{':
		return splitGeneral(envelope)
	}
	return splitCompact(envelope)
}

func splitCompact(envelope []byte) (*envelopeParts, error) {
	first, last := bytes.IndexByte(envelope, '.'), bytes.LastIndexByte(envelope, '.')
	if first == last || bytes.IndexByte(envelope[first+1:last], '.') >= 0 {
		return nil, refuse("", "operation is no JWS: a compact one has three parts")
	}
	return &envelopeParts{
		payload: envelope[first+1 : last],
		signatures: []encodedSignature{{
			protected: envelope[:first],
			value:     envelope[last+1:],
			input:     envelope[:last:last],
		}},
	}, nil
}

// splitGeneral reads {"payload", "signatures": [{"protected", "signature"}, …]}: these members and no others.
func splitGeneral(envelope []byte) (*envelopeParts, error) {
	value, err := jcs.ParseIntegers(envelope, jcs.Limits{MaxBytes: MaxEnvelopeBytes, MaxDepth: 3})
	if err != nil {
		return nil, refuse("", "operation: %v", err)
	}
	object, _ := value.(map[string]any)
	payload, ok := object["payload"].(string)
	if !ok {
		return nil, refuse("/payload", "payload is not a string")
	}
	list, ok := object["signatures"].([]any)
	if !ok {
		return nil, refuse("/signatures", "signatures is not an array")
	}
	if len(object) != 2 {
		return nil, refuse("", "operation has %d members, exactly payload and signatures are allowed", len(object))
	}
	if len(list) < 2 || len(list) > MaxSignatures {
		return nil, refuse("/signatures", "%d signatures: 2 to %d are allowed, and one is serialised compactly", len(list), MaxSignatures)
	}
	parts := &envelopeParts{payload: []byte(payload), signatures: make([]encodedSignature, len(list))}
	for i, item := range list {
		pointer := "/signatures/" + strconv.Itoa(i)
		members, _ := item.(map[string]any)
		protected, ok1 := members["protected"].(string)
		signature, ok2 := members["signature"].(string)
		if !ok1 || !ok2 || len(members) != 2 {
			return nil, refuse(pointer, "signature %d does not have exactly the strings protected and signature", i)
		}
		parts.signatures[i] = encodedSignature{
			pointer:   pointer,
			protected: []byte(protected),
			value:     []byte(signature),
			input:     joinInput([]byte(protected), parts.payload),
		}
	}
	return parts, nil
}

func joinInput(protected, payload []byte) []byte {
	input := make([]byte, 0, len(protected)+1+len(payload))
	input = append(input, protected...)
	input = append(input, '.')
	return append(input, payload...)
}

// decodeSignatures reads headers and values, and checks the order: kids ascend by bytes, so none is repeated.
func decodeSignatures(parts *envelopeParts) ([]Signature, error) {
	signatures := make([]Signature, len(parts.signatures))
	previous := ""
	for i, encoded := range parts.signatures {
		alg, kid, err := decodeProtected(encoded)
		if err != nil {
			return nil, err
		}
		text := kid.String()
		if i > 0 && text <= previous {
			return nil, refuse(encoded.pointer+"/protected/kid", "signatures are not sorted by kid, or a kid is repeated")
		}
		previous = text
		value, ok := decode64(encoded.value)
		if !ok || len(value) != signatureSize {
			return nil, refuse(encoded.pointer+"/signature", "signature is not %d bytes of base64url without padding", signatureSize)
		}
		signatures[i] = Signature{Alg: alg, KID: kid, Input: encoded.input, Value: value}
	}
	return signatures, nil
}

func decodeProtected(encoded encodedSignature) (keys.Algorithm, did.URL, error) {
	pointer := encoded.pointer + "/protected"
	header, ok := decode64(encoded.protected)
	if !ok {
		return "", did.URL{}, refuse(pointer, "protected header is not base64url without padding")
	}
	value, err := jcs.ParseIntegers(header, jcs.Limits{MaxBytes: MaxProtectedBytes, MaxDepth: 1})
	if err != nil {
		return "", did.URL{}, refuse(pointer, "protected header: %v", err)
	}
	members, _ := value.(map[string]any)
	typ, _ := members["typ"].(string)
	name, _ := members["alg"].(string)
	kid, _ := members["kid"].(string)
	alg := keys.Algorithm(name)
	switch {
	case typ != mediaType:
		return "", did.URL{}, refuse(pointer+"/typ", "typ is not %q", mediaType)
	case alg != keys.EdDSA && alg != keys.ES256:
		return "", did.URL{}, refuse(pointer+"/alg", "alg is neither EdDSA nor ES256")
	case len(members) != 3:
		return "", did.URL{}, refuse(pointer, "protected header has %d members, exactly alg, kid and typ are allowed", len(members))
	}
	url, err := did.ParseURL(kid)
	if err != nil {
		return "", did.URL{}, refuse(pointer+"/kid", "kid: %v", err)
	}
	if url.Fragment == "" || url.String() != kid {
		return "", did.URL{}, refuse(pointer+"/kid", "kid is not an absolute DID URL with a fragment")
	}
	return alg, url, nil
}
