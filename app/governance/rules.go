package governance

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/did/jcs"
)

const (
	rulesKey           = "g/rules"
	rulesHistoryPrefix = "g/s/"
)

// Rules is one version of the rule table.
type Rules struct {
	N      int64  `json:"n"`      // version, from 1
	Since  int64  `json:"since"`  // block time of this version; 0: genesis
	Height int64  `json:"height"` // of this version; 0: genesis
	Cause  string `json:"cause"`  // what made this version: "genesis", "proposal/7"
	Rules  []Rule `json:"rules"`  // ordered by action, then role
}

// RulesKey is the state key of the present rule table, RulesVersionKey that of superseded version n.
func RulesKey() []byte { return []byte(rulesKey) }

// RulesVersionKey is the state key of superseded version n of the rule table.
func RulesVersionKey(n int64) []byte {
	return binary.BigEndian.AppendUint64([]byte(rulesHistoryPrefix), uint64(n))
}

// Rule finds the row of an action and role; nil if there is none. It must not be modified.
func (t *Rules) Rule(action string, role Role) *Rule {
	i, found := slices.BinarySearchFunc(t.Rules, Rule{Action: action, Role: role}, compareRules)
	if !found {
		return nil
	}
	return &t.Rules[i]
}

// Permit finds the row of an action and role: CodeNotPermitted if there is none.
func (t *Rules) Permit(action string, role Role) (*Rule, error) {
	if rule := t.Rule(action, role); rule != nil {
		return rule, nil
	}
	return nil, exec.Errorf(exec.CodeNotPermitted, "%s: the rule table does not permit it to role %s", action, role)
}

// PresentRules reads the present rule table. ErrNoLeague before genesis.
func PresentRules(r exec.Reader) (*Rules, error) {
	data := r.Get([]byte(rulesKey))
	if data == nil {
		return nil, ErrNoLeague
	}
	return decodeRules(data)
}

// RulesAt reads the version of the rule table that was in force at block time t (0: genesis).
func RulesAt(r exec.Reader, t int64) (*Rules, error) {
	present, err := PresentRules(r)
	if err != nil || present.Since <= t {
		return present, err
	}
	n, err := versionAt(present.N, t, func(n int64) (int64, error) {
		version, err := nthRules(r, present, n)
		if err != nil {
			return 0, err
		}
		return version.Since, nil
	})
	if err != nil {
		return nil, err
	}
	return nthRules(r, present, max(n, 1)) // before genesis there was nothing else
}

func nthRules(r exec.Reader, present *Rules, n int64) (*Rules, error) {
	if n == present.N {
		return present, nil
	}
	data := r.Get(RulesVersionKey(n))
	if data == nil {
		return nil, fmt.Errorf("rules: version %d is missing", n)
	}
	return decodeRules(data)
}

// PutRules writes version 1 of the rule table, at genesis, in its one order. CheckRules must accept it.
func PutRules(s exec.Store, rules []Rule) error {
	return putRules(s, rulesKey, &Rules{N: 1, Cause: causeGenesis, Rules: SortedRules(rules)})
}

// SortedRules returns rules in the order of a table: by action, then role.
func SortedRules(rules []Rule) []Rule { return slices.SortedFunc(slices.Values(rules), compareRules) }

func putRules(s exec.Store, key string, t *Rules) error {
	if err := CheckRules(t.Rules); err != nil {
		return err
	}
	return putValue(s, key, map[string]any{
		"n": t.N, "since": t.Since, "height": t.Height, "cause": t.Cause, "rules": RulesValue(t.Rules),
	})
}

// RulesValue is the JSON array of rules, which ReadRules reads.
func RulesValue(rules []Rule) []any {
	list := make([]any, len(rules))
	for i := range rules {
		list[i] = rules[i].value()
	}
	return list
}

// ReadRules reads a JSON array of rules that stands at pointer (RFC 6901): members only, see CheckRules.
func ReadRules(list []any, pointer string) ([]Rule, error) {
	rules := make([]Rule, 0, min(len(list), maxRules))
	for i, item := range list {
		members, ok := item.(map[string]any)
		at := pointer + "/" + strconv.Itoa(i)
		if !ok || i == maxRules {
			return nil, &object.Error{Pointer: at, Reason: fmt.Sprintf("not one of at most %d objects", maxRules)}
		}
		rule, err := readRule(object.New(members, at))
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// DecodeRules reads a rule table from its state value (JCS JSON), as a proof carries it.
func DecodeRules(value []byte) (*Rules, error) { return decodeRules(value) }

func decodeRules(data []byte) (*Rules, error) {
	value, err := jcs.ParseIntegers(data, jcs.Limits{})
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	members, _ := value.(map[string]any)
	m := object.New(members, "")
	t := &Rules{N: m.Int("n"), Since: m.Int("since"), Height: m.Int("height"), Cause: m.String("cause")}
	list := m.List("rules")
	if err := m.Done(); err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	if t.Rules, err = ReadRules(list, "/rules"); err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	if !slices.IsSortedFunc(t.Rules, compareRules) {
		return nil, fmt.Errorf("rules: out of order")
	}
	return t, nil
}
