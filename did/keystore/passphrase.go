package keystore

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Passphrase gives the passphrase of a keystore when it is needed: from a prompt, a file, or memory.
type Passphrase func() ([]byte, error)

// maxPassphrase bounds what is read from a file.
const maxPassphrase = 4096

// Fixed returns a passphrase that is known already. The bytes are copied.
func Fixed(passphrase []byte) Passphrase {
	passphrase = bytes.Clone(passphrase)
	return func() ([]byte, error) { return passphrase, nil }
}

// FromFile reads the passphrase from a file when it is needed: its first line, without the line's end. ErrPermissions if
// others than the owner may read the file.
func FromFile(path string) Passphrase {
	return func() ([]byte, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("passphrase file: %w", err)
		}
		defer f.Close()
		if err := checkFile(f, path); err != nil {
			return nil, fmt.Errorf("passphrase file: %w", err)
		}
		data, err := io.ReadAll(io.LimitReader(f, maxPassphrase+1))
		if err != nil {
			return nil, fmt.Errorf("passphrase file: %w", err)
		}
		line, _, _ := bytes.Cut(data, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 || len(line) > maxPassphrase {
			return nil, fmt.Errorf("passphrase file %s: first line of %d bytes", filepath.Base(path), len(line))
		}
		return line, nil
	}
}
