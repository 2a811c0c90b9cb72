package governance

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/exec/exectest"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

const someDID did.DID = "did:hanse:test:QmbLxNNQiiKyHd99iqrM9qzH6C8iG2iZWJAAZW2bidwd7J"

func someCenter() Center {
	return Center{
		Name: "a", DID: someDID, Validator: "z6Mk1", Power: 7, Sponsors: []string{"z6Mk2"}, API: "https://a.example", Halted: true,
		Status: Suspended, N: 3, Since: 4, Height: 5, Cause: "proposal/7", Evidence: 2, Until: 9,
	}
}

func someProposal() *Proposal {
	return &Proposal{
		Number: 7, ID: op.ID{1, 2}, Proposer: someDID, Kind: "params.change", Content: map[string]any{"params": map[string]any{"maxKeys": int64(3)}},
		Before: map[string]any{"params": map[string]any{"maxKeys": int64(20)}}, Reason: "r", Numerator: 2, Denominator: 3, Delay: 4, Opened: 5,
		Height: 6, Closes: 7, State: Failed, Passed: 8, Ended: 9, EndHeight: 10, Failure: exec.CodeWrongState, Yes: 3, No: 1, Abstain: 2, Voters: 6,
	}
}

// value is what a record looks like in the state.
func value(t testing.TB, key []byte, put func(s exec.Store) error) []byte {
	s := exectest.NewStore()
	if err := put(s); err != nil {
		t.Fatal(err)
	}
	return s.Get(key)
}

func TestRecordsReadBack(t *testing.T) {
	center := someCenter()
	c, err := DecodeCenter(value(t, CenterKey(op.HashCenter(someDID)), func(s exec.Store) error { return PutCenter(s, center) }))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&center, c); diff != "" {
		t.Error(diff)
	}
	p, err := DecodeProposal(value(t, ProposalKey(7), someProposal().put))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(someProposal(), p); diff != "" {
		t.Error(diff)
	}
	vote := &Vote{Center: someDID, Choice: Abstain, Reason: "r", ID: op.ID{3}, Time: 4, Height: 5}
	v, err := DecodeVote(value(t, VoteKey(7, op.HashCenter(someDID)), func(s exec.Store) error { return vote.put(s, 7) }))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(vote, v); diff != "" {
		t.Error(diff)
	}
	table := &Rules{N: 2, Since: 3, Height: 4, Cause: "proposal/1", Rules: DefaultRules("type:A", "prefix:B")}
	r, err := DecodeRules(value(t, RulesKey(), func(s exec.Store) error { return putRules(s, rulesKey, table) }))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(table, r); diff != "" {
		t.Error(diff)
	}
	plan := &Plan{Name: "two", Height: 5, MinVersion: "2.0.0", Digests: map[string]string{"linux/amd64": strings.Repeat("ab", 32)}, Proposal: 3}
	former := &Plan{Name: "one", Height: 4, MinVersion: "1.0.0", Digests: map[string]string{}, Proposal: 2}
	gotPlan, gotFormer, err := decodePlan(value(t, PlanKey(), func(s exec.Store) error { return putPlan(s, plan, former) }))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*Plan{plan, former}, []*Plan{gotPlan, gotFormer}); diff != "" {
		t.Error(diff)
	}
}

func TestRecordsAreReadStrictly(t *testing.T) {
	for name, c := range map[string]struct {
		decode func([]byte) error
		good   []byte
		old    string
		bad    []string
	}{
		"center": {
			func(b []byte) error { _, err := DecodeCenter(b); return err },
			value(t, CenterKey(op.HashCenter(someDID)), func(s exec.Store) error { return PutCenter(s, someCenter()) }),
			`"status":"suspended"`, []string{`"status":"gone"`, `"status":7`, `"Status":"suspended"`, `"extra":1,"status":"suspended"`},
		},
		"proposal": {
			func(b []byte) error { _, err := DecodeProposal(b); return err }, value(t, ProposalKey(7), someProposal().put),
			`"denominator":3`, []string{`"denominator":0`, `"denominator":"3"`, `"denominators":3`},
		},
		"vote": {
			func(b []byte) error { _, err := DecodeVote(b); return err },
			value(t, VoteKey(7, op.HashCenter(someDID)), func(s exec.Store) error { return (&Vote{Center: someDID, Choice: Yes}).put(s, 7) }),
			`"choice":"yes"`, []string{`"choice":"YES"`, `"choice":true`, `"chance":"yes"`},
		},
		"rules": {
			func(b []byte) error { _, err := DecodeRules(b); return err },
			value(t, RulesKey(), func(s exec.Store) error { return PutRules(s, DefaultRules()) }),
			`{"action":"center.admit","role":"league"}`, []string{`{"action":"z","role":"league"}`, `{"action":"center.admit"}`, `7`,
				`{"action":"center.admit","delay":0,"role":"league"}`},
		},
		"key": {
			func(b []byte) error { _, err := decodeKey(b); return err },
			value(t, keyKey("z6"), func(s exec.Store) error { return claimKey(s, "z6", someDID, useSponsor) }),
			`"use":"sponsor"`, []string{`"use":"both"`, `"use":1`},
		},
	} {
		if err := c.decode(c.good); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, bad := range append(c.bad, "") {
			text := strings.Replace(string(c.good), c.old, bad, 1)
			if text == string(c.good) {
				t.Fatalf("%s: nothing replaced", name)
			}
			if err := c.decode([]byte(text)); err == nil {
				t.Errorf("%s: %s accepted", name, text)
			}
		}
	}
}

// Whatever a decoder of records accepts has one meaning: written again, it reads back the same.
func FuzzRecords(f *testing.F) {
	f.Add(value(f, CenterKey(op.HashCenter(someDID)), func(s exec.Store) error { return PutCenter(s, someCenter()) }))
	f.Add(value(f, ProposalKey(7), someProposal().put))
	f.Add(value(f, VoteKey(7, op.HashCenter(someDID)), func(s exec.Store) error { return (&Vote{Center: someDID, Choice: Yes}).put(s, 7) }))
	f.Add(value(f, RulesKey(), func(s exec.Store) error { return PutRules(s, DefaultRules("type:A")) }))
	f.Add(value(f, PlanKey(), func(s exec.Store) error {
		p := &Plan{Name: "two", Height: 5, MinVersion: "2.0.0", Digests: map[string]string{}}
		return putPlan(s, p, p)
	}))
	f.Add(value(f, []byte(validatorsKey), func(s exec.Store) error {
		set := []Validator{{"za", 1}, {"zb", 2}}
		return putSet(s, validatorSet{now: set, before: set[:1], height: 4})
	}))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, again := exectest.NewStore(), exectest.NewStore()
		if c, err := DecodeCenter(data); err == nil {
			check(t, PutCenter(s, *c))
			c2, err := ByHash(s, op.HashCenter(c.DID))
			check(t, err)
			same(t, c, c2)
		}
		if p, err := DecodeProposal(data); err == nil {
			check(t, p.put(s))
			p2, err := GetProposal(s, p.Number)
			check(t, err)
			same(t, p, p2)
		}
		if v, err := DecodeVote(data); err == nil {
			check(t, v.put(s, 1))
			v2, err := voteOf(s, 1, v.Center)
			check(t, err)
			same(t, v, v2)
		}
		if r, err := DecodeRules(data); err == nil && CheckRules(r.Rules) == nil {
			check(t, putRules(s, rulesKey, r))
			r2, err := PresentRules(s)
			check(t, err)
			same(t, r, r2)
		}
		if p, former, err := decodePlan(data); err == nil {
			check(t, putPlan(s, p, former))
			p2, former2, err := decodePlan(s.Get(PlanKey()))
			check(t, err)
			same(t, []*Plan{p, former}, []*Plan{p2, former2})
		}
		again.Set([]byte(validatorsKey), append(data, ' '))
		if v, err := readValidators(again); err == nil {
			check(t, putSet(s, v))
			v2, err := readValidators(s)
			check(t, err)
			if !cmp.Equal(v.now, v2.now) || !cmp.Equal(v.before, v2.before) || v.height != v2.height {
				t.Errorf("%+v became %+v", v, v2)
			}
		}
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func same[T any](t *testing.T, a, b T) {
	t.Helper()
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
}

// Reading a proposal's content never panics, whatever it is, and what is accepted is accepted again in its stored form.
func FuzzReadKind(f *testing.F) {
	kinds := []string{
		"center.admit", "center.suspend", "center.reinstate", "center.remove", "center.rotate", "sponsor.halt", "sponsor.resume",
		"params.change", "rules.change", "upgrade.plan", "upgrade.cancel", "none",
	}
	for i, content := range []string{
		`{"center":{"api":"https://a.example","create":{},"name":"a","power":1,"sponsors":["z6Mk"],"validator":"z6Mk"}}`,
		`{"center":"` + string(someDID) + `"}`, `{"center":"` + string(someDID) + `","validator":"z6Mk"}`, `{"params":{"maxKeys":3}}`,
		`{"remove":[{"action":"evidence","role":"ledger"}],"rules":[{"action":"sponsor.halt","delay":5,"denominator":4,"numerator":3,"role":"league"}]}`,
		`{"digests":{},"height":9,"minVersion":"2.0.0","name":"two"}`, `{"name":"two"}`, `{}`,
	} {
		f.Add(uint8(i), []byte(content))
	}
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		parsed, err := jcs.ParseIntegers(data, jcs.Limits{})
		content, ok := parsed.(map[string]any)
		if err != nil || !ok {
			return
		}
		name := kinds[int(kind)%len(kinds)]
		act, err := ReadKind("test", name, content)
		if err != nil {
			if code := exec.CodeOf(err); code == exec.CodeInternal {
				t.Errorf("%s: %v", name, err)
			}
			return
		}
		stored, err := jcs.Encode(content)
		if err != nil {
			t.Fatal(err)
		}
		again, err := jcs.ParseIntegers(stored, proposalLimits)
		if err != nil {
			t.Fatal(err)
		}
		second, err := ReadKind("test", name, again.(map[string]any))
		if err != nil || !cmp.Equal(act, second, cmp.AllowUnexported(admit{}, standing{}, rotate{}, paramsChange{}, rulesChange{}, plan{}, cancel{})) {
			t.Errorf("%s: reads back as another (%v)", name, err)
		}
	})
}

func TestKeysSortAsTheirNumbers(t *testing.T) {
	for n := range int64(600) {
		if bytes.Compare(ProposalKey(n), ProposalKey(n+1)) >= 0 || bytes.Compare(RulesVersionKey(n), RulesVersionKey(n+1)) >= 0 {
			t.Fatal(n)
		}
	}
}
