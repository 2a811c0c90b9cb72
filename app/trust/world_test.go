package trust_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/exec/exectest"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/state"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// world is a league's state in memory that operations are applied to one by one. Signatures are there and taken to be good.
type world struct {
	store  exec.Store
	params exec.Params
	time   int64
	height int64
	n      int
	dids   map[string]did.DID
	names  map[did.DID]string
	must   func(error)
}

// tb is what a world needs of *testing.T and *rapid.T.
type tb interface {
	Helper()
	Fatal(args ...any)
}

const worldStart = 1000

// newWorld founds a league of centers c1, c2, … whose own right reaches as far as resources.
func newWorld(t tb, centers int, resources ...governance.Resource) *world {
	return found(t, exectest.NewStore(), centers, resources...)
}

// newLargeWorld is newWorld over the real store, which takes many records better.
func newLargeWorld(t testing.TB, centers int, resources ...governance.Resource) *world {
	db, err := pebble.Open("state", &pebble.Options{FS: vfs.NewMem(), Logger: state.Logger{}})
	if err != nil {
		t.Fatal(err)
	}
	store, err := state.Open(db, state.Options{LeafCacheBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close(); db.Close() })
	return found(t, store.Begin(), centers, resources...)
}

func found(t tb, store exec.Store, centers int, resources ...governance.Resource) *world {
	w := &world{
		store: store, params: exec.DefaultParams(), time: worldStart, height: 1, dids: map[string]did.DID{}, names: map[did.DID]string{},
	}
	w.must = func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w.must(governance.PutLeague(w.store, apptest.Name, governance.Consortium))
	w.must(governance.PutParams(w.store, w.params))
	w.must(governance.PutRules(w.store, governance.DefaultRules(resources...)))
	var list []governance.Center
	for i := range centers {
		name := fmt.Sprintf("c%d", i+1)
		list = append(list, governance.Center{
			Name: name, DID: w.create(name), Validator: apptest.Key(name + "-v").Public().Multikey(), Power: 10,
			Sponsors: []string{apptest.Key(name + "-s").Public().Multikey()}, API: "https://" + name + ".example",
		})
	}
	w.must(governance.Found(w.store, list))
	return w
}

// create makes a DID whose control key has its name.
func (w *world) create(name string) did.DID {
	body := map[string]any{"document": apptest.Document(name), "salt": apptest.Salt(name)}
	create, err := identity.ValidateGenesis(apptest.Name, body, w.params)
	w.must(err)
	w.must(create.ApplyGenesis(w.store, body))
	w.know(name, create.DID())
	return create.DID()
}

func (w *world) know(name string, d did.DID) { w.dids[name], w.names[d] = d, name }

func (w *world) env(store exec.Store, o *op.Operation) *exec.Env {
	return &exec.Env{
		Block: exec.Block{Height: w.height, Time: w.time}, Store: store, Params: w.params, League: apptest.Name, Op: o,
		Verify: func(op.Check) bool { return true },
	}
}

// action is what package app calls so.
type action interface {
	Authorize(*exec.Env) error
	Apply(*exec.Env) error
}

func validate(o *op.Operation) (action, error) {
	switch o.Type {
	case "trust.accredit":
		return trust.ValidateGrant(o)
	case "trust.suspend", "trust.reinstate", "trust.revoke":
		return trust.ValidateAlter(o)
	case "trust.recognise":
		return trust.ValidateRecognise(o)
	case "schema.register":
		return trust.ValidateRegister(o)
	case "schema.status":
		return trust.ValidateSetStatus(o)
	}
	return identity.ValidateDeactivate(o)
}

// try executes an operation of a named DID, signed by its one key.
func (w *world) try(kind, by string, body map[string]any) (op.ID, error) {
	w.n++
	signer := w.dids[by]
	kid := apptest.KID(signer, by)
	if signer.Method() == "key" {
		kid = apptest.OperatorKID(by)
	}
	o := &op.Operation{
		ID: sha256.Sum256(fmt.Append(nil, "operation ", w.n)), League: apptest.Name, Type: kind, By: signer, Body: body,
		Signatures: []op.Signature{{Alg: "EdDSA", KID: kid}},
	}
	a, err := validate(o)
	if err != nil {
		return o.ID, err
	}
	overlay := exectest.NewOverlay(w.store)
	env := w.env(overlay, o)
	if err := a.Authorize(env); err != nil {
		return o.ID, err
	}
	if err := a.Apply(env); err != nil {
		return o.ID, err
	}
	overlay.Flush()
	return o.ID, nil
}

// do is try that must succeed.
func (w *world) do(kind, by string, body map[string]any) op.ID {
	id, err := w.try(kind, by, body)
	w.must(err)
	return id
}

// accredit gives subject a right of by's own, or under a parent; more are members of the body.
func (w *world) accredit(by, subject string, action trust.Action, resource string, parent *op.ID, more map[string]any) (op.ID, error) {
	body := map[string]any{"subject": string(w.dids[subject]), "action": string(action), "resource": resource}
	if parent != nil {
		body["parent"] = parent.String()
	}
	for name, value := range more {
		body[name] = value
	}
	return w.try("trust.accredit", by, body)
}

// give is accredit that must succeed.
func (w *world) give(by, subject string, action trust.Action, resource string, parent *op.ID, more map[string]any) *op.ID {
	id, err := w.accredit(by, subject, action, resource, parent, more)
	w.must(err)
	return &id
}

// decide executes a proposal that passed.
func (w *world) decide(kind string, content map[string]any) (op.ID, error) {
	w.n++
	m := exec.Mandate{Proposal: int64(w.n), ID: sha256.Sum256(fmt.Append(nil, "proposal ", w.n))}
	read := governance.ReadKind
	if kind[:5] == "trust" {
		read = trust.ReadKind
	}
	act, err := read(apptest.Name, kind, content)
	if err != nil {
		return m.ID, err
	}
	overlay := exectest.NewOverlay(w.store)
	env := w.env(overlay, nil)
	if err := act.Check(env); err != nil {
		return m.ID, err
	}
	if err := act.Execute(env, m); err != nil {
		return m.ID, err
	}
	overlay.Flush()
	return m.ID, nil
}

// deactivate ends a DID.
func (w *world) deactivate(name string) {
	record, err := identity.Get(w.store, w.dids[name])
	w.must(err)
	w.do("did.deactivate", name, map[string]any{"prev": record.VersionID})
}

// pass lets time pass.
func (w *world) pass(seconds int64) { w.time, w.height = w.time+seconds, w.height+1 }

// ask is Find now, or as of at.
func (w *world) ask(subject string, action trust.Action, resource string, at int64) *trust.Path {
	return w.find(trust.Question{Subject: w.dids[subject], Action: action, Resource: governance.Resource(resource), At: at})
}

func (w *world) find(q trust.Question) *trust.Path {
	p, err := trust.Find(w.store, w.time, q)
	w.must(err)
	return p
}

// sound fails the test if fsck finds anything.
func (w *world) sound(t testing.TB) {
	t.Helper()
	trust.Check(w.store, func(err error) { t.Error(err) })
}

// route names who is on a path: "issuer < university < c1 < league".
func (w *world) route(p *trust.Path) string {
	text := ""
	for _, h := range p.Hops {
		if text == "" {
			text = w.name(string(h.Subject))
		}
		text += " < " + w.name(h.Authority)
	}
	return text
}

func (w *world) name(authority string) string {
	if name, ok := w.names[did.DID(authority)]; ok {
		return name
	}
	return "league"
}

// id reads an accreditation's id; nil for "".
func (w *world) id(text string) *op.ID {
	if text == "" {
		return nil
	}
	id, err := op.ParseID(text)
	w.must(err)
	return &id
}

// tryGive tries to accredit a subject to issue, under a parent by its id.
func (w *world) tryGive(by, subject, resource, parent string, more map[string]any) error {
	if parent != "" && more == nil {
		more = map[string]any{"validUntil": w.time + 10}
	}
	_, err := w.accredit(by, subject, trust.Issue, resource, w.id(parent), more)
	return err
}

// tryAccredit tries to accredit a subject to accredit, of by's own right.
func (w *world) tryAccredit(by, subject, resource string, more map[string]any) error {
	_, err := w.accredit(by, subject, trust.Accredit, resource, nil, more)
	return err
}

// named is the name of the n-th of a row of DIDs, made when it is first named.
func (w *world) named(n int) string {
	name := fmt.Sprint("d", n)
	if w.dids[name] == "" {
		w.create(name)
	}
	return name
}

// digestOf is the SRI digest of a text.
func digestOf(text string) string {
	h := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(h[:])
}
