package node

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/state"
)

// State is an opened and locked state of a node that does not run.
type State struct {
	Store *state.Store
	App   *app.App

	db     *pebble.DB
	unlock func() error
}

// OpenState locks the home of a stopped node and opens its state, for checking it (`hanse node fsck`). *LockedError
// if the node runs, *NotInitialisedError if it never did. Close it.
func OpenState(dir string) (*State, error) {
	h := home(dir)
	unlock, err := h.lock()
	if err != nil {
		return nil, err
	}
	s, err := openState(h, app.Options{}, 8<<20, slog.New(slog.DiscardHandler), false)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	s.unlock = unlock
	return s, nil
}

// openState opens the database, the store over it and the state machine over that.
func openState(h home, opts app.Options, cacheBytes int64, log *slog.Logger, create bool) (*State, error) {
	options := state.PebbleOptions(2 * cacheBytes)
	options.ErrorIfNotExists = !create
	options.Logger = state.Logger{Error: func(message string) { log.Error(message, "part", "state") }}
	db, err := pebble.Open(h.state(), options)
	if errors.Is(err, pebble.ErrDBDoesNotExist) {
		return nil, &NotInitialisedError{Home: string(h), Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("state database: %w", err)
	}
	store, err := state.Open(db, state.Options{LeafCacheBytes: cacheBytes})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("state: %w", err), db.Close())
	}
	machine, err := app.New(store, opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("state: %w", err), store.Close(), db.Close())
	}
	return &State{Store: store, App: machine, db: db, unlock: func() error { return nil }}, nil
}

// Close closes the state and unlocks the home.
func (s *State) Close() error {
	return errors.Join(s.Store.Close(), s.db.Close(), s.unlock())
}
