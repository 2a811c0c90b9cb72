package dataintegrity

import (
	"bytes"
	"fmt"
	"maps"

	"github.com/hanse-id/hanse/did/jcs"
)

// Unsecured returns what the proofs of a document were made over, if they verify: document without proof and with the
// @context of the proofs, which the document's must begin with (vc-di-eddsa section 3.3.2 step 4). Contexts that somebody
// appended after signing are left out, so that they give no meaning to anything: whoever goes on with a document goes on with
// this one. document is not changed. Errors wrap ErrSignature where the document's @context does not begin with a proof's, and
// ErrUnsupported where the proofs were made over different ones: no single document is what all of them secure.
func Unsecured(document map[string]any, proofs []*Proof) (map[string]any, error) {
	var first map[string]any
	for _, p := range proofs {
		unsecured, err := p.unsecured(document)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = unsecured
			continue
		}
		same, err := sameJSON(first["@context"], unsecured["@context"])
		if err != nil {
			return nil, err
		}
		if !same {
			return nil, fmt.Errorf("proof set over different contexts %w", ErrUnsupported)
		}
	}
	return first, nil
}

// unsecured is Unsecured for one proof. A proof without @context leaves the document's.
func (p *Proof) unsecured(document map[string]any) (map[string]any, error) {
	out := maps.Clone(document)
	delete(out, "proof")
	signed, ok := p.options["@context"]
	if !ok {
		return out, nil
	}
	prefix, all := contextList(signed), contextList(document["@context"])
	if len(prefix) > len(all) {
		return nil, fmt.Errorf("%w: the document's @context does not begin with the proof's", ErrSignature)
	}
	same, err := sameJSON(prefix, all[:len(prefix)])
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, fmt.Errorf("%w: the document's @context does not begin with the proof's", ErrSignature)
	}
	out["@context"] = signed
	return out, nil
}

// contextList returns a context, or a list of them, as a list.
func contextList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

func sameJSON(a, b any) (bool, error) {
	left, err := jcs.EncodeFractions(a)
	if err != nil {
		return false, fmt.Errorf("%w: proof @context: %w", ErrMalformed, err)
	}
	right, err := jcs.EncodeFractions(b)
	if err != nil {
		return false, fmt.Errorf("%w: @context: %w", ErrMalformed, err)
	}
	return bytes.Equal(left, right), nil
}
