package app_test

import (
	"fmt"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// league makes an operation about the league or about trust: by a center mostly, and as a rule one that could succeed.
func (s *stream) league() (op.Draft, []apptest.Signer) {
	i := s.random.IntN(len(s.Centers))
	by, signers := s.Centers[i], apptest.Signed(s.Centers[i], fmt.Sprintf("center-%d", i+1))
	if s.pick(25) && len(s.dids) > 0 {
		a := s.dids[s.random.IntN(len(s.dids))]
		by, signers = a.id, apptest.Signed(a.id, a.key)
	}
	switch n := s.random.IntN(32); {
	case n < 3:
		kind, content := s.proposal()
		return s.Draft("league.propose", by, map[string]any{"kind": kind, "content": content}), signers
	case n < 21:
		choice := []any{"yes", "yes", "yes", "yes", "no", "abstain"}[s.random.IntN(6)]
		return s.Draft("league.vote", by, map[string]any{"proposal": s.number(), "choice": choice}), signers
	case n < 22:
		return s.Draft("league.withdraw", by, map[string]any{"proposal": s.number()}), signers
	case n < 24:
		body := map[string]any{"prev": s.centerVersion(by), "api": "https://a.example"}
		if s.pick(2) {
			body["validator"] = apptest.Key(fmt.Sprintf("v%d", s.random.IntN(20))).Public().Multikey()
		}
		return s.Draft("center.update", by, body), signers
	case n < 28:
		d := s.Draft("trust.accredit", by, s.right())
		payload, err := d.Payload()
		if err != nil {
			s.TB.Fatal(err)
		}
		s.grants = append(s.grants, listed{op.PayloadID(payload), by})
		return d, signers
	case n < 31 && len(s.grants) > 0:
		g := s.grants[s.random.IntN(len(s.grants))]
		kind := []string{"trust.suspend", "trust.revoke", "trust.reinstate"}[s.random.IntN(3)]
		return s.Draft(kind, g.owner, map[string]any{"accreditation": g.id.String()}), s.signers(g.owner)
	}
	other := s.Centers[s.random.IntN(len(s.Centers))]
	return s.Draft("trust.recognise", by, map[string]any{
		"of": string(other), "accepted": s.pick(2), "resources": []any{"prefix:Example"},
	}), signers
}

// signers are the keys of a DID of the stream.
func (s *stream) signers(d did.DID) []apptest.Signer {
	for i, c := range s.Centers {
		if c == d {
			return apptest.Signed(d, fmt.Sprintf("center-%d", i+1))
		}
	}
	for _, a := range s.dids {
		if a.id == d {
			return apptest.Signed(d, a.key)
		}
	}
	return nil
}

// proposal draws a kind and its content. Whoever is out is proposed for return, so that the league stays able to act.
func (s *stream) proposal() (kind string, content map[string]any) {
	view, err := s.App.View(0)
	if err != nil {
		s.TB.Fatal(err)
	}
	defer view.Close()
	centers, err := governance.Centers(view.Reader())
	if err != nil {
		s.TB.Fatal(err)
	}
	for _, c := range centers {
		switch {
		case c.Status == governance.Suspended && s.pick(2):
			return "center.reinstate", map[string]any{"center": string(c.DID)}
		case c.Halted && s.pick(2):
			return "sponsor.resume", map[string]any{"center": string(c.DID)}
		}
	}
	center := map[string]any{"center": string(centers[s.random.IntN(len(centers))].DID)}
	switch s.random.IntN(10) {
	case 0:
		return "center.suspend", center
	case 1:
		return "sponsor.halt", center
	case 2:
		center["validator"] = apptest.Key(fmt.Sprintf("v%d", s.random.IntN(20))).Public().Multikey()
		return "center.rotate", center
	case 3, 4:
		return "params.change", map[string]any{"params": map[string]any{"maxKeys": int64(2 + s.random.IntN(18)), "beginBlockItems": int64(16 + s.random.IntN(3))}}
	case 5:
		return "rules.change", map[string]any{"rules": []any{map[string]any{
			"action": "sponsor.halt", "role": "league", "numerator": int64(1 + s.random.IntN(2)), "denominator": int64(3), "delay": int64(1 + s.random.IntN(60)),
		}}}
	case 6:
		return "upgrade.plan", map[string]any{
			"name": "two", "height": int64(s.random.IntN(60)), "minVersion": "2.0.0", "digests": map[string]any{},
		}
	case 7:
		return "upgrade.cancel", map[string]any{"name": "two"}
	case 8:
		return "center.admit", map[string]any{"center": s.newcomer()}
	}
	return "trust.accredit", s.right()
}

func (s *stream) newcomer() map[string]any {
	name := fmt.Sprintf("center-%d", 5+s.random.IntN(3))
	return map[string]any{
		"name": name, "create": map[string]any{"document": apptest.Document(name), "salt": apptest.Salt(name)},
		"validator": apptest.Key(name + "-v").Public().Multikey(), "power": int64(1 + s.random.IntN(20)),
		"sponsors": apptest.Multikeys(name + "-s"), "api": "https://" + name + ".example",
	}
}

// right is the body of an accreditation.
func (s *stream) right() map[string]any {
	subject := s.Centers[0]
	if known := s.known(); len(known) > 0 {
		subject = known[s.random.IntN(len(known))].id
	}
	body := map[string]any{
		"subject": string(subject), "action": []any{"issue", "verify", "accredit"}[s.random.IntN(3)],
		"resource": []any{"type:ExampleA", "type:ExampleB", "prefix:Example", "type:Other"}[s.random.IntN(4)],
	}
	if s.pick(3) {
		body["validUntil"] = s.Time + int64(s.random.IntN(300))
	}
	if s.pick(4) && len(s.grants) > 0 {
		body["parent"] = s.grants[s.random.IntN(len(s.grants))].id.String()
	}
	return body
}

// number is that of a recent proposal, mostly.
func (s *stream) number() int64 {
	view, err := s.App.View(0)
	if err != nil {
		s.TB.Fatal(err)
	}
	defer view.Close()
	last, err := governance.LastProposal(view.Reader())
	if err != nil {
		s.TB.Fatal(err)
	}
	if s.pick(8) {
		return last + 1
	}
	for n := last; n > max(0, last-6); n-- {
		p, err := governance.GetProposal(view.Reader(), n)
		if err != nil {
			s.TB.Fatal(err)
		}
		if p.State == governance.Open && !s.pick(4) {
			return n
		}
	}
	return max(1, last)
}

// centerVersion is the number of a center's present record, mostly.
func (s *stream) centerVersion(d did.DID) int64 {
	view, err := s.App.View(0)
	if err != nil {
		s.TB.Fatal(err)
	}
	defer view.Close()
	c, err := governance.Get(view.Reader(), d)
	if err != nil {
		s.TB.Fatal(err)
	}
	if c == nil || s.pick(6) {
		return 1
	}
	return c.N
}
