package governance_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// candidates are who may be a center: the first five from genesis on.
var candidates = []string{"center-1", "center-2", "center-3", "center-4", "center-5", "center-6", "center-7", "center-8"}

// trial plays drawn blocks on the model and on the application, and compares.
type trial struct {
	*rapid.T
	league *apptest.League
	model  *model
	set    map[string]int64 // as CometBFT has it: what the updates add up to
	events []exec.Event     // all of them, in order
	keys   int              // drawn so far
}

func newTrial(outer *testing.T, t *rapid.T) *trial {
	genesis := candidates[:5]
	x := &trial{T: t, model: newModel(genesis, apptest.Start-1), set: map[string]int64{}}
	p := x.model.params
	x.league = apptest.New(outer, apptest.Options{
		Centers: len(genesis),
		Params: func(q *exec.Params) {
			q.VotingSeconds, q.MinCenters, q.MaxCenters, q.MaxOpenProposals = p.voting, p.min, p.max, p.open
		},
		Genesis: func(g *app.Genesis) {
			for i := range g.Rules {
				if r := &g.Rules[i]; r.Action == "center.remove" {
					r.Delay = 20
				}
			}
		},
	})
	for _, name := range genesis {
		x.set[name+"-v"] = 10
	}
	return x
}

func creation(name string) map[string]any {
	return map[string]any{"document": apptest.Document(name), "salt": apptest.Salt(name)}
}

func centerDID(name string) did.DID {
	d, err := op.CreatedDID(apptest.Name, creation(name))
	if err != nil {
		panic(err)
	}
	return d
}

func (x *trial) name() string { return rapid.SampledFrom(candidates).Draw(x.T, "center") }

// member is a center that is active, mostly.
func (x *trial) member() string {
	if rapid.IntRange(0, 9).Draw(x.T, "anyone") == 0 {
		return x.name()
	}
	var list []string
	for _, name := range candidates {
		if x.model.active(name) {
			list = append(list, name)
		}
	}
	return rapid.SampledFrom(list).Draw(x.T, "member")
}

// key is a fresh one, mostly.
func (x *trial) key() string {
	if rapid.IntRange(0, 4).Draw(x.T, "old key") == 0 {
		return x.name() + "-v"
	}
	x.keys++
	return "v" + strconv.Itoa(x.keys)
}

// operation draws an operation and says what the model makes of it.
func (x *trial) operation() (envelope []byte, want exec.Code) {
	by := x.member()
	switch n := rapid.IntRange(0, 19).Draw(x.T, "operation"); {
	case n < 5:
		p, content := x.proposal(by)
		return x.sign("league.propose", by, map[string]any{"kind": p.kind, "content": content}), x.model.propose(p)
	case n < 17:
		number := x.number()
		choice := rapid.SampledFrom([]string{"yes", "yes", "yes", "yes", "no", "abstain"}).Draw(x.T, "choice")
		return x.sign("league.vote", by, map[string]any{"proposal": number, "choice": choice}), x.model.vote(number, by, choice)
	case n < 18:
		number := x.number()
		return x.sign("league.withdraw", by, map[string]any{"proposal": number}), x.model.withdraw(number, by)
	}
	key, prev := x.key(), int64(1)
	if c := x.model.centers[by]; c != nil && rapid.IntRange(0, 5).Draw(x.T, "stale") > 0 {
		prev = c.n
	}
	body := map[string]any{"prev": prev, "validator": apptest.Key(key).Public().Multikey()}
	return x.sign("center.update", by, body), x.model.update(by, key, prev)
}

// number is that of an open proposal, mostly.
func (x *trial) number() int64 {
	var open []int64
	for _, p := range x.model.proposals {
		if p.state == "open" {
			open = append(open, p.number)
		}
	}
	if len(open) == 0 || rapid.IntRange(0, 9).Draw(x.T, "any proposal") == 0 {
		return int64(rapid.IntRange(1, len(x.model.proposals)+1).Draw(x.T, "proposal"))
	}
	return rapid.SampledFrom(open).Draw(x.T, "open proposal")
}

func (x *trial) proposal(by string) (*modelProposal, map[string]any) {
	p := &modelProposal{proposer: by, target: x.name(), kind: rapid.SampledFrom([]string{
		"center.suspend", "center.suspend", "center.reinstate", "center.remove", "center.remove", "center.admit", "center.admit",
		"center.rotate", "sponsor.halt", "sponsor.resume", "params.change",
	}).Draw(x.T, "kind")}
	content := map[string]any{"center": string(centerDID(p.target))}
	switch p.kind {
	case "sponsor.halt":
		p.num, p.den = 1, 2
	case "center.remove":
		p.delay = 20
	case "center.rotate":
		p.key = x.key()
		content["validator"] = apptest.Key(p.key).Public().Multikey()
	case "center.admit":
		p.power, p.key = rapid.Int64Range(1, 30).Draw(x.T, "power"), p.target+"-v"
		content["center"] = map[string]any{
			"name": p.target, "create": creation(p.target), "validator": apptest.Key(p.key).Public().Multikey(), "power": p.power,
			"sponsors": apptest.Multikeys(p.target + "-s"), "api": "https://a.example",
		}
	case "params.change":
		content = map[string]any{"params": x.values(p)}
	}
	return p, content
}

func (x *trial) values(p *modelProposal) map[string]any {
	q := &p.params
	switch rapid.IntRange(0, 3).Draw(x.T, "parameter") {
	case 0:
		q.voting = rapid.Int64Range(60, 400).Draw(x.T, "votingSeconds")
		return map[string]any{"votingSeconds": q.voting}
	case 1:
		q.min = rapid.Int64Range(1, 5).Draw(x.T, "minCenters")
		return map[string]any{"minCenters": q.min}
	case 2:
		q.max = rapid.Int64Range(3, 8).Draw(x.T, "maxCenters")
		return map[string]any{"maxCenters": q.max}
	}
	q.num, q.den = rapid.Int64Range(1, 4).Draw(x.T, "voteNumerator"), rapid.Int64Range(2, 5).Draw(x.T, "voteDenominator")
	return map[string]any{"voteNumerator": q.num, "voteDenominator": q.den}
}

func (x *trial) sign(kind, by string, body map[string]any) []byte {
	return x.league.Sign(x.league.Draft(kind, centerDID(by), body), apptest.Signed(centerDID(by), by)...)
}

// sponsor is a center whose batches the league takes in the next block. There always is one: nothing else carries votes.
func (x *trial) sponsor() string {
	for _, name := range candidates {
		if c := x.model.centers[name]; c != nil && c.status == "active" && !c.halted {
			return name
		}
	}
	x.Fatal("no center sponsors: the league can decide nothing any more")
	return ""
}

// block draws and plays a block.
func (x *trial) block() {
	seconds := rapid.SampledFrom([]int64{1, 1, 1, 5, 30, 200}).Draw(x.T, "seconds")
	sponsor := x.sponsor()
	var culprits []string
	if rapid.IntRange(0, 14).Draw(x.T, "evidence") == 0 {
		for _, name := range candidates {
			if x.model.centers[name] != nil && rapid.Bool().Draw(x.T, name) {
				culprits = append(culprits, name)
			}
		}
	}
	x.model.begin(seconds)
	x.league.Time = x.model.time
	var in app.BlockInput
	for _, name := range culprits {
		in.Misbehaviour = append(in.Misbehaviour, apptest.Key(x.model.centers[name].key).Public().Multikey())
		x.model.misbehave(name)
	}
	x.model.settle()
	var envelopes [][]byte
	var want []string
	for range rapid.IntRange(1, 5).Draw(x.T, "operations") {
		envelope, code := x.operation()
		envelopes, want = append(envelopes, envelope), append(want, code.Info().Name)
	}
	in.Txs = [][]byte{x.league.BatchOf(sponsor, centerDID(sponsor), envelopes...)}
	x.model.calendar()
	in.Height, in.Time = x.league.Store.Version()+1, x.league.Time
	result := x.league.Execute(in)
	var got []string
	for _, tx := range result.Txs {
		for _, o := range tx.Ops {
			got = append(got, o.Code.Info().Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		x.Fatalf("block %d: %s", in.Height, diff)
	}
	x.follow(result)
	x.compare()
	x.recount()
}

// follow keeps the events, and applies the validator updates as CometBFT does.
func (x *trial) follow(result *app.BlockResult) {
	for _, r := range result.Receipts {
		x.events = append(x.events, r.Events...)
	}
	x.events = append(x.events, result.Events...)
	before := map[string]int64{}
	for key, power := range x.set {
		before[key] = power
	}
	last := ""
	for _, u := range result.Updates {
		name := x.keyName(u.Key)
		switch _, known := x.set[name]; {
		case u.Key <= last:
			x.Fatalf("updates: %s out of order or twice", name)
		case u.Power == 0 && !known:
			x.Fatalf("updates: %s was no validator", name)
		case u.Power < 0 || u.Power > governance.MaxPower:
			x.Fatalf("updates: power of %s is %d", name, u.Power)
		case u.Power == 0:
			delete(x.set, name)
		default:
			x.set[name] = u.Power
		}
		last = u.Key
	}
	if !bearable(before, x.set) {
		x.Fatalf("the set went from %v to %v in one block", before, x.set)
	}
}

func (x *trial) keyName(multikey string) string {
	names := make([]string, 0, x.keys+2*len(candidates))
	for i := range x.keys {
		names = append(names, "v"+strconv.Itoa(i+1))
	}
	for _, c := range candidates {
		names = append(names, c+"-v", c+"-s")
	}
	for _, n := range names {
		if apptest.Key(n).Public().Multikey() == multikey {
			return n
		}
	}
	x.Fatalf("nobody has key %s", multikey)
	return ""
}

// compare asks the state for what the model has.
func (x *trial) compare() {
	view, err := x.league.App.View(0)
	if err != nil {
		x.Fatal(err)
	}
	defer view.Close()
	r := view.Reader()
	var want, got []string
	for _, name := range candidates {
		if m := x.model.centers[name]; m != nil {
			want = append(want, fmt.Sprintf("%s %s %t %d %s %d %d", name, m.status, m.halted, m.power, m.key, m.n, m.evidence))
		}
		c, err := governance.Get(r, centerDID(name))
		if err != nil {
			x.Fatal(err)
		}
		if c != nil {
			got = append(got, fmt.Sprintf("%s %s %t %d %s %d %d", name, c.Status, c.Halted, c.Power, x.keyName(c.Validator), c.N, c.Evidence))
		}
	}
	for _, m := range x.model.proposals {
		want = append(want, fmt.Sprintf("%d %s %s %d %d %d %d", m.number, m.kind, m.state, m.yes, m.no, m.abstain, m.voters))
		p, err := governance.GetProposal(r, m.number)
		if err != nil || p == nil {
			x.Fatal(p, err)
		}
		state := string(p.State)
		if p.State == governance.Failed {
			state += ":" + p.Failure.Info().Name
		}
		got = append(got, fmt.Sprintf("%d %s %s %d %d %d %d", p.Number, p.Kind, state, p.Yes, p.No, p.Abstain, p.Voters))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		x.Fatal(diff)
	}
	if diff := cmp.Diff(x.model.set(), x.set); diff != "" {
		x.Fatalf("validators: %s", diff)
	}
}

// recount goes through the events alone, as an auditor does: tallies of open proposals are what they say, and what passed is
// executed or failed once.
func (x *trial) recount() {
	active := map[string]bool{}
	for _, name := range candidates[:5] {
		active[string(centerDID(name))] = true
	}
	votes, passed, done := map[string]map[string]string{}, map[string]int{}, map[string]int{}
	for _, e := range x.events {
		attributes := map[string]string{}
		for _, a := range e.Attributes {
			attributes[a.Name] = a.Value
		}
		switch subject := strings.Join(e.Subjects, ""); {
		case e.Type == "proposal.voted":
			if votes[subject] == nil {
				votes[subject] = map[string]string{}
			}
			votes[subject][attributes["center"]] = attributes["choice"]
		case e.Type == "proposal.passed":
			passed[subject]++
		case e.Type == "proposal.executed" || e.Type == "proposal.failed":
			done[subject]++
		case attributes["status"] != "":
			active[strings.TrimPrefix(subject, "center/")] = attributes["status"] == "active"
		}
	}
	for _, p := range x.model.proposals {
		subject := exec.SubjectProposal(p.number)
		if p.state == "open" {
			var yes, no int64
			for center, choice := range votes[subject] {
				switch {
				case active[center] && choice == "yes":
					yes++
				case active[center] && choice == "no":
					no++
				}
			}
			if yes != p.yes || no != p.no {
				x.Fatalf("proposal %d: events say %d yes and %d no, the state %d and %d", p.number, yes, no, p.yes, p.no)
			}
		}
		ended := p.state == "executed" || strings.HasPrefix(p.state, "failed")
		decided := ended || p.state == "passed"
		if passed[subject] != number(decided) || done[subject] != number(ended) || p.executed > 1 {
			x.Fatalf("proposal %d: %s, passed %d times, executed or failed %d times", p.number, p.state, passed[subject], done[subject])
		}
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Random blocks give what a plain model says: codes, centers, tallies, decisions and validator set. Along the way the set
// never breaks its bounds, and events alone give the same count.
func TestTheLeagueFollowsAPlainModel(t *testing.T) {
	reached := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		x := newTrial(t, r)
		for range rapid.IntRange(1, 30).Draw(r, "blocks") {
			x.block()
			if rapid.IntRange(0, 19).Draw(r, "restart") == 0 {
				x.league.Restart()
			}
		}
		if err := app.Fsck(x.league.Store, nil); err != nil {
			r.Fatal(err)
		}
		for _, p := range x.model.proposals {
			reached[p.state]++
		}
	})
	if testing.Short() {
		return // too few sequences to reach everything
	}
	failed := 0
	for state, n := range reached {
		if strings.HasPrefix(state, "failed:") {
			failed += n
		}
	}
	if failed == 0 || reached["executed"] == 0 || reached["rejected"] == 0 || reached["withdrawn"] == 0 || reached["open"] == 0 {
		t.Errorf("the sequences do not reach every end: %v", reached)
	}
}
