package apptest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/jcs"
)

// Lines about the league. Operations, each signed by the key that has the name of its center unless there is a "by":
//
//	propose P as=center-1 kind=center.suspend center=center-4 reason=late
//	propose P as=center-1 kind=center.rotate center=center-4 validator=v9
//	propose P as=center-1 kind=center.admit center=center-5 power=10 # keys center-5, center-5-v, center-5-s
//	propose P as=center-1 kind=params.change minCenters=4 maxCenters=8
//	propose P as=center-1 kind=rules.change rules=sponsor.halt,league,2/3,3600;trust.accredit,center,prefix:A|type:B remove=evidence,ledger
//	propose P as=center-1 kind=upgrade.plan name=two height=90 minVersion=2.0.0
//	propose P as=center-1 kind=any content={"a":1}
//	vote P yes as=center-2                           # "by=" is the same as "as="
//	withdraw P as=center-1
//	change center-1 validator=v9 sponsors=s8,s9 api=https://b.example prev=1
//
// Lines that say something of the state, or make it:
//
//	pass P as=center-1,center-2,center-3 kind=…   # proposed by the first, yes by the others, in one block
//	state P executed                              # or open, passed, failed:<code>, rejected, withdrawn
//	tally P yes=2 no=1 abstain=0 voters=4
//	center center-4 suspended                     # its standing: active, suspended, removed, halted, none
//	power center-4 0                              # of its present validator key in the set
//	evidence center-4,center-3                    # a block with evidence against their validator keys, or "key:v9"
//	block                                         # an empty block

func (s *Script) governance(words []string) (d op.Draft, owner string, ok bool) {
	s.TB.Helper()
	if len(words) < 2 {
		return d, "", false
	}
	p, _ := params(words[2:])
	owner = fallback(p["as"], p["by"])
	switch words[0] {
	case "propose":
		return s.propose(words[1], owner, p), owner, true
	case "vote":
		p, _ = params(words[3:])
		owner = fallback(p["as"], p["by"])
		return s.vote(words[1], words[2], owner, p["reason"]), owner, true
	case "withdraw":
		return s.Draft("league.withdraw", s.did(owner), map[string]any{"proposal": s.Proposals[words[1]]}), owner, true
	case "change":
		return s.change(words[1], p), words[1], true
	}
	return d, "", false
}

func (s *Script) propose(name, as string, p map[string]string) op.Draft {
	s.TB.Helper()
	last := s.lastProposal()
	for _, l := range s.group {
		if strings.HasPrefix(l.text, "propose ") {
			last++
		}
	}
	s.Proposals[name] = last + 1
	body := map[string]any{"kind": p["kind"], "content": s.content(p)}
	if p["reason"] != "" {
		body["reason"] = p["reason"]
	}
	return s.Draft("league.propose", s.did(as), body)
}

func (s *Script) lastProposal() int64 {
	view, err := s.App.View(0)
	s.must(err)
	defer view.Close()
	last, err := governance.LastProposal(view.Reader())
	s.must(err)
	return last
}

func (s *Script) vote(name, choice, as, reason string) op.Draft {
	body := map[string]any{"proposal": fallbackNumber(s.Proposals[name], 1<<20), "choice": choice}
	if reason != "" {
		body["reason"] = reason
	}
	return s.Draft("league.vote", s.did(as), body)
}

func fallbackNumber(n, absent int64) int64 {
	if n == 0 {
		return absent
	}
	return n
}

// change makes a center.update.
func (s *Script) change(name string, p map[string]string) op.Draft {
	s.TB.Helper()
	body := map[string]any{}
	if c := s.center(name); c != nil {
		body["prev"] = s.number(p["prev"], c.N)
	} else {
		body["prev"] = int64(1)
	}
	if p["validator"] != "" {
		body["validator"] = Key(p["validator"]).Public().Multikey()
	}
	if list := split(p["sponsors"]); list != nil {
		body["sponsors"] = Multikeys(list...)
	}
	if p["api"] != "" {
		body["api"] = p["api"]
	}
	return s.Draft("center.update", s.did(name), body)
}

// content makes the content of a proposal.
func (s *Script) content(p map[string]string) map[string]any {
	s.TB.Helper()
	if p["content"] != "" {
		value, err := jcs.ParseIntegers([]byte(p["content"]), jcs.Limits{})
		s.must(err)
		return value.(map[string]any)
	}
	switch kind := p["kind"]; kind {
	case "center.admit":
		return map[string]any{"center": s.descriptor(p["center"], p)}
	case "center.rotate":
		return map[string]any{"center": string(s.did(p["center"])), "validator": Key(p["validator"]).Public().Multikey()}
	case "params.change":
		return map[string]any{"params": s.values(p)}
	case "rules.change":
		return s.rows(p)
	case "upgrade.plan":
		return map[string]any{
			"name": p["name"], "height": s.number(p["height"], 0), "minVersion": p["minVersion"], "digests": map[string]any{},
		}
	case "upgrade.cancel":
		return map[string]any{"name": p["name"]}
	default:
		if content, ok := s.trustContent(kind, p); ok {
			return content
		}
		if content, ok := s.recoveryContent(kind, p); ok {
			return content
		}
	}
	return map[string]any{"center": string(s.did(p["center"]))}
}

// descriptor describes a center that is to be admitted, and names its DID.
func (s *Script) descriptor(name string, p map[string]string) map[string]any {
	s.TB.Helper()
	create := map[string]any{"document": Document(name), "salt": Salt(name)}
	d, err := op.CreatedDID(Name, create)
	s.must(err)
	s.DIDs[name] = d
	return map[string]any{
		"name": fallback(p["name"], name), "create": create, "power": s.number(p["power"], 10), "api": "https://" + name + ".example",
		"validator": Key(fallback(p["validator"], name+"-v")).Public().Multikey(),
		"sponsors":  Multikeys(split(fallback(p["sponsors"], name+"-s"))...),
	}
}

// values are the ledger parameters that a line names.
func (s *Script) values(p map[string]string) map[string]any {
	values := map[string]any{}
	for _, spec := range exec.ParamSpecs() {
		if text, ok := p[spec.Name]; ok {
			values[spec.Name] = s.number(text, 0)
		}
	}
	return values
}

// rows reads "action,role,…;…": a threshold, a delay and resources are told apart by their form.
func (s *Script) rows(p map[string]string) map[string]any {
	s.TB.Helper()
	content := map[string]any{}
	for member, text := range map[string]string{"rules": p["rules"], "remove": p["remove"]} {
		if text == "" {
			continue
		}
		rows := []any{}
		for _, row := range strings.Split(text, ";") {
			words := strings.Split(row, ",")
			m := map[string]any{"action": words[0], "role": words[1]}
			for _, w := range words[2:] {
				if n, d, ok := strings.Cut(w, "/"); ok {
					m["numerator"], m["denominator"] = s.number(n, 0), s.number(d, 0)
				} else if strings.Contains(w, ":") {
					list := []any{}
					for _, res := range strings.Split(w, "|") {
						list = append(list, res)
					}
					m["resources"] = list
				} else {
					m["delay"] = s.number(w, 0)
				}
			}
			rows = append(rows, m)
		}
		content[member] = rows
	}
	return content
}

func (s *Script) governanceState(words []string) bool {
	s.TB.Helper()
	switch words[0] {
	case "pass":
		s.pass(words)
	case "state":
		p := s.proposal(words[1])
		got := string(p.State)
		if p.State == governance.Failed {
			got += ":" + p.Failure.Info().Name
		}
		s.expect(words, got, words[2])
	case "tally":
		p := s.proposal(words[1])
		got := []string{
			"yes=" + strconv.FormatInt(p.Yes, 10), "no=" + strconv.FormatInt(p.No, 10),
			"abstain=" + strconv.FormatInt(p.Abstain, 10), "voters=" + strconv.FormatInt(p.Voters, 10),
		}
		for _, w := range words[2:] {
			if !slices.Contains(got, w) {
				s.TB.Fatalf("%s\n\tgot %s", strings.Join(words, " "), strings.Join(got, " "))
			}
		}
	case "center":
		s.expect(words, s.standing(words[1]), words[2])
	case "power":
		s.expect(words, strconv.FormatInt(s.power(words[1]), 10), words[2])
	case "evidence":
		s.Misbehave(words[1])
	case "block":
		s.Block()
	default:
		return false
	}
	return true
}

func (s *Script) expect(words []string, got, want string) {
	s.TB.Helper()
	if got != want {
		s.TB.Fatalf("%s\n\tgot %s", strings.Join(words, " "), got)
	}
}

// pass proposes and votes in one block.
func (s *Script) pass(words []string) {
	s.TB.Helper()
	p, _ := params(words[2:])
	centers := split(fallback(p["as"], p["by"]))
	var envelopes [][]byte
	for i, c := range centers {
		var d op.Draft
		switch i {
		case 0:
			d = s.propose(words[1], c, p)
		default:
			d = s.vote(words[1], "yes", c, "")
		}
		envelopes = append(envelopes, s.Sign(d, s.signers(c, []string{c})...))
	}
	for i, r := range s.Do(envelopes...) {
		if r.Code != exec.OK {
			s.TB.Fatalf("%s\n\t%s: got %s; now: %v", strings.Join(words, " "), centers[i], r.Code.Info().Name,
				s.App.Admit(s.Decode(envelopes[i]), s.Time))
		}
	}
}

func (s *Script) proposal(name string) *governance.Proposal {
	s.TB.Helper()
	view, err := s.App.View(0)
	s.must(err)
	defer view.Close()
	p, err := governance.GetProposal(view.Reader(), s.Proposals[name])
	s.must(err)
	if p == nil {
		s.TB.Fatalf("proposal %s: there is none", name)
	}
	return p
}

// center reads a center's present record; nil if it never was one.
func (s *Script) center(name string) *governance.Center {
	s.TB.Helper()
	view, err := s.App.View(0)
	s.must(err)
	defer view.Close()
	c, err := governance.Get(view.Reader(), s.did(name))
	s.must(err)
	return c
}

func (s *Script) standing(name string) string {
	c := s.center(name)
	switch {
	case c == nil:
		return "none"
	case c.Halted && c.Status == governance.Active:
		return "halted"
	}
	return string(c.Status)
}

func (s *Script) power(name string) int64 {
	s.TB.Helper()
	key := s.validator(name)
	view, err := s.App.View(0)
	s.must(err)
	defer view.Close()
	set, err := governance.Validators(view.Reader())
	s.must(err)
	for _, v := range set {
		if v.Key == key {
			return v.Power
		}
	}
	return 0
}

// validator is the validator key of a center of the script, or the one that "key:<name>" names, as multikey.
func (s *Script) validator(name string) string {
	s.TB.Helper()
	if v, ok := strings.CutPrefix(name, "key:"); ok {
		return Key(v).Public().Multikey()
	}
	return s.center(name).Validator
}

// Misbehave makes a block with consensus evidence against centers of the script, or keys ("key:<name>"), and returns what
// it gave.
func (s *Script) Misbehave(names string) *app.BlockResult {
	s.TB.Helper()
	in := s.Input()
	for _, name := range strings.Split(names, ",") {
		in.Misbehaviour = append(in.Misbehaviour, s.validator(name))
	}
	return s.Execute(in)
}
