package main

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/issuance"
)

func templateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "template",
		Short: "The credential types of an issuer: what it makes of claims",
		Long: `A template says which claims a credential type has, how it is secured, how long it holds and which status it has. The issuer
checks claims against it before it signs. Templates of a center's configuration ([issuing] templates) cannot be changed here.`,
	}
	cmd.AddCommand(templatePutCommand(), templateListCommand(), templateShowCommand(), templateDeleteCommand(), templateCheckCommand(), templateIssueCommand())
	return cmd
}

// addIssuerName adds --issuer, which templates need.
func addIssuerName(cmd *cobra.Command) {
	cmd.Flags().String("issuer", "", "name of the issuer at the center")
	_ = cmd.MarkFlagRequired("issuer")
}

func issuerName(cmd *cobra.Command) string {
	name, _ := cmd.Flags().GetString("issuer")
	return name
}

func templatePutCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "put NAME --issuer ISSUER", Short: "Store a template, new or changed", Args: cobra.ExactArgs(1),
		Example: "  hanse template put degree --issuer demo --input degree.json --token-file token",
	}
	addAuthorised(cmd)
	addInput(cmd)
	addIssuerName(cmd)
	addOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		input, err := inputOf(cmd)
		if err != nil {
			return err
		}
		if _, err := issuance.ParseTemplate(input); err != nil {
			return usage(err, "a template is JSON: {\"types\": […], \"claims\": [{\"path\": \"/name\", \"type\": \"string\", \"required\": true}]}")
		}
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		stored, err := c.PutTemplate(cmd.Context(), issuerName(cmd), args[0], input)
		if err != nil {
			return err
		}
		return show(cmd, stored, func(w io.Writer) { row(w, args[0], "stored") })
	}
	return cmd
}

func templateListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list --issuer ISSUER", Short: "List the templates of an issuer", Args: cobra.NoArgs,
		Example: "  hanse template list --issuer demo --token-file token",
	}
	addAuthorised(cmd)
	addIssuerName(cmd)
	addOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		list, whole, err := c.Templates(cmd.Context(), issuerName(cmd))
		if err != nil {
			return err
		}
		return show(cmd, whole, func(w io.Writer) {
			row(w, "NAME", "TITLE", "FORM", "TYPE")
			for _, t := range list {
				row(w, t.Name, t.Title, t.Form, strings.TrimSpace(strings.Join(append(t.Types, t.VCT), " ")))
			}
		})
	}
	return cmd
}

func templateShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show NAME --issuer ISSUER", Short: "Print a template", Args: cobra.ExactArgs(1),
		Example: "  hanse template show degree --issuer demo --token-file token",
	}
	addAuthorised(cmd)
	addIssuerName(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		t, err := c.Template(cmd.Context(), issuerName(cmd), args[0])
		if err != nil {
			return err
		}
		return writeJSON(cmd.OutOrStdout(), t)
	}
	return cmd
}

func templateDeleteCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "delete NAME --issuer ISSUER", Short: "Forget a template; what was issued with it stays as it is", Args: cobra.ExactArgs(1),
		Example: "  hanse template delete degree --issuer demo --token-file token",
	}
	addAuthorised(cmd)
	addIssuerName(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		return c.DeleteTemplate(cmd.Context(), issuerName(cmd), args[0])
	}
	return cmd
}

func templateCheckCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "check FILE", Short: "Check a file of templates, as [issuing] templates of hanse.toml names it; asks nobody", Args: cobra.ExactArgs(1),
		Long:    `Checks {"templates": [{"name": …, "issuer": …, …}, …]}, or one template alone, which then names its issuer too.`,
		Example: "  hanse template check templates.json",
	}
	addOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		all, err := issuance.ReadTemplates(args[0])
		if err != nil {
			return usage(err, "the file is {\"templates\": [{\"name\": …, \"issuer\": …, …}]}, or one of these templates alone")
		}
		return show(cmd, all, func(w io.Writer) {
			row(w, "ISSUER", "NAME", "TITLE")
			for _, t := range all {
				row(w, t.Issuer, t.Name, t.Title)
			}
		})
	}
	return cmd
}

func templateIssueCommand() *cobra.Command {
	var subject, id, idempotency, output string
	var copies int
	var holders []string
	cmd := &cobra.Command{
		Use: "issue NAME --issuer ISSUER", Short: "Issue a credential of a template: the input is its claims", Args: cobra.ExactArgs(1),
		Example: "  hanse template issue degree --issuer demo --input claims.json --subject did:example:ada --token-file token > signed.json\n" +
			"  hanse template issue degree --issuer demo --input claims.json --holder did:key:z6Mk… --token-file token --output signed.json",
	}
	addAuthorised(cmd)
	addInput(cmd)
	addIssuerName(cmd)
	f := cmd.Flags()
	f.StringVar(&subject, "subject", "", "id of the subject: a DID or another URL")
	f.StringVar(&id, "id", "", "id of the credential, a URL; 'hanse vc revoke' finds it by this")
	f.IntVar(&copies, "copies", 0, "make several copies, each with a status of its own; prints a list")
	f.StringArrayVar(&holders, "holder", nil, "key to which a copy is bound: a did:key, or a file with its JWK (repeatable: one copy for each); prints a list")
	f.StringVar(&output, "output", "", "file to write (default: standard output)")
	f.StringVar(&idempotency, "idempotency-key", "", "repeating the command with this key gives the same credential again")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		request, err := claimsRequest(cmd, subject, id)
		if err != nil {
			return err
		}
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		options := map[string]any{}
		if cmd.Flags().Changed("copies") {
			if copies < 1 {
				return usagef("--copies %d: at least 1", copies)
			}
			options["copies"] = copies
		}
		bound := make([]any, len(holders))
		for i, holder := range holders {
			if bound[i], err = holderOf(cmd, holder); err != nil {
				return err
			}
		}
		if len(bound) > 0 {
			options["holders"] = bound
		}
		answer, err := c.IssueFrom(cmd.Context(), issuerName(cmd), args[0], request, options, idempotency)
		if err != nil {
			return err
		}
		var issued struct {
			One  json.RawMessage `json:"verifiableCredential"`
			Many json.RawMessage `json:"verifiableCredentials"`
		}
		if err := json.Unmarshal(answer, &issued); err != nil {
			return err
		}
		if issued.Many != nil {
			return writeCredential(cmd, output, issued.Many)
		}
		return writeCredential(cmd, output, issued.One)
	}
	return cmd
}

// claimsRequest is what a template makes a credential of.
func claimsRequest(cmd *cobra.Command, subject, id string) (map[string]json.RawMessage, error) {
	input, err := inputOf(cmd)
	if err != nil {
		return nil, err
	}
	var claims map[string]json.RawMessage
	if err := json.Unmarshal(input, &claims); err != nil {
		return nil, usage(errors.New("the claims are no JSON object"), `give the claims alone: {"name": "Ada"}`)
	}
	request := map[string]json.RawMessage{"claims": input}
	for name, text := range map[string]string{"subject": subject, "id": id} {
		if text == "" {
			continue
		}
		if request[name], err = json.Marshal(text); err != nil {
			return nil, err
		}
	}
	return request, nil
}
