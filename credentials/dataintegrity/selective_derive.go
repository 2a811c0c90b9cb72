package dataintegrity

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/credentials/jsonld"
	"github.com/hanse-id/hanse/credentials/rdfc"
)

// Derive makes, of a document with a base proof of ecdsa-sd-2023, one that shows what the issuer made mandatory and what pointers
// name (JSON pointers, RFC 6901; "" is everything), under a proof of its own (vc-di-ecdsa section 3.6, Add Derived Proof). Of a proof set only that
// base proof is used. document is not changed. The result verifies with the issuer's key if the base proof was the issuer's, and
// what is not shown leaves nothing in it but, in the order of labels, a trace of its being there. Errors wrap ErrMalformed,
// ErrContext, ErrSignature where the document is not what was signed, or ErrUnsupported where it has no such proof.
func Derive(document map[string]any, pointers []string, contexts jsonld.Contexts) (map[string]any, error) {
	p, err := baseProof(document)
	if err != nil {
		return nil, err
	}
	unsecured, err := p.unsecured(document)
	if err != nil {
		return nil, err
	}
	combined := append(append([]string(nil), p.base.mandatory...), pointers...)
	if len(combined) == 0 {
		return nil, fmt.Errorf("%w: nothing is mandatory and nothing was chosen", ErrMalformed)
	}
	shown, err := jsonld.Select(unsecured, combined)
	if err != nil {
		return nil, rdfError(err)
	}
	value, err := p.base.derive(unsecured, pointers, contexts)
	if err != nil {
		return nil, err
	}
	if err := p.base.confirm(shown, value, contexts); err != nil {
		return nil, err
	}
	proof := maps.Clone(p.options)
	proof["proofValue"] = value.encode()
	out := maps.Clone(shown)
	out["proof"] = proof
	return out, nil
}

// baseProof finds the one base proof of a document.
func baseProof(document map[string]any) (*Proof, error) {
	proofs, err := Proofs(document)
	if proofs == nil {
		return nil, err
	}
	var found *Proof
	for _, p := range proofs {
		if !p.Base() {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("%w: two base proofs", ErrMalformed)
		}
		found = p
	}
	if found == nil {
		return nil, fmt.Errorf("document without base proof %w", ErrUnsupported)
	}
	return found, nil
}

// derive makes the value of a derived proof (vc-di-ecdsa section 3.5, createDisclosureData).
func (v *baseValue) derive(unsecured map[string]any, pointers []string, contexts jsonld.Contexts) (*derivedValue, error) {
	s, err := newStatements(unsecured, v.hmac, contexts)
	if err != nil {
		return nil, err
	}
	mandatory, _, err := s.group(v.mandatory)
	if err != nil {
		return nil, err
	}
	if len(mandatory)+len(v.statements) != len(s.lines) {
		return nil, fmt.Errorf("%w: %d statements with %d signatures", ErrSignature, len(s.lines)-len(mandatory), len(v.statements))
	}
	// Mandatory and chosen together: an object on the way to both shows its id and types once.
	combined, quads, err := s.group(append(append([]string(nil), v.mandatory...), pointers...))
	if err != nil {
		return nil, err
	}
	out := &derivedValue{signature: v.signature, key: v.key}
	signature, place := 0, 0
	for i := range s.lines {
		if mandatory[i] {
			out.mandatory = append(out.mandatory, place)
		} else {
			if combined[i] {
				out.statements = append(out.statements, v.statements[signature])
			}
			signature++
		}
		if combined[i] {
			place++
		}
	}
	out.labels, err = s.shownLabels(quads)
	return out, err
}

// shownLabels orders the labels of the blank nodes that are shown by the names that a verifier gives to these.
func (s *statements) shownLabels(quads []rdfc.Quad) ([][]byte, error) {
	canonical, err := rdfc.Canonicalize(quads, rdfc.Options{})
	if err != nil {
		return nil, rdfError(err)
	}
	out := make([][]byte, len(canonical.Labels))
	for label, name := range canonical.Labels {
		i, err := strconv.Atoi(strings.TrimPrefix(name, "c14n"))
		if err != nil { // not reached: canonical names are numbered
			return nil, fmt.Errorf("%w: label %q", ErrMalformed, name)
		}
		if out[i], err = base64.RawURLEncoding.DecodeString(s.labels[label][1:]); err != nil {
			return nil, fmt.Errorf("%w: label %q", ErrMalformed, name)
		}
	}
	return out, nil
}

// confirm checks what is about to be shown as a verifier will, as far as that goes without the issuer's key: a document that was
// changed after signing is found here, by its holder.
func (v *baseValue) confirm(shown map[string]any, value *derivedValue, contexts jsonld.Contexts) error {
	_, rest, err := value.split(shown, contexts)
	if err != nil {
		return err
	}
	return value.checkStatements(rest)
}
