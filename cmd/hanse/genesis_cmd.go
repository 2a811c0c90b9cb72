package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/app/governance"
)

func genesisCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "genesis", Short: "Make the genesis of a league"}
	cmd.AddCommand(genesisAssembleCommand(), genesisInstallCommand())
	return cmd
}

func genesisAssembleCommand() *cobra.Command {
	var charter leagueCharter
	var profile, install string
	var resources, assignments []string
	cmd := &cobra.Command{
		Use:   "assemble --league ID DESCRIPTOR…",
		Short: "Make one genesis file out of all descriptors, the same bytes wherever it runs",
		Long: `Reads the descriptors of all centers and prints the league's genesis file. Every center runs it
with the same descriptors and flags and gets the same bytes, in whatever order they are named; compare
the digests. With --install the genesis and the peers are put into a center's home directory.

The profile says what the league promises: in a consortium and in a private league the operation log
needs an API key, in a hybrid one anybody mirrors it. Where a consortium or hybrid league has four centers
or more, no removal goes below four; a private one may shrink to one (--set minCenters=… changes that).`,
		Example: `  hanse genesis assemble --league acme bank.json university.json registry.json agency.json > genesis.json
  hanse genesis assemble --league acme --install ~/center-a bank.json university.json registry.json agency.json > genesis.json
  hanse genesis assemble --league acme --profile hybrid --center-accredits prefix:Example --set votingSeconds=86400 a.json b.json c.json d.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			descriptors, err := readDescriptors(cmd, files)
			if err != nil {
				return err
			}
			if charter.Profile, err = parseProfile(profile); err != nil {
				return err
			}
			if charter.Resources, err = parseResources("--center-accredits", resources); err != nil {
				return err
			}
			if charter.Params, err = parseParams("--set", assignments); err != nil {
				return err
			}
			genesis, err := assembleGenesis(charter, descriptors)
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
	f := cmd.Flags()
	f.StringVar(&charter.League, "league", "", "league id: lower case letters, digits, hyphens; part of every DID")
	f.StringVar(&profile, "profile", string(governance.Consortium), "consortium, private or hybrid")
	f.StringArrayVar(&resources, "center-accredits", nil, "what every center may accredit for of its own right: type:T, prefix:P or schema:DIGEST (repeatable; default: nothing)")
	f.StringArrayVar(&assignments, "set", nil, "a ledger parameter, NAME=VALUE (repeatable)")
	f.StringVar(&install, "install", "", "also put genesis and peers into this home directory")
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(profiles, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.MarkFlagRequired("league")
	return cmd
}

func readDescriptors(cmd *cobra.Command, files []string) ([]descriptor, error) {
	list := make([]descriptor, len(files))
	for i, path := range files {
		d, err := readDescriptorFile(cmd, path)
		if err != nil {
			return nil, err
		}
		list[i] = *d
	}
	return list, nil
}

// readDescriptorFile reads a descriptor that a center sent.
func readDescriptorFile(cmd *cobra.Command, path string) (*descriptor, error) {
	data, err := readInput(cmd, path, 1<<20)
	if err != nil {
		return nil, err
	}
	d := &descriptor{}
	if err := strictJSON(data, d); err != nil {
		return nil, hinted(fmt.Errorf("%s is not a center's descriptor: %w", path, err), "'hanse init' prints a center's descriptor, and keeps it as descriptor.json")
	}
	return d, nil
}

var profiles = []string{string(governance.Consortium), string(governance.Private), string(governance.Hybrid)}

func parseProfile(text string) (governance.Profile, error) {
	if !slices.Contains(profiles, text) {
		return "", usage(fmt.Errorf("profile %q is not known", text), "use one of: consortium, private, hybrid")
	}
	return governance.Profile(text), nil
}

// parseResources reads resources; flag is what the error names.
func parseResources(flag string, texts []string) ([]governance.Resource, error) {
	var list []governance.Resource
	for _, text := range texts {
		r, err := governance.ParseResource(text)
		if err != nil {
			return nil, usage(fmt.Errorf("%s: %w", flag, err), "for example type:ExampleDegreeCredential, or prefix:Example for every type that begins so")
		}
		list = append(list, r)
	}
	return list, nil
}

func genesisInstallCommand() *cobra.Command {
	var peers []string
	cmd := &cobra.Command{
		Use:   "install GENESIS --peer DESCRIPTOR…",
		Short: "Put the genesis of a league that exists into the home of a center that joins it",
		Long: `Puts a league's genesis file, as one of its centers has it in config/genesis.json, and the addresses of its
centers into a home that 'hanse init' made. The center then follows the league as soon as it is started, and
takes part once the others have admitted it ('hanse center propose center.admit'). Compare the digest with
theirs: a home belongs to one league for ever.`,
		Example: `  hanse genesis install genesis.json --home ~/center-e --peer bank.json --peer university.json --peer registry.json
  hanse genesis install - --home ~/center-e --peer bank.json < genesis.json`,
		Args: cobra.ExactArgs(1),
	}
	addHome(cmd)
	cmd.Flags().StringArrayVar(&peers, "peer", nil, "descriptor of a center of the league (repeatable; name all)")
	_ = cmd.MarkFlagRequired("peer")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		home, err := homeOf(cmd)
		if err != nil {
			return err
		}
		genesis, err := readInput(cmd, args[0], 64<<20)
		if err != nil {
			return err
		}
		if _, err := node.ParseGenesis(genesis); err != nil {
			return hinted(fmt.Errorf("%s: %w", args[0], err), "give the file that a center of the league has as config/genesis.json")
		}
		descriptors, err := readDescriptors(cmd, peers)
		if err != nil {
			return err
		}
		cfg, _, err := loadConfig(home, nil)
		if err != nil {
			return err
		}
		if err := writeGenesis(home, genesis); err != nil {
			return err
		}
		note(cmd, "sha-256 %s", fingerprint(genesis))
		return setPeers(home, peersOf(cfg.Center.Name, descriptors))
	}
	return cmd
}
