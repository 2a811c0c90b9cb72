package rdfc

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxQuads bounds a dataset that Parse reads.
const MaxQuads = 100_000

// Parse reads N-Quads (RDF 1.1 N-Quads). Repeated statements are dropped: a dataset is a set. Errors name the line.
func Parse(text string) ([]Quad, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("n-quads: not UTF-8")
	}
	var quads []Quad
	seen := map[Quad]bool{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		l := &lexer{rest: strings.TrimRight(line, "\r\n")}
		q, found, err := l.quad()
		if err != nil {
			return nil, fmt.Errorf("n-quads line %d: %w", number, err)
		}
		if !found || seen[q] {
			continue
		}
		if len(quads) == MaxQuads {
			return nil, fmt.Errorf("n-quads: above %d statements", MaxQuads)
		}
		seen[q] = true
		quads = append(quads, q)
	}
	return quads, nil
}

// lexer reads one line.
type lexer struct{ rest string }

func (l *lexer) space() { l.rest = strings.TrimLeft(l.rest, " \t") }

func (l *lexer) quad() (q Quad, found bool, err error) {
	l.space()
	if l.rest == "" || l.rest[0] == '#' {
		return q, false, nil
	}
	if q.Subject, err = l.term(); err != nil {
		return q, false, err
	}
	if q.Predicate, err = l.term(); err != nil {
		return q, false, err
	}
	if q.Object, err = l.term(); err != nil {
		return q, false, err
	}
	if l.space(); !strings.HasPrefix(l.rest, ".") {
		if q.Graph, err = l.term(); err != nil {
			return q, false, err
		}
	}
	if l.space(); !strings.HasPrefix(l.rest, ".") {
		return q, false, fmt.Errorf("no full stop at %.20q", l.rest)
	}
	l.rest = l.rest[1:]
	if l.space(); l.rest != "" && l.rest[0] != '#' {
		return q, false, fmt.Errorf("more after the full stop: %.20q", l.rest)
	}
	if q.Subject.Kind == Literal || q.Predicate.Kind != IRI || q.Graph.Kind == Literal {
		return q, false, fmt.Errorf("a literal or blank node where none may stand")
	}
	return q, true, nil
}

func (l *lexer) term() (Term, error) {
	l.space()
	switch {
	case strings.HasPrefix(l.rest, "<"):
		iri, err := l.iri()
		return Term{Kind: IRI, Value: iri}, err
	case strings.HasPrefix(l.rest, "_:"):
		label := l.rest[2:]
		if end := strings.IndexAny(label, " \t<\"#"); end >= 0 {
			label = label[:end]
		}
		label = strings.TrimRight(label, ".")
		if label == "" || strings.ContainsAny(label, "@\\^>") {
			return Term{}, fmt.Errorf("blank node without a good label at %.20q", l.rest)
		}
		l.rest = l.rest[2+len(label):]
		return Term{Kind: Blank, Value: label}, nil
	case strings.HasPrefix(l.rest, `"`):
		return l.literal()
	}
	return Term{}, fmt.Errorf("no term at %.20q", l.rest)
}

func (l *lexer) iri() (string, error) {
	end := strings.IndexByte(l.rest, '>')
	if end < 0 {
		return "", fmt.Errorf("IRI without end at %.20q", l.rest)
	}
	iri, err := unescape(l.rest[1:end], false)
	if err != nil {
		return "", err
	}
	if strings.IndexFunc(iri, func(c rune) bool { return c <= ' ' || strings.ContainsRune("<>\"{}|^`\\", c) }) >= 0 {
		return "", fmt.Errorf("IRI %.40q: a character that must not stand there", iri)
	}
	l.rest = l.rest[end+1:]
	return iri, nil
}

func (l *lexer) literal() (Term, error) {
	end := 1
	for end < len(l.rest) && l.rest[end] != '"' {
		if l.rest[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(l.rest) {
		return Term{}, fmt.Errorf("literal without end at %.20q", l.rest)
	}
	value, err := unescape(l.rest[1:end], true)
	if err != nil {
		return Term{}, err
	}
	t := Term{Kind: Literal, Value: value}
	l.rest = l.rest[end+1:]
	switch {
	case strings.HasPrefix(l.rest, "^^<"):
		l.rest = l.rest[2:]
		if t.Datatype, err = l.iri(); err != nil {
			return Term{}, err
		}
		if t.Datatype == xsdString {
			t.Datatype = ""
		}
	case strings.HasPrefix(l.rest, "@"):
		tag := l.rest[1:]
		if end := strings.IndexAny(tag, " \t.<"); end >= 0 {
			tag = tag[:end]
		}
		if tag == "" || strings.Trim(strings.ToLower(tag), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return Term{}, fmt.Errorf("language tag %.20q", tag)
		}
		t.Language = tag
		l.rest = l.rest[1+len(tag):]
	}
	return t, nil
}

// unescape resolves UCHAR, and ECHAR in literals.
func unescape(s string, literal bool) (string, error) {
	if !strings.ContainsRune(s, '\\') {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return "", fmt.Errorf("a backslash at the end")
		}
		if at := strings.IndexByte(`tbnrf"'\`, s[i]); literal && at >= 0 {
			b.WriteByte("\t\b\n\r\f\"'\\"[at])
			continue
		}
		digits := map[byte]int{'u': 4, 'U': 8}[s[i]]
		if digits == 0 || i+digits >= len(s) {
			return "", fmt.Errorf("escape %.10q", s[i-1:])
		}
		code, err := strconv.ParseUint(s[i+1:i+1+digits], 16, 32)
		if err != nil || !utf8.ValidRune(rune(code)) {
			return "", fmt.Errorf("escape %.10q", s[i-1:])
		}
		b.WriteRune(rune(code))
		i += digits
	}
	return b.String(), nil
}
