package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/hanse-id/hanse/api"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keystore"
)

// registrar creates the DIDs of issuers that `hanse issuer create` left for the next start.
type registrar struct {
	home   string
	league string
	ledger api.Ledger
	keys   keystore.Store
	log    *slog.Logger
}

// run tries until every pending DID is on the ledger or ctx ends.
func (r *registrar) run(ctx context.Context) error {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := r.once(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		r.log.Warn("an issuer's DID is not registered yet", "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// once registers every pending DID; the files of those on the ledger are removed.
func (r *registrar) once(ctx context.Context) error {
	paths, err := filepath.Glob(filepath.Join(pendingDir(r.home), "*.json"))
	if err != nil {
		return err
	}
	var all []error
	for _, path := range paths {
		if err := r.register(ctx, path); err != nil {
			all = append(all, fmt.Errorf("%s: %w", filepath.Base(path), err))
		}
	}
	return errors.Join(all...)
}

func (r *registrar) register(ctx context.Context, path string) error {
	data, err := readPrivate(path)
	if err != nil {
		return err
	}
	pending := pendingDID{}
	if err := json.Unmarshal(data, &pending); err != nil {
		return err
	}
	_, err = r.ledger.DID(ctx, pending.DID, did.At{})
	if errors.Is(err, did.ErrNotFound) {
		err = r.create(ctx, pending)
	}
	if err != nil {
		return err
	}
	return os.Remove(path)
}

func (r *registrar) create(ctx context.Context, pending pendingDID) error {
	signer, err := r.keys.Signer(ctx, pending.Key)
	if err != nil {
		return err
	}
	id, envelope, err := signCreate(ctx, r.league, pending.Body, signer)
	if err != nil {
		return err
	}
	submitted, err := r.ledger.Submit(ctx, [][]byte{envelope})
	if err != nil {
		return err
	}
	if refused := submitted[0].Error; refused != nil {
		return refused
	}
	wait, cancel := context.WithTimeout(ctx, operationLife)
	defer cancel()
	receipt, err := r.ledger.Wait(wait, submitted[0].ID)
	switch {
	case err != nil:
		return err
	case receipt.State != app.Committed || receipt.Code != exec.OK:
		return fmt.Errorf("creation of %s is %s (%s)", id, receipt.State, receipt.Code.Info().Name)
	}
	r.log.Info("issuer registered", "did", id, "height", receipt.Height)
	return nil
}
