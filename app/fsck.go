package app

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/state"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/app/trust"
)

// maxProblems bounds what Fsck collects: after so many the state is not worth listing further.
const maxProblems = 100

// FsckError lists what is wrong with a node's state.
type FsckError struct {
	Problems []error
	More     int64 // problems beyond those listed
}

func (e *FsckError) Error() string {
	text := fmt.Sprintf("state: %d problems", int64(len(e.Problems))+e.More)
	for _, p := range e.Problems {
		text += "\n" + p.Error()
	}
	return text
}

// Unwrap returns the problems.
func (e *FsckError) Unwrap() []error { return e.Problems }

func (e *FsckError) add(err error) {
	if len(e.Problems) < maxProblems {
		e.Problems = append(e.Problems, err)
	} else {
		e.More++
	}
}

// Fsck verifies the state of a stopped node completely: the tree against the values (state.Store.Check), every module's
// records, the records of blocks and batches, and the index of receipts beside the state. report, which may be nil, gets
// the progress of the first part, in records. *FsckError says what is wrong; any other error, that it could not look.
func Fsck(store *state.Store, report func(done, total int64)) (err error) {
	defer storageFault(&err)
	found := &FsckError{}
	if err := store.Check(report); err != nil {
		if _, ok := errors.AsType[*state.CorruptError](err); !ok {
			return err
		}
		found.add(err)
	}
	if store.Version() > 0 {
		snap, err := store.Snapshot(0)
		if err != nil {
			return err
		}
		defer snap.Close()
		governance.Check(snap, found.add)
		identity.Check(snap, found.add)
		status.Check(snap, found.add)
		trust.Check(snap, found.add)
		due.Check(snap, found.add)
		checkPrefixes(snap, found.add)
		checkBlocks(snap, found.add)
		checkBatches(snap, found.add)
		checkIndex(snap, store, found.add)
	}
	if len(found.Problems) > 0 {
		return found
	}
	return nil
}

// checkPrefixes reports keys that belong to no module.
func checkPrefixes(r exec.Reader, problem func(error)) {
	for key := range r.Range([]byte{1}, nil) {
		known := false
		for _, p := range [...]string{
			"g/league", "g/params", "g/rules", "g/v", "g/a", "g/c/", "g/h/", "g/k/", "g/m/", "g/s/", "g/n",
			"g/o/", "g/p/", "g/t", "g/u", "g/w/", "d/n", "d/q/", "t/", "i/r/", "i/v/", "i/q/", "i/p/", "i/d/", "i/s/",
			"s/l/", "s/e/", "s/c/", "s/h/",
			idsPrefix, rootPrefix, batchPrefix, batchTimePrefix,
		} {
			known = known || bytes.HasPrefix(key, []byte(p))
		}
		if !known {
			problem(fmt.Errorf("%q: belongs to no module", key))
		}
	}
}

// checkBlocks compares every block that is still remembered with its root.
func checkBlocks(r exec.Reader, problem func(error)) {
	for key, data := range r.Range([]byte(idsPrefix), exec.PrefixEnd(idsPrefix)) {
		height := keyHeight(key, idsPrefix)
		m, err := decodeRemembered(data)
		if err != nil {
			problem(fmt.Errorf("block %d: %w", height, err))
			continue
		}
		if root := receiptsRoot(m.pairs); !bytes.Equal(r.Get(BlockRootKey(height)), root[:]) {
			problem(fmt.Errorf("block %d: root is not that of its operations", height))
		}
	}
}

// checkBatches compares the two tables of batch hashes.
func checkBatches(r exec.Reader, problem func(error)) {
	hashes, times := 0, 0
	for range r.Range([]byte(batchPrefix), exec.PrefixEnd(batchPrefix)) {
		hashes++
	}
	for key := range r.Range([]byte(batchTimePrefix), exec.PrefixEnd(batchTimePrefix)) {
		times++
		notAfter, hash := key[len(batchTimePrefix):][:8], key[len(batchTimePrefix)+8:]
		if !bytes.Equal(r.Get(append([]byte(batchPrefix), hash...)), notAfter) {
			problem(fmt.Errorf("batch %x: its two records differ", hash))
		}
	}
	if hashes != times {
		problem(fmt.Errorf("batches: %d by hash, %d by time", hashes, times))
	}
}

// checkIndex compares the index with the blocks that state remembers, and its last entry with the root. Blocks before the
// index began are no fault: it can be rebuilt.
func checkIndex(snap *state.Snapshot, store *state.Store, problem func(error)) {
	root := snap.Root()
	if head, err := readHead(snap); err != nil {
		problem(err)
	} else if !bytes.Equal(head.AppHash, root[:]) {
		problem(fmt.Errorf("index: app hash of block %d is not the root", head.Height))
	}
	oldest := oldestBlock(store)
	for key, data := range snap.Range([]byte(idsPrefix), exec.PrefixEnd(idsPrefix)) {
		height := keyHeight(key, idsPrefix)
		if m, err := decodeRemembered(data); err == nil && height >= oldest {
			checkReceipts(snap, height, m.pairs, problem)
		}
	}
}

func checkReceipts(snap *state.Snapshot, height int64, pairs []pair, problem func(error)) {
	entry, err := readBlock(snap, height)
	if err != nil {
		problem(err)
		return
	}
	if len(entry.IDs) != len(pairs) {
		problem(fmt.Errorf("index of block %d: %d operations of %d", height, len(entry.IDs), len(pairs)))
		return
	}
	for i, p := range pairs {
		receipt, err := readReceipt(snap, p.id)
		if err != nil {
			problem(err)
			continue
		}
		if receipt == nil || receipt.ID != p.id || receipt.Code != p.code || receipt.Height != height ||
			receipt.Index != int64(i) || entry.IDs[i] != p.id {
			problem(fmt.Errorf("index of block %d: receipt %s is not what the block says", height, p.id))
		}
	}
}

func keyHeight(key []byte, prefix string) int64 {
	return int64(binary.BigEndian.Uint64(key[len(prefix):]))
}
