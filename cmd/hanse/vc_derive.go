package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/credentials"
)

func vcDeriveCommand() *cobra.Command {
	var show []string
	var contexts, output string
	cmd := &cobra.Command{
		Use:   "derive --show POINTER",
		Short: "Show less of a credential than its issuer gave; asks nobody",
		Long: `Makes, of a credential whose form lets its holder withhold parts (ecdsa-sd-2023, vc+sd-jwt, dc+sd-jwt), one that shows
what --show names and what the issuer made mandatory. A JSON pointer names a place and all that is in it.
Where the issuer did not say what is mandatory, everything is but the claims of credentialSubject: id and credentialSubject.id are
shown too. Where it said so (mandatory pointers), these may be withheld; issuer, validity, status, schema and terms are always shown.
Something of credentialSubject must be: a credential that says nothing of its subject is accepted by nobody, and not made.
A credential in ecdsa-sd-2023 is verified only after this: what the issuer gave, with its base proof, stays with the holder.`,
		Example: `  hanse vc derive --input credential.json --show /credentialSubject/name --output shown.json
  hanse vc derive --input credential.json --show ''   # everything
  hanse vc derive < credential.json                   # only what is mandatory`,
		Args: cobra.NoArgs,
	}
	addInput(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&show, "show", nil, "JSON pointer of what to show (repeatable)")
	f.StringVar(&contexts, "contexts", "", "folder of more JSON-LD contexts, with an index.json")
	f.StringVar(&output, "output", "", "file to write (default: standard output)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		input, err := inputOf(cmd)
		if err != nil {
			return err
		}
		pinned := credentials.EmbeddedContexts()
		if contexts != "" {
			if pinned, err = pinned.With(contexts); err != nil {
				return fmt.Errorf("--contexts: %w", err)
			}
		}
		derived, err := credentials.Derive(cmd.Context(), input, show, pinned)
		if problem, ok := errors.AsType[*credentials.ProblemError](err); ok {
			return &cliError{Code: exitError, Err: problem, Hint: "give the credential as its issuer gave it, and JSON pointers like /credentialSubject/name"}
		}
		if err != nil {
			return err
		}
		return writeCredential(cmd, output, derived.Body)
	}
	return cmd
}
