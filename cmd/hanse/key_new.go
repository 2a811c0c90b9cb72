package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

func keyNewCommand() *cobra.Command {
	var alg, output string
	cmd := &cobra.Command{
		Use:   "new --output FILE",
		Short: "Make a key in a file of its own, not sealed: for commands that work without a center",
		Long: `Writes a new private key as a JWK into a file that only you can read (mode 0600), and prints its did:key.
Nothing seals it: who gets the file has the key. 'hanse key generate' keeps keys sealed, and 'hanse key import' takes this one in.`,
		Example: `  hanse key new --output issuer.jwk
  hanse vc issue --key issuer.jwk --input degree.json --format vc+jwt --output signed.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a := keys.Algorithm(alg)
			if a.SignatureSize() == 0 {
				return usagef("--alg %q is none of EdDSA, ES256, ES384, ES256K", alg)
			}
			private, text, err := newKeyFile(a)
			if err != nil {
				return err
			}
			if err := createPrivate(output, text); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), private.Public().DIDKey())
			return err
		},
	}
	cmd.Flags().StringVar(&output, "output", "", "file to write; it must not exist")
	cmd.Flags().StringVar(&alg, "alg", string(keys.EdDSA), "signature algorithm: EdDSA (Ed25519), ES256 (P-256), ES384 (P-384) or ES256K (secp256k1)")
	_ = cmd.MarkFlagRequired("output")
	return cmd
}

// newKeyFile makes a key and its private JWK. The bytes are drawn here, because a keystore.Private gives none away: those that are
// no scalar of the curve are drawn again.
func newKeyFile(alg keys.Algorithm) (*keystore.Private, []byte, error) {
	raw := make([]byte, alg.SignatureSize()/2)
	for range 64 {
		if _, err := rand.Read(raw); err != nil {
			return nil, nil, err
		}
		private, err := keystore.NewPrivate(alg, raw)
		if errors.Is(err, keystore.ErrInvalidKey) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		jwk := private.Public().JWK()
		jwk["d"] = base64.RawURLEncoding.EncodeToString(raw)
		text, err := json.MarshalIndent(jwk, "", "  ")
		return private, append(text, '\n'), err
	}
	return nil, nil, errors.New("the system's randomness makes no key")
}

// createPrivate writes a file that only its owner can read, and none that is there already: it may be somebody's only key.
func createPrivate(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return hinted(err, "a key is never written over: choose another file")
	}
	if err != nil {
		return err
	}
	if err := writeAndSync(f, data); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// signerFile reads a private key from a file that only its owner can read: a JWK or PKCS #8 PEM.
func signerFile(path string) (*keystore.Private, error) {
	data, err := readPrivate(path)
	if err != nil {
		return nil, hinted(err, "'hanse key new --output %s' makes a key", path)
	}
	private, err := keystore.ParsePrivate(data)
	if err != nil {
		return nil, hinted(fmt.Errorf("%s: %w", path, err), "Ed25519, P-256, P-384 and secp256k1 keys are taken, as a private JWK or PKCS #8 PEM")
	}
	return private, nil
}
