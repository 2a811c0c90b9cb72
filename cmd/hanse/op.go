package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
)

func opCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "op", Short: "Look at operations; sign one together with others"}
	showCmd := &cobra.Command{
		Use:     "show ID",
		Short:   "Say what became of an operation: accepted, committed, rejected or unknown",
		Example: "  hanse op show 3q2-7w…",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := op.ParseID(args[0])
			if err != nil {
				return usage(err, "an operation id has 43 base64url characters")
			}
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			receipt, err := c.Operation(cmd.Context(), id)
			if err != nil {
				return err
			}
			if err := show(cmd, receipt, func(w io.Writer) { printReceipt(w, receipt) }); err != nil {
				return err
			}
			if receipt.State == app.Unknown {
				return &cliError{Code: exitNotFound}
			}
			return nil
		},
	}
	addAPI(showCmd)
	addOutput(showCmd)
	cmd.AddCommand(showCmd, opInspectCommand(), opSignCommand(), opSubmitCommand())
	return cmd
}

func printReceipt(w io.Writer, r *client.Receipt) {
	row(w, "operation", r.ID)
	row(w, "state", r.State)
	if r.Final() {
		row(w, "outcome", r.Code.Info().Name)
		row(w, "height", r.Height)
		row(w, "index", r.Index)
	}
	for _, e := range r.Events {
		row(w, "event", e.Type, e.Subjects)
	}
}
