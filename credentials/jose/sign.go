package jose

import (
	"context"
	"fmt"

	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keystore"
)

// SignOptions are the header members of a token to be made.
type SignOptions struct {
	Type        string // typ, e.g. "vc+jwt"; left out if empty, which only old formats ask for
	ContentType string // cty, e.g. "vc"; left out if empty
	KeyID       string // kid: the DID URL of the verification method; left out if empty
}

// Sign makes a compact JWS of payload. The algorithm is the signer's. Members are written in order of their names, numbers
// as they are in payload (json.Number, int64).
func Sign(ctx context.Context, payload map[string]any, signer keystore.Signer, o SignOptions) (string, error) {
	header := map[string]any{"alg": string(signer.Public().Algorithm())}
	if o.Type != "" {
		header["typ"] = o.Type
	}
	if o.ContentType != "" {
		header["cty"] = o.ContentType
	}
	if o.KeyID != "" {
		header["kid"] = o.KeyID
	}
	head, err := encode(header)
	if err != nil {
		return "", err
	}
	body, err := encode(payload)
	if err != nil {
		return "", err
	}
	size := signer.Public().Algorithm().SignatureSize()
	out := make([]byte, 0, strict.EncodedLen(len(head))+strict.EncodedLen(len(body))+strict.EncodedLen(size)+2)
	out = strict.AppendEncode(out, head)
	out = append(out, '.')
	out = strict.AppendEncode(out, body)
	signature, err := signer.Sign(ctx, out)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	if len(signature) != size {
		return "", fmt.Errorf("%w: signer returned %d bytes, not %d", ErrSignature, len(signature), size)
	}
	out = append(out, '.')
	return string(strict.AppendEncode(out, signature)), nil
}

func encode(v map[string]any) ([]byte, error) {
	data, err := jcs.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return data, nil
}
