package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// fileIssue says how `hanse vc issue --key` signs without a center.
type fileIssue struct {
	Key         string
	Method      string // verification method URL; empty: that of the key's did:key
	Form        string // empty: the first form that the key can sign
	Disclosable []string
	Mandatory   []string
}

// addTo adds the flags of signing without a center.
func (o *fileIssue) addTo(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.Key, "key", "", "sign with the private key of this file, and ask no center: 'hanse key new --output FILE' makes one")
	f.StringVar(&o.Method, "verification-method", "", "with --key: DID URL that lists the key, where it is not its did:key (a did:web that you host)")
	f.StringArrayVar(&o.Disclosable, "disclosable", nil, "vc+sd-jwt, dc+sd-jwt: JSON pointer of what its holder may withhold (repeatable)")
	f.StringArrayVar(&o.Mandatory, "mandatory", nil, "ecdsa-sd-2023: JSON pointer of what its holder must show (repeatable)")
}

// issue signs a credential with the key of the file.
func (o *fileIssue) issue(cmd *cobra.Command, input []byte) (json.RawMessage, error) {
	issuer, err := o.issuer()
	if err != nil {
		return nil, err
	}
	value, err := jcs.Parse(input, jcs.Limits{MaxBytes: maxCredential, MaxDepth: 32})
	if err != nil {
		return nil, usage(fmt.Errorf("the input is not strict JSON: %w", err), "a member may be there once, and numbers must be exact")
	}
	credential, ok := value.(map[string]any)
	if !ok {
		return nil, usage(errors.New("the input is no object"), "give an unsigned credential")
	}
	if issuer.Form != credentials.FormSDJWTVC { // its issuer is a claim that signing sets
		if credential, err = issuedBy(credential, issuer.DID); err != nil {
			return nil, err
		}
	}
	secured, err := issuer.Issue(cmd.Context(), credential)
	if problem, ok := errors.AsType[*credentials.ProblemError](err); ok {
		return nil, &cliError{Code: exitError, Err: problem, Hint: "nothing was signed: correct " + cmp.Or(problem.Problem.Pointer, "the credential")}
	}
	if err != nil {
		return nil, err
	}
	return secured.Body, nil
}

// issuer makes an issuer of the key file.
func (o *fileIssue) issuer() (*credentials.Issuer, error) {
	private, err := signerFile(o.Key)
	if err != nil {
		return nil, err
	}
	public := private.Public()
	issuer := &credentials.Issuer{
		DID: did.DID(public.DIDKey()), Method: public.DIDKeyURL(), Signer: private, Form: credentials.Form(o.Form),
		Disclosable: o.Disclosable, Mandatory: o.Mandatory,
	}
	if o.Method != "" {
		u, err := did.ParseURL(o.Method)
		if err != nil || u.Fragment == "" {
			return nil, usagef("--verification-method %q is not a DID URL with a fragment", o.Method)
		}
		issuer.DID, issuer.Method = u.DID, o.Method
	}
	if issuer.Form == "" {
		issuer.Form = credentials.FormJWT
	}
	if !slices.Contains(credentials.Forms(), issuer.Form) {
		return nil, usage(fmt.Errorf("form %q is not known", o.Form), "use one of: %s", formNames())
	}
	if algorithms := issuer.Form.Algorithms(); !slices.Contains(algorithms, public.Algorithm()) {
		return nil, usage(fmt.Errorf("form %s cannot be signed with a key for %s", issuer.Form, public.Algorithm()), "'hanse key new --output FILE --alg %s' makes one that can", algorithms[0])
	}
	return issuer, o.fits(issuer.Form)
}

// fits refuses what a form does not have: who names it believes that it has an effect.
func (o *fileIssue) fits(form credentials.Form) error {
	switch {
	case len(o.Disclosable) > 0 && form != credentials.FormSDJWT && form != credentials.FormSDJWTVC:
		return usage(fmt.Errorf("--disclosable: form %s has no disclosures", form), "use --format %s or --format %s", credentials.FormSDJWT, credentials.FormSDJWTVC)
	case len(o.Mandatory) > 0 && form != credentials.FormECDSASD:
		return usage(fmt.Errorf("--mandatory: form %s has no mandatory pointers", form), "use --format %s", credentials.FormECDSASD)
	}
	return nil
}

// issuedBy fills in who issues a credential, where it does not say so, and refuses one that names somebody else.
func issuedBy(credential map[string]any, id did.DID) (map[string]any, error) {
	switch issuer := credential["issuer"].(type) {
	case nil:
		credential = maps.Clone(credential)
		credential["issuer"] = id.String()
		return credential, nil
	case string:
		if issuer == id.String() {
			return credential, nil
		}
	case map[string]any:
		switch issuer["id"] {
		case nil:
			credential, issuer = maps.Clone(credential), maps.Clone(issuer)
			issuer["id"] = id.String()
			credential["issuer"] = issuer
			return credential, nil
		case id.String():
			return credential, nil
		}
	}
	return nil, usage(errors.New("the credential names another issuer than the key's"), "leave issuer out, or let it be %s", id)
}

// writeCredential writes a secured credential to a file, or to standard output without one. What it says of somebody is nobody
// else's business: only the owner can read the file.
func writeCredential(cmd *cobra.Command, path string, secured json.RawMessage) error {
	if path == "" || path == "-" {
		return writeJSON(cmd.OutOrStdout(), secured)
	}
	text := append(slices.Clone(secured), '\n')
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // a device or a pipe is written into, and not replaced
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.Write(text)
		return errors.Join(err, f.Close())
	}
	return writePrivate(path, text)
}
