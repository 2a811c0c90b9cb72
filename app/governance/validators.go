package governance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
)

// The record of the set also keeps the set of the block before the one that changed it last, so that what one block
// takes away can be bounded however many acts it contains:
//
//	{"validators": […], "height": of the last change, "before": the set of height−1}
const validatorsKey = "g/v"

// MaxPower bounds one validator's power, so that a league of the largest size stays below CometBFT's total of 2^60.
const MaxPower = 1 << 40

// Validator is one consensus key with its power.
type Validator struct {
	Key   string // Ed25519 multikey
	Power int64  // 1…MaxPower in a set; 0 in a difference: removed
}

// validatorSet is the record.
type validatorSet struct {
	now    []Validator
	before []Validator // of the block before height; empty for genesis
	height int64
}

// Validators reads the validator set that the centers want, in key order; nil before genesis.
func Validators(r exec.Reader) ([]Validator, error) {
	v, err := readValidators(r)
	return v.now, err
}

func readValidators(r exec.Reader) (v validatorSet, err error) {
	data := r.Get([]byte(validatorsKey))
	if data == nil {
		return v, nil
	}
	m, err := object.Parse(data)
	if err != nil {
		return v, fmt.Errorf("validators: %w", err)
	}
	now, before := m.List("validators"), m.List("before")
	v.height = m.Int("height")
	if err := m.Done(); err != nil {
		return v, fmt.Errorf("validators: %w", err)
	}
	if v.now, err = readSet(now); err != nil {
		return v, err
	}
	if len(before) > 0 {
		if v.before, err = readSet(before); err != nil {
			return v, err
		}
	}
	return v, nil
}

func readSet(list []any) ([]Validator, error) {
	set := make([]Validator, len(list))
	for i, item := range list {
		members, _ := item.(map[string]any)
		m := object.New(members, "")
		set[i] = Validator{Key: m.String("key"), Power: m.Int("power")}
		if err := m.Done(); err != nil {
			return nil, fmt.Errorf("validator %d: %w", i, err)
		}
	}
	return set, CheckValidators(set)
}

// base is the set that the block at height started from.
func (v *validatorSet) base(height int64) []Validator {
	if v.height == height && v.before != nil {
		return v.before
	}
	return v.now
}

// PutValidators writes the set of genesis, which CheckValidators must accept.
func PutValidators(s exec.Store, set []Validator) error { return putSet(s, validatorSet{now: set}) }

func putSet(s exec.Store, v validatorSet) error {
	if err := CheckValidators(v.now); err != nil {
		return err
	}
	return putValue(s, validatorsKey, map[string]any{
		"validators": setValue(v.now), "before": setValue(v.before), "height": v.height,
	})
}

func setValue(set []Validator) []any {
	list := make([]any, len(set))
	for i, v := range set {
		list[i] = map[string]any{"key": v.Key, "power": v.Power}
	}
	return list
}

// CheckValidators refuses a set that would halt CometBFT: empty, with a key twice, out of key order, or with a power out
// of bounds.
func CheckValidators(set []Validator) error {
	if len(set) == 0 {
		return fmt.Errorf("validators: empty set")
	}
	for i, v := range set {
		if i > 0 && set[i-1].Key >= v.Key {
			return fmt.Errorf("validators: %s out of order or twice", v.Key)
		}
		if v.Power < 1 || v.Power > MaxPower {
			return fmt.Errorf("validators: power of %s is %d", v.Key, v.Power)
		}
	}
	return nil
}

// Wanted is the set that centers add up to, in key order: the active ones.
func Wanted(centers []Center) []Validator {
	var set []Validator
	for _, c := range centers {
		if c.Status == Active {
			set = append(set, Validator{Key: c.Validator, Power: c.Power})
		}
	}
	slices.SortFunc(set, func(a, b Validator) int { return strings.Compare(a.Key, b.Key) })
	return set
}

// ValidatorDiff is what turns set before into set after (`ledger.md` 11): one entry a key, in key order, power 0 for
// keys that leave. Both sets must pass CheckValidators; then no entry removes an unknown key or repeats one.
func ValidatorDiff(before, after []Validator) []Validator {
	var diff []Validator
	for len(before) > 0 || len(after) > 0 {
		switch {
		case len(after) == 0 || len(before) > 0 && before[0].Key < after[0].Key:
			diff = append(diff, Validator{Key: before[0].Key})
			before = before[1:]
		case len(before) == 0 || after[0].Key < before[0].Key:
			diff = append(diff, after[0])
			after = after[1:]
		default:
			if before[0].Power != after[0].Power {
				diff = append(diff, after[0])
			}
			before, after = before[1:], after[1:]
		}
	}
	return diff
}
