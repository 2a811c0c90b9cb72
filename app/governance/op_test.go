package governance_test

import (
	"strings"
	"testing"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
)

// validate reads a body as the operation type says.
func validate(kind string, body map[string]any) error {
	o := &op.Operation{League: apptest.Name, Type: kind, By: centerDID("center-1"), Body: body}
	var err error
	switch kind {
	case "league.propose":
		_, err = governance.ValidatePropose(o, governance.ReadKind)
	case "league.vote":
		_, err = governance.ValidateVote(o)
	case "league.withdraw":
		_, err = governance.ValidateWithdraw(o)
	case "center.update":
		_, err = governance.ValidateUpdate(o)
	}
	return err
}

func TestBodiesAreReadStrictly(t *testing.T) {
	type body = map[string]any
	key := apptest.Key("v9").Public().Multikey()
	content := body{"center": string(centerDID("center-4"))}
	long, longest := strings.Repeat("a", 1025), strings.Repeat("a", 1024)
	for kind, c := range map[string]struct{ good, bad map[string]body }{
		"league.propose": {
			map[string]body{
				"plain":      {"kind": "center.suspend", "content": content},
				"a reason":   {"kind": "center.suspend", "content": content, "reason": longest},
				"any letter": {"kind": "center.suspend", "content": content, "reason": "größer 重要"},
			},
			map[string]body{
				"empty": {}, "no content": {"kind": "center.suspend"}, "no kind": {"content": content},
				"a list":         {"kind": "center.suspend", "content": []any{}},
				"a long reason":  {"kind": "center.suspend", "content": content, "reason": long},
				"no reason":      {"kind": "center.suspend", "content": content, "reason": ""},
				"another member": {"kind": "center.suspend", "content": content, "threshold": int64(1)},
				"a number":       {"kind": int64(7), "content": content},
			},
		},
		"league.vote": {
			map[string]body{
				"yes": {"proposal": int64(1), "choice": "yes"}, "no": {"proposal": int64(1), "choice": "no", "reason": "r"},
				"abstain": {"proposal": int64(1) << 50, "choice": "abstain"},
			},
			map[string]body{
				"empty": {}, "zero": {"proposal": int64(0), "choice": "yes"}, "negative": {"proposal": int64(-1), "choice": "yes"},
				"a text": {"proposal": "1", "choice": "yes"}, "maybe": {"proposal": int64(1), "choice": "maybe"},
				"capitals": {"proposal": int64(1), "choice": "Yes"}, "two": {"proposal": int64(1), "choice": []any{"yes"}},
				"weight": {"proposal": int64(1), "choice": "yes", "weight": int64(2)}, "a long reason": {"proposal": int64(1), "choice": "yes", "reason": long},
			},
		},
		"league.withdraw": {
			map[string]body{"plain": {"proposal": int64(1)}},
			map[string]body{"empty": {}, "zero": {"proposal": int64(0)}, "reason": {"proposal": int64(1), "reason": "r"}},
		},
		"center.update": {
			map[string]body{
				"key": {"prev": int64(1), "validator": key}, "sponsors": {"prev": int64(1), "sponsors": apptest.Multikeys("s1", "s2")},
				"api": {"prev": int64(1), "api": "https://b.example"},
			},
			map[string]body{
				"empty": {}, "nothing": {"prev": int64(1)}, "no prev": {"validator": key}, "another's power": {"prev": int64(1), "power": int64(99)},
				"a name": {"prev": int64(1), "name": "b"}, "no key": {"prev": int64(1), "validator": ""}, "half a key": {"prev": int64(1), "validator": key[:20]},
				"a did:key":   {"prev": int64(1), "validator": apptest.Key("v9").Public().DIDKey()},
				"P-256":       {"prev": int64(1), "validator": apptest.Key("p1").Public().Multikey()},
				"no sponsors": {"prev": int64(1), "sponsors": []any{}}, "a sponsor twice": {"prev": int64(1), "sponsors": apptest.Multikeys("s1", "s1")},
				"a script": {"prev": int64(1), "api": "javascript:alert(1)"}, "a line": {"prev": int64(1), "api": "https://b.example\nx"},
				"a long URL": {"prev": int64(1), "api": "https://b.example/" + long},
			},
		},
	} {
		for name, b := range c.good {
			if err := validate(kind, b); err != nil {
				t.Errorf("%s, %s: %v", kind, name, err)
			}
		}
		for name, b := range c.bad {
			if err := validate(kind, b); exec.CodeOf(err) != exec.CodeMalformed {
				t.Errorf("%s, %s: got %v", kind, name, err)
			}
		}
	}
}

func TestProposalsAreListedFromTheNewest(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, `
		propose A as=center-1 kind=params.change maxKeys=9
		propose B as=center-1 kind=params.change maxKeys=8
		withdraw A as=center-1
		propose C as=center-2 kind=params.change maxKeys=7
		propose D as=center-2 kind=params.change maxKeys=6
		withdraw C as=center-2
	`)
	view, err := s.App.View(0)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	for _, c := range []struct {
		state  governance.ProposalState
		before int64
		limit  int
		want   string
		next   int64
	}{
		{"", 0, 10, "4 3 2 1", 0}, {"", 0, 2, "4 3", 3}, {"", 3, 2, "2 1", 0}, {"", 1, 2, "", 0}, {"", 99, 1, "4", 4}, {"", 0, 0, "", 5},
		{governance.Open, 0, 10, "4 2", 0}, {governance.Withdrawn, 0, 1, "3", 3}, {governance.Withdrawn, 3, 1, "1", 0},
		{governance.Executed, 0, 10, "", 0},
	} {
		page, next, err := governance.Proposals(view.Reader(), c.state, c.before, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range page {
			got = append(got, string(rune('0'+p.Number)))
		}
		if text := strings.Join(got, " "); text != c.want || next != c.next {
			t.Errorf("%q before %d, %d of them: %q, next %d", c.state, c.before, c.limit, text, next)
		}
	}
	votes, err := governance.Votes(view.Reader(), 4)
	if err != nil || len(votes) != 1 || votes[0].Center != centerDID("center-2") || votes[0].Choice != governance.Yes {
		t.Errorf("%+v (%v)", votes, err)
	}
	if p, err := governance.GetProposal(view.Reader(), 5); err != nil || p != nil {
		t.Errorf("%+v (%v)", p, err)
	}
}

// Majorities at every number of centers: the smallest number of yes votes is more than the fraction, and one less is not.
func TestNeededVotes(t *testing.T) {
	for _, f := range [][2]int64{{1, 2}, {2, 3}, {3, 4}, {99, 100}} {
		for voters := int64(1); voters <= 128; voters++ {
			p := governance.Proposal{Numerator: f[0], Denominator: f[1], Voters: voters}
			n := p.Needed()
			if n*f[1] <= voters*f[0] || (n-1)*f[1] > voters*f[0] || n > voters {
				t.Errorf("%d/%d of %d: %d", f[0], f[1], voters, n)
			}
		}
	}
}
