package localnet

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keystore"
)

// lifetime of a user's operations. Operations that expire later than a window after block time wait in the pool.
const lifetime = 5 * time.Minute

// User makes operations of one DID. Its key and DID follow from league and name. It belongs to one goroutine.
type User struct {
	DID    did.DID
	league string
	name   string
	key    *keystore.Private
	count  uint64
}

// NewUser returns the user of a name.
func NewUser(league, name string) (*User, error) {
	u := &User{league: league, name: name, key: signer(league, "user", name)}
	var err error
	u.DID, err = op.CreatedDID(league, u.body())
	return u, err
}

// Control is the user whose DID is that of node i's center: it signs what a center does.
func (p *Plan) Control(i int) *User {
	n := p.Nodes[i]
	return &User{DID: n.DID, league: p.League, name: n.Name, key: signer(p.League, n.Name, "control")}
}

func (u *User) body() map[string]any { return creation(u.key.Public(), u.name) }

// Create returns the operation that creates the user's DID.
func (u *User) Create(now time.Time) ([]byte, error) {
	return u.Operation("did.create", u.body(), now)
}

// Update returns an operation that changes the user's alsoKnownAs; prev is the present version id.
func (u *User) Update(prev, alias string, now time.Time) ([]byte, error) {
	body := u.body()
	delete(body, "salt")
	body["prev"] = prev
	body["document"].(map[string]any)["alsoKnownAs"] = []any{alias}
	return u.Operation("did.update", body, now)
}

// Operation returns an operation of any type by the user's DID.
func (u *User) Operation(kind string, body map[string]any, now time.Time) ([]byte, error) {
	kid, err := did.ParseURL(string(u.DID) + "#key-1")
	if err != nil {
		return nil, err
	}
	u.count++
	seed := binary.BigEndian.AppendUint64([]byte(u.DID), u.count)
	nonce := sha256.Sum256(binary.BigEndian.AppendUint64(seed, uint64(now.UnixNano())))
	draft := op.Draft{League: u.league, Type: kind, By: u.DID, Exp: now.Add(lifetime).Unix(), Body: body}
	copy(draft.Nonce[:], nonce[:])
	return draft.Sign(context.Background(), kid, u.key)
}

// Center is what clients of a center need: *ledger.Local is one, and so is *Remote.
type Center interface {
	Submit(ctx context.Context, envelopes [][]byte) ([]app.Submission, error)
	Receipt(ctx context.Context, id op.ID) (app.Receipt, error)
	Wait(ctx context.Context, id op.ID) (app.Receipt, error)
	Head(ctx context.Context) (app.Head, error)
	Blocks(ctx context.Context, from int64, limit int) ([]app.BlockRecord, error)
	Health(ctx context.Context) app.Health
}

// Commit submits one operation and waits for its receipt. An operation that ctx leaves without one is an error.
func Commit(ctx context.Context, c Center, envelope []byte) (app.Receipt, error) {
	subs, err := c.Submit(ctx, [][]byte{envelope})
	if err != nil {
		return app.Receipt{}, err
	}
	if subs[0].Error != nil {
		return app.Receipt{ID: subs[0].ID}, subs[0].Error
	}
	receipt, err := c.Wait(ctx, subs[0].ID)
	if err != nil {
		return receipt, err
	}
	if receipt.State != app.Committed && receipt.State != app.Rejected {
		return receipt, fmt.Errorf("operation %s is still %s: %w", receipt.ID, receipt.State, context.Cause(ctx))
	}
	return receipt, nil
}
