package governance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app/governance"
)

func TestResources(t *testing.T) {
	for _, good := range []string{"type:A", "type:a:b", "prefix:", "prefix:A", "schema:sha256-abc=", "type:" + strings.Repeat("a", 251)} {
		if r, err := governance.ParseResource(good); err != nil || string(r) != good {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "A", "type", "type:", "schema:", "Type:A", "types:A", "type:A b", "type:A*", "prefix:*", "type:ä", "type:A\n", "type:\x00",
		"type:" + strings.Repeat("a", 252),
	} {
		if _, err := governance.ParseResource(bad); err == nil {
			t.Errorf("%q: accepted", bad)
		}
	}
}

func TestResourcesCoverWhatIsNarrower(t *testing.T) {
	for _, c := range []struct {
		wide, narrow governance.Resource
		want         bool
	}{
		{"type:A", "type:A", true}, {"type:A", "type:AB", false}, {"type:A", "prefix:A", false},
		{"prefix:A", "type:AB", true}, {"prefix:A", "type:A", true}, {"prefix:A", "prefix:AB", true}, {"prefix:AB", "prefix:A", false},
		{"prefix:", "type:A", true}, {"prefix:", "prefix:", true}, {"prefix:", "schema:sha256-a", false}, {"schema:a", "schema:a", true},
		{"schema:a", "schema:b", false}, {"prefix:a", "type:A", false},
	} {
		if got := c.wide.Covers(c.narrow); got != c.want {
			t.Errorf("%s covers %s: %t", c.wide, c.narrow, got)
		}
	}
}

// Covering is what makes scope narrow down a path, however long it is: it must be transitive, and hold for every type.
func TestCoveringIsTransitive(t *testing.T) {
	resource := rapid.Custom(func(t *rapid.T) governance.Resource {
		kind := rapid.SampledFrom([]string{"type:", "prefix:", "schema:"}).Draw(t, "kind")
		return governance.Resource(kind + rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 3, -1).Draw(t, "value"))
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := resource.Draw(t, "a"), resource.Draw(t, "b"), resource.Draw(t, "c")
		if a.Covers(b) && b.Covers(c) && !a.Covers(c) {
			t.Fatalf("%s covers %s covers %s", a, b, c)
		}
		if a.Covers(b) && b.Covers(a) && a != b {
			t.Fatalf("%s and %s cover each other", a, b)
		}
	})
}

func TestDefaultRulesAreATable(t *testing.T) {
	for _, rules := range [][]governance.Rule{governance.DefaultRules(), governance.DefaultRules("type:B", "prefix:A", "type:B")} {
		if err := governance.CheckRules(rules); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(governance.SortedRules(rules), rules); diff != "" {
			t.Error(diff)
		}
	}
	table := governance.Rules{Rules: governance.DefaultRules("prefix:A", "type:B")}
	own := table.Rule("trust.accredit", governance.RoleCenter)
	if own == nil || !own.Covers("type:AB") || !own.Covers("type:B") || own.Covers("type:BB") {
		t.Errorf("%+v", own)
	}
	if r := (&governance.Rules{Rules: governance.DefaultRules()}).Rule("trust.accredit", governance.RoleCenter); r != nil {
		t.Errorf("centers accredit of their own right: %+v", r)
	}
}

func TestTablesThatMeanNothingAreRefused(t *testing.T) {
	row := governance.Rule{Action: "rules.change", Role: governance.RoleLeague}
	with := func(rules ...governance.Rule) []governance.Rule { return append(rules, row) }
	var many []governance.Resource
	for i := range 65 {
		many = append(many, governance.Resource(fmt.Sprintf("type:%03d", i)))
	}
	if err := governance.CheckRules(with(governance.Rule{Action: "trust.accredit", Role: governance.RoleCenter, Resources: many[:64]})); err != nil {
		t.Error(err)
	}
	for name, rules := range map[string][]governance.Rule{
		"none":                  {},
		"that could not change": governance.DefaultRules()[:3],
		"too many":              make([]governance.Rule, 65),
		"a row twice":           with(row),
		"an unknown action":     with(governance.Rule{Action: "center.promote", Role: governance.RoleLeague}),
		"an unknown role":       with(governance.Rule{Action: "center.admit", Role: "everyone"}),
		"a role it cannot have": with(governance.Rule{Action: "center.admit", Role: governance.RoleCenter}),
		"a threshold below one half": with(governance.Rule{
			Action: "center.admit", Role: governance.RoleLeague, Numerator: 1, Denominator: 3}),
		"a threshold of one":   with(governance.Rule{Action: "center.admit", Role: governance.RoleLeague, Numerator: 3, Denominator: 3}),
		"a negative threshold": with(governance.Rule{Action: "center.admit", Role: governance.RoleLeague, Numerator: -1, Denominator: -2}),
		"a fine threshold":     with(governance.Rule{Action: "center.admit", Role: governance.RoleLeague, Numerator: 1 << 40, Denominator: 1<<40 + 1}),
		"a numerator alone":    with(governance.Rule{Action: "center.admit", Role: governance.RoleLeague, Numerator: 1}),
		"a negative delay":     with(governance.Rule{Action: "center.admit", Role: governance.RoleLeague, Delay: -1}),
		"a delay of years":     with(governance.Rule{Action: "center.admit", Role: governance.RoleLeague, Delay: 1 << 40}),
		"a center's delay":     with(governance.Rule{Action: "center.update", Role: governance.RoleCenter, Delay: 1}),
		"resources of another": with(governance.Rule{Action: "center.update", Role: governance.RoleCenter, Resources: many[:1]}),
		"no resources":         with(governance.Rule{Action: "trust.accredit", Role: governance.RoleCenter}),
		"too many resources":   with(governance.Rule{Action: "trust.accredit", Role: governance.RoleCenter, Resources: many}),
		"a bad resource":       with(governance.Rule{Action: "trust.accredit", Role: governance.RoleCenter, Resources: []governance.Resource{"x"}}),
		"resources in no order": with(governance.Rule{
			Action: "trust.accredit", Role: governance.RoleCenter, Resources: []governance.Resource{"type:B", "type:A"}}),
	} {
		if err := governance.CheckRules(rules); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestVersionsAreOrdered(t *testing.T) {
	order := []string{"0.0.1", "0.1.0-rc.1", "0.1.0", "0.2.0", "0.10.0", "1.0.0-alpha", "v1.0.0+linux", "1.0.1", "2.0.0"}
	for i, a := range order {
		for j, b := range order {
			v, err := governance.ParseVersion(a)
			if err != nil {
				t.Fatal(err)
			}
			w, err := governance.ParseVersion(b)
			if err != nil {
				t.Fatal(err)
			}
			if v.Before(w) != (i < j) {
				t.Errorf("%s before %s: %t", a, b, v.Before(w))
			}
		}
	}
	for _, bad := range []string{"", "1", "1.2", "1.2.3.4", "1.2.x", "01.2.3", "1.2.3 ", "1.-2.3", "+1.2.3", "1.2.4294967296"} {
		if _, err := governance.ParseVersion(bad); err == nil {
			t.Errorf("%q: accepted", bad)
		}
	}
}
