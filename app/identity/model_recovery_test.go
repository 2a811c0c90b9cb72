package identity_test

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/did"
)

// declaration is a recovery set in the plain model; no members: none.
type declaration struct {
	set    []string
	quorum int
	delay  int64
}

func (d declaration) valid(self string) bool {
	return len(d.set) == 0 || !slices.Contains(d.set, self) && d.quorum <= len(d.set)
}

func (d declaration) same(o declaration) bool {
	if len(d.set) == 0 || len(o.set) == 0 {
		return len(d.set) == len(o.set)
	}
	return same(d.set, o.set) && d.quorum == o.quorum && d.delay == o.delay
}

func (d declaration) words() string {
	if len(d.set) == 0 {
		return ""
	}
	return fmt.Sprintf(" recovery=%s quorum=%d delay=%d", strings.Join(d.set, ","), d.quorum, d.delay)
}

func drawDeclaration(t *rapid.T, self string) declaration {
	if rapid.IntRange(0, 3).Draw(t, "no recovery") == 0 {
		return declaration{}
	}
	others := names
	if rapid.IntRange(0, 5).Draw(t, "itself") > 0 {
		others = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == self })
	}
	return declaration{
		set: subset(t, "set", others, 1, 2), quorum: rapid.SampledFrom([]int{1, 1, 2}).Draw(t, "quorum"),
		delay: rapid.SampledFrom([]int64{100, 150, 400}).Draw(t, "delay"),
	}
}

// attempt is a recovery under way.
type attempt struct {
	id           string
	base         int // number of a version
	started, due int64
	target       control
}

func (a *attempt) facts(s *subject) []any {
	if a == nil {
		return nil
	}
	return []any{a.id, s.versions[a.base-1].id, a.started, a.due, did.RecoveredBySet}
}

func pendingFacts(r *did.Recovery) []any {
	if r == nil {
		return nil
	}
	return []any{r.Operation, r.Base, r.Started.Unix(), r.Due.Unix(), r.By}
}

// fire lets the recoveries take effect that are due in a block at this time, if there are any.
func (m model) fire(now int64) (fired bool) {
	for _, name := range names {
		s := m[name]
		a := s.pending
		if a == nil || a.due > now {
			continue
		}
		s.pending = nil
		s.control = a.target
		s.add(a.id, now, a.target)
		s.recovered = len(s.versions)
		by := &s.versions[s.recovered-1]
		by.from = 0
		for n := a.base + 1; n < s.recovered; n++ {
			s.versions[n-1].disputed = by.id
		}
		fired = true
	}
	return fired
}

// drawRecover draws a recovery, mostly from a recent version and by members of its set.
func (m model) drawRecover(t *rapid.T, name string) step {
	s := m[name]
	base := len(s.versions)
	if rapid.IntRange(0, 2).Draw(t, "older") == 0 {
		base = rapid.IntRange(1, len(s.versions)).Draw(t, "base")
	}
	v := s.versions[base-1]
	members := v.recovery.set
	if len(members) == 0 || rapid.IntRange(0, 7).Draw(t, "strangers") == 0 {
		members = names
	}
	signers := m.drawSigners(t, "", members)
	if signers[0] == "/x1" {
		signers = []string{members[0] + "/" + append(slices.Clone(m[members[0]].keys), "x1")[0]}
	}
	target := drawTarget(t, name, s.control)
	return step{
		fmt.Sprintf("recover %s %s prev=%d by %s", name, target.words(), base, strings.Join(signers, ",")),
		func(now int64) bool {
			if s.dead || len(v.recovery.set) == 0 || base < s.recovered || !target.valid(name) || s.starts[[2]int64{int64(base), now / 86400}] >= 4 {
				return false
			}
			if base < len(s.versions) && now >= s.versions[base].time+v.recovery.delay {
				return false
			}
			if p := s.pending; p != nil && (base >= p.base || now >= p.due) {
				return false
			}
			return m.quorate(v.recovery, signers)
		},
		func(id string, now int64) {
			s.starts[[2]int64{int64(base), now / 86400}]++
			s.pending = &attempt{id: id, base: base, started: now, due: max(now+v.recovery.delay, v.from), target: target}
		},
	}
}

// quorate says whether signers are of the set, all of them, and enough.
func (m model) quorate(d declaration, signers []string) bool {
	signed := map[string]int{}
	for _, signer := range signers {
		who, key, _ := strings.Cut(signer, "/")
		if !slices.Contains(d.set, who) || !m.has(who, key) {
			return false
		}
		signed[who]++
	}
	return m.met(signed) >= d.quorum
}

// drawCancel draws a cancellation by anybody.
func (m model) drawCancel(t *rapid.T, name string) step {
	s := m[name]
	who := []string{name}
	if s.pending != nil && rapid.Bool().Draw(t, "the set") {
		who = s.versions[s.pending.base-1].recovery.set
	}
	if rapid.IntRange(0, 3).Draw(t, "anybody") == 0 {
		who = names
	}
	signers := m.drawSigners(t, name, who)
	return step{
		"cancel " + name + " by " + strings.Join(signers, ","),
		func(now int64) bool {
			return !s.dead && s.pending != nil && now < s.pending.due && m.mayCancel(name, signers)
		},
		func(string, int64) { s.pending = nil },
	}
}

// mayCancel says whether signers are present control, or the set that started what is pending. Each must be of one of them.
func (m model) mayCancel(name string, signers []string) bool {
	s := m[name]
	d := s.versions[s.pending.base-1].recovery
	own, controllers, members := 0, map[string]int{}, map[string]int{}
	for _, signer := range signers {
		who, key, _ := strings.Cut(signer, "/")
		controls, recovers := who != name && slices.Contains(s.controllers, who), slices.Contains(d.set, who)
		switch {
		case who == name && slices.Contains(s.keys, key):
			own++
			continue
		case who == name || !controls && !recovers || !m.has(who, key):
			return false
		}
		if controls {
			controllers[who]++
		}
		if recovers {
			members[who]++
		}
	}
	return len(s.next) == 0 && own+m.met(controllers) >= s.threshold || m.met(members) >= d.quorum
}
