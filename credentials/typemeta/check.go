package typemeta

import (
	"errors"
	"fmt"
	"slices"
)

// Presented is what a credential shows.
type Presented struct {
	Claims    map[string]any  // digests replaced by what was disclosed
	Disclosed map[string]bool // JSON pointers of the places that a disclosure of their own opened
	Hidden    bool            // digests stayed closed: what is missing may have been withheld
}

// Violation is a rule of a type that a credential breaks.
type Violation struct {
	Pointer string // JSON pointer of the claim; of what is around it where it is missing
	Path    Path
	Detail  string
}

// String says which rule it is.
func (v Violation) String() string { return fmt.Sprintf("%s %s", v.Path, v.Detail) }

// maxViolations bounds a list of violations: it is no longer for a stranger's wish.
const maxViolations = 16

// ErrWork says that a credential is too large to be checked against its type.
var ErrWork = errors.New("too many claims to check against their type")

// Check lists the rules of the type that a credential breaks, at most 16, as far as can be seen in what it shows:
//   - a mandatory claim is missing (its path selects nothing), and nothing was withheld, or it is never selectively disclosable and
//     what it stands in is shown
//   - a claim that is never selectively disclosable was disclosed by itself
//   - a claim that always is stands in the clear, and so does everything around it
//
// Where digests stayed closed, the place of an array's element says nothing, and paths with one are not evaluated. The error is
// ErrWork.
func (t *Type) Check(p Presented) ([]Violation, error) {
	c := &checker{Presented: p, work: maxWork}
	var out []Violation
	for _, claim := range t.Claims {
		if p.Hidden && claim.Path.indexed() {
			continue
		}
		out = append(out, claim.check(c)...)
		if c.work <= 0 {
			return nil, ErrWork
		}
		if len(out) >= maxViolations {
			return out[:maxViolations], nil
		}
	}
	return out, nil
}

func (claim Claim) check(c *checker) (out []Violation) {
	s := c.follow(claim.Path)
	if s.strayed {
		out = append(out, Violation{s.wrong, claim.Path, "leads into what is no object or array of that kind"})
	}
	if claim.Mandatory && len(s.found) == 0 && !s.strayed && (!c.Hidden || claim.SD == Never && !s.early) {
		out = append(out, Violation{"", claim.Path, "is mandatory and missing"})
	}
	for _, at := range s.found {
		own := c.Disclosed[at.pointer]
		if claim.SD == Never && own {
			out = append(out, Violation{at.pointer, claim.Path, "must not be selectively disclosable"})
		}
		if claim.SD == Always && !own && !at.covered && !claim.Path.alwaysShown() {
			out = append(out, Violation{at.pointer, claim.Path, "must be selectively disclosable"})
		}
	}
	return out
}

// alwaysShown reports whether the format itself lets nobody withhold the claim: a rule of a type cannot change that.
func (p Path) alwaysShown() bool {
	return p[0].Kind == Member && slices.Contains([]string{"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"}, p[0].Name)
}
