package keystore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

const (
	dirMode  fs.FileMode = 0o700
	fileMode fs.FileMode = 0o600
	others   fs.FileMode = 0o077 // what group and world may do: nothing
)

// checkFile refuses an open file that others than its owner may use. It asks the open file, not the path, so nothing can
// change in between.
func checkFile(f *os.File, path string) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", path)
	}
	return checkMode(info, path, fileMode)
}

func checkMode(info fs.FileInfo, path string, want fs.FileMode) error {
	if mode := info.Mode().Perm(); mode&others != 0 {
		return fmt.Errorf("%w: %s has mode %04o: run chmod %o %s", ErrPermissions, path, mode, want, path)
	}
	return nil
}

// writeNew writes a file that did not exist, durably and all at once: a reader, or a restart after a crash, finds the whole file
// or none. fs.ErrExist if it exists.
func writeNew(root *os.Root, name string, data []byte, temporary string) (err error) {
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	defer func() {
		if removeErr := root.Remove(temporary); err == nil {
			err = removeErr
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := root.Link(temporary, name); err != nil { // unlike rename, link never replaces
		return err
	}
	return syncDir(root)
}

// syncDir makes new names in the folder durable.
func syncDir(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
