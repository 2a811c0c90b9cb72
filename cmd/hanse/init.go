package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// descriptor is what a center tells the league of itself: `hanse init` writes it, `hanse genesis assemble` collects it.
type descriptor struct {
	Center app.GenesisCenter `json:"center"`
	NodeID string            `json:"nodeId"` // p2p id of its node
	P2P    string            `json:"p2p"`    // address that the other centers dial, host:port
}

// initOptions say what center to make.
type initOptions struct {
	Home   string
	Config *config
	Open   openOptions
	// Recovery is the delay after which the league may replace the keys of the center's DID; 0: it never may.
	Recovery time.Duration
}

// centerRecovery is how long a center has to veto, with any control key, that the league replaces the keys of its DID.
const centerRecovery = 7 * 24 * time.Hour

var centerName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)

func initCommand() *cobra.Command {
	cfg := starterConfig()
	var recovery time.Duration
	cmd := &cobra.Command{
		Use:   "init --name NAME --public-url URL",
		Short: "Make a center: its keys, its hanse.toml and its descriptor",
		Long: `Makes the home directory of a new center and prints its descriptor: public keys and
addresses, nothing secret. Send it to the others: 'hanse genesis assemble' makes a new league of them,
'hanse center propose center.admit' asks a league that exists. Several centers on one machine also need
ledger.rpc and ledger.metrics of their own, in hanse.toml.

The center's DID names the league as its recovery of last resort: should its keys be lost, a proposal of
the other centers can replace them, after a public delay in which any control key can veto it.`,
		Example: `  hanse init --home ~/center-a --name bank --public-url https://trust.bank.example --p2p 0.0.0.0:26656 --external trust.bank.example:26656 > bank.json
  hanse genesis assemble --league acme bank.json university.json registry.json agency.json > genesis.json`,
		Args: cobra.NoArgs,
	}
	addHome(cmd)
	addPassphrase(cmd)
	cmd.Flag("passphrase-file").Usage = "file with the keystore's passphrase, named in hanse.toml from then on (default: ask on the terminal)"
	f := cmd.Flags()
	f.StringVar(&cfg.Center.Name, "name", "", "name of the center: lower case letters, digits, hyphens")
	f.StringVar(&cfg.Center.PublicURL, "public-url", "", "URL of its API as the world sees it (https, or http on loopback)")
	f.StringVar(&cfg.API.Listen, "api", cfg.API.Listen, "address its API listens on")
	f.StringVar(&cfg.Ledger.P2P, "p2p", cfg.Ledger.P2P, "address its node listens on for peers")
	f.StringVar(&cfg.Ledger.External, "external", "", "address that peers dial, where it is not --p2p")
	f.DurationVar(&recovery, "recovery-league", centerRecovery, "delay after which the league may replace the DID's keys; 0: it never may")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		home, err := homeOf(cmd)
		if err != nil {
			return err
		}
		if file, _ := cmd.Flags().GetString("passphrase-file"); file != "" {
			if cfg.Keystore.PassphraseFile, err = filepath.Abs(file); err != nil {
				return err
			}
		}
		d, err := initCenter(cmd, initOptions{Home: home, Config: cfg, Open: openOptions{New: true}, Recovery: recovery})
		if err != nil {
			return err
		}
		note(cmd, "center %s is in %s; its descriptor is also in %s", d.Center.Name, home, filepath.Join(home, "descriptor.json"))
		return writeJSON(cmd.OutOrStdout(), d)
	}
	return cmd
}

// initCenter makes a home directory. It refuses one that holds a center already.
func initCenter(cmd *cobra.Command, opts initOptions) (*descriptor, error) {
	cfg := opts.Config
	if !centerName.MatchString(cfg.Center.Name) {
		return nil, usage(fmt.Errorf("center name %q is not one", cfg.Center.Name), "use 1 to 32 lower case letters, digits and hyphens: --name bank")
	}
	if err := cfg.validate(); err != nil {
		e := *classify(err)
		e.Code = exitUsage
		return nil, &e
	}
	if _, err := os.Stat(filepath.Join(opts.Home, "hanse.toml")); err == nil {
		return nil, hinted(fmt.Errorf("%s holds a center already", opts.Home), "give another --home")
	}
	store, err := openKeystore(cmd, opts.Home, cfg.Keystore.PassphraseFile, opts.Open)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	d, err := makeDescriptor(cmd, opts, store)
	if err != nil {
		return nil, err
	}
	if err := writeDescriptor(opts.Home, d); err != nil {
		return nil, err
	}
	return d, writeConfig(opts.Home, cfg) // last: a home with hanse.toml is complete
}

func makeDescriptor(cmd *cobra.Command, opts initOptions, store keystore.Store) (*descriptor, error) {
	cfg, public := opts.Config, map[string]keys.Public{}
	for _, name := range []string{keyControl, keyAssertion, keySponsor, keyOperator} {
		signer, err := ensureKey(cmd.Context(), store, name, keys.EdDSA)
		if err != nil {
			return nil, err
		}
		public[name] = signer.Public()
	}
	identity, err := node.Init(opts.Home)
	if err != nil {
		return nil, err
	}
	create, err := createBody(public[keyControl], public[keyAssertion])
	if err != nil {
		return nil, err
	}
	if opts.Recovery != 0 {
		create["recovery"] = map[string]any{"league": int64(opts.Recovery / time.Second)}
	}
	dial := cfg.Ledger.External
	if dial == "" {
		dial = cfg.Ledger.P2P
	}
	return &descriptor{
		Center: app.GenesisCenter{
			Name: cfg.Center.Name, Create: create, Validator: identity.Validator, Power: 10,
			Sponsors: []string{public[keySponsor].Multikey()}, API: cfg.Center.PublicURL,
		},
		NodeID: identity.NodeID, P2P: dial,
	}, nil
}

// createBody is a did.create body whose one key controls the DID and nothing else, plus assertion keys.
func createBody(control keys.Public, assertion ...keys.Public) (map[string]any, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	methods := []any{map[string]any{"id": "#key-1", "type": "Multikey", "publicKeyMultibase": control.Multikey()}}
	document := map[string]any{"capabilityInvocation": []any{"#key-1"}, "authentication": []any{"#key-1"}}
	var asserts []any
	for i, key := range assertion {
		id := fmt.Sprintf("#key-%d", i+2)
		methods = append(methods,
			map[string]any{"id": id, "type": "Multikey", "publicKeyMultibase": key.Multikey()},
			map[string]any{"id": id + "-jwk", "type": "JsonWebKey", "publicKeyJwk": key.JWK()})
		asserts = append(asserts, id, id+"-jwk")
	}
	if len(asserts) > 0 {
		document["assertionMethod"] = asserts
	}
	document["verificationMethod"] = methods
	return map[string]any{"document": document, "salt": base64.RawURLEncoding.EncodeToString(salt)}, nil
}
