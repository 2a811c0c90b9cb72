package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/did/keys"
)

func rotateKeyCommand() *cobra.Command {
	var prepare bool
	cmd := &cobra.Command{
		Use:   "rotate-key",
		Short: "Replace the validator key of the center of --home; nobody needs to agree",
		Long: `Makes a new validator key in the home and puts it in the place of the present one. The node needs no restart: it
signs with the old key until the second block after the change, and with the new one from then on. Repeating the
command after an interruption goes on with the key that was made. Afterwards the old key's file may be deleted.

A center whose DID keys are lost as well cannot do this: --prepare only makes the key and prints it, for
'hanse center propose center.rotate' at another center. That needs no key of the center.`,
		Example: "  hanse center rotate-key --home ~/center-a\n  hanse center rotate-key --prepare --home ~/center-a",
		Args:    cobra.NoArgs,
	}
	addCenter(cmd)
	cmd.Flags().BoolVar(&prepare, "prepare", false, "only make the key and print it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		home, err := homeOf(cmd)
		if err != nil {
			return err
		}
		if prepare {
			return prepareValidator(cmd, home)
		}
		a, err := actingCenter(cmd)
		if err != nil {
			return err
		}
		m, err := a.client.Center(cmd.Context(), string(a.did))
		if err != nil {
			return err
		}
		key, err := node.NewValidatorKey(home, validatorsOf(m))
		if err != nil {
			return err
		}
		receipt, err := a.act("center.update", map[string]any{"prev": m.Version, "validator": key})
		if err != nil || receipt == nil {
			return err
		}
		if receipt.Final() {
			note(cmd, "the node signs with %s from height %d on", key, receipt.Height+2)
		}
		return showUpdated(a, receipt)
	}
	return cmd
}

// prepareValidator makes the next validator key of a center and prints it. It opens no keystore: the keys in it may be lost.
func prepareValidator(cmd *cobra.Command, home string) error {
	cfg, _, err := loadConfig(home, nil)
	if err != nil {
		return err
	}
	c, err := clientAtHome(cmd, cfg)
	if err != nil {
		return err
	}
	m, err := c.Center(cmd.Context(), cfg.Center.Name)
	if err != nil {
		return hinted(fmt.Errorf("center %q: %w", cfg.Center.Name, err), "ask another center of its league with --api URL")
	}
	key, err := node.NewValidatorKey(home, validatorsOf(m))
	if err != nil {
		return err
	}
	return show(cmd, map[string]any{"validator": key}, func(w io.Writer) { row(w, key) })
}

// validatorsOf lists every validator key that a center has or had.
func validatorsOf(m *client.Center) []string {
	list := []string{m.Validator}
	for _, v := range m.History {
		if !slices.Contains(list, v.Validator) {
			list = append(list, v.Validator)
		}
	}
	return list
}

func centerUpdateCommand() *cobra.Command {
	var public string
	var sponsors []string
	cmd := &cobra.Command{
		Use:   "update --public-url URL | --sponsor KEY",
		Short: "Change the URL or the sponsor keys that the league has of the center of --home",
		Long: `Changes what the league's record of the center of --home says. --sponsor gives all keys that may sign its
batches: names of keys in the center's keystore, or multikeys. To replace the present one make another
('hanse key generate sponsor-2 --keystore HOME/keystore'), list both, set keystore.sponsor in hanse.toml, restart
the center, and then list the new one alone. The validator key changes with 'hanse center rotate-key'.`,
		Example: "  hanse center update --public-url https://trust.bank.example --home ~/center-a\n  hanse center update --sponsor sponsor --sponsor sponsor-2 --home ~/center-a",
		Args:    cobra.NoArgs,
	}
	addCenter(cmd)
	cmd.Flags().StringVar(&public, "public-url", "", "URL of its API as the world sees it")
	cmd.Flags().StringArrayVar(&sponsors, "sponsor", nil, "a key that may sign its batches (repeatable; together they replace the present ones)")
	cmd.MarkFlagsOneRequired("public-url", "sponsor")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		a, err := actingCenter(cmd)
		if err != nil {
			return err
		}
		m, err := a.client.Center(cmd.Context(), string(a.did))
		if err != nil {
			return err
		}
		body := map[string]any{"prev": m.Version}
		if public != "" {
			body["api"] = public
		}
		if len(sponsors) > 0 {
			if body["sponsors"], err = sponsorKeys(cmd, sponsors); err != nil {
				return err
			}
		}
		receipt, err := a.act("center.update", body)
		if err != nil || receipt == nil {
			return err
		}
		return showUpdated(a, receipt)
	}
	return cmd
}

// sponsorKeys turns names of keys of the center's keystore into multikeys; multikeys stay as they are.
func sponsorKeys(cmd *cobra.Command, names []string) ([]any, error) {
	home, err := homeOf(cmd)
	if err != nil {
		return nil, err
	}
	cfg, _, err := loadConfig(home, nil)
	if err != nil {
		return nil, err
	}
	store, err := openKeystore(cmd, home, cfg.Keystore.PassphraseFile, openOptions{})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	var list []any
	for _, name := range names {
		if key, err := keys.ParseMultikey(name); err == nil {
			list = append(list, key.Multikey())
			continue
		}
		signer, err := store.Signer(cmd.Context(), name)
		if err != nil {
			return nil, hinted(fmt.Errorf("key %q: %w", name, err), "'hanse key generate %s --keystore %s/keystore' makes it", name, home)
		}
		list = append(list, signer.Public().Multikey())
	}
	return list, nil
}

// showUpdated prints the center that acted as it is now.
func showUpdated(a *actor, receipt *client.Receipt) error {
	if !receipt.Final() {
		return show(a.cmd, receipt, func(w io.Writer) { printReceipt(w, receipt) })
	}
	m, err := a.client.Center(a.cmd.Context(), string(a.did))
	if err != nil {
		return err
	}
	return show(a.cmd, m, func(w io.Writer) { printCenter(w, m) })
}
