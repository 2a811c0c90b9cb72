package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// operationLife is how long an operation may wait to be executed.
const operationLife = 2 * time.Minute

// draft begins an operation that expires after life.
func draft(life time.Duration, league, kind string, by did.DID, body map[string]any) (op.Draft, error) {
	d := op.Draft{League: league, Type: kind, By: by, Exp: time.Now().Add(life).Unix(), Body: body}
	_, err := rand.Read(d.Nonce[:])
	return d, err
}

// signCreate signs a did.create whose only control key is signer's, at "#key-1".
func signCreate(ctx context.Context, league string, body map[string]any, signer keystore.Signer) (did.DID, []byte, error) {
	id, err := op.CreatedDID(league, body)
	if err != nil {
		return "", nil, err
	}
	d, err := draft(operationLife, league, "did.create", id, body)
	if err != nil {
		return "", nil, err
	}
	envelope, err := d.Sign(ctx, did.URL{DID: id, Fragment: "key-1"}, signer)
	return id, envelope, err
}

// centerDID is the DID that a descriptor gets in a league.
func centerDID(league string, d *descriptor) (did.DID, error) {
	return app.CenterDID(league, d.Center)
}

// submit sends an operation, waits as --wait says, and turns a refusal into an error.
func submit(cmd *cobra.Command, c *client.Client, envelope []byte) (*client.Receipt, error) {
	receipt, err := c.Submit(cmd.Context(), envelope, waitOf(cmd))
	if err != nil {
		return nil, err
	}
	switch {
	case receipt.State == app.Rejected || receipt.State == app.Committed && receipt.Code != exec.OK:
		return nil, &cliError{Code: exitOfCode(receipt.Code), Err: fmt.Errorf("operation %s was refused: %s", receipt.ID, receipt.Code.Info().Name), Hint: hintOf(receipt.Code)}
	case receipt.State != app.Committed:
		note(cmd, "accepted, not committed yet: 'hanse op show %s' says what became of it", receipt.ID)
	}
	return receipt, nil
}

func exitOfCode(code exec.Code) int {
	switch code.Info().Status {
	case 401, 403:
		return exitNotAuthorised
	case 404, 410:
		return exitNotFound
	default:
		return exitError
	}
}

// ensureKey returns the signer called name, made if there is none.
func ensureKey(ctx context.Context, store keystore.Store, name string, alg keys.Algorithm) (keystore.Signer, error) {
	signer, err := store.Signer(ctx, name)
	if errors.Is(err, keystore.ErrNotFound) {
		return store.Generate(ctx, name, alg)
	}
	return signer, err
}
