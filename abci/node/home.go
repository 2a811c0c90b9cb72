package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// home is a center's directory as the node uses it.
type home string

func (h home) dir(parts ...string) string {
	return filepath.Join(append([]string{string(h)}, parts...)...)
}

func (h home) genesis() string  { return h.dir("config", "genesis.json") }
func (h home) nodeKey() string  { return h.dir("config", "node_key.json") }
func (h home) state() string    { return h.dir("data", "state") }
func (h home) journal() string  { return h.dir("data", "pool.journal") }
func (h home) lockFile() string { return h.dir("data", "lock") }

// prepare makes the directories, 0700.
func (h home) prepare() error {
	for _, dir := range []string{"", "config", "data"} {
		if err := os.MkdirAll(h.dir(dir), 0o700); err != nil {
			return fmt.Errorf("home: %w", err)
		}
	}
	return nil
}

// LockedError says that another node uses the home directory.
type LockedError struct{ Home string }

func (e *LockedError) Error() string { return "home " + e.Home + " is in use by another node" }

// lock takes the home for this node, until unlock. The kernel lets go of it when the process ends, however it ends.
func (h home) lock() (unlock func() error, err error) {
	if _, err := os.Stat(h.dir("data")); err != nil {
		return nil, &NotInitialisedError{Home: string(h), Err: err}
	}
	file, err := os.OpenFile(h.lockFile(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("home lock: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(&LockedError{Home: string(h)}, file.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("home lock: %w", err), file.Close())
	}
	return file.Close, nil
}

// NotInitialisedError says that a home directory lacks what Init or WriteGenesis makes.
type NotInitialisedError struct {
	Home string
	Err  error
}

func (e *NotInitialisedError) Error() string {
	return fmt.Sprintf("home %s is not initialised: %v", e.Home, e.Err)
}
func (e *NotInitialisedError) Unwrap() error { return e.Err }

// ModeError says that others than the owner may read a file that holds a private key.
type ModeError struct {
	Path string
	Mode fs.FileMode
}

func (e *ModeError) Error() string {
	return fmt.Sprintf("%s has mode %04o: a private key must be readable by its owner only (0600)", e.Path, e.Mode)
}

// readPrivate reads a file that holds a private key, if nobody else can.
func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, &ModeError{Path: path, Mode: mode}
	}
	return os.ReadFile(path)
}

// writeFile replaces a file atomically and durably.
func writeFile(path string, data []byte, mode fs.FileMode) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(data)
	err = errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
