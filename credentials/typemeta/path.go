package typemeta

import (
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/did/jcs"
)

// Path names claims (section "Claim Path"): it begins at the top of the claims, and each step leads on from everything that was
// selected.
type Path []Step

// Step is one step of a path.
type Step struct {
	Kind  Kind
	Name  string // of a Member
	Index int    // of an Element
}

// Kind is what a step does.
type Kind int

// The kinds of steps.
const (
	Member       Kind = iota // to a member of an object
	Element                  // to an element of an array
	EveryElement             // to all elements of an array
)

// String returns the path as it is written: a JSON array.
func (p Path) String() string {
	list := make([]any, len(p))
	for i, step := range p {
		switch step.Kind {
		case Member:
			list[i] = step.Name
		case Element:
			list[i] = int64(step.Index)
		case EveryElement:
		}
	}
	text, err := jcs.Marshal(list)
	if err != nil { // a name that is no UTF-8, which no parser lets through
		return "[…]"
	}
	return string(text)
}

// indexed reports whether the path names an element by its place, which means something only if nothing of the array is withheld.
func (p Path) indexed() bool {
	for _, step := range p {
		if step.Kind == Element {
			return true
		}
	}
	return false
}

// place is something that a path selected.
type place struct {
	value   any
	pointer string // JSON pointer (RFC 6901)
	covered bool   // by a disclosure around it
}

// selection is what a path leads to in claims.
type selection struct {
	found   []place
	early   bool   // nothing was left to select from before the last step
	wrong   string // pointer of a value that a step cannot lead into
	strayed bool   // there is such a value
}

// maxWork bounds how many places one check of a credential goes to.
const maxWork = 100_000

// checker follows paths through what a credential shows, within its work.
type checker struct {
	Presented
	work int
}

// follow goes along a path as far as it leads; less far when the work is done.
func (c *checker) follow(p Path) selection {
	s := selection{found: []place{{value: c.Claims}}}
	for _, step := range p {
		s.early = len(s.found) == 0
		var next []place
		for _, at := range s.found {
			if c.work--; c.work <= 0 {
				return s
			}
			next = s.step(at, step, c, next)
		}
		s.found = next
	}
	return s
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

// step goes on from one place.
func (s *selection) step(at place, step Step, c *checker, next []place) []place {
	covered := at.covered || c.Disclosed[at.pointer]
	enter := func(value any, name string) place {
		return place{value: value, pointer: at.pointer + "/" + escaper.Replace(name), covered: covered}
	}
	object, isObject := at.value.(map[string]any)
	array, isArray := at.value.([]any)
	switch {
	case step.Kind == Member && isObject:
		if value, has := object[step.Name]; has {
			return append(next, enter(value, step.Name))
		}
	case step.Kind == Element && isArray:
		if step.Index < len(array) {
			return append(next, enter(array[step.Index], strconv.Itoa(step.Index)))
		}
	case step.Kind == EveryElement && isArray:
		for i, value := range array[:min(len(array), max(0, c.work))] {
			next = append(next, enter(value, strconv.Itoa(i)))
		}
		c.work -= len(array)
	case !s.strayed:
		s.strayed, s.wrong = true, at.pointer
	}
	return next
}
