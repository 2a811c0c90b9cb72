package rdfc

import (
	"crypto"
	_ "crypto/sha256" // links SHA-256
	_ "crypto/sha512" // links SHA-384
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ErrWork means that naming a dataset's blank nodes would take more steps than allowed.
var ErrWork = errors.New("rdf dataset is too hard to canonicalize")

// DefaultWork is how many steps a dataset may take unless Options.Work says otherwise. A step is a quad that is hashed as part
// of a blank node's neighbourhood, or a label that is carried along while an order of alike neighbours is tried. Ordinary
// documents need none; of the W3C's own tests the hardest that has to be answered takes 23,000 (test044).
const DefaultWork = 100_000

// Options of Canonicalize; zero values are those of the specification.
type Options struct {
	Hash crypto.Hash // SHA-256 (default) or SHA-384
	Work int         // steps; 0: DefaultWork
}

// Canonical is a canonicalized dataset.
type Canonical struct {
	Lines  []string          // canonical N-Quads, each with its newline, in code point order
	Labels map[string]string // of the input's blank nodes → canonical ones ("c14n0")
}

// Text is the canonical form: all lines.
func (c *Canonical) Text() string { return strings.Join(c.Lines, "") }

// Canonicalize names the blank nodes of a dataset (RDFC-1.0, section 4.4) and orders it. Repeated quads count once. ErrWork if
// it would take too long.
func Canonicalize(quads []Quad, o Options) (*Canonical, error) {
	if o.Hash == 0 {
		o.Hash = crypto.SHA256
	}
	if o.Work == 0 {
		o.Work = DefaultWork
	}
	s := &state{hash: o.Hash, work: o.Work, quads: map[string][]Quad{}, first: map[string]string{}, canonical: newIssuer("c14n")}
	seen := make(map[Quad]bool, len(quads))
	var distinct []Quad
	for _, q := range quads {
		if !seen[q] {
			seen[q] = true
			distinct = append(distinct, q)
			s.enter(q)
		}
	}
	if err := s.name(); err != nil {
		return nil, err
	}
	c := &Canonical{Labels: s.canonical.issued, Lines: make([]string, len(distinct))}
	for i, q := range distinct {
		c.Lines[i] = q.line(func(label string) string { return s.canonical.issued[label] })
	}
	slices.Sort(c.Lines)
	return c, nil
}

// state is the canonicalization state (section 4.2).
type state struct {
	hash      crypto.Hash
	work      int
	quads     map[string][]Quad // of each blank node
	first     map[string]string // first degree hashes
	canonical *issuer
}

// enter files a quad under each of its blank nodes.
func (s *state) enter(q Quad) {
	var labels []string
	for _, t := range [...]Term{q.Subject, q.Object, q.Graph} {
		if t.Kind == Blank && !slices.Contains(labels, t.Value) {
			labels = append(labels, t.Value)
			s.quads[t.Value] = append(s.quads[t.Value], q)
		}
	}
}

// spend takes steps.
func (s *state) spend(steps int) error {
	if s.work -= steps; s.work < 0 {
		return ErrWork
	}
	return nil
}

// name issues canonical labels (section 4.4.3, steps 3 to 5).
func (s *state) name() error {
	byHash := map[string][]string{}
	for _, label := range slices.Sorted(maps.Keys(s.quads)) {
		h := s.firstDegree(label)
		byHash[h] = append(byHash[h], label)
	}
	hashes := slices.Sorted(maps.Keys(byHash))
	for _, h := range hashes {
		if len(byHash[h]) == 1 {
			s.canonical.issue(byHash[h][0])
		}
	}
	for _, h := range hashes {
		if len(byHash[h]) == 1 {
			continue
		}
		if err := s.nameAlike(byHash[h]); err != nil {
			return err
		}
	}
	return nil
}

// nameAlike issues labels to nodes that their own quads do not tell apart.
func (s *state) nameAlike(labels []string) error {
	var paths []degree
	for _, label := range labels {
		if s.canonical.has(label) {
			continue
		}
		temporary := newIssuer("b")
		temporary.issue(label)
		d, err := s.nDegree(label, temporary)
		if err != nil {
			return err
		}
		paths = append(paths, d)
	}
	slices.SortStableFunc(paths, func(a, b degree) int { return strings.Compare(a.hash, b.hash) })
	for _, d := range paths {
		for _, label := range d.issuer.order {
			s.canonical.issue(label)
		}
	}
	return nil
}

func (s *state) digest(text string) string {
	h := s.hash.New()
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// firstDegree hashes the quads of a node, itself written _:a and all others _:z (section 4.6).
func (s *state) firstDegree(label string) string {
	if h, known := s.first[label]; known {
		return h
	}
	lines := make([]string, len(s.quads[label]))
	for i, q := range s.quads[label] {
		lines[i] = q.line(func(other string) string {
			if other == label {
				return "a"
			}
			return "z"
		})
	}
	slices.Sort(lines)
	h := s.digest(strings.Join(lines, ""))
	s.first[label] = h
	return h
}

// related hashes how a neighbour is connected (section 4.7).
func (s *state) related(label string, q Quad, i *issuer, position string) string {
	text := position
	if position != "g" {
		text += "<" + q.Predicate.Value + ">"
	}
	switch {
	case s.canonical.has(label):
		text += "_:" + s.canonical.issued[label]
	case i.has(label):
		text += "_:" + i.issued[label]
	default:
		text += s.firstDegree(label)
	}
	return s.digest(text)
}

// issuer is an identifier issuer (section 4.5).
type issuer struct {
	prefix string
	issued map[string]string
	order  []string
}

func newIssuer(prefix string) *issuer { return &issuer{prefix: prefix, issued: map[string]string{}} }

func (i *issuer) has(label string) bool { _, ok := i.issued[label]; return ok }

func (i *issuer) issue(label string) string {
	if name, ok := i.issued[label]; ok {
		return name
	}
	name := fmt.Sprintf("%s%d", i.prefix, len(i.order))
	i.issued[label] = name
	i.order = append(i.order, label)
	return name
}

func (i *issuer) clone() *issuer {
	return &issuer{prefix: i.prefix, issued: maps.Clone(i.issued), order: slices.Clone(i.order)}
}
