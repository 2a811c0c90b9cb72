package governance

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
)

func setOf(powers map[int]int64) (set []Validator) {
	for i := range 30 {
		if p := powers[i]; p > 0 {
			set = append(set, Validator{Key: fmt.Sprintf("z%02d", i), Power: p})
		}
	}
	return set
}

// A set that may follow another within a block shares more than a third of its power with it, or is one of one or two with
// a single key replaced. Whatever sequence of acts made it, the bound is asked of the block as a whole.
func TestWhatMayFollowKeepsTwoThirds(t *testing.T) {
	powers := rapid.MapOfN(rapid.IntRange(0, 9), rapid.Int64Range(1, 40), 1, 8)
	rapid.Check(t, func(t *rapid.T) {
		before, now, next := setOf(powers.Draw(t, "before")), setOf(powers.Draw(t, "now")), setOf(powers.Draw(t, "next"))
		v := validatorSet{now: now, before: before, height: 7}
		err := v.check(7, next)
		var kept int64
		for _, b := range before {
			kept += min(b.Power, powerOf(next, b.Key))
		}
		enough := 3*kept >= 2*total(before)
		small := len(before) <= 2 && len(before) == len(next) && total(before) == total(next)
		if err == nil && !enough && !small {
			t.Fatalf("%v → %v keeps %d of %d", before, next, kept, total(before))
		}
		if enough && err != nil {
			t.Fatalf("%v → %v: %v", before, next, err)
		}
		if errors.Is(err, due.ErrLater) && (&validatorSet{now: now}).check(8, next) != nil {
			t.Fatal("later, and yet refused in the next block")
		}
		if same := v.check(8, now); same != nil { // the next block begins with the present set
			t.Fatal(same)
		}
	})
}

func TestTotalPowerStaysCountable(t *testing.T) {
	now := []Validator{{Key: "za", Power: 1}}
	v := validatorSet{now: now}
	for _, next := range [][]Validator{{}, {{Key: "za", Power: 1 << 60}}, {{Key: "za", Power: 1 << 59}, {Key: "zb", Power: 1 << 59}}} {
		if err := v.check(1, next); exec.CodeOf(err) != exec.CodeValidatorBound {
			t.Errorf("%v: %v", next, err)
		}
	}
	if err := v.check(1, []Validator{{Key: "za", Power: 1<<60 - 1}}); err != nil {
		t.Error(err)
	}
}
