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

// registrar does on the ledger what was asked for while the center did not run: it creates the DIDs of new issuers and
// accredits them. Each request is a file, which is removed when the ledger has it, so it can be interrupted at any time.
type registrar struct {
	home   string
	league string
	center did.DID
	ledger api.Ledger
	keys   keystore.Store
	log    *slog.Logger
}

// run tries until everything that is pending is on the ledger or ctx ends.
func (r *registrar) run(ctx context.Context) error {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := r.once(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		r.log.Warn("an issuer is not registered yet", "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// once registers every pending DID, and then makes every pending accreditation, because its subject has to exist.
func (r *registrar) once(ctx context.Context) error {
	if err := r.each(ctx, pendingDir(r.home), r.register); err != nil {
		return err
	}
	return r.each(ctx, pendingGrants(r.home), r.accredit)
}

// each serves every file of a directory and removes those that are done.
func (r *registrar) each(ctx context.Context, dir string, serve func(context.Context, []byte) error) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	var all []error
	for _, path := range paths {
		data, err := readPrivate(path)
		if err == nil {
			err = serve(ctx, data)
		}
		if refused, ok := errors.AsType[*refusal](err); ok {
			r.log.Error("the ledger refuses what was asked for", "file", path+".refused", "error", refused)
			err = os.Rename(path, path+".refused")
		} else if err == nil {
			err = os.Remove(path)
		}
		if err != nil {
			all = append(all, fmt.Errorf("%s: %w", filepath.Base(path), err))
		}
	}
	return errors.Join(all...)
}

// refusal says that the ledger refused an operation: repeating it would not help.
type refusal struct {
	What string
	Code exec.Code
}

func (e *refusal) Error() string { return fmt.Sprintf("%s: %s", e.What, e.Code.Info().Name) }

func (r *registrar) register(ctx context.Context, data []byte) error {
	pending := pendingDID{}
	if err := json.Unmarshal(data, &pending); err != nil {
		return err
	}
	_, err := r.ledger.DID(ctx, pending.DID, did.At{})
	if !errors.Is(err, did.ErrNotFound) {
		return err
	}
	signer, err := r.keys.Signer(ctx, pending.Key)
	if err != nil {
		return err
	}
	id, envelope, err := signCreate(ctx, r.league, pending.Body, signer)
	if err != nil {
		return err
	}
	if err := r.execute(ctx, "creation of "+id.String(), envelope); err != nil {
		return err
	}
	r.log.Info("issuer registered", "did", id)
	return nil
}

// execute submits an operation and waits for its end; *refusal if the ledger refuses it for good, at once or when it is
// executed.
func (r *registrar) execute(ctx context.Context, what string, envelope []byte) error {
	submitted, err := r.ledger.Submit(ctx, [][]byte{envelope})
	if err != nil {
		return err
	}
	if refused := submitted[0].Error; refused != nil {
		if !refused.Code.Info().Retryable {
			return &refusal{What: what, Code: refused.Code}
		}
		return refused
	}
	wait, cancel := context.WithTimeout(ctx, operationLife)
	defer cancel()
	receipt, err := r.ledger.Wait(wait, submitted[0].ID)
	switch {
	case err != nil:
		return err
	case receipt.State == app.Committed && receipt.Code == exec.OK:
		return nil
	case receipt.State == app.Committed && !receipt.Code.Info().Retryable:
		return &refusal{What: what, Code: receipt.Code}
	}
	return fmt.Errorf("%s is %s (%s)", what, receipt.State, receipt.Code.Info().Name)
}
