package dataintegrity

import (
	"fmt"
	"maps"
)

// readPrevious reads previousProof, a proof id or a list of them (Data Integrity section 2.1.2).
func (p *Proof) readPrevious(m map[string]any) error {
	v, ok := m["previousProof"]
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, item := range list {
		id, ok := item.(string)
		if !ok || id == "" || len(list) > maxProofs {
			return fmt.Errorf("%w: previousProof must name proofs", ErrMalformed)
		}
		p.Previous = append(p.Previous, id)
	}
	return nil
}

// withPrevious puts the proofs that a chain's proof is made over into what it signs (Data Integrity, section 4.5).
func withPrevious(unsecured map[string]any, proofs []any, ids []string) (map[string]any, error) {
	if len(ids) == 0 {
		return unsecured, nil
	}
	var matching []any
	for _, id := range ids {
		found := false
		for _, v := range proofs {
			if m, ok := v.(map[string]any); ok && m["id"] == id {
				matching, found = append(matching, v), true
			}
		}
		if !found {
			return nil, fmt.Errorf("%w: no proof with id %.64q", ErrMalformed, id)
		}
	}
	out := maps.Clone(unsecured)
	out["proof"] = matching
	return out, nil
}

// checkChain refuses proofs that share an id, that name a previous proof which is not there, or that go round in a circle.
func checkChain(proofs []*Proof) error {
	byID := make(map[string]*Proof, len(proofs))
	for _, p := range proofs {
		if p.ID == "" {
			continue
		}
		if byID[p.ID] != nil {
			return fmt.Errorf("%w: two proofs with id %.64q", ErrMalformed, p.ID)
		}
		byID[p.ID] = p
	}
	const entered, left = 1, 2
	state := make(map[*Proof]int, len(proofs))
	var visit func(p *Proof) error
	visit = func(p *Proof) error {
		if state[p] == left {
			return nil
		}
		if state[p] == entered {
			return fmt.Errorf("%w: previousProof goes round in a circle", ErrMalformed)
		}
		state[p] = entered
		for _, id := range p.Previous {
			next := byID[id]
			if next == nil {
				return fmt.Errorf("%w: no proof with id %.64q", ErrMalformed, id)
			}
			if err := visit(next); err != nil {
				return err
			}
		}
		state[p] = left
		return nil
	}
	for _, p := range proofs {
		if err := visit(p); err != nil {
			return err
		}
	}
	return nil
}
