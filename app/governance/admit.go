package governance

import (
	"slices"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// admit is the act center.admit: content {center: descriptor}, a descriptor as genesis has it: {name, create, validator,
// power, sponsors, api}. It creates the center's DID unless it is there. A removed center comes back in the same way, with
// new keys.
type admit struct {
	center Center
	create map[string]any
}

func readAdmit(m *object.Reader, league string) (Act, error) {
	descriptor := m.Object("center")
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	m = object.New(descriptor, contentPointer+"/center")
	a := &admit{
		create: m.Object("create"),
		center: Center{
			Name: m.String("name"), Validator: m.String("validator"), Power: m.Int("power"), Sponsors: m.Strings("sponsors"),
			API: m.String("api"), Status: Active,
		},
	}
	for _, check := range [...]struct {
		name string
		err  error
	}{
		{"name", CheckName(a.center.Name)}, {"validator", CheckKey(a.center.Validator)}, {"power", CheckPower(a.center.Power)},
		{"sponsors", CheckSponsors(a.center.Sponsors)}, {"api", CheckAPI(a.center.API)},
	} {
		if check.err != nil {
			m.Fail(check.name, check.err.Error())
		}
	}
	if slices.Contains(a.center.Sponsors, a.center.Validator) {
		m.Fail("sponsors", "the validator key is none")
	}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	d, err := op.CreatedDID(league, a.create)
	if err != nil {
		return nil, exec.Errorf(exec.CodeMalformed, "create: %v", err).At(contentPointer + "/center/create")
	}
	a.center.DID = d
	return a, nil
}

// Check asks for a center that is no member, with room in the league, a name and keys that no other ever had, a DID that can
// be made or is there, and a power that leaves the others theirs.
func (a *admit) Check(env *exec.Env) error {
	old, err := a.former(env)
	if err != nil {
		return err
	}
	if _, err := a.identity(env); err != nil {
		return err
	}
	if err := enter(discard{env.Store}, &a.center); err != nil {
		return err
	}
	_, set, err := setAfter(env, old, &a.center)
	if err != nil {
		return err
	}
	return checkShare(set, a.center.Power)
}

// Execute makes the DID unless it is there, and writes the center's first version, or the next one of a removed center.
func (a *admit) Execute(env *exec.Env, m exec.Mandate) error {
	if err := a.Check(env); err != nil {
		return err
	}
	create, err := a.identity(env)
	if err != nil {
		return err
	}
	if create != nil {
		if err := a.makeDID(env, create, m); err != nil {
			return err
		}
	}
	if err := enter(env.Store, &a.center); err != nil {
		return err
	}
	old, err := a.former(env)
	if err != nil {
		return err
	}
	next := a.center
	next.N, next.Cause = 1, causeProposal(m.Proposal)
	if old == nil {
		return install(env, nil, &next, "center.admitted")
	}
	next.Evidence = old.Evidence
	return replace(env, old, &next, "center.admitted")
}

// makeDID creates the center's DID. The operation that proposed the center stands for the one that would have created it.
func (a *admit) makeDID(env *exec.Env, create *identity.Create, m exec.Mandate) error {
	made := &exec.Env{
		Block: env.Block, Store: env.Store, Params: env.Params, League: env.League, Verify: env.Verify,
		Op: &op.Operation{ID: m.ID, By: a.center.DID, League: env.League, Type: "did.create"},
	}
	if err := create.Apply(made); err != nil {
		return err
	}
	for _, e := range made.Events() {
		env.Emit(e)
	}
	return nil
}

// former reads the record of a removed center that comes back; nil for a new one. CodeExists for a member,
// CodeLimitExceeded if there is no room.
func (a *admit) former(env *exec.Env) (*Center, error) {
	old, err := Get(env.Store, a.center.DID)
	if err != nil {
		return nil, err
	}
	if old != nil && old.Status != Removed {
		return nil, exec.Errorf(exec.CodeExists, "%s: is center %s already", old.DID, old.Name)
	}
	n, err := readCounts(env.Store)
	if err != nil {
		return nil, err
	}
	if n.members >= env.Params.MaxCenters {
		return nil, exec.Errorf(exec.CodeLimitExceeded, "the league has %d centers already, its limit", n.members)
	}
	return old, nil
}

// identity validates the creation of the center's DID; nil if the DID is there and usable.
func (a *admit) identity(env *exec.Env) (*identity.Create, error) {
	create, err := identity.ValidateGenesis(env.League, a.create, env.Params)
	if err != nil {
		return nil, err
	}
	doc := create.Document()
	present, err := identity.Get(env.Store, a.center.DID)
	switch {
	case err != nil:
		return nil, err
	case present != nil && present.Deactivated:
		return nil, exec.Errorf(exec.CodeDeactivated, "%s: deactivated", a.center.DID)
	case present != nil:
		create, doc = nil, present.Document
	}
	return create, apart(doc, append([]string{a.center.Validator}, a.center.Sponsors...))
}

// apart keeps validator and sponsor keys out of a center's DID document: CodeKeyReused.
func apart(doc *did.Document, multikeys []string) error {
	for _, method := range doc.VerificationMethod {
		key, err := method.Key()
		if err != nil {
			return exec.Errorf(exec.CodeInvalidDocument, "%s: %v", method.ID, err)
		}
		for _, text := range multikeys {
			if key.Multikey() == text {
				return exec.Errorf(exec.CodeKeyReused, "%s: is %s of the center's DID", text, method.ID)
			}
		}
	}
	return nil
}

// apartFromDID is apart for the present document of d.
func apartFromDID(env *exec.Env, d did.DID, multikeys []string) error {
	record, err := identity.Get(env.Store, d)
	if err != nil || record == nil || record.Document == nil {
		return err
	}
	return apart(record.Document, multikeys)
}

// discard is a Store whose writes go nowhere: what they would need is checked all the same.
type discard struct{ exec.Reader }

func (discard) Set(_, _ []byte) {}
func (discard) Delete(_ []byte) {}
