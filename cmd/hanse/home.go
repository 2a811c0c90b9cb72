package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// Names of the keys that every center's keystore holds.
const (
	keyControl   = "control"   // controls the center's DID
	keyAssertion = "assertion" // signs what the center says as itself: copies of accreditations, domain linkage
	keySponsor   = "sponsor"   // signs batches
	keyOperator  = "operator"  // leases and sets status entries
)

// addHome adds --home to a command of an operator.
func addHome(cmd *cobra.Command) {
	cmd.Flags().String("home", "", "the center's directory (default $HANSE_HOME, then the state directory of this user)")
}

// homeOf returns the home directory a command works on.
func homeOf(cmd *cobra.Command) (string, error) {
	if home, _ := cmd.Flags().GetString("home"); home != "" {
		return filepath.Abs(home)
	}
	if home := os.Getenv("HANSE_HOME"); home != "" {
		return filepath.Abs(home)
	}
	dir, err := stateDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "center"), nil
}

// stateDir is the per-user state directory: $XDG_STATE_HOME/hanse, or ~/.local/state/hanse.
func stateDir() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "hanse"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no place for state: %w (set XDG_STATE_HOME, or give --home)", err)
	}
	return filepath.Join(home, ".local", "state", "hanse"), nil
}

// writePrivate writes a new file that only its owner can read, all of it or nothing.
func writePrivate(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if err := errors.Join(tmp.Chmod(0o600), writeAndSync(tmp, data)); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

func writeAndSync(f *os.File, data []byte) error {
	_, err := f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// readPrivate reads a secret file and refuses one that others can read.
func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, hinted(fmt.Errorf("%s is readable by others (mode %04o)", path, info.Mode().Perm()), "chmod 600 %s", path)
	}
	return os.ReadFile(path)
}

// privateKeyFile returns the 32-byte key kept in hex at path, made at the first call.
func privateKeyFile(path string) ([]byte, error) {
	text, err := readPrivate(path)
	if errors.Is(err, os.ErrNotExist) {
		key := make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		return key, writePrivate(path, []byte(hex.EncodeToString(key)+"\n"))
	}
	if err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	if n, err := hex.Decode(key, trimSpace(text)); err != nil || n != len(key) {
		return nil, fmt.Errorf("%s is not a 32-byte key in hex", path)
	}
	return key, nil
}
