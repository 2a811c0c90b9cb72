package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hanse-id/hanse/did/keystore"
)

// generatedWork is the scrypt work factor (log2) for passphrases that this program made: 256 random bits need no stretching.
const generatedWork = 10

// openOptions say how to open a keystore.
type openOptions struct {
	New      bool // make it where there is none
	Generate bool // make the passphrase file too: for leagues on this machine
}

// addPassphrase adds --passphrase-file to a command that opens a center's keystore.
func addPassphrase(cmd *cobra.Command) {
	cmd.Flags().String("passphrase-file", "", "file with the keystore's passphrase (default: the one that the center's hanse.toml names, then ask on the terminal)")
}

// addUserKeystore adds the flags of commands that use the keys of this user.
func addUserKeystore(cmd *cobra.Command) {
	cmd.Flags().String("keystore", "", "folder of your keys (default $HANSE_KEYSTORE, then the state directory of this user)")
	addPassphrase(cmd)
	cmd.Flag("passphrase-file").Usage = "file with the keystore's passphrase (default $HANSE_PASSPHRASE_FILE, then ask on the terminal)"
}

// openKeystore opens a center's keystore. The passphrase comes from --passphrase-file, then from file, then from the prompt.
func openKeystore(cmd *cobra.Command, home, file string, opts openOptions) (*keystore.File, error) {
	if f := cmd.Flags().Lookup("passphrase-file"); f != nil && f.Value.String() != "" {
		file = f.Value.String()
	}
	return openFile(cmd, filepath.Join(home, "keystore"), file, opts)
}

// openUserKeystore opens the keystore of this user.
func openUserKeystore(cmd *cobra.Command, create bool) (*keystore.File, error) {
	dir, _ := cmd.Flags().GetString("keystore")
	if dir == "" {
		dir = os.Getenv("HANSE_KEYSTORE")
	}
	if dir == "" {
		state, err := stateDir()
		if err != nil {
			return nil, err
		}
		dir = filepath.Join(state, "keystore")
	}
	file, _ := cmd.Flags().GetString("passphrase-file")
	if file == "" {
		file = os.Getenv("HANSE_PASSPHRASE_FILE")
	}
	return openFile(cmd, dir, file, openOptions{New: create})
}

func openFile(cmd *cobra.Command, dir, file string, opts openOptions) (*keystore.File, error) {
	o := keystore.Options{}
	if opts.Generate {
		if err := generatePassphrase(file); err != nil {
			return nil, err
		}
		o.WorkFactor = generatedWork
	}
	if file != "" {
		o.Passphrase = keystore.FromFile(file)
	} else {
		_, err := os.Stat(dir)
		o.Passphrase = promptFor(cmd, dir, errors.Is(err, os.ErrNotExist))
	}
	open := keystore.Open
	if opts.New {
		open = keystore.OpenOrCreate
		if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
			return nil, err
		}
	}
	store, err := open(dir, o)
	switch {
	case errors.Is(err, keystore.ErrNoKeystore):
		return nil, hinted(err, "'hanse key generate NAME' makes one")
	case errors.Is(err, keystore.ErrPassphrase):
		return nil, &cliError{Code: exitNotAuthorised, Err: err, Hint: "name the file with the right one: --passphrase-file FILE"}
	case errors.Is(err, keystore.ErrPermissions):
		return nil, hinted(err, "a keystore and its passphrase are for their owner's eyes only")
	case errors.Is(err, os.ErrNotExist):
		return nil, hinted(err, "make it with '(umask 077; cat > FILE)', or name another with --passphrase-file FILE")
	}
	return store, err
}

// generatePassphrase writes a random passphrase to a file that does not exist yet.
func generatePassphrase(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	return writePrivate(path, []byte(base64.RawURLEncoding.EncodeToString(secret)+"\n"))
}

// promptFor asks on the terminal; a new keystore's passphrase is asked for twice. Without a terminal it is an error, never a hang.
func promptFor(cmd *cobra.Command, dir string, fresh bool) keystore.Passphrase {
	return func() ([]byte, error) {
		in, ok := cmd.InOrStdin().(*os.File)
		if !ok || !term.IsTerminal(int(in.Fd())) {
			return nil, usage(fmt.Errorf("the keystore %s needs its passphrase, and there is no terminal to ask on", dir), "give --passphrase-file FILE (mode 0600)")
		}
		first, err := ask(cmd, in, "passphrase of "+dir+": ")
		if err != nil || !fresh {
			return first, err
		}
		again, err := ask(cmd, in, "once more: ")
		if err == nil && !bytes.Equal(first, again) {
			err = errors.New("the two passphrases differ")
		}
		return first, err
	}
}

func ask(cmd *cobra.Command, in *os.File, prompt string) ([]byte, error) {
	fmt.Fprint(cmd.ErrOrStderr(), prompt)
	defer fmt.Fprintln(cmd.ErrOrStderr())
	return term.ReadPassword(int(in.Fd()))
}
