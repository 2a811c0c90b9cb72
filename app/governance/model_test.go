package governance_test

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hanse-id/hanse/app/exec"
)

// model is what the league should do, in plain maps: one row a center, one row a proposal, a list of what is due. It knows
// no keys, versions or records.
type model struct {
	height, time int64
	params       modelParams
	next         modelParams // from the next block on
	centers      map[string]*modelCenter
	keys         map[string]bool // validator and sponsor keys ever used
	proposals    []*modelProposal
	due          []modelDue
	puts         int
	before       map[string]int64 // validator set of the block before
	recount      bool
}

type modelParams struct{ voting, min, max, open, num, den int64 }

type modelCenter struct {
	status   string // active, suspended, removed
	halted   bool
	power    int64
	key      string
	n        int64
	evidence int64
}

type modelProposal struct {
	number                   int64
	proposer, kind, target   string
	key                      string
	power                    int64
	params                   modelParams // params.change: fields that are not 0
	closes, num, den, delay  int64
	state                    string
	votes                    map[string]string
	yes, no, abstain, voters int64
	executed                 int
}

type modelDue struct {
	at     int64
	put    int
	what   string
	number int64
	center string
}

const laterCode exec.Code = 1 << 20 // waits for the next block

func newModel(centers []string, time int64) *model {
	m := &model{
		time: time, params: modelParams{voting: 300, min: 2, max: 7, open: 12, num: 2, den: 3},
		centers: map[string]*modelCenter{}, keys: map[string]bool{}, before: map[string]int64{},
	}
	m.next = m.params
	for _, name := range centers {
		m.centers[name] = &modelCenter{status: "active", power: 10, key: name + "-v", n: 1}
		m.keys[name+"-v"], m.keys[name+"-s"] = true, true
	}
	return m
}

func (m *model) count(statuses ...string) (n int64) {
	for _, c := range m.centers {
		if slices.Contains(statuses, c.status) {
			n++
		}
	}
	return n
}

func (m *model) set() map[string]int64 {
	set := map[string]int64{}
	for _, c := range m.centers {
		if c.status == "active" {
			set[c.key] = c.power
		}
	}
	return set
}

// sponsors counts the centers whose batches the league takes.
func (m *model) sponsors() (n int) {
	for _, c := range m.centers {
		if c.status == "active" && !c.halted {
			n++
		}
	}
	return n
}

func sum(set map[string]int64) (n int64) {
	for _, p := range set {
		n += p
	}
	return n
}

func lost(before, after map[string]int64) (n int64) {
	for key, p := range before {
		n += max(0, p-after[key])
	}
	return n
}

// bearable is the bound of one block on the validator set.
func bearable(before, after map[string]int64) bool {
	if len(after) == 0 {
		return false
	}
	if 3*lost(before, after) <= sum(before) {
		return true
	}
	if len(before) > 2 || len(before) != len(after) || sum(before) != sum(after) {
		return false
	}
	same := 0
	for key, p := range before {
		if after[key] == p {
			same++
		}
	}
	return same == len(before)-1
}

// set changes a center for as long as f runs, and says whether the set bears it.
func (m *model) bears(c *modelCenter, change func(*modelCenter)) exec.Code {
	was, now, sponsors := *c, m.set(), m.sponsors()
	change(c)
	after, left := m.set(), m.sponsors()
	*c = was
	switch {
	case len(after) == 0 || !bearable(m.before, after) && !bearable(now, after):
		return exec.CodeValidatorBound
	case left == 0 && sponsors > 0:
		return exec.CodeCenterFloor
	case bearable(m.before, after):
		return exec.OK
	}
	return laterCode
}

func (m *model) become(c *modelCenter, change func(*modelCenter)) {
	active := m.count("active")
	change(c)
	c.n++
	m.recount = m.recount || active != m.count("active")
}

func (m *model) put(at int64, what string, number int64, center string) {
	m.puts++
	m.due = append(m.due, modelDue{at, m.puts, what, number, center})
}

func (m *model) begin(seconds int64) {
	m.height, m.time, m.params, m.before = m.height+1, m.time+seconds, m.next, m.set()
	m.calendar()
}

func (m *model) calendar() {
	m.settle()
	var due []modelDue
	for _, d := range m.due {
		if d.at <= m.time {
			due = append(due, d)
		}
	}
	slices.SortFunc(due, func(a, b modelDue) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.put, b.put)) })
	for _, d := range due {
		if m.serve(d) {
			m.due = slices.DeleteFunc(m.due, func(o modelDue) bool { return o.put == d.put })
		}
	}
	m.settle()
}

func (m *model) settle() {
	if !m.recount {
		return
	}
	m.recount = false
	for _, p := range m.proposals {
		if p.state == "open" {
			m.tally(p)
		}
	}
}

func (m *model) tally(p *modelProposal) {
	p.yes, p.no, p.abstain, p.voters = 0, 0, 0, m.count("active")
	for _, name := range slices.Sorted(maps.Keys(p.votes)) {
		if m.centers[name].status != "active" {
			continue
		}
		switch p.votes[name] {
		case "yes":
			p.yes++
		case "no":
			p.no++
		default:
			p.abstain++
		}
	}
	if p.yes*p.den > p.voters*p.num {
		p.state = "passed"
		m.put(m.time+p.delay, "execute", p.number, "")
	}
}

// serve reports whether the item is done with.
func (m *model) serve(d modelDue) bool {
	if d.what == "suspend" {
		c := m.centers[d.center]
		if c.status != "active" {
			return true
		}
		suspend := func(c *modelCenter) { c.status = "suspended" }
		switch m.bears(c, suspend) {
		case laterCode:
			return false
		case exec.OK:
			m.become(c, suspend)
		}
		return true
	}
	p := m.proposals[d.number-1]
	switch {
	case d.what == "close" && p.state == "open":
		if m.tally(p); p.state == "open" {
			p.state = "rejected"
		}
	case d.what == "execute":
		code := m.check(p)
		if code == laterCode {
			return false
		}
		p.state = "failed:" + code.Info().Name
		if code == exec.OK {
			p.executed++
			p.state = "executed"
			m.execute(p)
		}
	}
	return true
}

// change is what a proposal about a center does to it; nil for others.
func (p *modelProposal) change() func(*modelCenter) {
	switch p.kind {
	case "center.suspend":
		return func(c *modelCenter) { c.status = "suspended" }
	case "center.reinstate":
		return func(c *modelCenter) { c.status = "active" }
	case "center.remove":
		return func(c *modelCenter) { c.status = "removed" }
	case "sponsor.halt":
		return func(c *modelCenter) { c.halted = true }
	case "sponsor.resume":
		return func(c *modelCenter) { c.halted = false }
	case "center.rotate":
		return func(c *modelCenter) { c.key = p.key }
	}
	return nil
}

func (m *model) check(p *modelProposal) exec.Code {
	c := m.centers[p.target]
	switch p.kind {
	case "center.admit":
		return m.checkAdmit(p, c)
	case "params.change":
		if q := m.merged(p); q.min > q.max || 2*q.num < q.den || q.num >= q.den {
			return exec.CodeWrongState
		}
		return exec.OK
	}
	if c == nil || c.status == "removed" {
		return exec.CodeUnknownCenter
	}
	was := *c
	p.change()(c)
	same := was == *c
	removed := c.status == "removed"
	*c = was
	switch {
	case same && p.kind != "center.rotate":
		return exec.CodeWrongState
	case removed && m.count("active", "suspended")-1 < m.params.min:
		return exec.CodeCenterFloor
	case p.kind == "center.rotate" && m.keys[p.key]:
		return exec.CodeKeyReused
	}
	return m.bears(c, p.change())
}

func (m *model) checkAdmit(p *modelProposal, c *modelCenter) exec.Code {
	switch {
	case c != nil && c.status != "removed":
		return exec.CodeExists
	case m.count("active", "suspended") >= m.params.max:
		return exec.CodeLimitExceeded
	case m.keys[p.key], m.keys[p.target+"-s"]:
		return exec.CodeKeyReused
	}
	after := m.set()
	after[p.key] = p.power
	switch {
	case !bearable(m.before, after): // only by what else this block changed
		return laterCode
	case len(after) >= 4 && 3*p.power >= sum(after):
		return exec.CodeValidatorBound
	}
	return exec.OK
}

func (m *model) merged(p *modelProposal) modelParams {
	q := m.next
	for _, f := range []struct{ from, to *int64 }{
		{&p.params.voting, &q.voting}, {&p.params.min, &q.min}, {&p.params.max, &q.max}, {&p.params.num, &q.num}, {&p.params.den, &q.den},
	} {
		if *f.from != 0 {
			*f.to = *f.from
		}
	}
	return q
}

func (m *model) execute(p *modelProposal) {
	switch p.kind {
	case "params.change":
		m.next = m.merged(p)
	case "center.admit":
		m.centers[p.target] = &modelCenter{status: "active", power: p.power, key: p.key, n: 1}
		m.keys[p.key], m.keys[p.target+"-s"] = true, true
		m.recount = true
	default:
		m.keys[p.key] = true
		m.become(m.centers[p.target], p.change())
	}
}

func (m *model) active(name string) bool {
	return m.centers[name] != nil && m.centers[name].status == "active"
}

func (m *model) propose(p *modelProposal) exec.Code {
	if !m.active(p.proposer) {
		return exec.CodeNotCenter
	}
	var all, own int64
	for _, o := range m.proposals {
		if o.state == "open" || o.state == "passed" {
			all++
			if o.proposer == p.proposer {
				own++
			}
		}
	}
	if all >= m.params.open || own >= (m.params.open+7)/8 {
		return exec.CodeLimitExceeded
	}
	if code := m.check(p); code != exec.OK && code != laterCode {
		return code
	}
	p.number, p.state, p.closes = int64(len(m.proposals))+1, "open", m.time+m.params.voting
	if p.den == 0 {
		p.num, p.den = m.params.num, m.params.den
	}
	p.votes = map[string]string{p.proposer: "yes"}
	m.proposals = append(m.proposals, p)
	m.put(p.closes, "close", p.number, "")
	m.tally(p)
	return exec.OK
}

func (m *model) votable(n int64) (*modelProposal, exec.Code) {
	if n > int64(len(m.proposals)) {
		return nil, exec.CodeUnknownProposal
	}
	p := m.proposals[n-1]
	if p.state != "open" || m.time >= p.closes {
		return nil, exec.CodeClosed
	}
	return p, exec.OK
}

func (m *model) vote(n int64, name, choice string) exec.Code {
	if !m.active(name) {
		return exec.CodeNotCenter
	}
	p, code := m.votable(n)
	if code != exec.OK {
		return code
	}
	if p.votes[name] == choice {
		return exec.CodeDuplicateVote
	}
	p.votes[name] = choice
	m.tally(p)
	return exec.OK
}

func (m *model) withdraw(n int64, name string) exec.Code {
	if m.centers[name] == nil {
		return exec.CodeNotCenter
	}
	p, code := m.votable(n)
	if code != exec.OK {
		return code
	}
	if p.proposer != name {
		return exec.CodeNotPermitted
	}
	p.state = "withdrawn"
	return exec.OK
}

func (m *model) update(name, key string, prev int64) exec.Code {
	c := m.centers[name]
	switch {
	case c == nil || c.status == "removed":
		return exec.CodeNotCenter
	case prev != c.n:
		return exec.CodeVersionMismatch
	case m.keys[key]:
		return exec.CodeKeyReused
	}
	rotate := func(c *modelCenter) { c.key = key }
	if m.bears(c, rotate) != exec.OK {
		return exec.CodeValidatorBound
	}
	m.keys[key] = true
	m.become(c, rotate)
	return exec.OK
}

func (m *model) misbehave(name string) {
	c := m.centers[name]
	change := func(c *modelCenter) { c.evidence++ }
	if c.status == "active" {
		switch m.bears(c, func(c *modelCenter) { c.status = "suspended" }) {
		case laterCode:
			m.put(m.time, "suspend", 0, name)
		case exec.OK:
			change = func(c *modelCenter) { c.evidence, c.status = c.evidence+1, "suspended" }
		}
	}
	m.become(c, change)
}
