package status

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/jcs"
)

// Check reads everything this package keeps and reports what breaks its invariants (fsck): every record decodes and is in
// JCS form, leases lie end to end from 0 to the list's Next, every chunk is what its history adds up to, and nothing
// belongs to a list that is not there.
func Check(r exec.Reader, problem func(error)) {
	for _, prefix := range [...]string{listPrefix, leasePrefix, historyPrefix} {
		for key, data := range r.Range([]byte(prefix), exec.PrefixEnd(prefix)) {
			if !jcs.IsCanonical(data) {
				problem(fmt.Errorf("%x: not in JCS form", key))
			}
		}
	}
	for key, data := range r.Range([]byte(listPrefix), exec.PrefixEnd(listPrefix)) {
		l, err := decodeList(data)
		if err != nil {
			problem(err)
			continue
		}
		if !bytes.Equal(key, Key(l.ID)) {
			problem(fmt.Errorf("status list %s: stands under another list's key", l.ID))
		}
		checkLeases(r, l, problem)
		checkChunks(r, l, problem)
	}
	checkOwners(r, problem)
}

func checkLeases(r exec.Reader, l *List, problem func(error)) {
	leases, err := Leases(r, l.ID, "")
	if err != nil {
		problem(err)
		return
	}
	next := int64(0)
	for _, lease := range leases {
		if lease.Start != next || lease.Count < 1 {
			problem(fmt.Errorf("status list %s: lease at %d, expected %d", l.ID, lease.Start, next))
		}
		next = lease.Start + lease.Count
	}
	if next != l.Next || next > l.Size {
		problem(fmt.Errorf("status list %s: leases end at %d, next is %d of %d", l.ID, next, l.Next, l.Size))
	}
}

func checkChunks(r exec.Reader, l *List, problem func(error)) {
	for n := range l.Size / ChunkEntries {
		now, err := l.readChunk(r, n)
		if err != nil {
			problem(err)
			continue
		}
		past, err := l.replay(r, n, math.MaxInt64)
		if err != nil {
			problem(err)
			continue
		}
		if !bytes.Equal(now.data, past.data) {
			problem(fmt.Errorf("status list %s: chunk %d is not what its history adds up to", l.ID, n))
		}
		for i := range int64(ChunkEntries) {
			if now.get(i) != 0 && n*ChunkEntries+i >= l.Next {
				problem(fmt.Errorf("status list %s: index %d has a value and no lease", l.ID, n*ChunkEntries+i))
			}
		}
	}
}

// checkOwners reports leases, chunks and history of lists that are not there or too short for them.
func checkOwners(r exec.Reader, problem func(error)) {
	for _, prefix := range [...]string{leasePrefix, chunkPrefix, historyPrefix} {
		var list *List
		for key := range r.Range([]byte(prefix), exec.PrefixEnd(prefix)) {
			var id op.ID
			if copy(id[:], key[len(prefix):]) < len(id) {
				problem(fmt.Errorf("%x: short key", key))
				continue
			}
			if list == nil || list.ID != id {
				l, err := Get(r, id)
				if err != nil || l == nil {
					problem(fmt.Errorf("%x: no list of this id", key))
					continue
				}
				list = l
			}
			if rest := key[len(prefix)+len(id):]; prefix != leasePrefix && len(rest) >= 4 &&
				int64(binary.BigEndian.Uint32(rest)) >= list.Size/ChunkEntries {
				problem(fmt.Errorf("%x: beyond the list's size", key))
			}
		}
	}
}
