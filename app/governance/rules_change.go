package governance

import (
	"slices"
	"strconv"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
)

// rulesChange is the act rules.change: content {rules?: [row…], remove?: [{action, role}…]}, rows that are added or take the
// place of those for the same action and role, and rows that go. Others are not touched.
type rulesChange struct {
	rules  []Rule
	remove []Rule // action and role only
}

func readRulesChange(m *object.Reader) (Act, error) {
	a := &rulesChange{}
	var err error
	if m.Has("rules") {
		if a.rules, err = ReadRules(m.List("rules"), contentPointer+"/rules"); err != nil {
			return nil, object.Malformed(err)
		}
	}
	if m.Has("remove") {
		if a.remove, err = readRows(m.List("remove")); err != nil {
			return nil, object.Malformed(err)
		}
	}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return a, a.validate()
}

// readRows reads a list of {action, role}.
func readRows(list []any) (rows []Rule, err error) {
	for i, item := range list {
		members, _ := item.(map[string]any)
		m := object.New(members, contentPointer+"/remove/"+strconv.Itoa(i))
		rows = append(rows, Rule{Action: m.String("action"), Role: Role(m.String("role"))})
		if err := m.Done(); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (a *rulesChange) validate() error {
	rows := slices.Concat(a.rules, a.remove)
	if len(rows) == 0 || len(rows) > maxRules {
		return exec.Errorf(exec.CodeMalformed, "names %d rows, 1 to %d expected", len(rows), maxRules).At(contentPointer)
	}
	for i := range a.rules {
		if err := a.rules[i].check(); err != nil {
			return exec.Errorf(exec.CodeMalformed, "%v", err).At(contentPointer + "/rules/" + strconv.Itoa(i))
		}
	}
	slices.SortFunc(rows, compareRules)
	for i := 1; i < len(rows); i++ {
		if compareRules(rows[i-1], rows[i]) == 0 {
			return exec.Errorf(exec.CodeMalformed, "%s by %s is named twice", rows[i].Action, rows[i].Role).At(contentPointer)
		}
	}
	return nil
}

// Check asks for a table that is valid as a whole, and for rows to be there that are to go.
func (a *rulesChange) Check(env *exec.Env) error {
	_, _, err := a.changed(env)
	return err
}

// Before holds the rows that the act would replace or remove, as they are now.
func (a *rulesChange) Before(env *exec.Env) (map[string]any, error) {
	present, err := PresentRules(env.Store)
	if err != nil {
		return nil, err
	}
	var rows []Rule
	for _, row := range slices.Concat(a.rules, a.remove) {
		if old := present.Rule(row.Action, row.Role); old != nil {
			rows = append(rows, *old)
		}
	}
	return map[string]any{"rules": RulesValue(SortedRules(rows))}, nil
}

// Execute writes the next version of the table.
func (a *rulesChange) Execute(env *exec.Env, m exec.Mandate) error {
	present, rules, err := a.changed(env)
	if err != nil {
		return err
	}
	if err := putRules(env.Store, string(RulesVersionKey(present.N)), present); err != nil {
		return err
	}
	next := &Rules{
		N: present.N + 1, Since: env.Block.Time, Height: env.Block.Height, Cause: causeProposal(m.Proposal), Rules: rules,
	}
	if err := putRules(env.Store, rulesKey, next); err != nil {
		return err
	}
	env.Emit(exec.Event{
		Type: "rules.changed", Subjects: []string{exec.SubjectRules},
		Attributes: []exec.Attribute{{Name: "version", Value: strconv.FormatInt(next.N, 10)}, {Name: "cause", Value: next.Cause}},
	})
	return nil
}

// changed merges the act into the present table.
func (a *rulesChange) changed(env *exec.Env) (present *Rules, rules []Rule, err error) {
	if present, err = PresentRules(env.Store); err != nil {
		return nil, nil, err
	}
	for _, row := range a.remove {
		if present.Rule(row.Action, row.Role) == nil {
			return nil, nil, exec.Errorf(exec.CodeWrongState, "%s by %s: no such row", row.Action, row.Role).At(contentPointer + "/remove")
		}
	}
	gone := slices.Concat(a.rules, a.remove)
	for _, row := range present.Rules {
		if !slices.ContainsFunc(gone, func(g Rule) bool { return compareRules(g, row) == 0 }) {
			rules = append(rules, row)
		}
	}
	rules = SortedRules(append(rules, a.rules...))
	if err := CheckRules(rules); err != nil {
		return nil, nil, exec.Errorf(exec.CodeWrongState, "%v", err).At(contentPointer)
	}
	return present, rules, nil
}
