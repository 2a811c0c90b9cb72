package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/app"
)

func nodeCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "node", Short: "Look after a center's node"}
	fsck := &cobra.Command{
		Use:   "fsck",
		Short: "Verify the whole state of a stopped node",
		Long: `Recomputes the Merkle tree from the stored values, compares every stored hash, and checks that
every record is well formed and every DID's history complete. Changes nothing. Exit 1 if anything differs.`,
		Example: "  hanse node fsck --home ~/center-a",
		Args:    cobra.NoArgs,
		RunE:    runFsck,
	}
	addHome(fsck)
	addOutput(fsck)
	cmd.AddCommand(fsck)
	return cmd
}

func runFsck(cmd *cobra.Command, _ []string) error {
	home, err := homeOf(cmd)
	if err != nil {
		return err
	}
	state, err := node.OpenState(home)
	var locked *node.LockedError
	if errors.As(err, &locked) {
		return hinted(err, "stop the center first")
	}
	if err != nil {
		return hinted(err, "name the directory of a center that has run: --home DIR")
	}
	defer state.Close()
	next := time.Now().Add(2 * time.Second)
	err = app.Fsck(state.Store, func(done, total int64) {
		if now := time.Now(); now.After(next) {
			next = now.Add(2 * time.Second)
			note(cmd, "checked %d of %d records", done, total)
		}
	})
	if err != nil {
		return hinted(err, "stop using this state: delete the data directory and let the node catch up from its peers")
	}
	head := state.App.Head()
	out := map[string]any{
		"league": head.League, "height": head.Height, "appHash": fmt.Sprintf("%x", head.AppHash),
		"time": time.Unix(head.Time, 0).UTC().Format(time.RFC3339),
	}
	return show(cmd, out, func(w io.Writer) {
		fmt.Fprintf(w, "state of height %d is sound; app hash %x\n", head.Height, head.AppHash)
	})
}
