package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// leastFree is the free space below which a center stops saying that it is ready.
const leastFree = 256 << 20

// diskHasRoom checks the free space of the file system that holds dir.
func diskHasRoom(dir string) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return err
	}
	if free := int64(s.Bavail) * s.Bsize; free < leastFree {
		return fmt.Errorf("%d MiB free, at least %d are needed", free>>20, leastFree>>20)
	}
	return nil
}

// lockDir makes dir and locks it until the returned function is called, or the process ends.
func lockDir(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, hinted(fmt.Errorf("a league runs in %s already", dir), "stop it, or give another --home")
		}
		return nil, err
	}
	return func() { f.Close() }, nil
}
