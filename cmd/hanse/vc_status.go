package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/credentials"
)

// vcStatusCommand makes `vc revoke` and `vc suspend`.
func vcStatusCommand(verb, purpose, short string) *cobra.Command {
	var lift bool
	cmd := &cobra.Command{
		Use:   verb + " [CREDENTIAL-ID]",
		Short: short,
		Long: short + `.
The credential is named by its id, or by --input FILE with the secured credential, which needs no id.
Exit code 0: the ledger has committed it, or (as standard error then says) accepted it for when it can.`,
		Example: fmt.Sprintf("  hanse vc %[1]s urn:uuid:5b0c… --token-file token\n  hanse vc %[1]s --input signed.json --token-file token", verb),
		Args:    cobra.MaximumNArgs(1),
	}
	addAuthorised(cmd)
	addOutput(cmd)
	cmd.Flags().StringP("input", "i", "", "file with the secured credential, \"-\" for standard input")
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
		change["status"] = !lift
		changed, err := setStatus(cmd.Context(), c, change)
		if err != nil {
			return err
		}
		if changed.pending {
			note(cmd, "accepted, not committed yet: 'hanse op show %s' says what became of it; until then the credential has its old status", changed.ID)
		} else {
			note(cmd, "committed: the %s is %s", purpose, map[bool]string{true: "set", false: "lifted"}[!lift])
		}
		return show(cmd, changed.raw, func(io.Writer) {})
	}
	return cmd
}

// changeOf is the request that names one credential: by id, or by the status entry that is in it.
func changeOf(cmd *cobra.Command, args []string, purpose string) (map[string]any, error) {
	entry := map[string]any{"type": "BitstringStatusListEntry", "statusPurpose": purpose}
	path, _ := cmd.Flags().GetString("input")
	switch {
	case len(args) == 1 && path == "":
		return map[string]any{"credentialId": args[0], "credentialStatus": entry}, nil
	case len(args) == 1 || path == "":
		return nil, usage(errors.New("one of CREDENTIAL-ID and --input is needed"), "see '%s --help'", cmd.CommandPath())
	}
	input, err := inputOf(cmd)
	if err != nil {
		return nil, err
	}
	seen, err := credentials.Inspect(input, nil)
	if err != nil {
		return nil, hinted(err, "give the secured credential, as 'hanse vc issue' printed it")
	}
	i := slices.IndexFunc(seen.Status, func(e credentials.InspectedEntry) bool { return e.Purpose == purpose })
	if i < 0 {
		return nil, fmt.Errorf("the credential has no status entry for %s", purpose)
	}
	entry["statusListCredential"], entry["statusListIndex"] = seen.Status[i].List, seen.Status[i].Index
	return map[string]any{"credentialStatus": entry}, nil
}

// statusChanged is a center's answer to a status change.
type statusChanged struct {
	ID      string `json:"id"` // of the operation, while it is pending
	pending bool   // accepted; the ledger has not committed it
	raw     json.RawMessage
}

// setStatus asks for a status change. Unlike client.SetStatus it tells what is committed from what is only accepted.
func setStatus(ctx context.Context, c *client.Client, change map[string]any) (*statusChanged, error) {
	body, err := json.Marshal(change)
	if err != nil {
		return nil, err
	}
	answer, err := c.Do(ctx, client.Request{Method: http.MethodPost, Path: "/credentials/status", Body: body})
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK && answer.Status != http.StatusAccepted {
		problem := &client.Problem{}
		_ = json.Unmarshal(answer.Body, problem) // whatever it is, its status stands
		problem.Status = answer.Status
		return nil, problem
	}
	out := &statusChanged{pending: answer.Status == http.StatusAccepted, raw: answer.Body}
	if err := json.Unmarshal(answer.Body, out); err != nil {
		return nil, fmt.Errorf("the answer of %s is not the JSON expected: %w", c.Base(), err)
	}
	return out, nil
}
