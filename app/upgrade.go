package app

import (
	"fmt"

	"github.com/hanse-id/hanse/app/governance"
)

// UpgradeError says that the league decided to go on without binaries as old as this one: the node must stop before it
// writes the block.
type UpgradeError struct {
	Plan       string // its name
	Height     int64  // from which on MinVersion is needed
	MinVersion string
	Version    string // of this binary
}

func (e *UpgradeError) Error() string {
	return fmt.Sprintf("upgrade %s: from height %d on version %s or later is needed, this is %s", e.Plan, e.Height, e.MinVersion, e.Version)
}

// checkVersion compares this binary with the upgrade plan.
func (x *execution) checkVersion() error {
	if x.app.version == nil {
		return nil
	}
	plan, err := governance.PlanAt(x.state, x.block.Height)
	if err != nil || plan == nil {
		return err
	}
	needed, err := governance.ParseVersion(plan.MinVersion)
	if err != nil || !x.app.version.Before(needed) {
		return err
	}
	return &UpgradeError{Plan: plan.Name, Height: plan.Height, MinVersion: plan.MinVersion, Version: x.app.options.Version}
}
