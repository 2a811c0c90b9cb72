package apptest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/state"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// Name is the league of these tests, Start the block time before its first block.
const (
	Name  = "test"
	Start = 1_800_000_000
)

// Options of a League; the zero value is a league of four centers with default parameters and no verdict cache.
type Options struct {
	Centers  int
	Params   func(*exec.Params)
	Genesis  func(*app.Genesis) // the last word, before it is applied
	Verdicts op.Verdicts
}

// League is one node's state machine over a store in memory. Not for concurrent use, but for App.
type League struct {
	TB      testing.TB
	App     *app.App
	Store   *state.Store
	Genesis *app.Genesis
	Time    int64 // of the next block
	Centers []did.DID

	options Options
	fs      *vfs.MemFS
	db      *pebble.DB
	nonce   uint64
}

// Genesis makes the genesis of a consortium of n centers named center-1, …, whose control key is "<name>", validator key
// "<name>-v" and sponsor key "<name>-s", with the default rules; centers accredit of their own right for "prefix:Example".
func Genesis(n int, params exec.Params) *app.Genesis {
	g := &app.Genesis{League: Name, Profile: governance.Consortium, Params: params, Rules: governance.DefaultRules("prefix:Example")}
	for i := range n {
		name := fmt.Sprintf("center-%d", i+1)
		g.Centers = append(g.Centers, app.GenesisCenter{
			Name:      name,
			Create:    map[string]any{"document": Document(name), "salt": Salt(name)},
			Validator: Key(name + "-v").Public().Multikey(),
			Power:     10,
			Sponsors:  []string{Key(name + "-s").Public().Multikey()},
			API:       "https://" + name + ".example",
		})
	}
	return g
}

// Salt makes a salt out of a name.
func Salt(name string) string {
	h := sha256.Sum256([]byte("salt " + name))
	return base64.RawURLEncoding.EncodeToString(h[:16])
}

// New starts a league and applies its genesis.
func New(tb testing.TB, o Options) *League {
	tb.Helper()
	params := exec.DefaultParams()
	if o.Params != nil {
		o.Params(&params)
	}
	if o.Centers == 0 {
		o.Centers = 4
	}
	l := &League{TB: tb, Genesis: Genesis(o.Centers, params), Time: Start, options: o, fs: vfs.NewMem()}
	if o.Genesis != nil {
		o.Genesis(l.Genesis)
	}
	for _, c := range l.Genesis.Centers {
		d, err := app.CenterDID(Name, c)
		l.must(err)
		l.Centers = append(l.Centers, d)
	}
	l.open()
	tb.Cleanup(l.close)
	_, _, err := l.App.Init(l.Genesis)
	l.must(err)
	return l
}

func (l *League) must(err error) {
	if err != nil {
		l.TB.Helper()
		l.TB.Fatal(err)
	}
}

func (l *League) open() {
	var err error
	l.db, err = pebble.Open("state", &pebble.Options{FS: l.fs, Logger: quiet{l.TB}})
	l.must(err)
	l.Store, err = state.Open(l.db, state.Options{LeafCacheBytes: 1 << 20})
	l.must(err)
	l.App, err = app.New(l.Store, app.Options{Verdicts: l.options.Verdicts})
	l.must(err)
}

func (l *League) close() {
	l.must(l.Store.Close())
	l.must(l.db.Close())
}

// Restart closes the store and opens it again. Before the first commit, genesis is applied again, as CometBFT does.
func (l *League) Restart() {
	l.TB.Helper()
	l.close()
	l.open()
	if l.Store.Version() == 0 {
		_, _, err := l.App.Init(l.Genesis)
		l.must(err)
	}
}

// quiet drops pebble's chatter and fails the test on its fatal errors.
type quiet struct{ tb testing.TB }

func (quiet) Infof(string, ...any)           {}
func (quiet) Errorf(string, ...any)          {}
func (q quiet) Fatalf(f string, args ...any) { q.tb.Fatalf(f, args...) }

// Signer is a key and the name it signs under.
type Signer struct {
	KID did.URL
	Key op.Signer
}

// Signed names own keys of d.
func Signed(d did.DID, names ...string) []Signer {
	list := make([]Signer, len(names))
	for i, n := range names {
		list[i] = Signer{KID: KID(d, n), Key: Key(n)}
	}
	return list
}

// Operator names an operator of a status list.
func Operator(name string) Signer { return Signer{KID: OperatorKID(name), Key: Key(name)} }

// Draft makes an operation that expires in a minute, with a nonce of its own.
func (l *League) Draft(kind string, by did.DID, body map[string]any) op.Draft {
	l.nonce++
	d := op.Draft{League: Name, Type: kind, By: by, Exp: l.Time + 60, Body: body}
	h := sha256.Sum256(fmt.Appendf(nil, "nonce %d", l.nonce))
	copy(d.Nonce[:], h[:])
	return d
}

// Sign makes the envelope of a draft.
func (l *League) Sign(d op.Draft, signers ...Signer) []byte {
	l.TB.Helper()
	payload, err := d.Payload()
	l.must(err)
	signatures := make([]op.Signature, len(signers))
	for i, s := range signers {
		signatures[i], err = op.Sign(context.Background(), payload, s.KID, s.Key)
		l.must(err)
	}
	envelope, err := op.Assemble(payload, signatures)
	l.must(err)
	return envelope
}

// Decode reads an envelope.
func (l *League) Decode(envelope []byte) *op.Operation {
	l.TB.Helper()
	o, err := op.Decode(envelope)
	l.must(err)
	return o
}

// Batch seals envelopes as the i-th center's transaction.
func (l *League) Batch(center int, envelopes ...[]byte) []byte {
	l.TB.Helper()
	return l.BatchOf(l.Genesis.Centers[center].Name, l.Centers[center], envelopes...)
}

// BatchOf seals envelopes as the transaction of a center whose sponsor key is "<name>-s".
func (l *League) BatchOf(name string, center did.DID, envelopes ...[]byte) []byte {
	l.TB.Helper()
	l.nonce++
	var nonce [16]byte
	copy(nonce[:], fmt.Sprintf("batch %d", l.nonce))
	tx, err := op.SealBatch(context.Background(), Name, center, nonce, l.Time+60, envelopes, Key(name+"-s"))
	l.must(err)
	return tx
}

// Sponsor is the first center of genesis whose batches the league takes now.
func (l *League) Sponsor() int {
	l.TB.Helper()
	view, err := l.App.View(0)
	l.must(err)
	defer view.Close()
	for i, d := range l.Centers {
		c, err := governance.Get(view.Reader(), d)
		l.must(err)
		if c.Sponsoring() && slices.Contains(c.Sponsors, Key(l.Genesis.Centers[i].Name+"-s").Public().Multikey()) {
			return i
		}
	}
	l.TB.Fatal("no center of genesis may sponsor")
	return 0
}

// Input is the next block with these transactions.
func (l *League) Input(txs ...[]byte) app.BlockInput {
	return app.BlockInput{Height: l.Store.Version() + 1, Time: l.Time, Txs: txs}
}

// Block executes and commits transactions as the next block, and lets a second pass.
func (l *League) Block(txs ...[]byte) *app.BlockResult {
	l.TB.Helper()
	return l.Execute(l.Input(txs...))
}

// Execute executes and commits a block, and lets a second pass.
func (l *League) Execute(in app.BlockInput) *app.BlockResult {
	l.TB.Helper()
	result, err := l.App.Execute(in)
	l.must(err)
	_, err = l.App.Commit()
	l.must(err)
	l.Time++
	return result
}

// Do executes envelopes as one batch of the first center that may sponsor, in a block, and returns their outcomes.
func (l *League) Do(envelopes ...[]byte) []app.OpResult {
	l.TB.Helper()
	r := l.Block(l.Batch(l.Sponsor(), envelopes...)).Txs[0]
	if r.Code != exec.OK {
		l.TB.Fatalf("batch refused: %s", r.Code)
	}
	return r.Ops
}

// MultikeyHash is a `next` entry for a named key.
func MultikeyHash(name string) string { return hash(Key(name).Public()) }

func hash(k keys.Public) string {
	h := sha256.Sum256([]byte(k.Multikey()))
	return base64.RawURLEncoding.EncodeToString(h[:])
}
