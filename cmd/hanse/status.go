package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

func statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "status", Short: "Say how a center is: height, peers, readiness", Args: cobra.NoArgs,
		Example: "  hanse status\n  hanse status --api https://trust.bank.example -o json",
		RunE:    runStatus,
	}
	addAPI(cmd)
	addOutput(cmd)
	return cmd
}

func runStatus(cmd *cobra.Command, _ []string) error {
	c, err := clientOf(cmd)
	if err != nil {
		return err
	}
	league, err := c.League(cmd.Context())
	if err != nil {
		return err
	}
	ready, err := c.Ready(cmd.Context())
	if err != nil {
		return err
	}
	out := map[string]any{"league": league, "ready": ready.Ready, "reasons": ready.Reasons, "checks": ready.Raw}
	err = show(cmd, out, func(w io.Writer) {
		row(w, "center", c.Base())
		row(w, "league", league.League)
		row(w, "height", league.Height)
		row(w, "ready", strings.TrimSpace(fmt.Sprintf("%v %s", ready.Ready, strings.Join(ready.Reasons, ", "))))
	})
	if err == nil && !ready.Ready {
		return &cliError{Code: exitError, Err: fmt.Errorf("%s is not ready: %s", c.Base(), strings.Join(ready.Reasons, ", "))}
	}
	return err
}
