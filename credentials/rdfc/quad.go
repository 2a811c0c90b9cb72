package rdfc

import "strings"

// Kind of a Term.
type Kind uint8

// The kinds. None is the graph of a quad in the default graph.
const (
	None Kind = iota
	IRI
	Blank
	Literal
)

// Term is an IRI, a blank node or a literal (RDF 1.1 Concepts).
type Term struct {
	Kind     Kind
	Value    string // IRI; label without "_:"; lexical form
	Datatype string // of a literal: an IRI, empty for xsd:string and language-tagged strings
	Language string // of a literal
}

// Quad is a statement in a graph.
type Quad struct {
	Subject, Predicate, Object, Graph Term
}

const xsdString = "http://www.w3.org/2001/XMLSchema#string"

// String writes the quad as a line of canonical N-Quads, with its newline (section 5 of RDFC-1.0).
func (q Quad) String() string {
	return q.line(func(label string) string { return label })
}

// line writes the quad with other labels for its blank nodes.
func (q Quad) line(label func(string) string) string {
	var b strings.Builder
	for _, t := range [...]Term{q.Subject, q.Predicate, q.Object, q.Graph} {
		if t.Kind == None {
			continue
		}
		t.write(&b, label)
		b.WriteByte(' ')
	}
	b.WriteString(".\n")
	return b.String()
}

func (t Term) write(b *strings.Builder, label func(string) string) {
	switch t.Kind {
	case IRI:
		b.WriteByte('<')
		b.WriteString(t.Value)
		b.WriteByte('>')
	case Blank:
		b.WriteString("_:")
		b.WriteString(label(t.Value))
	case Literal:
		b.WriteByte('"')
		escape(b, t.Value)
		b.WriteByte('"')
		switch {
		case t.Language != "":
			b.WriteByte('@')
			b.WriteString(t.Language)
		case t.Datatype != "" && t.Datatype != xsdString:
			b.WriteString("^^<")
			b.WriteString(t.Datatype)
			b.WriteByte('>')
		}
	}
}

const hexDigits = "0123456789ABCDEF"

// escape writes a lexical form with exactly the escapes that canonical N-Quads has: ECHAR where there is one, UCHAR for the
// other control characters, everything else as it is.
func escape(b *strings.Builder, s string) {
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c != 0x7F {
			continue
		}
		b.WriteString(s[start:i])
		start = i + 1
		b.WriteByte('\\')
		switch c {
		case '\b':
			b.WriteByte('b')
		case '\t':
			b.WriteByte('t')
		case '\n':
			b.WriteByte('n')
		case '\f':
			b.WriteByte('f')
		case '\r':
			b.WriteByte('r')
		case '"', '\\':
			b.WriteByte(c)
		default:
			b.WriteString("u00")
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	b.WriteString(s[start:])
}
