package trust

import (
	"fmt"
	"slices"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// maxWalked bounds the accreditations that one Find reads.
const maxWalked = 1024

// Find answers a question over a state whose block time is now. It reads a bounded number of records, those nearest to the
// league first. *exec.Error with CodeMalformed for what is no question; any other error means that the state is corrupt.
func Find(r exec.Reader, now int64, q Question) (*Path, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	if q.At == 0 {
		q.At = now
	}
	league, err := governance.League(r)
	if err != nil {
		return nil, err
	}
	s := &search{walk: newWalk(r, league, q.At, q.Resource), q: q, accepted: map[did.DID]bool{}}
	s.best = &Path{Why: NoAccreditation, Detail: fmt.Sprintf("%s: never accredited to %s %s", q.Subject, q.Action, q.Resource), At: q.At}
	if held, err := s.membership(); err != nil || held != nil {
		return held, err
	}
	list, complete, err := candidates(r, q.Subject, q.Action, q.Resource, q.At)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if s.walk.reads >= maxWalked {
			complete = false
			break
		}
		attempt, err := s.try(c.id)
		if err != nil {
			return nil, err
		}
		if attempt.Held {
			return attempt, nil
		}
		s.consider(attempt)
	}
	if !complete {
		s.best.Why = Undecided
		s.best.Detail = fmt.Sprintf("%s: too many accreditations to look at all of them", q.Subject)
	}
	return s.best, nil
}

// PathOf is the path of one accreditation: itself, those above it, its center, the league. Held and Why say what Find would
// say of it for its own resource. nil if there is no such accreditation.
func PathOf(r exec.Reader, now int64, id op.ID, at int64) (*Path, error) {
	a, err := Get(r, id)
	if err != nil || a == nil {
		return nil, err
	}
	if at == 0 {
		at = now
	}
	league, err := governance.League(r)
	if err != nil {
		return nil, err
	}
	q := Question{Subject: a.Subject, Action: a.Action, Resource: a.Resource, At: at}
	return (&search{walk: newWalk(r, league, at, a.Resource), q: q}).tryRecord(a)
}

// search is a question being answered.
type search struct {
	walk     *walk
	q        Question
	best     *Path
	accepted map[did.DID]bool // centers
}

// consider keeps the attempt that came nearest.
func (s *search) consider(attempt *Path) {
	if attempt.Why.rank() > s.best.Why.rank() {
		s.best = attempt
	}
}

// membership answers a center's question for its right to accredit without any accreditation.
func (s *search) membership() (*Path, error) {
	if s.q.Action != Accredit {
		return nil, nil
	}
	hop, why, err := s.walk.ownRight(s.q.Subject)
	if err != nil || hop == nil {
		return nil, err
	}
	l := &link{hop: *hop, why: why, member: nil}
	if why != "" {
		l.detail = fmt.Sprintf("center %s: %s", s.q.Subject, why.ofCenter())
	} else if good, err := s.walk.isActive(s.q.Subject); err != nil {
		return nil, err
	} else if !good {
		l.why, l.detail = SubjectGone, fmt.Sprintf("%s: deactivated", s.q.Subject)
	}
	attempt, err := s.accept(l, s.q.Subject)
	if err != nil {
		return nil, err
	}
	if attempt.Held {
		return attempt, nil
	}
	s.consider(attempt)
	return nil, nil
}

func (s *search) try(id op.ID) (*Path, error) {
	a, err := s.walk.read(id)
	if err != nil {
		return nil, err
	}
	return s.tryRecord(a)
}

// tryRecord answers the question by one accreditation of the subject.
func (s *search) tryRecord(a *Accreditation) (*Path, error) {
	at := s.q.At
	if s.q.MaxDepth > 0 && a.Level > s.q.MaxDepth {
		return &Path{
			Why: TooDeep, Detail: fmt.Sprintf("accreditation %s: %d on its path, at most %d asked for", a.ID, a.Level, s.q.MaxDepth),
			At: at, Hops: []Hop{a.hop(at)},
		}, nil
	}
	l, err := s.walk.climb(a)
	if err != nil {
		return nil, err
	}
	if l.why == "" {
		good, err := s.walk.speaks(a.Subject, false)
		if err != nil {
			return nil, err
		}
		if !good {
			detail := fmt.Sprintf("%s: deactivated, or no active center any more", a.Subject)
			return &Path{Why: SubjectGone, Detail: detail, At: at, Hops: []Hop{l.hop}}, nil
		}
	}
	return s.accept(l, l.center())
}

// accept takes a path that holds through what the question asks for beyond that. center is where it ends, "": at the league.
func (s *search) accept(l *link, center did.DID) (*Path, error) {
	p := l.path(s.q.At)
	if !p.Held {
		return p, nil
	}
	for i, h := range p.Hops {
		if limit := h.Limits.reaches(s.q.Jurisdiction, s.q.Validity); limit != "" {
			p.refuse(OutOfScope, fmt.Sprintf("accreditation %s: does not reach so far (%s)", h.ID, limit))
			p.Hops = p.Hops[:i+1]
			return p, nil
		}
	}
	if !p.passes(s.q.Authority) {
		p.refuse(OtherAuthority, fmt.Sprintf("%s: no part of the path", s.q.Authority))
		return p, nil
	}
	if center == "" || len(s.q.Centers) == 0 {
		return p, nil
	}
	good, err := s.accepts(center)
	if err == nil && !good {
		p.refuse(NotRecognised, fmt.Sprintf("center %s: neither accepted nor recognised by one that is", center))
	}
	return p, err
}

func (p *Path) refuse(why Why, detail string) { p.Held, p.Why, p.Detail = false, why, detail }

// accepts reports whether the question accepts a center, or one that it accepts recognises it. Recognition counts while
// the center that pronounced it is an active member.
func (s *search) accepts(center did.DID) (bool, error) {
	if slices.Contains(s.q.Centers, center) {
		return true, nil
	}
	if good, ok := s.accepted[center]; ok {
		return good, nil
	}
	for _, by := range s.q.Centers {
		c, err := s.walk.center(by)
		if err != nil {
			return false, err
		}
		if c == nil || c.Status != governance.Active {
			continue
		}
		good, _, err := Recognises(s.walk.r, string(by), string(center), s.q.Resource, s.q.At)
		if err != nil {
			return false, err
		}
		if good {
			s.accepted[center] = true
			return true, nil
		}
	}
	s.accepted[center] = false
	return false, nil
}
