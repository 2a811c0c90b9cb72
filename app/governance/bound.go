package governance

import (
	"cmp"
	"slices"

	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
)

// maxTotal is the total power below which CometBFT can count (types.MaxTotalVotingPower is 2^60 − 1 with us).
const maxTotal = 1 << 60

// check says whether the set may become next in the block at height: CodeValidatorBound where it may not, due.ErrLater where
// it may, but not in this block any more.
func (v *validatorSet) check(height int64, next []Validator) error {
	switch {
	case len(next) == 0:
		return exec.Errorf(exec.CodeValidatorBound, "the validator set would be empty")
	case total(next) >= maxTotal:
		return exec.Errorf(exec.CodeValidatorBound, "the total power would be %d, at most %d", total(next), int64(maxTotal-1))
	case tolerable(v.base(height), next):
		return nil
	case tolerable(v.now, next):
		return due.ErrLater
	}
	return exec.Errorf(exec.CodeValidatorBound, "the validator set would lose %d of its power of %d in one block, more than a third",
		loss(v.now, next), total(v.now))
}

// tolerable reports whether a set may become another one within one block: at most a third of its power leaves, so that who
// trusted the old set still knows more than the third that is needed to trust the new one. A key that is replaced leaves.
// A set of one or two could then never replace a key, and has nobody else to protect: it may replace one.
func tolerable(before, after []Validator) bool {
	return 3*loss(before, after) <= total(before) || len(before) <= 2 && oneReplaced(before, after)
}

// loss is the power that before has and after has not, key by key.
func loss(before, after []Validator) (sum int64) {
	for _, v := range before {
		sum += max(0, v.Power-powerOf(after, v.Key))
	}
	return sum
}

// oneReplaced reports whether one key gave its whole power to a new one, and nothing else changed.
func oneReplaced(before, after []Validator) bool {
	diff := ValidatorDiff(before, after)
	if len(before) != len(after) || len(diff) != 2 {
		return false
	}
	left, came := diff[0], diff[1]
	if left.Power != 0 {
		left, came = came, left
	}
	return left.Power == 0 && came.Power == powerOf(before, left.Key)
}

func total(set []Validator) (sum int64) {
	for _, v := range set {
		sum += v.Power // at most 128 of at most MaxPower
	}
	return sum
}

func compareKey(v Validator, key string) int { return cmp.Compare(v.Key, key) }

func powerOf(set []Validator, key string) int64 {
	if i, found := slices.BinarySearchFunc(set, key, compareKey); found {
		return set[i].Power
	}
	return 0
}

// without returns set without a key, with returns it with one validator more; set is not changed.
func without(set []Validator, key string) []Validator {
	return slices.DeleteFunc(slices.Clone(set), func(v Validator) bool { return v.Key == key })
}

func with(set []Validator, v Validator) []Validator {
	i, _ := slices.BinarySearchFunc(set, v.Key, compareKey)
	return slices.Insert(slices.Clone(set), i, v)
}

// checkShare keeps an admission from giving a center a third of the power or more, where there are four or more: blocks need
// more than two thirds, so alone it could stop the league. In smaller leagues every center can.
func checkShare(set []Validator, power int64) error {
	if len(set) >= 4 && 3*power >= total(set) {
		return exec.Errorf(exec.CodeValidatorBound, "power %d is a third or more of the total, which would be %d", power, total(set))
	}
	return nil
}
