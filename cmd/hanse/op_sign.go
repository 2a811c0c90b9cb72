package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keystore"
	"github.com/hanse-id/hanse/did/resolve"
)

// maxEnvelope bounds what the op commands read: an operation's payload and sixteen signatures, with room.
const maxEnvelope = 256 << 10

func opSignCommand() *cobra.Command {
	var key, as string
	cmd := &cobra.Command{
		Use:   "sign FILE --key NAME",
		Short: "Add your signature to an operation that needs several",
		Long: `Reads an operation that somebody began with --sign-only, says what it does, and prints it with your
signature added. Signing asks nobody, unless --as is a did:hanse, whose document names the key. Send the result
back: 'hanse op submit' takes all copies and puts their signatures together.`,
		Example: `  hanse op inspect recover.json
  hanse op sign recover.json --key me > recover-signed-by-me.json
  hanse op sign recover.json --key me --as did:hanse:acme:Qm… > recover-signed-by-me.json`,
		Args: cobra.ExactArgs(1),
	}
	addAPI(cmd)
	addUserKeystore(cmd)
	cmd.Flags().StringVar(&key, "key", "", "key of your keystore that signs")
	cmd.Flags().StringVar(&as, "as", "", "DID that you sign as (default: the did:key of the key)")
	_ = cmd.MarkFlagRequired("key")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o, err := readOperation(cmd, args[0])
		if err != nil {
			return err
		}
		store, c, err := storeAndClient(cmd)
		if err != nil {
			return err
		}
		signer, err := userSigner(cmd, store, key)
		if err != nil {
			return err
		}
		method, err := methodAs(cmd, c, as, signer)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(cmd.ErrOrStderr(), 0, 4, 2, ' ', 0)
		printOperation(w, o) // whoever signs sees what, all of it
		if err := w.Flush(); err != nil {
			return err
		}
		signature, err := op.Sign(cmd.Context(), o.Payload, method, signer)
		if err != nil {
			return err
		}
		envelope, err := op.Assemble(o.Payload, withSignature(o.Signatures, signature))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", envelope)
		return err
	}
	return cmd
}

// withSignature adds a signature, in place of an earlier one by the same key.
func withSignature(list []op.Signature, s op.Signature) []op.Signature {
	list = slices.Clone(list)
	if i := slices.IndexFunc(list, func(o op.Signature) bool { return o.KID == s.KID }); i >= 0 {
		list[i] = s
		return list
	}
	return append(list, s)
}

// methodAs is the verification method that signer signs with as a DID; an empty one is the key's own did:key.
func methodAs(cmd *cobra.Command, c *client.Client, as string, signer keystore.Signer) (did.URL, error) {
	if as == "" {
		return did.ParseURL(signer.Public().DIDKeyURL())
	}
	id, err := did.Parse(as)
	if err != nil {
		return did.URL{}, err
	}
	foreign := &cliError{Code: exitNotAuthorised, Err: fmt.Errorf("the key does not control %s", id), Hint: "'hanse key show NAME' prints the DID that a key is"}
	switch id.Method() {
	case "key":
		if as != signer.Public().DIDKey() {
			return did.URL{}, foreign
		}
		return did.ParseURL(signer.Public().DIDKeyURL())
	case "jwk":
		if version, err := (resolve.JWK{}).Resolve(cmd.Context(), id, did.At{}); err != nil {
			return did.URL{}, err
		} else if key, err := version.Document.VerificationMethod[0].Key(); err != nil || key != signer.Public() {
			return did.URL{}, foreign
		}
		return did.URL{DID: id, Fragment: "0"}, nil
	}
	record, err := c.Record(cmd.Context(), id)
	if err != nil {
		return did.URL{}, err
	}
	method, found := controlMethod(record.Document, signer.Public())
	if !found {
		return did.URL{}, foreign
	}
	return method, nil
}

func opInspectCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "inspect FILE", Short: "Say what an operation in a file does, and who has signed it; asks nobody",
		Example: "  hanse op inspect recover.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := readOperation(cmd, args[0])
			if err != nil {
				return err
			}
			return show(cmd, json.RawMessage(o.Payload), func(w io.Writer) { printOperation(w, o) })
		},
	}
	addOutput(cmd)
	return cmd
}

func printOperation(w io.Writer, o *op.Operation) {
	row(w, "operation", o.ID)
	row(w, "type", o.Type)
	row(w, "league", o.League)
	row(w, "by", o.By)
	row(w, "expires", time.Unix(o.Exp, 0).UTC().Format(time.RFC3339))
	for _, s := range o.Signatures {
		row(w, "signed by", s.KID)
	}
	if body, err := json.MarshalIndent(o.Body, "", "  "); err == nil {
		fmt.Fprintln(w, printable(string(body)))
	}
}

func opSubmitCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "submit FILE…",
		Short: "Submit an operation from a file, with the signatures of all its copies",
		Long: `Submits an operation that was written with --sign-only and signed with 'hanse op sign'. Several files are
copies of the same operation with different signatures, which are put together.

An operation is executed in the last ten minutes before it expires (parameter windowSeconds); a center takes
it ten minutes earlier, and keeps it until then.`,
		Example: `  hanse op submit recover.json
  hanse op submit recover.json recover-signed-by-ada.json recover-signed-by-grace.json`,
		Args: cobra.MinimumNArgs(1),
	}
	addAPI(cmd)
	addOutput(cmd)
	addWait(cmd)
	cmd.RunE = func(cmd *cobra.Command, files []string) error {
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		envelope, err := joinCopies(cmd, files)
		if err != nil {
			return err
		}
		receipt, err := submit(cmd, c, envelope)
		if err != nil {
			return err
		}
		return show(cmd, receipt, func(w io.Writer) { printReceipt(w, receipt) })
	}
	return cmd
}

// joinCopies puts the signatures of several copies of one operation together.
func joinCopies(cmd *cobra.Command, files []string) ([]byte, error) {
	first, err := readOperation(cmd, files[0])
	if err != nil {
		return nil, err
	}
	signatures := first.Signatures
	for _, file := range files[1:] {
		o, err := readOperation(cmd, file)
		if err != nil {
			return nil, err
		}
		if o.ID != first.ID {
			return nil, usage(fmt.Errorf("%s holds another operation than %s", file, files[0]), "'hanse op inspect' prints the operation of each")
		}
		for _, s := range o.Signatures {
			signatures = withSignature(signatures, s)
		}
	}
	return op.Assemble(first.Payload, signatures)
}

func readOperation(cmd *cobra.Command, path string) (*op.Operation, error) {
	data, err := readInput(cmd, path, maxEnvelope)
	if err != nil {
		return nil, err
	}
	o, err := op.Decode(trimSpace(data))
	if err != nil {
		return nil, hinted(fmt.Errorf("%s is not an operation: %w", path, err), "--sign-only FILE writes one")
	}
	return o, nil
}

// addSigning adds the flags of commands that sign an operation which may need the signatures of others too.
func addSigning(cmd *cobra.Command) {
	cmd.Flags().String("sign-only", "", "write the signed operation to this file instead of submitting it: see 'hanse op sign'")
	cmd.Flags().Duration("expires", 0, "how long the operation can be executed (default 2m; with --sign-only 10m)")
}

// lifeOf is how long the operation of a command may wait for its execution.
func lifeOf(cmd *cobra.Command) time.Duration {
	if d, err := cmd.Flags().GetDuration("expires"); err == nil && d > 0 {
		return d
	}
	if file, err := cmd.Flags().GetString("sign-only"); err == nil && file != "" {
		return 5 * operationLife
	}
	return operationLife
}

// submitOrKeep submits an operation, or writes it to the file of --sign-only; then there is no receipt.
func submitOrKeep(cmd *cobra.Command, c *client.Client, envelope []byte) (*client.Receipt, error) {
	file, err := cmd.Flags().GetString("sign-only")
	if err != nil || file == "" {
		return submit(cmd, c, envelope)
	}
	if err := os.WriteFile(file, append(envelope, '\n'), 0o600); err != nil {
		return nil, err
	}
	note(cmd, "the operation is in %s, signed and not submitted: others sign with 'hanse op sign %s --key KEY > THEIRS', 'hanse op submit %s THEIRS…' sends it", file, file, file)
	return nil, nil
}
