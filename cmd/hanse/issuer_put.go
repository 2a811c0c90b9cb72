package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/issuance"
)

func issuerPutCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "put NAME", Short: "Make an issuer of a running center, or change one", Args: cobra.ExactArgs(1),
		Long: `Configures an issuer over the API, without a restart. Without a DID a new issuer gets a did:key and a key of its own; a DID never
changes under its name. What the input leaves out is as by default, but DID, key and method of an issuer that is there stay.`,
		Example: "  hanse issuer put badges --input badges.json --token-file admin",
	}
	addAuthorised(cmd)
	addInput(cmd)
	addOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		input, err := inputOf(cmd)
		if err != nil {
			return err
		}
		if _, err := issuance.ParseIssuer(input); err != nil {
			return usage(err, "an issuer is JSON: {\"form\": \"eddsa-jcs-2022\", \"purposes\": [\"revocation\"], \"retain\": true}")
		}
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		whole, err := c.PutIssuer(cmd.Context(), args[0], input)
		if err != nil {
			return err
		}
		var stored issuance.Issuer
		if err := json.Unmarshal(whole, &stored); err != nil {
			return fmt.Errorf("issuer %s: %w", args[0], err)
		}
		return show(cmd, whole, func(w io.Writer) { row(w, stored.Name, stored.Form, stored.DID) })
	}
	return cmd
}

func issuerShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show NAME", Short: "Print how an issuer of a running center is configured", Args: cobra.ExactArgs(1),
		Example: "  hanse issuer show badges --token-file admin",
	}
	addAuthorised(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		i, err := c.Issuer(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return writeJSON(cmd.OutOrStdout(), i)
	}
	return cmd
}
