package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/did"
)

// addRecovery adds the flags that declare who may recover a DID; the league may be named at its creation only.
func addRecovery(cmd *cobra.Command, creation bool) {
	f := cmd.Flags()
	f.StringSlice("recovery-set", nil, "DIDs that may recover this one together: did:hanse, did:key or did:jwk")
	f.Int64("recovery-threshold", 1, "how many of --recovery-set are needed")
	f.Duration("recovery-delay", 7*24*time.Hour, "public delay of a recovery by --recovery-set, in which it can be cancelled")
	if creation {
		f.Duration("recovery-league", 0, "let the centers start a recovery by proposal, with this public delay (default: never)")
	}
}

// recoveryOf is the recovery that the flags declare beside what is there; empty if there is none. Without flags nothing changes.
func recoveryOf(cmd *cobra.Command, present *identity.Recovery) (map[string]any, error) {
	f, declared := cmd.Flags(), identity.Recovery{}
	if present != nil {
		declared = *present
	}
	if set, _ := f.GetStringSlice("recovery-set"); f.Changed("recovery-set") {
		declared.Set = nil
		for _, text := range set {
			id, err := did.Parse(text)
			if err != nil {
				return nil, fmt.Errorf("--recovery-set: %w", err)
			}
			declared.Set = append(declared.Set, id)
		}
		declared.Threshold, _ = f.GetInt64("recovery-threshold")
		if declared.Threshold < 1 || declared.Threshold > int64(len(set)) {
			return nil, usagef("--recovery-threshold %d is not within 1 and %d, the number of --recovery-set", declared.Threshold, len(set))
		}
		delay, _ := f.GetDuration("recovery-delay")
		declared.Delay = int64(delay / time.Second)
	} else if f.Changed("recovery-threshold") || f.Changed("recovery-delay") {
		return nil, usage(fmt.Errorf("there is no --recovery-set"), "name the DIDs that may recover this one: --recovery-set DID,DID")
	}
	if f.Changed("recovery-league") {
		delay, _ := f.GetDuration("recovery-league")
		declared.League = int64(delay / time.Second)
	}
	return declared.Value(), nil
}
