package governance

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
)

// Role is who a rule gives a right to.
type Role string

// The roles: the league by proposal, a center alone, the ledger itself (what it does on consensus evidence).
const (
	RoleLeague Role = "league"
	RoleCenter Role = "center"
	RoleLedger Role = "ledger"
)

// Rule is one row of the rule table: which action needs which role, threshold and delay. There is at most one row for an
// action and role; what has no row is not permitted to that role.
type Rule struct {
	Action string `json:"action"` // a kind of proposal, or an operation type
	Role   Role   `json:"role"`
	// Numerator and Denominator: more than this fraction of the active centers; 0 and 0: the parameters'. League only.
	Numerator   int64      `json:"numerator,omitempty"`
	Denominator int64      `json:"denominator,omitempty"`
	Delay       int64      `json:"delay,omitempty"`     // seconds from passing to execution. League only
	Resources   []Resource `json:"resources,omitempty"` // of trust.accredit: what a center may accredit for of its own right
}

// Bounds of a rule table.
const (
	maxRules       = 64
	maxResources   = 64 // of one row
	maxDelay       = 90 * 86400
	maxDenominator = 100
)

// Evidence is the action of the ledger that suspends a center whose validator misbehaved.
const Evidence = "evidence"

// action is what rules can be about, with the roles that a row can give it to.
type action struct {
	name  string
	roles []Role
}

var actions = [...]action{
	{"center.admit", []Role{RoleLeague}},
	{"center.reinstate", []Role{RoleLeague}},
	{"center.remove", []Role{RoleLeague}},
	{"center.rotate", []Role{RoleLeague}},
	{"center.suspend", []Role{RoleLeague}},
	{"center.update", []Role{RoleCenter}},
	{"did.recover", []Role{RoleLeague}},
	{Evidence, []Role{RoleLedger}},
	{"params.change", []Role{RoleLeague}},
	{"rules.change", []Role{RoleLeague}},
	{"schema.register", []Role{RoleCenter}},
	{"sponsor.halt", []Role{RoleLeague}},
	{"sponsor.resume", []Role{RoleLeague}},
	{"trust.accredit", []Role{RoleCenter, RoleLeague}},
	{"trust.recognise", []Role{RoleCenter, RoleLeague}},
	{"trust.reinstate", []Role{RoleLeague}},
	{"trust.revoke", []Role{RoleLeague}},
	{"trust.suspend", []Role{RoleLeague}},
	{"upgrade.cancel", []Role{RoleLeague}},
	{"upgrade.plan", []Role{RoleLeague}},
}

// Kinds lists the kinds of proposals, in byte order: the actions of the league.
func Kinds() []string {
	var kinds []string
	for _, a := range actions {
		if slices.Contains(a.roles, RoleLeague) {
			kinds = append(kinds, a.name)
		}
	}
	return kinds
}

// DefaultRules is the table that genesis has where nothing else is asked for: every kind of proposal by the parameters'
// majority without delay (sponsor.halt by more than one half: it stops harm and is undone as easily), centers may update
// themselves, register schemas, recognise, and accredit of their own right for the given resources (none: not at all), and
// evidence suspends.
func DefaultRules(centerResources ...Resource) []Rule {
	var rules []Rule
	for _, a := range actions {
		for _, role := range a.roles {
			rule := Rule{Action: a.name, Role: role}
			switch {
			case a.name == "sponsor.halt":
				rule.Numerator, rule.Denominator = 1, 2
			case a.name == "trust.accredit" && role == RoleCenter:
				if len(centerResources) == 0 {
					continue
				}
				rule.Resources = slices.Compact(slices.Sorted(slices.Values(centerResources)))
			}
			rules = append(rules, rule)
		}
	}
	return rules
}

// CheckRules says what is wrong with a rule table, in any order: a row that means nothing, two rows for one action and role,
// too many, or none by which the table could ever change again.
func CheckRules(rules []Rule) error {
	if len(rules) > maxRules {
		return fmt.Errorf("rules: %d rows, at most %d", len(rules), maxRules)
	}
	changeable := false
	for i, rule := range rules {
		if err := rule.check(); err != nil {
			return fmt.Errorf("rules: row %d: %w", i, err)
		}
		for _, other := range rules[:i] {
			if compareRules(rule, other) == 0 {
				return fmt.Errorf("rules: two rows for %s by %s", rule.Action, rule.Role)
			}
		}
		changeable = changeable || rule.Action == "rules.change" && rule.Role == RoleLeague
	}
	if !changeable {
		return fmt.Errorf("rules: no row for rules.change by league: they could never change again")
	}
	return nil
}

func (r *Rule) check() error {
	i := slices.IndexFunc(actions[:], func(a action) bool { return a.name == r.Action })
	accredits := r.Action == "trust.accredit" && r.Role == RoleCenter
	switch {
	case i < 0:
		return fmt.Errorf("%.64q is no action", r.Action)
	case !slices.Contains(actions[i].roles, r.Role):
		return fmt.Errorf("%s cannot be given to role %.64q", r.Action, r.Role)
	case r.Role != RoleLeague && (r.Numerator != 0 || r.Denominator != 0 || r.Delay != 0):
		return fmt.Errorf("%s by %s: threshold and delay are for proposals", r.Action, r.Role)
	case (r.Numerator != 0 || r.Denominator != 0) && !r.majority():
		return fmt.Errorf("%s: %d/%d is not a fraction from one half to below one, of a denominator up to %d",
			r.Action, r.Numerator, r.Denominator, maxDenominator)
	case r.Delay < 0 || r.Delay > maxDelay:
		return fmt.Errorf("%s: delay of %d s is not within 0 and %d", r.Action, r.Delay, maxDelay)
	case accredits != (len(r.Resources) > 0):
		return fmt.Errorf("%s by %s: resources are for trust.accredit by a center, which needs them", r.Action, r.Role)
	}
	return r.checkResources()
}

func (r *Rule) majority() bool {
	return r.Numerator > 0 && r.Denominator <= maxDenominator && exec.Majority(r.Numerator, r.Denominator)
}

func (r *Rule) checkResources() error {
	if len(r.Resources) > maxResources {
		return fmt.Errorf("%s: %d resources, at most %d", r.Action, len(r.Resources), maxResources)
	}
	for i, res := range r.Resources {
		if _, err := ParseResource(string(res)); err != nil {
			return fmt.Errorf("%s: %w", r.Action, err)
		}
		if i > 0 && r.Resources[i-1] >= res {
			return fmt.Errorf("%s: resource %s out of order or twice", r.Action, res)
		}
	}
	return nil
}

// compareRules orders the rows of a table.
func compareRules(a, b Rule) int {
	return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.Role, b.Role))
}

// Covers reports whether one of the row's resources covers res.
func (r *Rule) Covers(res Resource) bool {
	return slices.ContainsFunc(r.Resources, func(own Resource) bool { return own.Covers(res) })
}

// readRule reads a row; m says where it stands. CheckRules checks what it means.
func readRule(m *object.Reader) (Rule, error) {
	rule := Rule{
		Action: m.String("action"), Role: Role(m.String("role")),
		Numerator: m.OptInt("numerator", 0), Denominator: m.OptInt("denominator", 0), Delay: m.OptInt("delay", 0),
	}
	for _, n := range [...]struct {
		name  string
		value int64
	}{{"numerator", rule.Numerator}, {"denominator", rule.Denominator}, {"delay", rule.Delay}} {
		if m.Has(n.name) && n.value == 0 {
			m.Fail(n.name, "zero is written by absence")
		}
	}
	resources := m.OptStrings("resources")
	for _, res := range resources {
		rule.Resources = append(rule.Resources, Resource(res))
	}
	if m.Has("resources") && len(resources) == 0 {
		m.Fail("resources", "empty: leave it out")
	}
	return rule, m.Done()
}

func (r *Rule) value() map[string]any {
	m := map[string]any{"action": r.Action, "role": string(r.Role)}
	if r.Denominator != 0 {
		m["numerator"], m["denominator"] = r.Numerator, r.Denominator
	}
	if r.Delay != 0 {
		m["delay"] = r.Delay
	}
	if len(r.Resources) > 0 {
		list := make([]any, len(r.Resources))
		for i, res := range r.Resources {
			list[i] = string(res)
		}
		m["resources"] = list
	}
	return m
}
