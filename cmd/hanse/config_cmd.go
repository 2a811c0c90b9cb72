package main

import (
	"io"

	"github.com/spf13/cobra"
)

func configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Show a center's configuration"}
	showCmd := &cobra.Command{
		Use:     "show",
		Short:   "Print every setting, and where its value came from",
		Example: "  hanse config show --home ~/center-a\n  HANSE_LOG__LEVEL=debug hanse config show -o json",
		Args:    cobra.NoArgs,
		RunE:    runConfigShow,
	}
	addHome(showCmd)
	addOutput(showCmd)
	cmd.AddCommand(showCmd)
	return cmd
}

func runConfigShow(cmd *cobra.Command, _ []string) error {
	home, err := homeOf(cmd)
	if err != nil {
		return err
	}
	_, rows, err := loadConfig(home, nil)
	if err != nil {
		return err
	}
	return show(cmd, rows, func(w io.Writer) {
		row(w, "SETTING", "VALUE", "FROM")
		for _, r := range rows {
			if section, ok := r.Value.(map[string]any); ok && len(section) == 0 {
				continue // nothing is set in it
			}
			row(w, r.Name, r.Value, r.From)
		}
	})
}
