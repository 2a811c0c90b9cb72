package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/credentials"
)

// maxCredential bounds what the vc commands read.
const maxCredential = 4 << 20

func vcCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "vc", Short: "Issue, verify, inspect and revoke credentials"}
	cmd.AddCommand(vcIssueCommand(), vcVerifyCommand(), vcInspectCommand(),
		vcStatusCommand("revoke", "revocation", "Revoke a credential; there is no way back"),
		vcStatusCommand("suspend", "suspension", "Suspend a credential, or lift the suspension with --lift"))
	return cmd
}

func addInput(cmd *cobra.Command) {
	cmd.Flags().StringP("input", "i", "-", "file to read, \"-\" for standard input")
}

func inputOf(cmd *cobra.Command) ([]byte, error) {
	path, _ := cmd.Flags().GetString("input")
	data, err := readInput(cmd, path, maxCredential)
	if err != nil {
		return nil, err
	}
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return nil, usage(errors.New("no input"), "name a file with --input, or send it to standard input")
	}
	return data, nil
}

func vcIssueCommand() *cobra.Command {
	var issuer, form, idempotency, id string
	cmd := &cobra.Command{
		Use:   "issue --issuer NAME",
		Short: "Issue a credential at a center and print it",
		Long: `Sends an unsigned W3C credential to one of a center's issuers and prints the secured one.
The credential's issuer must be the DID of that issuer. Status entries are added by the center. By its id, or by
--credential-id where it has none, 'hanse vc revoke' finds it again; so it does by the secured credential itself.`,
		Example: `  hanse vc issue --issuer demo --token-file token --input degree.json > signed.json
  hanse vc issue --issuer demo --token-file token --idempotency-key 2026-0042 < degree.json`,
		Args: cobra.NoArgs,
	}
	addAuthorised(cmd)
	addInput(cmd)
	cmd.Flags().StringVar(&issuer, "issuer", "", "name of the issuer at the center")
	cmd.Flags().StringVar(&form, "form", "", "securing form (default: the issuer's): vc+jwt, eddsa-jcs-2022")
	cmd.Flags().StringVar(&idempotency, "idempotency-key", "", "repeating the command with this key gives the same credential again")
	cmd.Flags().StringVar(&id, "credential-id", "", "name under which the center keeps it, and which is not in it (default: the credential's id)")
	_ = cmd.MarkFlagRequired("issuer")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		input, err := inputOf(cmd)
		if err != nil {
			return err
		}
		if err := unsecured(input); err != nil {
			return err
		}
		options := map[string]any{}
		if form != "" {
			options["format"] = form
		}
		if id != "" {
			options["credentialId"] = id
		}
		secured, err := c.Issue(cmd.Context(), issuer, input, options, idempotency)
		if err != nil {
			return err
		}
		return writeJSON(cmd.OutOrStdout(), secured)
	}
	return cmd
}

// unsecured checks that the input can be a credential that is not signed yet.
func unsecured(input []byte) error {
	const hint = `give an unsigned credential: {"@context": […], "type": […], "issuer": …, "credentialSubject": …}`
	var credential struct {
		Type  any             `json:"type"`
		Proof json.RawMessage `json:"proof"`
	}
	if !json.Valid(input) {
		return usage(errors.New("the input is not JSON"), hint)
	}
	if err := json.Unmarshal(input, &credential); err != nil {
		return usage(errors.New("the input is JSON, and no object"), hint)
	}
	if credential.Proof != nil || credential.Type == "EnvelopedVerifiableCredential" {
		return usage(errors.New("the credential is signed already"), hint)
	}
	return nil
}

func vcVerifyCommand() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Verify a credential at a center and say what every check found",
		Long: `Verifies a secured credential: a JSON document, an enveloped credential, or a compact JWS.
Exit code 0: accepted, 3: not accepted (the report says which check and why).`,
		Example: `  hanse vc verify --input signed.json
  hanse vc verify --at 2026-01-31T12:00:00Z -o json < signed.json`,
		Args: cobra.NoArgs,
	}
	addAPI(cmd)
	addInput(cmd)
	addOutput(cmd)
	cmd.Flags().StringVar(&at, "at", "", "verify as of this instant (RFC 3339, UTC)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		input, err := inputOf(cmd)
		if err != nil {
			return err
		}
		options := map[string]any{}
		if at != "" {
			if _, err := time.Parse(time.RFC3339, at); err != nil {
				return usage(fmt.Errorf("--at %q is not an instant", at), "write it as 2026-01-31T12:00:00Z")
			}
			options["at"] = at
		}
		if first := input[0]; (first == '{' || first == '[') && !json.Valid(input) {
			return &cliError{Code: exitNotVerified, Err: errors.New("the input begins like JSON, and is broken"), Hint: "give the secured credential whole, as 'hanse vc issue' printed it"}
		}
		result, err := c.Verify(cmd.Context(), asJSON(input), options)
		if err != nil {
			return err
		}
		if err := show(cmd, result.Raw, func(w io.Writer) { printReport(w, result) }); err != nil {
			return err
		}
		if !result.Verified {
			return &cliError{Code: exitNotVerified}
		}
		return nil
	}
	return cmd
}

// asJSON makes a JSON string of a compact form and leaves JSON as it is.
func asJSON(input []byte) json.RawMessage {
	if json.Valid(input) {
		return input
	}
	text, _ := json.Marshal(string(input))
	return text
}

func printReport(w io.Writer, v *client.Verification) {
	if v.Report == nil {
		row(w, "verified", v.Verified)
		return
	}
	row(w, "decision", v.Report.Decision)
	row(w, "at", v.Report.At)
	row(w, "")
	row(w, "CHECK", "OUTCOME", "STANDS ON", "DETAIL")
	for _, c := range v.Report.Checks {
		detail := ""
		if c.Problem != nil {
			detail = c.Problem.Title
			if c.Problem.Detail != "" {
				detail += ": " + c.Problem.Detail
			}
		}
		outcome := string(c.Outcome)
		if c.Severity == credentials.SeverityWarning && c.Outcome == credentials.Fail {
			outcome += " (warning)"
		}
		row(w, c.ID, outcome, evidence(c.Evidence), detail)
	}
}

func evidence(e *credentials.Evidence) string {
	switch {
	case e == nil:
		return ""
	case e.Height > 0:
		return fmt.Sprintf("%s, height %d, %d s old", e.Source, e.Height, e.Age)
	default:
		return e.Source
	}
}

func vcInspectCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "inspect",
		Short:   "Explain a credential in words; verifies nothing and asks nobody",
		Example: "  hanse vc inspect --input signed.json",
		Args:    cobra.NoArgs,
	}
	addInput(cmd)
	addOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		input, err := inputOf(cmd)
		if err != nil {
			return err
		}
		seen, err := credentials.Inspect(input, nil)
		if err != nil {
			return hinted(err, "give a credential: JSON, or a compact JWS")
		}
		return show(cmd, seen, func(w io.Writer) { _ = seen.Text(w) })
	}
	return cmd
}
