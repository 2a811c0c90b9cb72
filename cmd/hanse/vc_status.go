package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/credentials"
)

// vcStatusCommand makes `vc revoke` and `vc suspend`.
func vcStatusCommand(verb, purpose, short string) *cobra.Command {
	var lift bool
	var issuer string
	cmd := &cobra.Command{
		Use:   verb + " [CREDENTIAL-ID]",
		Short: short,
		Long: short + `.
The credential is named by its id, or by --input FILE with the secured credential, which needs no id.
A token for one issuer only (write:/issuers/NAME/credentials/status) needs --issuer NAME.
Exit code 0: the ledger has committed it, or (as standard error then says) accepted it for when it can.`,
		Example: fmt.Sprintf("  hanse vc %[1]s urn:uuid:5b0c… --token-file token\n  hanse vc %[1]s --input signed.json --token-file token\n  hanse vc %[1]s --input signed.json --issuer demo --token-file demo-token", verb),
		Args:    cobra.MaximumNArgs(1),
	}
	addAuthorised(cmd)
	addOutput(cmd)
	cmd.Flags().StringP("input", "i", "", "file with the secured credential, \"-\" for standard input")
	cmd.Flags().StringVar(&issuer, "issuer", "", "name of the issuer at the center; needed with a token for one issuer")
	if purpose == "suspension" {
		cmd.Flags().BoolVar(&lift, "lift", false, "lift the suspension")
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		change, err := changeOf(cmd, args, purpose)
		if err != nil {
			return err
		}
		change.On, change.Issuer = !lift, issuer
		changed, err := c.ChangeStatus(cmd.Context(), change)
		if err != nil {
			return forOneIssuer(err, issuer)
		}
		if changed.State != app.Committed {
			note(cmd, "accepted, not committed yet: 'hanse op show %s' says what became of it; until then the credential has its old status", changed.Operation)
		} else {
			note(cmd, "committed: the %s is %s", purpose, map[bool]string{true: "set", false: "lifted"}[!lift])
		}
		return show(cmd, changed.Raw, func(io.Writer) {})
	}
	return cmd
}

// forOneIssuer says that a token for one issuer goes with --issuer, where the answer only says that it does not reach all.
func forOneIssuer(err error, issuer string) error {
	p, ok := errors.AsType[*client.Problem](err)
	if !ok || p.Status != http.StatusForbidden || issuer != "" {
		return err
	}
	e := *classify(err)
	hint := "a token for one issuer goes with --issuer NAME"
	if e.Hint != "" {
		hint += "; otherwise " + e.Hint
	}
	e.Hint = hint
	return &e
}

// changeOf is the request that names one credential: by id, or by the status entry that is in it.
func changeOf(cmd *cobra.Command, args []string, purpose string) (change client.StatusRequest, err error) {
	change.Entry.Purpose = purpose
	path, _ := cmd.Flags().GetString("input")
	switch {
	case len(args) == 1 && path == "":
		change.CredentialID = args[0]
		return change, nil
	case len(args) == 1 || path == "":
		return change, usage(errors.New("one of CREDENTIAL-ID and --input is needed"), "see '%s --help'", cmd.CommandPath())
	}
	input, err := inputOf(cmd)
	if err != nil {
		return change, err
	}
	seen, err := credentials.Inspect(input, nil)
	if err != nil {
		return change, hinted(err, "give the secured credential, as 'hanse vc issue' printed it")
	}
	i := slices.IndexFunc(seen.Status, func(e credentials.InspectedEntry) bool {
		return e.Purpose == purpose || e.Type == credentials.TokenEntryType // whose list is for revocation and suspension
	})
	if i < 0 {
		return change, fmt.Errorf("the credential has no status entry for %s", purpose)
	}
	change.Entry.List, change.Entry.Index = seen.Status[i].List, seen.Status[i].Index
	return change, nil
}
