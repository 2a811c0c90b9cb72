package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

func didCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "did", Short: "Create, resolve and change DIDs"}
	cmd.AddCommand(didCreateCommand(), didResolveCommand(), didUpdateCommand(), didRotateCommand(), didDeactivateCommand())
	return cmd
}

// changed is what the writing did commands print.
type changed struct {
	DID       did.DID `json:"did"`
	Operation string  `json:"operation"`
	State     string  `json:"state"`
	Height    int64   `json:"height,omitempty"`
	VersionID string  `json:"versionId"`
}

func showChanged(cmd *cobra.Command, id did.DID, n int64, r *client.Receipt) error {
	c := changed{DID: id, Operation: r.ID.String(), State: string(r.State), Height: r.Height, VersionID: fmt.Sprintf("%d-%s", n, r.ID)}
	return show(cmd, c, func(w io.Writer) {
		row(w, "did", c.DID)
		row(w, "version", c.VersionID)
		row(w, "state", fmt.Sprintf("%s at height %d", c.State, c.Height))
	})
}

// addWriting adds the flags of commands that sign and submit an operation.
func addWriting(cmd *cobra.Command) {
	addAPI(cmd)
	addOutput(cmd)
	addWait(cmd)
	addUserKeystore(cmd)
}

func didCreateCommand() *cobra.Command {
	var key, assertion, next, document string
	cmd := &cobra.Command{
		Use:   "create --key NAME",
		Short: "Register a new DID, controlled by a key of your keystore",
		Long: `Makes a did:hanse out of public keys of your keystore, signs its creation and submits it to a center.
The key of --key controls the DID; --assertion-key signs credentials; --next commits to the key
that will replace the control key, so that a stolen control key cannot take the DID over.`,
		Example: `  hanse key generate me
  hanse did create --key me
  hanse key generate next && hanse did create --key me --assertion-key signing --next next`,
		Args: cobra.NoArgs,
	}
	addWriting(cmd)
	f := cmd.Flags()
	f.StringVar(&key, "key", "", "key that controls the DID")
	f.StringVar(&assertion, "assertion-key", "", "key that signs credentials (default: none)")
	f.StringVar(&next, "next", "", "key that will be the next control key (pre-rotation)")
	f.StringVar(&document, "document", "", "file with the whole creation document (no id, relative references; control key at #key-1)")
	_ = cmd.MarkFlagRequired("key")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		store, c, err := storeAndClient(cmd)
		if err != nil {
			return err
		}
		signer, err := userSigner(cmd, store, key)
		if err != nil {
			return err
		}
		body, err := createBodyOf(cmd, store, signer, assertion, next)
		if err != nil {
			return err
		}
		if document != "" {
			if body["document"], err = readDocument(cmd, document); err != nil {
				return err
			}
		}
		league, err := c.League(cmd.Context())
		if err != nil {
			return err
		}
		id, envelope, err := signCreate(cmd.Context(), league.League, body, signer)
		if err != nil {
			return err
		}
		receipt, err := submit(cmd, c, envelope)
		if err != nil {
			return err
		}
		return showChanged(cmd, id, 1, receipt)
	}
	return cmd
}

// createBodyOf builds a creation body from names of keys; empty names are left out.
func createBodyOf(cmd *cobra.Command, store keystore.Store, control keystore.Signer, assertion, next string) (map[string]any, error) {
	var asserts []keys.Public
	if assertion != "" {
		signer, err := userSigner(cmd, store, assertion)
		if err != nil {
			return nil, err
		}
		asserts = append(asserts, signer.Public())
	}
	body, err := createBody(control.Public(), asserts...)
	if err != nil || next == "" {
		return body, err
	}
	signer, err := userSigner(cmd, store, next)
	if err != nil {
		return nil, err
	}
	body["next"] = []any{identity.NextHash(signer.Public())}
	return body, nil
}

// readDocument reads a document for an operation: strict JSON, integers only.
func readDocument(cmd *cobra.Command, path string) (any, error) {
	data, err := readInput(cmd, path, 64<<10)
	if err != nil {
		return nil, err
	}
	value, err := jcs.ParseIntegers(data, jcs.Limits{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return value, nil
}

func didResolveCommand() *cobra.Command {
	var versionID, versionTime string
	var proof bool
	cmd := &cobra.Command{
		Use:   "resolve DID",
		Short: "Resolve a DID at a center: did:hanse, did:key, did:jwk",
		Example: `  hanse did resolve did:hanse:dev:Qm…
  hanse did resolve did:key:z6Mk… -o json
  hanse did resolve --version-time 2026-03-01T00:00:00Z did:hanse:dev:Qm…`,
		Args: cobra.ExactArgs(1),
	}
	addAPI(cmd)
	addOutput(cmd)
	f := cmd.Flags()
	f.StringVar(&versionID, "version-id", "", "this version")
	f.StringVar(&versionTime, "version-time", "", "the version of this instant (RFC 3339, UTC, whole seconds)")
	f.BoolVar(&proof, "proof", false, "attach the Merkle proof (with -o json)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		options := url.Values{}
		for name, value := range map[string]string{"versionId": versionID, "versionTime": versionTime} {
			if value != "" {
				options.Set(name, value)
			}
		}
		if proof {
			options.Set("proof", "true")
		}
		result, err := c.Resolve(cmd.Context(), args[0], options)
		if errors.Is(err, did.ErrNotFound) && versionID+versionTime != "" {
			if e := result.Resolution.Error; e != nil && e.Detail != "" {
				return hinted(err, "the center says: %s", e.Detail)
			}
			return hinted(err, "the DID may exist, and not have this version: try without --version-id and --version-time")
		}
		if err != nil {
			return err
		}
		if err := show(cmd, result, func(w io.Writer) { printResolution(w, result) }); err != nil {
			return err
		}
		if result.Metadata.Deactivated && string(result.Document) == "null" {
			return &cliError{Code: exitNotFound, Err: fmt.Errorf("%s is deactivated", args[0]), Hint: "older versions stay readable: --version-id or --version-time"}
		}
		return nil
	}
	return cmd
}

func printResolution(w io.Writer, r *client.Resolution) {
	if r.Metadata.VersionID != "" {
		row(w, "version", r.Metadata.VersionID)
		row(w, "created", r.Metadata.Created)
	}
	if r.Metadata.Updated != "" {
		row(w, "updated", r.Metadata.Updated)
	}
	if r.Metadata.Deactivated {
		row(w, "deactivated", true)
	}
	var document any
	if json.Unmarshal(r.Document, &document) == nil && document != nil {
		text, _ := json.MarshalIndent(document, "", "  ")
		fmt.Fprintln(w, printable(string(text)))
	}
}

func didUpdateCommand() *cobra.Command {
	var key, document string
	cmd := &cobra.Command{
		Use:   "update DID --key NAME --document FILE",
		Short: "Replace the document of a DID",
		Long: `Replaces a DID's document by the one in FILE (the complete document). Threshold, pre-rotation and recovery
stay as they are. Control keys change with 'hanse did rotate'.`,
		Example: `  hanse did resolve $DID -o json | jq .didDocument > doc.json   # edit doc.json
  hanse did update $DID --key me --document doc.json`,
		Args: cobra.ExactArgs(1),
	}
	addWriting(cmd)
	cmd.Flags().StringVar(&key, "key", "", "control key that signs")
	cmd.Flags().StringVar(&document, "document", "", "file with the new document")
	_ = cmd.MarkFlagRequired("key")
	_ = cmd.MarkFlagRequired("document")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		value, err := readDocument(cmd, document)
		if err != nil {
			return err
		}
		return changeDID(cmd, args[0], func(w *writer) error {
			signer, err := userSigner(cmd, w.store, key)
			if err != nil {
				return err
			}
			method, err := w.methodOf(key, signer)
			if err != nil {
				return err
			}
			body := w.state()
			body["document"] = value
			return w.sign("did.update", body, method, signer)
		})
	}
	return cmd
}

func didRotateCommand() *cobra.Command {
	var key, newKey, next string
	cmd := &cobra.Command{
		Use:   "rotate DID --key NAME --new-key NAME",
		Short: "Replace a control key",
		Long: `Replaces the control key --key by --new-key. Without pre-rotation the present key signs. With it the new key
signs, because its hash was committed to; --next then commits to the key after it.`,
		Example: `  hanse key generate me-2
  hanse did rotate $DID --key me --new-key me-2
  hanse did rotate $DID --key me --new-key next --next next-2     # with pre-rotation`,
		Args: cobra.ExactArgs(1),
	}
	addWriting(cmd)
	f := cmd.Flags()
	f.StringVar(&key, "key", "", "present control key")
	f.StringVar(&newKey, "new-key", "", "key that replaces it")
	f.StringVar(&next, "next", "", "key after that (pre-rotation)")
	_ = cmd.MarkFlagRequired("key")
	_ = cmd.MarkFlagRequired("new-key")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return changeDID(cmd, args[0], func(w *writer) error { return w.rotate(cmd, key, newKey, next) })
	}
	return cmd
}

func didDeactivateCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:     "deactivate DID --key NAME",
		Short:   "Deactivate a DID for ever; its versions stay readable",
		Example: `  hanse did deactivate $DID --key me`,
		Args:    cobra.ExactArgs(1),
	}
	addWriting(cmd)
	cmd.Flags().StringVar(&key, "key", "", "control key; with pre-rotation the committed next key")
	_ = cmd.MarkFlagRequired("key")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return changeDID(cmd, args[0], func(w *writer) error {
			signer, err := userSigner(cmd, w.store, key)
			if err != nil {
				return err
			}
			body := map[string]any{"prev": w.record.VersionID}
			if len(w.record.Next) > 0 { // the committed key is revealed in the body, and signs
				multikey := signer.Public().Multikey()
				body["keys"] = []any{multikey}
				return w.sign("did.deactivate", body, did.URL{DID: w.record.DID, Fragment: multikey}, signer)
			}
			method, err := w.methodOf(key, signer)
			if err != nil {
				return err
			}
			return w.sign("did.deactivate", body, method, signer)
		})
	}
	return cmd
}
