package main

import (
	"fmt"
	"io"

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
	cmd.AddCommand(didCreateCommand(), didResolveCommand(), didUpdateCommand(), didRotateCommand(), didDeactivateCommand(), didRecoverCommand())
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

// showChanged prints what a receipt says of a DID; there is none where the operation was only written to a file.
func showChanged(cmd *cobra.Command, id did.DID, n int64, r *client.Receipt) error {
	if r == nil {
		return nil
	}
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
	addSigning(cmd)
}

func didCreateCommand() *cobra.Command {
	var key, assertion, next, document string
	cmd := &cobra.Command{
		Use:   "create --key NAME",
		Short: "Register a new DID, controlled by a key of your keystore",
		Long: `Makes a did:hanse out of public keys of your keystore, signs its creation and submits it to a center.
The key of --key controls the DID; --assertion-key signs credentials; --next commits to the key
that will replace the control key, so that a stolen control key cannot take the DID over.

Keys get lost: --recovery-set names DIDs that may put a new key in their place together, --recovery-league lets the
centers do it by proposal. Both wait for a public delay in which the present key can cancel it. Nobody who is not
named here can ever recover the DID; the league can be named at creation only.`,
		Example: `  hanse key generate me
  hanse did create --key me
  hanse key generate signing && hanse key generate next
  hanse did create --key me --assertion-key signing --next next
  hanse did create --key me --recovery-set did:key:z6Mk…,did:key:z6Mk… --recovery-threshold 2 --recovery-league 720h`,
		Args: cobra.NoArgs,
	}
	addWriting(cmd)
	f := cmd.Flags()
	f.StringVar(&key, "key", "", "key that controls the DID")
	f.StringVar(&assertion, "assertion-key", "", "key that signs credentials (default: none)")
	f.StringVar(&next, "next", "", "key that will be the next control key (pre-rotation)")
	f.StringVar(&document, "document", "", "file with the whole creation document (no id, relative references; control key at #key-1)")
	addRecovery(cmd, true)
	_ = cmd.MarkFlagRequired("key")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		recovery, err := recoveryOf(cmd, nil)
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
		body, err := createBodyOf(cmd, store, signer, assertion, next)
		if err != nil {
			return err
		}
		if document != "" {
			if body["document"], err = readDocument(cmd, document); err != nil {
				return err
			}
		}
		if len(recovery) > 0 {
			body["recovery"] = recovery
		}
		league, err := c.League(cmd.Context())
		if err != nil {
			return err
		}
		id, envelope, err := signCreate(cmd.Context(), league.League, body, signer)
		if err != nil {
			return err
		}
		receipt, err := submitOrKeep(cmd, c, envelope)
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

func didUpdateCommand() *cobra.Command {
	var key, document string
	var dropLeague bool
	cmd := &cobra.Command{
		Use:   "update DID --key NAME",
		Short: "Replace the document of a DID",
		Long: `Replaces a DID's document by the one in FILE (the complete document); without --document it stays. Threshold and
pre-rotation stay as they are, and so does recovery without --recovery-set; --recovery-drop-league takes the right to
start a recovery from the centers for ever. Control keys change with 'hanse did rotate'.`,
		Example: `  hanse did resolve $DID -o json | jq .didDocument > doc.json   # edit doc.json
  hanse did update $DID --key me --document doc.json
  hanse did update $DID --key me --recovery-set did:key:z6Mk…,did:key:z6Mk… --recovery-threshold 2`,
		Args: cobra.ExactArgs(1),
	}
	addWriting(cmd)
	cmd.Flags().StringVar(&key, "key", "", "control key that signs")
	cmd.Flags().StringVar(&document, "document", "", "file with the new document")
	cmd.Flags().BoolVar(&dropLeague, "recovery-drop-league", false, "the centers shall not be able to recover the DID any more")
	addRecovery(cmd, false)
	_ = cmd.MarkFlagRequired("key")
	cmd.MarkFlagsOneRequired("document", "recovery-set", "recovery-drop-league")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var value any
		if document != "" {
			var err error
			if value, err = readDocument(cmd, document); err != nil {
				return err
			}
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
			if dropLeague && w.record.Recovery != nil {
				w.record.Recovery.League = 0
			}
			body := w.state()
			if value != nil {
				body["document"] = value
			}
			recovery, err := recoveryOf(cmd, w.record.Recovery)
			if err != nil {
				return err
			}
			if delete(body, "recovery"); len(recovery) > 0 {
				body["recovery"] = recovery
			}
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
