package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

func issuerCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "issuer", Short: "Make, change and list the issuers of a center"}
	cmd.AddCommand(issuerCreateCommand(), issuerListCommand(), issuerPutCommand(), issuerShowCommand())
	return cmd
}

// issuerSpec says what issuer to make.
type issuerSpec struct {
	Name   string
	Method string // "hanse", "key" or "web"
	Form   credentials.Form
	Alg    keys.Algorithm // of the key that signs credentials; empty: EdDSA
	Retain bool
	// PublicURL is the center's, under which the document of a did:web is found.
	PublicURL string
	// Accredit lists what the center accredits the issuer for, of its own right, when it starts next.
	Accredit []governance.Resource
}

func issuerCreateCommand() *cobra.Command {
	spec := issuerSpec{}
	var resources []string
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make an issuer: its keys, its DID and its status lists",
		Long: `Makes keys for an issuer in the center's keystore and configures it. A did:hanse issuer is registered on
the ledger when the center starts next; a did:key issuer needs no registration, and a did:web is a document that the
center hosts under its public URL, which must be https then: did:web:HOST:issuers:NAME. The ledger knows no key of a did:web, so
that the status of its credentials stands on the center's word. A center that runs must be restarted; 'hanse issuer put' needs no restart.
With --accredit the center accredits it then, of its own right, where the league's rule table gives it one.`,
		Example: `  hanse issuer create registrar --accredit type:ExampleDegreeCredential
  hanse issuer create badges --method key --form eddsa-jcs-2022
  hanse issuer create faculty --method web --alg ES256`,
		Args: cobra.ExactArgs(1),
	}
	addHome(cmd)
	addPassphrase(cmd)
	addOutput(cmd)
	f := cmd.Flags()
	f.StringVar(&spec.Method, "method", "hanse", "DID method: hanse (registered on the ledger), key, or web (hosted by the center)")
	f.StringVar((*string)(&spec.Form), "form", string(credentials.FormJWT), "securing form: "+formNames())
	f.StringVar((*string)(&spec.Alg), "alg", "", "key that signs: EdDSA (Ed25519), ES256 (P-256), ES384 (P-384) or ES256K (secp256k1); default: the form's first")
	f.BoolVar(&spec.Retain, "retain", false, "keep the issued credentials, sealed, until they are deleted")
	f.StringArrayVar(&resources, "accredit", nil, "accredit it for issuing this: type:T, prefix:P or schema:DIGEST (repeatable)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		spec.Name = args[0]
		home, err := homeOf(cmd)
		if err != nil {
			return err
		}
		if spec.Accredit, err = parseResources("--accredit", resources); err != nil {
			return err
		}
		cfg, _, err := loadConfig(home, nil)
		if err != nil {
			return err
		}
		spec.PublicURL = cfg.Center.PublicURL
		genesis, err := node.ReadGenesis(home)
		if err != nil {
			return hinted(err, "an issuer's DID needs the league: install the genesis first, 'hanse genesis assemble --install'")
		}
		store, err := openKeystore(cmd, home, cfg.Keystore.PassphraseFile, openOptions{})
		if err != nil {
			return err
		}
		created, err := createIssuer(cmd.Context(), home, genesis.League, store, spec)
		if err != nil {
			return err
		}
		note(cmd, "a center that runs has this issuer after a restart")
		return show(cmd, created, func(w io.Writer) { row(w, created.Name, created.Form, created.DID) })
	}
	return cmd
}

func formNames() string {
	var names []string
	for _, f := range credentials.Forms() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

func issuerListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List a center's issuers", Args: cobra.NoArgs, Example: "  hanse issuer list -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := homeOf(cmd)
			if err != nil {
				return err
			}
			if _, _, err := loadConfig(home, nil); err != nil {
				return err
			}
			store, err := openIssuance(cmd.Context(), home)
			if err != nil {
				return err
			}
			defer store.Close()
			list, err := store.Issuers(cmd.Context())
			if err != nil {
				return err
			}
			return show(cmd, list, func(w io.Writer) {
				row(w, "NAME", "FORM", "DID")
				for _, i := range list {
					row(w, i.Name, i.Form, i.DID)
				}
			})
		},
	}
	addHome(cmd)
	addOutput(cmd)
	return cmd
}

func openIssuance(ctx context.Context, home string) (*issuance.SQLite, error) {
	return issuance.OpenSQLite(ctx, filepath.Join(home, "data", "issuance.db"))
}

// pendingDir holds the creation bodies of issuer DIDs that the ledger has not seen yet; `hanse serve` submits them.
func pendingDir(home string) string { return filepath.Join(home, "data", "pending") }

// pendingDID is a DID to be created when the ledger can be reached.
type pendingDID struct {
	DID  did.DID        `json:"did"`
	Key  string         `json:"key"` // keystore name of its control key
	Body map[string]any `json:"body"`
}

// createIssuer makes keys and DID of an issuer and stores its configuration.
func createIssuer(ctx context.Context, home, league string, store keystore.Store, spec issuerSpec) (*issuance.Issuer, error) {
	if !slices.Contains(credentials.Forms(), spec.Form) {
		return nil, usage(fmt.Errorf("form %q is not known", spec.Form), "use one of: %s", formNames())
	}
	db, err := openIssuance(ctx, home)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := newIssuer(ctx, db, spec.Name); err != nil {
		return nil, err
	}
	i := issuance.Issuer{Name: spec.Name, Form: spec.Form, Key: "issuer-" + spec.Name, Retain: spec.Retain}
	if spec.Alg == "" {
		spec.Alg = spec.Form.Algorithms()[0]
	}
	if !slices.Contains(spec.Form.Algorithms(), spec.Alg) {
		return nil, usage(fmt.Errorf("form %s cannot be signed with %q", spec.Form, spec.Alg), "use --alg %s", spec.Form.Algorithms()[0])
	}
	signer, err := ensureKey(ctx, store, i.Key, spec.Alg)
	if err != nil {
		return nil, err
	}
	switch spec.Method {
	case "key":
		i.DID, i.Method = did.DID(signer.Public().DIDKey()), signer.Public().DIDKeyURL()
	case "hanse":
		if !spec.Alg.OnLedger() {
			return nil, usage(fmt.Errorf("a did:hanse issuer cannot have a key for %s", spec.Alg), "use --method key, or --alg EdDSA or ES256")
		}
		if err := registerLater(ctx, home, league, store, signer.Public(), &i); err != nil {
			return nil, err
		}
	case "web":
		if err := hostLater(spec.PublicURL, signer.Public(), &i); err != nil {
			return nil, err
		}
	default:
		return nil, usage(fmt.Errorf("method %q is not known", spec.Method), "use --method hanse, --method key or --method web")
	}
	if err := i.Validate(); err != nil {
		return nil, &cliError{Code: exitUsage, Err: err}
	}
	for n, resource := range spec.Accredit {
		grant := pendingGrant{Subject: i.DID, Action: trust.Issue, Resource: resource}
		if err := accreditLater(home, fmt.Sprintf("%s-%d", i.Name, n+1), grant); err != nil {
			return nil, err
		}
	}
	return &i, db.PutIssuer(ctx, i)
}

// newIssuer refuses a name that is no name, and one that is taken: an issuer's DID never changes under its name.
func newIssuer(ctx context.Context, db *issuance.SQLite, name string) error {
	if !centerName.MatchString(name) {
		return usage(fmt.Errorf("issuer name %q", name), "use 1 to 32 lower case letters, digits and hyphens")
	}
	list, err := db.Issuers(ctx)
	if err != nil {
		return err
	}
	for _, i := range list {
		if i.Name == name {
			return hinted(fmt.Errorf("issuer %s exists already: it is %s", name, i.DID), "give the new one another name")
		}
	}
	return nil
}
