package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
)

func vpCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "vp", Short: "Make and verify presentations of credentials"}
	cmd.AddCommand(vpChallengeCommand(), vpCreateCommand(), vpVerifyCommand())
	return cmd
}

func vpChallengeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "challenge",
		Short:   "Ask a center for a challenge: for one presentation, within 5 minutes",
		Example: "  hanse vp challenge\n  challenge=$(hanse vp challenge --api https://center.example)",
		Args:    cobra.NoArgs,
	}
	addAPI(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		challenge, err := c.Challenge(cmd.Context())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), printable(challenge))
		return err
	}
	return cmd
}

// presentation says how `hanse vp create` presents.
type presentation struct {
	key, method, form string
	inputs            []string
	options           credentials.PresentOptions
}

func vpCreateCommand() *cobra.Command {
	var p presentation
	var output string
	cmd := &cobra.Command{
		Use:   "create --key FILE",
		Short: "Present credentials, signed with the key of their holder; asks nobody",
		Long: `Signs a presentation of the credentials in the files, as they were issued, with a key file.
The challenge and domain of whoever asked for it make it good for nobody else.

In vc+sd-jwt and dc+sd-jwt one SD-JWT presents itself: the key is the one it is bound to (cnf), and signs its key binding.
'hanse vc derive' withholds parts of a credential first.`,
		Example: `  hanse vp create --key holder.jwk --input degree.json --challenge "$challenge" --domain https://verifier.example
  hanse vp create --key holder.jwk --input degree.json --input licence.json --format eddsa-rdfc-2022 --output presentation.json
  hanse vp create --key holder.jwk --input id-card.json --format dc+sd-jwt --challenge n-0S6 --domain https://verifier.example`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&p.key, "key", "", "file with the holder's private key: 'hanse key new --output FILE' makes one")
	f.StringVar(&p.method, "verification-method", "", "DID URL that lists the key under authentication, where it is not its did:key")
	f.StringVar(&p.form, "format", string(credentials.FormVPJWT), "securing form: "+strings.Join(presentationFormNames(), ", "))
	f.StringVar(&p.form, "form", string(credentials.FormVPJWT), "the same as --format")
	_ = f.MarkHidden("form")
	f.StringArrayVarP(&p.inputs, "input", "i", nil, "file with a secured credential, \"-\" for standard input (repeatable)")
	f.StringVar(&p.options.Challenge, "challenge", "", "what the verifier asked to be signed: 'hanse vp challenge'")
	f.StringVar(&p.options.Domain, "domain", "", "whom it is for")
	f.StringVar(&p.options.ID, "id", "", "URL that identifies the presentation (default: none)")
	f.StringVar(&output, "output", "", "file to write (default: standard output)")
	_ = cmd.MarkFlagRequired("key")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := checkMadeFor(cmd); err != nil {
			return err
		}
		body, err := p.make(cmd)
		if problem, ok := errors.AsType[*credentials.ProblemError](err); ok {
			return &cliError{Code: exitError, Err: problem, Hint: "nothing was signed: give credentials as 'hanse vc issue' or 'hanse vc derive' printed them"}
		}
		if err != nil {
			return err
		}
		return writeCredential(cmd, output, body)
	}
	return cmd
}

// checkMadeFor refuses an empty challenge or domain: a variable that a shell lost would otherwise mean that none is asked for.
func checkMadeFor(cmd *cobra.Command) error {
	for _, name := range []string{"challenge", "domain"} {
		if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
			return usage(fmt.Errorf("--%s is empty", name), "give a value, or leave the flag out")
		}
	}
	return nil
}

func (p *presentation) make(cmd *cobra.Command) (json.RawMessage, error) {
	presenter, err := p.presenter()
	if err != nil {
		return nil, err
	}
	for _, path := range p.inputs {
		data, err := readInput(cmd, path, maxCredential)
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(data)) == 0 {
			return nil, usage(fmt.Errorf("%s is empty", path), "give a secured credential")
		}
		p.options.Credentials = append(p.options.Credentials, data)
	}
	if bindsItself(presenter.Form) {
		if p.options.Challenge == "" || p.options.Domain == "" {
			return nil, usage(fmt.Errorf("%s: a key binding is for one challenge and domain", presenter.Form), "give --challenge and --domain")
		}
		if len(p.options.Credentials) != 1 {
			return nil, usage(fmt.Errorf("%s presents one credential, not %d", presenter.Form, len(p.options.Credentials)), "present several in %s", credentials.FormVPJWT)
		}
		bound, err := presenter.Bind(cmd.Context(), p.options.Credentials[0], p.options.Challenge, p.options.Domain)
		if err != nil {
			return nil, err
		}
		return json.Marshal(bound)
	}
	secured, err := presenter.Present(cmd.Context(), p.options)
	if err != nil {
		return nil, err
	}
	return secured.Body, nil
}

// presenter makes a presenter of the key file.
func (p *presentation) presenter() (*credentials.Presenter, error) {
	private, err := signerFile(p.key)
	if err != nil {
		return nil, err
	}
	public := private.Public()
	presenter := &credentials.Presenter{
		DID: did.DID(public.DIDKey()), Method: cmp.Or(p.method, public.DIDKeyURL()), Form: credentials.Form(p.form), Signer: private,
	}
	if p.method != "" {
		u, err := did.ParseURL(p.method)
		if err != nil || u.Fragment == "" {
			return nil, usagef("--verification-method %q is not a DID URL with a fragment", p.method)
		}
		presenter.DID = u.DID
	}
	if !slices.Contains(presentationFormNames(), p.form) {
		return nil, usage(fmt.Errorf("form %q is not known for presentations", p.form), "use one of: %s", strings.Join(presentationFormNames(), ", "))
	}
	return presenter, nil
}

// bindsItself reports whether a form is one of credentials that present themselves.
func bindsItself(form credentials.Form) bool {
	return form == credentials.FormSDJWT || form == credentials.FormSDJWTVC
}

func presentationFormNames() (names []string) {
	for _, form := range append(credentials.PresentationForms(), credentials.FormSDJWT, credentials.FormSDJWTVC) {
		names = append(names, string(form))
	}
	return names
}
