package jcs

type mode int

const (
	numbers   mode = iota // numbers as written
	integers              // integers only
	canonical             // integers only, and every byte as Encode would write it
)

// shareLimit is the text size up to which strings of the result share one copy of the text. Above it they are copied one by
// one, so that a short string that is kept does not hold a long text in memory.
const shareLimit = 4 << 10

type reader struct {
	text  string // the whole input
	pos   int
	depth int // levels still allowed
	mode  mode
	share bool
}

func parse(data []byte, limits Limits, m mode) (any, error) {
	limits = limits.withDefaults()
	if len(data) > limits.MaxBytes {
		return nil, &Error{Err: ErrTooLarge, Offset: limits.MaxBytes}
	}
	r := reader{text: string(data), depth: limits.MaxDepth, mode: m, share: len(data) <= shareLimit}
	if len(data) >= 3 && data[0] == 0xEF && data[1] == 0xBB && data[2] == 0xBF {
		return nil, r.fail(ErrUnicode, 0, "byte order mark")
	}
	if err := r.space(); err != nil {
		return nil, err
	}
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	if err := r.space(); err != nil {
		return nil, err
	}
	if r.pos < len(r.text) {
		return nil, r.fail(ErrSyntax, r.pos, "data after the end of the text")
	}
	return v, nil
}

func (r *reader) fail(err error, offset int, detail string) *Error {
	return &Error{Err: err, Detail: detail, Offset: offset}
}

// space skips white space, of which the canonical form has none.
func (r *reader) space() *Error {
	start := r.pos
	for r.pos < len(r.text) {
		switch r.text[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
			continue
		}
		break
	}
	if r.mode == canonical && r.pos > start {
		return r.fail(ErrNotCanonical, start, "white space")
	}
	return nil
}

// next returns the present byte, 0 at the end. A NUL in the text is never valid where next is asked.
func (r *reader) next() byte {
	if r.pos < len(r.text) {
		return r.text[r.pos]
	}
	return 0
}

func (r *reader) value() (any, *Error) {
	switch c := r.next(); {
	case c == '"':
		s, err := r.string()
		if err != nil {
			return nil, err
		}
		return s, nil
	case c == '{':
		return r.object()
	case c == '[':
		return r.array()
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	case c == 't':
		return true, r.literal("true")
	case c == 'f':
		return false, r.literal("false")
	case c == 'n':
		return nil, r.literal("null")
	}
	if r.pos >= len(r.text) {
		return nil, r.fail(ErrSyntax, r.pos, "unexpected end")
	}
	return nil, r.fail(ErrSyntax, r.pos, "unexpected character")
}

func (r *reader) literal(word string) *Error {
	if len(r.text)-r.pos < len(word) || r.text[r.pos:r.pos+len(word)] != word {
		return r.fail(ErrSyntax, r.pos, "unknown literal")
	}
	r.pos += len(word)
	return nil
}

// enter steps over the opening bracket and reports whether the closing one follows at once.
func (r *reader) enter(closing byte) (bool, *Error) {
	if r.depth == 0 {
		return false, r.fail(ErrTooDeep, r.pos, "")
	}
	r.depth--
	r.pos++
	if err := r.space(); err != nil {
		return false, err
	}
	if r.next() != closing {
		return false, nil
	}
	r.leave()
	return true, nil
}

func (r *reader) leave() {
	r.pos++
	r.depth++
}

// separator reads what follows an element: a comma (more) or the closing bracket.
func (r *reader) separator(closing byte) (more bool, err *Error) {
	if err := r.space(); err != nil {
		return false, err
	}
	switch r.next() {
	case closing:
		r.leave()
		return false, nil
	case ',':
		r.pos++
		return true, r.space()
	}
	return false, r.fail(ErrSyntax, r.pos, "comma or closing bracket expected")
}

func (r *reader) array() (any, *Error) {
	empty, err := r.enter(']')
	if err != nil {
		return nil, err
	}
	list := []any{}
	if empty {
		return list, nil
	}
	for {
		v, err := r.value()
		if err != nil {
			return nil, err.within(index(len(list)))
		}
		list = append(list, v)
		more, err := r.separator(']')
		if err != nil {
			return nil, err
		}
		if !more {
			return list, nil
		}
	}
}

func (r *reader) object() (any, *Error) {
	empty, err := r.enter('}')
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	if empty {
		return members, nil
	}
	last := ""
	for {
		start := r.pos
		name, err := r.name()
		if err != nil {
			return nil, err
		}
		if r.mode == canonical && len(members) > 0 && !Less(last, name) {
			return nil, r.outOfOrder(last, name, start)
		}
		last = name
		v, err := r.value()
		if err != nil {
			return nil, err.within(name)
		}
		before := len(members)
		if members[name] = v; len(members) == before {
			return nil, r.fail(ErrDuplicate, start, "").within(name)
		}
		more, err := r.separator('}')
		if err != nil {
			return nil, err
		}
		if !more {
			return members, nil
		}
	}
}

func (r *reader) outOfOrder(last, name string, offset int) *Error {
	if last == name {
		return r.fail(ErrDuplicate, offset, "").within(name)
	}
	return r.fail(ErrNotCanonical, offset, "member out of order").within(name)
}

// name reads a member name and the colon after it.
func (r *reader) name() (string, *Error) {
	if r.next() != '"' {
		return "", r.fail(ErrSyntax, r.pos, "member name expected")
	}
	name, err := r.string()
	if err != nil {
		return "", err
	}
	if err := r.space(); err != nil {
		return "", err
	}
	if r.next() != ':' {
		return "", r.fail(ErrSyntax, r.pos, "colon expected")
	}
	r.pos++
	return name, r.space()
}
