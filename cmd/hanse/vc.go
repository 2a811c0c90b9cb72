package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/credentials"
)

// maxCredential bounds what the vc commands read.
const maxCredential = 4 << 20

func vcCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "vc", Short: "Issue, verify, inspect and revoke credentials"}
	cmd.AddCommand(vcIssueCommand(), vcVerifyCommand(), vcInspectCommand(), vcDeriveCommand(),
		vcStatusCommand("revoke", "revocation", "Revoke a credential; there is no way back"),
		vcStatusCommand("suspend", "suspension", "Suspend a credential, or lift the suspension with --lift"),
		vcBulkCommand())
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
	var issuer, form, idempotency, id, output string
	var file fileIssue
	cmd := &cobra.Command{
		Use:   "issue (--issuer NAME | --key FILE)",
		Short: "Issue a credential, at a center or with a key file, and print it",
		Long: `Sends an unsigned W3C credential to one of a center's issuers and prints the secured one.
The credential's issuer must be the DID of that issuer. Status entries are added by the center. By its id, or by
--credential-id where it has none, 'hanse vc revoke' finds it again; so it does by the secured credential itself.

With --key no center is asked: the key of the file signs, its did:key is the issuer, and the credential has no status but
what it brings. dc+sd-jwt takes {"vct": …, "claims": {…}, "disclosable": […]} instead of a W3C credential.`,
		Example: `  hanse vc issue --issuer demo --token-file token --input degree.json > signed.json
  hanse vc issue --issuer demo --token-file token --idempotency-key 2026-0042 < degree.json
  hanse vc issue --key issuer.jwk --input degree.json --format eddsa-rdfc-2022 --output signed.json`,
		Args: cobra.NoArgs,
	}
	addAuthorised(cmd)
	addInput(cmd)
	f := cmd.Flags()
	f.StringVar(&issuer, "issuer", "", "name of the issuer at the center")
	f.StringVar(&form, "format", "", "securing form (default: the issuer's; with --key: vc+jwt), one of its alternatives: "+formNames())
	f.StringVar(&form, "form", "", "the same as --format")
	_ = f.MarkHidden("form")
	f.StringVar(&output, "output", "", "file to write (default: standard output)")
	f.StringVar(&idempotency, "idempotency-key", "", "repeating the command with this key gives the same credential again")
	f.StringVar(&id, "credential-id", "", "name under which the center keeps it, and which is not in it (default: the credential's id)")
	file.addTo(cmd)
	cmd.MarkFlagsOneRequired("issuer", "key")
	cmd.MarkFlagsMutuallyExclusive("issuer", "key")
	cmd.MarkFlagsMutuallyExclusive("issuer", "verification-method")
	for _, name := range []string{"api", "token-file", "idempotency-key", "credential-id"} {
		cmd.MarkFlagsMutuallyExclusive("key", name)
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		input, err := inputOf(cmd)
		if err != nil {
			return err
		}
		if err := unsecured(input); err != nil {
			return err
		}
		if file.Key != "" {
			file.Form = form
			secured, err := file.issue(cmd, input)
			if err != nil {
				return err
			}
			return writeCredential(cmd, output, secured)
		}
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		secured, err := c.Issue(cmd.Context(), issuer, input, file.options(form, id), idempotency)
		if err != nil {
			return err
		}
		return writeCredential(cmd, output, secured)
	}
	return cmd
}

// options are what a center is asked to do.
func (o *fileIssue) options(form, id string) map[string]any {
	options := map[string]any{}
	for name, value := range map[string]string{"format": form, "credentialId": id} {
		if value != "" {
			options[name] = value
		}
	}
	if len(o.Disclosable) > 0 {
		options["disclosable"] = o.Disclosable
	}
	if len(o.Mandatory) > 0 {
		options["mandatoryPointers"] = o.Mandatory
	}
	return options
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
