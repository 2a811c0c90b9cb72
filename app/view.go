package app

import (
	"context"
	"errors"
	"fmt"

	ics23 "github.com/cosmos/ics23/go"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/state"
)

// Submission is what a pool said to one envelope.
type Submission struct {
	ID    op.ID
	Error *exec.Error // nil: accepted (journaled), or known already
	// NoQuorum: accepted, but the node sees no quorum at present.
	NoQuorum bool
}

// BlockRecord is a committed block as the event stream needs it (from the receipts index).
type BlockRecord struct {
	Head
	Receipts []Receipt
	Events   []exec.Event
}

// Health is a node's condition. Reasons are stable words: "catching_up", "no_peers", "no_quorum", "stopped", …
type Health struct {
	Ready      bool     `json:"ready"`
	Reasons    []string `json:"reasons,omitempty"`
	CatchingUp bool     `json:"catchingUp"`
	Peers      int      `json:"peers"`
	Quorum     bool     `json:"quorum"`
	Height     int64    `json:"height"`
	BlockAge   int64    `json:"blockAgeSeconds"`
}

// View is a consistent read view of a committed version, safe for concurrent use. Close it. Before the first block it
// shows genesis, which cannot be proved yet. Storage faults of Reader panic with *exec.StorageError.
type View struct {
	app    *App
	snap   *state.Snapshot
	reader exec.Reader
	head   Head
}

// View opens a read view (version 0: the latest); state.ErrVersion if not kept, ErrNoGenesis over an empty store.
func (a *App) View(version int64) (*View, error) {
	a.mu.RLock()
	initial, head := a.initial, a.head // before the snapshot: should the first Commit come between, that is what counts
	a.mu.RUnlock()
	snap, err := a.store.Snapshot(version)
	if err != nil {
		return nil, err
	}
	v := &View{app: a, snap: snap, reader: snap}
	switch {
	case snap.Version() > 0 && snap.Version() == head.Height:
		v.head = head // without reading the block's record, which names its operations
	case snap.Version() > 0:
		v.head, err = readHead(snap)
	case initial == nil:
		err = ErrNoGenesis
	default:
		v.reader, v.head = initial, head
	}
	if err != nil {
		return nil, errors.Join(err, snap.Close())
	}
	return v, nil
}

// Close ends the view.
func (v *View) Close() error { return v.snap.Close() }

// Head is the block this view shows.
func (v *View) Head() Head { return v.head }

// Reader reads the state of this version.
func (v *View) Reader() exec.Reader { return v.reader }

// Receipt reads the receipt of a consumed operation; State Unknown otherwise, with the lowest height that the index
// covers. ctx bounds the read.
func (v *View) Receipt(ctx context.Context, id op.ID) (r Receipt, err error) {
	defer storageFault(&err)
	if err := ctx.Err(); err != nil {
		return Receipt{}, err
	}
	found, err := readReceipt(v.snap, id)
	if err != nil {
		return Receipt{}, err
	}
	if found != nil {
		return *found, nil
	}
	return Receipt{ID: id, State: Unknown, Oldest: oldestBlock(v.app.store)}, nil
}

// Block reads a committed block of height ≤ Head's from the index. ErrNoBlock if it is not there.
func (v *View) Block(height int64) (b *BlockRecord, err error) {
	defer storageFault(&err)
	e, err := readBlock(v.snap, height)
	if err != nil {
		return nil, err
	}
	b = &BlockRecord{Head: e.Head, Events: e.Events, Receipts: make([]Receipt, len(e.IDs))}
	for i, id := range e.IDs {
		r, err := readReceipt(v.snap, id)
		if err != nil {
			return nil, err
		}
		if r == nil {
			return nil, fmt.Errorf("block %d: receipt %s is not in the index", height, id)
		}
		b.Receipts[i] = *r
	}
	return b, nil
}

// Blocks reads committed blocks of height ≥ from (and not below what the index covers), oldest first, at most limit.
func (v *View) Blocks(from int64, limit int) (list []BlockRecord, err error) {
	defer storageFault(&err)
	oldest := oldestBlock(v.app.store)
	if oldest == 0 {
		return nil, nil
	}
	for height := max(from, oldest); height <= v.head.Height && len(list) < limit; height++ {
		b, err := v.Block(height)
		if err != nil {
			return nil, err
		}
		list = append(list, *b)
	}
	return list, nil
}

// Proof is the value (empty: absent) of a state key under AppHash, which header Height+1 carries.
type Proof struct {
	Key     []byte                 `json:"key"`
	Value   []byte                 `json:"value,omitempty"`
	Height  int64                  `json:"height"`
	AppHash []byte                 `json:"appHash"`
	ICS23   *ics23.CommitmentProof `json:"-"`
}

// Prove returns the proof of presence or absence of a state key. state.ErrEmpty before the first block.
func (v *View) Prove(key []byte) (p *Proof, err error) {
	defer storageFault(&err)
	proof, err := v.snap.Prove(key)
	if err != nil {
		return nil, err
	}
	return &Proof{
		Key: key, Value: v.reader.Get(key), Height: v.head.Height, AppHash: v.head.AppHash, ICS23: proof,
	}, nil
}
