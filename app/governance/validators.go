package governance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
)

const validatorsKey = "g/v"

// MaxPower bounds one validator's power, so that a league of the largest size stays below CometBFT's total of 2^60.
const MaxPower = 1 << 40

// Validator is one consensus key with its power.
type Validator struct {
	Key   string // Ed25519 multikey
	Power int64  // 1…MaxPower in a set; 0 in a difference: removed
}

// Validators reads the validator set that the centers want, in key order; nil before genesis.
func Validators(r exec.Reader) ([]Validator, error) {
	data := r.Get([]byte(validatorsKey))
	if data == nil {
		return nil, nil
	}
	m, err := object.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("validators: %w", err)
	}
	list := m.List("validators")
	if err := m.Done(); err != nil {
		return nil, fmt.Errorf("validators: %w", err)
	}
	set := make([]Validator, len(list))
	for i, item := range list {
		members, _ := item.(map[string]any)
		v := object.New(members, "")
		set[i] = Validator{Key: v.String("key"), Power: v.Int("power")}
		if err := v.Done(); err != nil {
			return nil, fmt.Errorf("validator %d: %w", i, err)
		}
	}
	return set, CheckValidators(set)
}

// PutValidators writes the set, which CheckValidators must accept.
func PutValidators(s exec.Store, set []Validator) error {
	if err := CheckValidators(set); err != nil {
		return err
	}
	list := make([]any, len(set))
	for i, v := range set {
		list[i] = map[string]any{"key": v.Key, "power": v.Power}
	}
	return putValue(s, validatorsKey, map[string]any{"validators": list})
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

// Wanted is the set that centers add up to, in key order.
func Wanted(centers []Center) []Validator {
	set := make([]Validator, len(centers))
	for i, c := range centers {
		set[i] = Validator{Key: c.Validator, Power: c.Power}
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
