package dataintegrity

import (
	"crypto"
	"errors"
	"fmt"
	"strings"

	"github.com/mr-tron/base58"

	"github.com/hanse-id/hanse/credentials/jsonld"
	"github.com/hanse-id/hanse/credentials/rdfc"
	"github.com/hanse-id/hanse/did/jcs"
)

// canonicalJSON is JCS (RFC 8785).
func canonicalJSON(document map[string]any, _ crypto.Hash, _ jsonld.Contexts) ([]byte, error) {
	canonical, err := jcs.EncodeFractions(document)
	if err != nil {
		return nil, fmt.Errorf("%w: cannot be canonicalized: %w", ErrMalformed, err)
	}
	return canonical, nil
}

// canonicalRDF is RDFC-1.0 over the document's RDF, with the hash of the key's curve inside as well (vc-di-ecdsa, section 3.2.3).
func canonicalRDF(document map[string]any, h crypto.Hash, contexts jsonld.Contexts) ([]byte, error) {
	quads, err := jsonld.Quads(document, pinnedOnly(contexts))
	if err != nil {
		return nil, rdfError(err)
	}
	canonical, err := rdfc.Canonicalize(quads, rdfc.Options{Hash: h})
	if err != nil {
		return nil, rdfError(err)
	}
	return []byte(canonical.Text()), nil
}

// pinnedOnly makes no contexts of nil.
func pinnedOnly(contexts jsonld.Contexts) jsonld.Contexts {
	if contexts == nil {
		return jsonld.Func(func(string) (any, bool) { return nil, false })
	}
	return contexts
}

// rdfError wraps what jsonld and rdfc say.
func rdfError(err error) error {
	if errors.Is(err, jsonld.ErrContext) {
		return fmt.Errorf("%w: %w", ErrContext, err)
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}

// maxValue bounds a proof value before it is decoded; a P-384 signature takes 132 characters.
const maxValue = 140

func encodeValue(signature []byte) string { return "z" + base58.Encode(signature) }

// decodeValue reads a multibase base58btc signature. The text must be the only one for its bytes; their number is checked
// with the key.
func decodeValue(value string) ([]byte, error) {
	text, ok := strings.CutPrefix(value, "z")
	if !ok {
		return nil, fmt.Errorf("%w: proofValue must be multibase base58btc", ErrMalformed)
	}
	if len(text) > maxValue {
		return nil, fmt.Errorf("%w: proofValue too long", ErrMalformed)
	}
	signature, err := base58.Decode(text)
	if err != nil || base58.Encode(signature) != text || len(signature) != 64 && len(signature) != 96 {
		return nil, fmt.Errorf("%w: proofValue must be 64 or 96 bytes in base58btc", ErrMalformed)
	}
	return signature, nil
}
