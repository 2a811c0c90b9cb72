package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

func keyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "Make and keep your keys, sealed"}
	cmd.AddCommand(keyGenerateCommand(), keyListCommand(), keyShowCommand(), keyImportCommand())
	for _, c := range cmd.Commands() {
		addUserKeystore(c)
		addOutput(c)
	}
	cmd.AddCommand(keyNewCommand())
	return cmd
}

// publicKey is what the key commands show: never anything secret.
type publicKey struct {
	Name      string         `json:"name"`
	Algorithm keys.Algorithm `json:"algorithm"`
	Multikey  string         `json:"publicKeyMultibase"`
	JWK       map[string]any `json:"publicKeyJwk"`
	DIDKey    string         `json:"didKey"`
}

func publicOf(name string, k keys.Public) publicKey {
	return publicKey{Name: name, Algorithm: k.Algorithm(), Multikey: k.Multikey(), JWK: k.JWK(), DIDKey: k.DIDKey()}
}

func showKeys(cmd *cobra.Command, list []publicKey) error {
	return show(cmd, list, func(w io.Writer) {
		row(w, "NAME", "ALGORITHM", "DID:KEY")
		for _, k := range list {
			row(w, k.Name, k.Algorithm, k.DIDKey)
		}
	})
}

func showKey(cmd *cobra.Command, k publicKey) error {
	return show(cmd, k, func(w io.Writer) {
		row(w, "name", k.Name)
		row(w, "algorithm", k.Algorithm)
		row(w, "multikey", k.Multikey)
		row(w, "did:key", k.DIDKey)
	})
}

// userSigner finds a key of the user.
func userSigner(cmd *cobra.Command, store keystore.Store, name string) (keystore.Signer, error) {
	signer, err := store.Signer(cmd.Context(), name)
	if errors.Is(err, keystore.ErrNotFound) {
		return nil, hinted(fmt.Errorf("key %q: %w", name, err), "'hanse key list' shows your keys, 'hanse key generate %s' makes one", name)
	}
	return signer, err
}

func keyGenerateCommand() *cobra.Command {
	var alg string
	cmd := &cobra.Command{
		Use: "generate NAME", Short: "Make a key",
		Example: "  hanse key generate me\n  hanse key generate phone --alg ES256 --passphrase-file pass",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a := keys.Algorithm(alg)
			if a.SignatureSize() == 0 {
				return usagef("--alg %q is none of EdDSA, ES256, ES384, ES256K", alg)
			}
			store, err := openUserKeystore(cmd, true)
			if err != nil {
				return err
			}
			signer, err := store.Generate(cmd.Context(), args[0], a)
			if err != nil {
				return err
			}
			return showKey(cmd, publicOf(args[0], signer.Public()))
		},
	}
	cmd.Flags().StringVar(&alg, "alg", string(keys.EdDSA), "signature algorithm: EdDSA (Ed25519) or ES256 (P-256); ES384 and ES256K sign credentials only, no operations")
	return cmd
}

func keyListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List your keys", Args: cobra.NoArgs, Example: "  hanse key list -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, err := openUserKeystore(cmd, false)
			if err != nil {
				return err
			}
			names, err := store.Names(cmd.Context())
			if err != nil {
				return err
			}
			list := []publicKey{}
			for _, name := range names {
				signer, err := store.Signer(cmd.Context(), name)
				if err != nil {
					return err
				}
				list = append(list, publicOf(name, signer.Public()))
			}
			return showKeys(cmd, list)
		},
	}
}

func keyShowCommand() *cobra.Command {
	var input string
	cmd := &cobra.Command{
		Use: "show (NAME | --input FILE)", Short: "Print a key's public part: multikey, JWK, did:key", Args: cobra.MaximumNArgs(1),
		Example: "  hanse key show me -o json\n  hanse key show --input issuer.jwk",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case (len(args) == 1) == (input != ""):
				return usage(errors.New("one of NAME and --input is needed"), "see '%s --help'", cmd.CommandPath())
			case input != "":
				private, err := signerFile(input)
				if err != nil {
					return err
				}
				return showKey(cmd, publicOf(input, private.Public()))
			}
			store, err := openUserKeystore(cmd, false)
			if err != nil {
				return err
			}
			signer, err := userSigner(cmd, store, args[0])
			if err != nil {
				return err
			}
			return showKey(cmd, publicOf(args[0], signer.Public()))
		},
	}
	cmd.Flags().StringVarP(&input, "input", "i", "", "file with a private key, as 'hanse key new' writes it")
	return cmd
}

func keyImportCommand() *cobra.Command {
	var input string
	cmd := &cobra.Command{
		Use: "import NAME", Short: "Take in a private key made elsewhere (PKCS #8 PEM or JWK)",
		Long:    "Reads a private key from a file of mode 0600, or from standard input, and seals it. A key on the command line is refused.",
		Example: "  hanse key import signing --input key.pem\n  openssl genpkey -algorithm ed25519 | hanse key import signing --passphrase-file pass",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var data []byte
			var err error
			if input == "-" {
				data, err = readInput(cmd, "-", 64<<10)
			} else {
				data, err = readPrivate(input)
			}
			if err != nil {
				return err
			}
			private, err := keystore.ParsePrivate(data)
			if err != nil {
				return hinted(err, "Ed25519, P-256, P-384 and secp256k1 keys are taken, as PKCS #8 PEM or as a private JWK")
			}
			store, err := openUserKeystore(cmd, true)
			if err != nil {
				return err
			}
			signer, err := store.Import(cmd.Context(), args[0], private)
			if err != nil {
				return err
			}
			return showKey(cmd, publicOf(args[0], signer.Public()))
		},
	}
	cmd.Flags().StringVarP(&input, "input", "i", "-", "file with the private key, \"-\" for standard input")
	return cmd
}
