package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

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
}

var centerName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)

func initCommand() *cobra.Command {
	cfg := starterConfig()
	cmd := &cobra.Command{
		Use:   "init --name NAME --public-url URL",
		Short: "Make a center: its keys, its hanse.toml and its descriptor",
		Long: `Makes the home directory of a new center and prints its descriptor: public keys and
addresses, nothing secret. Send it to the others; 'hanse genesis assemble' makes the league. Several
centers on one machine also need ledger.rpc and ledger.metrics of their own, in hanse.toml.`,
		Example: `  hanse init --home ~/center-a --name bank --public-url https://trust.bank.example --p2p 0.0.0.0:26656 --external trust.bank.example:26656 > bank.json
  hanse genesis assemble --league acme bank.json university.json registry.json agency.json > genesis.json`,
		Args: cobra.NoArgs,
	}
	addHome(cmd)
	addPassphrase(cmd)
	f := cmd.Flags()
	f.StringVar(&cfg.Center.Name, "name", "", "name of the center: lower case letters, digits, hyphens")
	f.StringVar(&cfg.Center.PublicURL, "public-url", "", "URL of its API as the world sees it (https, or http on loopback)")
	f.StringVar(&cfg.API.Listen, "api", cfg.API.Listen, "address its API listens on")
	f.StringVar(&cfg.Ledger.P2P, "p2p", cfg.Ledger.P2P, "address its node listens on for peers")
	f.StringVar(&cfg.Ledger.External, "external", "", "address that peers dial, where it is not --p2p")
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
		d, err := initCenter(cmd, initOptions{Home: home, Config: cfg, Open: openOptions{New: true}})
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
	d, err := makeDescriptor(cmd, opts.Home, cfg, store)
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := writePrivate(filepath.Join(opts.Home, "descriptor.json"), text); err != nil {
		return nil, err
	}
	return d, writeConfig(opts.Home, cfg) // last: a home with hanse.toml is complete
}

func makeDescriptor(cmd *cobra.Command, home string, cfg *config, store keystore.Store) (*descriptor, error) {
	public := map[string]keys.Public{}
	for _, name := range []string{keyControl, keySponsor, keyOperator} {
		signer, err := ensureKey(cmd.Context(), store, name, keys.EdDSA)
		if err != nil {
			return nil, err
		}
		public[name] = signer.Public()
	}
	identity, err := node.Init(home)
	if err != nil {
		return nil, err
	}
	create, err := createBody(public[keyControl])
	if err != nil {
		return nil, err
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

func genesisCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "genesis", Short: "Make the genesis of a league"}
	var league, install string
	assemble := &cobra.Command{
		Use:   "assemble --league ID DESCRIPTOR…",
		Short: "Make one genesis file out of all descriptors, the same bytes wherever it runs",
		Long: `Reads the descriptors of all centers and prints the league's genesis file. Every center runs it
with the same descriptors and gets the same bytes, in whatever order they are named; compare the
digests. With --install the genesis and the peers are put into a center's home directory.`,
		Example: `  hanse genesis assemble --league acme bank.json university.json registry.json agency.json > genesis.json
  hanse genesis assemble --league acme --install ~/center-a bank.json university.json registry.json agency.json > genesis.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			descriptors := make([]descriptor, len(files))
			for i, path := range files {
				data, err := readInput(cmd, path, 1<<20)
				if err != nil {
					return err
				}
				if err := strictJSON(data, &descriptors[i]); err != nil {
					return hinted(fmt.Errorf("%s is not a center's descriptor: %w", path, err), "'hanse init' prints a center's descriptor, and keeps it as descriptor.json")
				}
			}
			genesis, err := assembleGenesis(league, descriptors)
			if err != nil {
				return err
			}
			if install != "" {
				if err := installGenesis(install, genesis, descriptors); err != nil {
					return err
				}
				note(cmd, "genesis and peers are in %s: start it with 'hanse serve --home %s'", install, install)
			}
			note(cmd, "sha-256 %s", fingerprint(genesis))
			_, err = cmd.OutOrStdout().Write(genesis)
			return err
		},
	}
	assemble.Flags().StringVar(&league, "league", "", "league id: lower case letters, digits, hyphens; part of every DID")
	assemble.Flags().StringVar(&install, "install", "", "also put genesis and peers into this home directory")
	_ = assemble.MarkFlagRequired("league")
	cmd.AddCommand(assemble)
	return cmd
}
