package state

import (
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
)

var (
	// ErrVersion says that a version is not kept: older than the last Options.Versions, before the last
	// start, or not committed yet.
	ErrVersion = errors.New("version is not kept")
	// ErrStale says that a block was begun over another version than the store's present one, or that it was
	// committed already.
	ErrStale = errors.New("block does not extend the last version")
	// ErrHeight says that a commit's height is not above the last version.
	ErrHeight = errors.New("height is not above the last version")
	// ErrEmpty says that nothing can be proved, because no version has been committed.
	ErrEmpty = errors.New("store is empty")
	// ErrClosed says that the store or the snapshot has been closed.
	ErrClosed = errors.New("store is closed")
	// ErrFormat says that the database was written by another version of this package.
	ErrFormat = errors.New("unknown store format")
)

// Table names a table of the store in a CorruptError.
type Table string

// The tables of a store.
const (
	Values  Table = "values"  // key → value
	Leaves  Table = "leaves"  // SHA-256(key) → leaf hash
	Keys    Table = "keys"    // SHA-256(key) → key
	Buckets Table = "buckets" // bit prefix → hash of the subtree
	Meta    Table = "meta"    // version, root, count
)

// CorruptError says that persisted data disagree: which table, and the key within it (a state key for Values,
// SHA-256(key) for Leaves and Keys, an encoded bit prefix for Buckets, nil for Meta).
type CorruptError struct {
	Table  Table
	Key    []byte
	Reason string
}

func (e *CorruptError) Error() string {
	if e.Key == nil {
		return fmt.Sprintf("corrupt %s: %s", e.Table, e.Reason)
	}
	return fmt.Sprintf("corrupt %s at %x: %s", e.Table, e.Key, e.Reason)
}

// fail stops the caller with err as a storage failure: reads under consensus have no error result.
func fail(err error) {
	if err != nil {
		panic(&exec.StorageError{Err: err})
	}
}

// catch turns the storage failure that f panics with back into an error.
func catch(f func()) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *exec.StorageError:
			err = p.Err
		default:
			panic(p)
		}
	}()
	f()
	return nil
}
