package dataintegrity

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"

	"github.com/hanse-id/hanse/credentials/jsonld"
	"github.com/hanse-id/hanse/credentials/rdfc"
	"github.com/hanse-id/hanse/did/keys"
)

// Base reports whether p is a base proof of a selective disclosure cryptosuite: made for a holder, never to be shown, and so never
// verified. Derive makes of it what can be.
func (p *Proof) Base() bool { return p.base != nil }

// verifySelective checks a derived proof (vc-di-ecdsa section 3.6, Verify Derived Proof).
func (p *Proof) verifySelective(unsecured map[string]any, key keys.Public, contexts jsonld.Contexts) error {
	if p.base != nil {
		return fmt.Errorf("%w: it is a base proof, which is its holder's alone: derive a proof from it and show that", ErrSignature)
	}
	if len(p.Previous) > 0 {
		return fmt.Errorf("%w: a proof of %s is made over no other proof", ErrMalformed, p.Suite)
	}
	mandatory, rest, err := p.derived.split(unsecured, contexts)
	if err != nil {
		return err
	}
	message, err := baseMessage(p.options, unsecured, p.derived.key, mandatory, contexts)
	if err != nil {
		return err
	}
	if !key.Verify(message, p.derived.signature) {
		return fmt.Errorf("%w with key %s", ErrSignature, key.Multikey())
	}
	return p.derived.checkStatements(rest)
}

// split canonicalizes a document under the labels of the proof and tells the mandatory statements from the others.
func (v *derivedValue) split(unsecured map[string]any, contexts jsonld.Contexts) (mandatory, rest []string, err error) {
	quads, err := jsonld.Quads(unsecured, pinnedOnly(contexts))
	if err != nil {
		return nil, nil, rdfError(err)
	}
	if len(quads) > 2*maxStatements {
		return nil, nil, fmt.Errorf("%w: %d statements, at most %d", ErrMalformed, len(quads), maxStatements)
	}
	lines, err := v.lines(quads)
	if err != nil {
		return nil, nil, err
	}
	if n := len(v.mandatory); n > 0 && v.mandatory[n-1] >= len(lines) {
		return nil, nil, fmt.Errorf("%w: a mandatory statement is missing", ErrSignature)
	}
	for i, line := range lines {
		if _, found := slices.BinarySearch(v.mandatory, i); found {
			mandatory = append(mandatory, line)
		} else {
			rest = append(rest, line)
		}
	}
	return mandatory, rest, nil
}

// lines writes quads under the labels of the proof, which must name every blank node and no two alike: two nodes under one label
// would take statements apart that were made of one.
func (v *derivedValue) lines(quads []rdfc.Quad) ([]string, error) {
	canonical, err := rdfc.Canonicalize(quads, rdfc.Options{})
	if err != nil {
		return nil, rdfError(err)
	}
	if len(canonical.Labels) != len(v.labels) {
		return nil, fmt.Errorf("%w: %d labels for %d blank nodes", ErrSignature, len(v.labels), len(canonical.Labels))
	}
	names := make(map[string]string, len(v.labels)) // canonical name → label
	used := make(map[string]bool, len(v.labels))
	for i, label := range v.labels {
		text := textLabel(label)
		if used[text] {
			return nil, fmt.Errorf("%w: two blank nodes with one label", ErrSignature)
		}
		used[text] = true
		names[fmt.Sprintf("c14n%d", i)] = text
	}
	s := &statements{labels: make(map[string]string, len(names))}
	for label, name := range canonical.Labels {
		s.labels[label] = names[name]
	}
	return s.relabel(quads), nil
}

// checkStatements checks the signature of every statement that is not mandatory.
func (v *derivedValue) checkStatements(lines []string) error {
	if len(lines) != len(v.statements) {
		return fmt.Errorf("%w: %d statements with %d signatures", ErrSignature, len(lines), len(v.statements))
	}
	public, err := statementKey(v.key)
	if err != nil {
		return err
	}
	key := public.ECDSA()
	for i, line := range lines {
		digest := sha256.Sum256([]byte(line))
		r := new(big.Int).SetBytes(v.statements[i][:signatureSize/2])
		s := new(big.Int).SetBytes(v.statements[i][signatureSize/2:])
		if !ecdsa.Verify(key, digest[:], r, s) {
			return fmt.Errorf("%w: a statement is not the issuer's", ErrSignature)
		}
	}
	return nil
}
