package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keystore"
)

// actor is a DID that acts, with the key that it signs with and the center that it asks.
type actor struct {
	cmd    *cobra.Command
	client *client.Client
	league string
	did    did.DID
	method did.URL
	signer keystore.Signer
}

// addCenter adds the flags of commands that act as a center: --home names it, its control key signs.
func addCenter(cmd *cobra.Command) {
	addHome(cmd)
	addPassphrase(cmd)
	addAPI(cmd)
	cmd.Flag("api").Usage = "URL of a center to ask (default $HANSE_API, then the center of --home)"
	addOutput(cmd)
	addWait(cmd)
	addSigning(cmd)
}

// addCenterOrDID adds the flags of commands that act as a center (--home) or as any DID (--did with --key of your keystore).
func addCenterOrDID(cmd *cobra.Command) {
	addCenter(cmd)
	f := cmd.Flags()
	f.String("did", "", "act as this DID, with --key, instead of as a center")
	f.String("key", "", "key of your keystore that controls --did")
	f.String("keystore", "", "folder of your keys (default $HANSE_KEYSTORE, then the state directory of this user)")
	cmd.Flag("passphrase-file").Usage = "file with the keystore's passphrase (default: what the center's hanse.toml names, with --did $HANSE_PASSPHRASE_FILE, then ask on the terminal)"
	cmd.MarkFlagsRequiredTogether("did", "key")
	cmd.MarkFlagsMutuallyExclusive("did", "home")
}

// actorOf is whom the flags of a command name.
func actorOf(cmd *cobra.Command) (*actor, error) {
	if f := cmd.Flag("did"); f != nil && f.Value.String() != "" {
		return actingDID(cmd, f.Value.String(), cmd.Flag("key").Value.String())
	}
	return actingCenter(cmd)
}

// actingDID acts as a DID with a key of the user's keystore.
func actingDID(cmd *cobra.Command, id, key string) (*actor, error) {
	parsed, err := did.Parse(id)
	if err != nil {
		return nil, err
	}
	store, c, err := storeAndClient(cmd)
	if err != nil {
		return nil, err
	}
	signer, err := userSigner(cmd, store, key)
	if err != nil {
		return nil, err
	}
	a := &actor{cmd: cmd, client: c, did: parsed, signer: signer}
	return a, a.find(cmd.Context())
}

// actingCenter acts as the center of --home, with its control key.
func actingCenter(cmd *cobra.Command) (*actor, error) {
	home, err := homeOf(cmd)
	if err != nil {
		return nil, err
	}
	cfg, _, err := loadConfig(home, nil)
	if err != nil {
		return nil, err
	}
	d, err := readDescriptor(home)
	if err != nil {
		return nil, err
	}
	c, err := clientAtHome(cmd, cfg)
	if err != nil {
		return nil, err
	}
	store, err := openKeystore(cmd, home, cfg.Keystore.PassphraseFile, openOptions{})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	a := &actor{cmd: cmd, client: c}
	if a.signer, err = store.Signer(cmd.Context(), keyControl); err != nil {
		return nil, err
	}
	league, err := c.League(cmd.Context())
	if err != nil {
		return nil, err
	}
	if a.did, err = centerDID(league.League, d); err != nil {
		return nil, err
	}
	err = a.find(cmd.Context())
	if classify(err).Code == exitNotFound {
		return nil, hinted(fmt.Errorf("center %s is not of league %s: %w", d.Center.Name, league.League, err), "a center of the league has to propose it: 'hanse center propose center.admit --descriptor %s/descriptor.json'", home)
	}
	return a, err
}

// find reads the DID's record and finds the method that the key controls it with.
func (a *actor) find(ctx context.Context) (err error) {
	if a.league, _, err = did.SplitHanse(a.did); err != nil {
		return hinted(err, "only a did:hanse acts on a league's ledger")
	}
	record, err := a.client.Record(ctx, a.did)
	if err != nil {
		return err
	}
	if record.Deactivated {
		return &cliError{Code: exitNotFound, Err: fmt.Errorf("%s is deactivated", a.did)}
	}
	method, found := controlMethod(record.Document, a.signer.Public())
	if !found {
		return &cliError{Code: exitNotAuthorised, Err: fmt.Errorf("the key does not control %s", a.did), Hint: "'hanse did resolve' shows its keys"}
	}
	if record.Threshold > 1 {
		note(a.cmd, "%s needs %d signatures: write the operation to a file with --sign-only, and let the others sign it with 'hanse op sign'", a.did, record.Threshold)
	}
	a.method = method
	return nil
}

// act signs an operation and submits it, or writes it to the file of --sign-only (then the receipt is nil).
func (a *actor) act(kind string, body map[string]any) (*client.Receipt, error) {
	d, err := draft(lifeOf(a.cmd), a.league, kind, a.did, body)
	if err != nil {
		return nil, err
	}
	envelope, err := d.Sign(a.cmd.Context(), a.method, a.signer)
	if err != nil {
		return nil, err
	}
	return submitOrKeep(a.cmd, a.client, envelope)
}

// readID reads an operation id, such as an accreditation has.
func readID(what, text string) (op.ID, error) {
	id, err := op.ParseID(text)
	if err != nil {
		return id, usage(fmt.Errorf("%s: %w", what, err), "it has 43 base64url characters; the lists show it, whole with -o json")
	}
	return id, nil
}

// instant reads an RFC 3339 time of whole seconds; flag is what the error names.
func instant(flag, text string) (int64, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Nanosecond() != 0 {
		return 0, usage(fmt.Errorf("%s %q is not an instant", flag, text), "write it as 2026-01-31T12:00:00Z")
	}
	return t.Unix(), nil
}
