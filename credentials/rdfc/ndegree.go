package rdfc

import (
	"maps"
	"slices"
	"strings"
)

// degree is what nDegree gives: a hash, and the labels that were issued on the way.
type degree struct {
	hash   string
	issuer *issuer
}

// nDegree hashes a node with everything it is connected to (section 4.8).
func (s *state) nDegree(label string, i *issuer) (degree, error) {
	if err := s.spend(1 + len(s.quads[label])); err != nil {
		return degree{}, err
	}
	neighbours := map[string][]string{}
	for _, q := range s.quads[label] {
		for _, c := range [...]struct {
			term     Term
			position string
		}{{q.Subject, "s"}, {q.Object, "o"}, {q.Graph, "g"}} {
			if c.term.Kind == Blank && c.term.Value != label {
				h := s.related(c.term.Value, q, i, c.position)
				neighbours[h] = append(neighbours[h], c.term.Value)
			}
		}
	}
	var data strings.Builder
	for _, h := range slices.Sorted(maps.Keys(neighbours)) {
		data.WriteString(h)
		best := choice{}
		err := permutations(neighbours[h], func(order []string) error {
			if err := s.spend(len(order) + len(i.order)); err != nil {
				return err
			}
			return s.try(order, i, &best)
		})
		if err != nil {
			return degree{}, err
		}
		data.WriteString(best.path)
		i = best.issuer
	}
	return degree{s.digest(data.String()), i}, nil
}

// choice is the least path through alike neighbours so far.
type choice struct {
	path   string
	issuer *issuer
}

// worse reports whether a path that begins like this cannot become the least one.
func (c *choice) worse(path string) bool {
	return c.path != "" && len(path) >= len(c.path) && path > c.path
}

// try walks one order of alike neighbours (section 4.8.3, steps 5.4.1 to 5.4.6).
func (s *state) try(order []string, i *issuer, best *choice) error {
	copied := i.clone()
	path := ""
	var recurse []string
	for _, label := range order {
		if s.canonical.has(label) {
			path += "_:" + s.canonical.issued[label]
		} else {
			if !copied.has(label) {
				recurse = append(recurse, label)
			}
			path += "_:" + copied.issue(label)
		}
		if best.worse(path) {
			return nil
		}
	}
	for _, label := range recurse {
		d, err := s.nDegree(label, copied)
		if err != nil {
			return err
		}
		path += "_:" + copied.issue(label) + "<" + d.hash + ">"
		copied = d.issuer
		if best.worse(path) {
			return nil
		}
	}
	if best.path == "" || path < best.path {
		*best = choice{path, copied}
	}
	return nil
}

// permutations calls f with every order of list, until it fails.
func permutations(list []string, f func([]string) error) error {
	order := slices.Clone(list)
	slices.Sort(order)
	for {
		if err := f(order); err != nil {
			return err
		}
		// The next one in lexicographic order; equal labels are not swapped with each other.
		k := len(order) - 2
		for k >= 0 && order[k] >= order[k+1] {
			k--
		}
		if k < 0 {
			return nil
		}
		l := len(order) - 1
		for order[l] <= order[k] {
			l--
		}
		order[k], order[l] = order[l], order[k]
		slices.Reverse(order[k+1:])
	}
}
