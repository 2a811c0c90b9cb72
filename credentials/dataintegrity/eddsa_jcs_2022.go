package dataintegrity

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/mr-tron/base58"

	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// EdDSAJCS2022 is the cryptosuite of vc-di-eddsa section 3.3: Ed25519 over JCS.
const EdDSAJCS2022 = "eddsa-jcs-2022"

const (
	ed25519Bytes    = 64
	maxBase58Length = 88 // of 64 bytes
)

var eddsaJCS2022 = suite{
	algorithm: keys.EdDSA,
	configure: func(document, options map[string]any) {
		if c, ok := document["@context"]; ok {
			options["@context"] = c
		}
	},
	hash:   hashJCS,
	encode: func(signature []byte) string { return "z" + base58.Encode(signature) },
	decode: decodeEd25519,
}

// hashJCS is SHA-256(JCS(options)) ‖ SHA-256(JCS(document)) (vc-di-eddsa sections 3.3.3 to 3.3.5).
func hashJCS(document, options map[string]any) ([]byte, error) {
	message := make([]byte, 0, 2*sha256.Size)
	for _, v := range []map[string]any{options, document} {
		canonical, err := jcs.EncodeFractions(v)
		if err != nil {
			return nil, fmt.Errorf("%w: cannot be canonicalized: %w", ErrMalformed, err)
		}
		sum := sha256.Sum256(canonical)
		message = append(message, sum[:]...)
	}
	return message, nil
}

// decodeEd25519 reads a multibase base58btc signature. The text must be the only one for its bytes.
func decodeEd25519(value string) ([]byte, error) {
	text, ok := strings.CutPrefix(value, "z")
	if !ok {
		return nil, fmt.Errorf("%w: proofValue must be multibase base58btc", ErrMalformed)
	}
	if len(text) > maxBase58Length {
		return nil, fmt.Errorf("%w: proofValue too long", ErrMalformed)
	}
	signature, err := base58.Decode(text)
	if err != nil || len(signature) != ed25519Bytes || base58.Encode(signature) != text {
		return nil, fmt.Errorf("%w: proofValue must be %d bytes in base58btc", ErrMalformed, ed25519Bytes)
	}
	return signature, nil
}
