package governance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app/exec/exectest"
	"github.com/hanse-id/hanse/app/governance"
)

func drawSet(t *rapid.T, label string) []governance.Validator {
	powers := rapid.MapOfN(rapid.IntRange(0, 20), rapid.Int64Range(1, 4), 1, 15).Draw(t, label)
	set := make([]governance.Validator, 0, len(powers))
	for k, power := range powers {
		set = append(set, governance.Validator{Key: fmt.Sprintf("z%02d", k), Power: power})
	}
	slices.SortFunc(set, func(a, b governance.Validator) int { return strings.Compare(a.Key, b.Key) })
	return set
}

// CometBFT halts on an unknown removal or a duplicate, so the difference must be exact: applied as CometBFT applies
// updates, it gives the wanted set, with one sorted entry for each key that changes and none for the others.
func TestDifferenceLeadsFromOneSetToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawSet(t, "before"), drawSet(t, "after")
		diff := governance.ValidatorDiff(before, after)
		set := map[string]int64{}
		for _, v := range before {
			set[v.Key] = v.Power
		}
		for i, v := range diff {
			if i > 0 && diff[i-1].Key >= v.Key {
				t.Fatalf("%s out of order or twice", v.Key)
			}
			old, known := set[v.Key]
			switch {
			case v.Power == 0 && !known:
				t.Fatalf("removes unknown %s", v.Key)
			case known && old == v.Power:
				t.Fatalf("%s does not change", v.Key)
			case v.Power == 0:
				delete(set, v.Key)
			default:
				set[v.Key] = v.Power
			}
		}
		want := map[string]int64{}
		for _, v := range after {
			want[v.Key] = v.Power
		}
		if diff := cmp.Diff(want, set); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestSetsThatWouldHaltConsensusAreRefused(t *testing.T) {
	a, b := governance.Validator{Key: "za", Power: 1}, governance.Validator{Key: "zb", Power: 2}
	for name, set := range map[string][]governance.Validator{
		"empty":        {},
		"key twice":    {a, a},
		"out of order": {b, a},
		"no power":     {{Key: "za"}},
		"negative":     {{Key: "za", Power: -1}},
		"too powerful": {{Key: "za", Power: governance.MaxPower + 1}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := governance.PutValidators(exectest.NewStore(), set); err == nil {
				t.Error("accepted")
			}
		})
	}
	s := exectest.NewStore()
	if err := governance.PutValidators(s, []governance.Validator{a, b}); err != nil {
		t.Fatal(err)
	}
	got, err := governance.Validators(s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]governance.Validator{a, b}, got); diff != "" {
		t.Error(diff)
	}
}
