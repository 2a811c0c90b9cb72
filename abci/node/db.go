package node

import (
	"errors"
	"sync"

	dbm "github.com/cometbft/cometbft-db"
	cmtconfig "github.com/cometbft/cometbft/config"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/store"
	"github.com/cometbft/cometbft/types"
)

// The databases that tell which height is next: CometBFT's names.
const (
	blockStoreDB = "blockstore"
	stateDB      = "state"
)

// databases opens CometBFT's databases and closes them when the node has stopped. CometBFT closes them itself in
// Stop, while some of its goroutines still read: they would panic ("leveldb: closed", store/store.go) where nobody
// can recover. So its Close is ignored, and who comes after ours waits for ever.
type databases struct {
	mu   sync.Mutex
	open map[string]*database
}

func (d *databases) provider(ctx *cmtconfig.DBContext) (dbm.DB, error) {
	db, err := cmtconfig.DefaultDBProvider(ctx)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	wrapped := &database{db: db}
	if d.open == nil {
		d.open = map[string]*database{}
	}
	d.open[ctx.ID] = wrapped
	return wrapped, nil
}

// nextValidators is the validator set that decides the block after the last stored one; nil before the first block. The
// block store may be one block ahead of the state: a crash leaves it so, and CometBFT executes that block when it starts.
func (d *databases) nextValidators() (*types.ValidatorSet, error) {
	d.mu.Lock()
	blocks, states := d.open[blockStoreDB], d.open[stateDB]
	d.mu.Unlock()
	if blocks == nil || states == nil {
		return nil, nil
	}
	state, err := sm.NewStore(states, sm.StoreOptions{}).Load()
	if err != nil || state.IsEmpty() {
		return nil, err
	}
	if store.LoadBlockStoreState(blocks).Height > state.LastBlockHeight {
		return state.NextValidators, nil
	}
	return state.Validators, nil
}

// close closes what was opened.
func (d *databases) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var err error
	for _, db := range d.open {
		err = errors.Join(err, db.shut())
	}
	d.open = nil
	return err
}

// database passes everything on until it is shut.
type database struct {
	gate sync.RWMutex // read-held during a call, write-held for ever once shut
	db   dbm.DB
}

var _ dbm.DB = (*database)(nil)

func (d *database) shut() error {
	d.gate.Lock() // never unlocked
	return d.db.Close()
}

// Close is CometBFT's and does nothing: see databases.
func (d *database) Close() error { return nil }

// Get, Has and the others are the database's.
func (d *database) Get(key []byte) ([]byte, error) {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return d.db.Get(key)
}

// Has reports whether there is a value.
func (d *database) Has(key []byte) (bool, error) {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return d.db.Has(key)
}

// Set writes a value.
func (d *database) Set(key, value []byte) error {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return d.db.Set(key, value)
}

// SetSync writes a value durably.
func (d *database) SetSync(key, value []byte) error {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return d.db.SetSync(key, value)
}

// Delete removes a value.
func (d *database) Delete(key []byte) error {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return d.db.Delete(key)
}

// DeleteSync removes a value durably.
func (d *database) DeleteSync(key []byte) error {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return d.db.DeleteSync(key)
}

// Iterator iterates start ≤ key < end.
func (d *database) Iterator(start, end []byte) (dbm.Iterator, error) {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return d.db.Iterator(start, end)
}

// ReverseIterator iterates downwards.
func (d *database) ReverseIterator(start, end []byte) (dbm.Iterator, error) {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return d.db.ReverseIterator(start, end)
}

// NewBatch collects writes.
func (d *database) NewBatch() dbm.Batch {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return &dbBatch{Batch: d.db.NewBatch(), of: d}
}

// Compact compacts a range.
func (d *database) Compact(start, end []byte) error {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return d.db.Compact(start, end)
}

// Print and Stats are for people.
func (d *database) Print() error {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return d.db.Print()
}

// Stats returns the database's own figures.
func (d *database) Stats() map[string]string {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return d.db.Stats()
}

// dbBatch writes through its database's gate.
type dbBatch struct {
	dbm.Batch
	of *database
}

// Write writes the batch.
func (b *dbBatch) Write() error {
	b.of.gate.RLock()
	defer b.of.gate.RUnlock()
	return b.Batch.Write()
}

// WriteSync writes the batch durably.
func (b *dbBatch) WriteSync() error {
	b.of.gate.RLock()
	defer b.of.gate.RUnlock()
	return b.Batch.WriteSync()
}
