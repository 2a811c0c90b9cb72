package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
)

// parseParams reads NAME=VALUE assignments of ledger parameters; flag is what the error names. A name is given once.
func parseParams(flag string, assignments []string) (map[string]int64, error) {
	values := map[string]int64{}
	for _, text := range assignments {
		name, number, found := strings.Cut(text, "=")
		if !found {
			return nil, usage(fmt.Errorf("%s %q is not NAME=VALUE", flag, text), "write it as %s votingSeconds=86400", flag)
		}
		spec, err := paramNamed(flag, name)
		if err != nil {
			return nil, err
		}
		v, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, usagef("%s %s: %q is not a whole number", flag, name, number)
		}
		if v < spec.Min || v > spec.Max {
			return nil, usagef("%s %s: %d is not within %d and %d", flag, name, v, spec.Min, spec.Max)
		}
		if _, twice := values[name]; twice {
			return nil, usagef("%s %s is given twice", flag, name)
		}
		values[name] = v
	}
	return values, nil
}

// paramNamed finds a parameter, or suggests the nearest name.
func paramNamed(flag, name string) (exec.ParamSpec, error) {
	specs := exec.ParamSpecs()
	if i := slices.IndexFunc(specs, func(s exec.ParamSpec) bool { return s.Name == name }); i >= 0 {
		return specs[i], nil
	}
	nearest := slices.MinFunc(specs, func(a, b exec.ParamSpec) int { return distance(name, a.Name) - distance(name, b.Name) })
	return exec.ParamSpec{}, usage(fmt.Errorf("%s: there is no parameter %q", flag, name), "did you mean %q? 'hanse league params' lists all", nearest.Name)
}

// checkParams says what is wrong with the values of all parameters together.
func checkParams(values map[string]any) error {
	if _, err := exec.ParseParams(values); err != nil {
		return &cliError{Code: exitUsage, Err: err, Hint: "'hanse league params' lists names, values and bounds"}
	}
	return nil
}

// changedParams returns base with some values replaced; an error if they are not within their bounds together.
func changedParams(base exec.Params, values map[string]int64) (exec.Params, error) {
	all := base.Value()
	for name, v := range values {
		all[name] = v
	}
	if err := checkParams(all); err != nil {
		return base, err
	}
	return exec.ParseParams(all)
}
