package identity

import (
	"fmt"
	"slices"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// controlKey is a key that may speak for a DID, and the `kid` that names it.
type controlKey struct {
	kid string
	key keys.Public
}

// controlKeys decodes the capabilityInvocation keys of doc.
func controlKeys(doc *did.Document) ([]controlKey, error) {
	return decodeKeys(doc.MethodsFor(did.CapabilityInvocation))
}

func decodeKeys(methods []did.VerificationMethod) ([]controlKey, error) {
	out := make([]controlKey, len(methods))
	for i, method := range methods {
		key, err := method.Key()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method.ID, err)
		}
		out[i] = controlKey{kid: method.ID, key: key}
	}
	return out, nil
}

// named decodes the methods that kid names: one, or none. The others are left alone, because decoding a P-256 key costs a
// square root, and a document of twenty keys must not make one signature cost twenty of them.
func named(methods []did.VerificationMethod, kid string) ([]controlKey, error) {
	for i := range methods {
		if methods[i].ID == kid {
			return decodeKeys(methods[i : i+1])
		}
	}
	return nil, nil
}

// authority is a DID that an operation needs, with what counts towards its control: principals of which threshold must
// sign.
type authority struct {
	did         did.DID
	threshold   int64
	own         []controlKey             // decoded already
	methods     []did.VerificationMethod // own control keys that are decoded when a signature names them
	controllers []did.DID
	// set says that controllers are the DID's recovery set: own keys have no part, and members may be self-certified.
	set bool
	// revealed are next control keys (pre-rotation). If set, only they count, and `kid` finds them before own keys.
	revealed   []controlKey
	prerotated bool
}

// Authorize checks that the signatures of env.Op control every one of dids, and that every signature verifies
// (`ledger.md` 3). Each signature must be of an own control key of one of dids, or of a controller of one of them.
// A did:key or did:jwk is controlled by its one key. Nothing is written. Errors are *exec.Error: CodeUnknownDID,
// CodeDeactivated, CodeUnknownKey, CodeNotAuthorised, CodeBadSignature.
func Authorize(env *exec.Env, dids ...did.DID) error {
	authorities := make([]*authority, 0, len(dids))
	for _, d := range dids {
		a, err := load(env, d)
		if err != nil {
			return err
		}
		authorities = append(authorities, a)
	}
	return authorize(env, authorities...)
}

// load reads the present control of d.
func load(env *exec.Env, d did.DID) (*authority, error) {
	if SelfCertified(d) {
		kid, key, err := KeyOf(d)
		if err != nil {
			return nil, exec.Errorf(exec.CodeUnknownDID, "%s: %v", d, err)
		}
		return &authority{did: d, threshold: 1, own: []controlKey{{kid, key}}}, nil
	}
	r, err := active(env.Store, d)
	if err != nil {
		return nil, err
	}
	return r.authority(env.League), nil
}

// active reads the present record of d, which must exist and not be deactivated.
func active(s exec.Reader, d did.DID) (*Record, error) {
	r, err := Get(s, d)
	switch {
	case err != nil:
		return nil, err
	case r == nil:
		return nil, exec.Errorf(exec.CodeUnknownDID, "%s: not on the ledger", d)
	case r.Deactivated:
		return nil, exec.Errorf(exec.CodeDeactivated, "%s: deactivated", d)
	}
	return r, nil
}

// recoverers is the recovery set that r declares.
func (r *Record) recoverers() *authority {
	return &authority{did: r.DID, threshold: r.Recovery.Threshold, controllers: r.Recovery.Set, set: true}
}

func (r *Record) authority(league string) *authority {
	return &authority{
		did: r.DID, threshold: r.Threshold, methods: r.Document.MethodsFor(did.CapabilityInvocation),
		controllers: eligible(r.Document, r.DID, league),
	}
}

// authorize finds each signature's key, counts principals as if all were good, and only then verifies: what cannot be
// authorised costs no signature check. Every one of authorities must have given its control.
func authorize(env *exec.Env, authorities ...*authority) error {
	p, err := take(env, authorities)
	if err != nil {
		return err
	}
	for i := range authorities {
		if err := p.decide(i); err != nil {
			return err
		}
	}
	return p.verify(env)
}

// authorizeAny is authorize where one of authorities suffices. Every signature must have a part in one of them.
func authorizeAny(env *exec.Env, authorities ...*authority) error {
	p, err := take(env, authorities)
	if err != nil {
		return err
	}
	var refusal error
	for i := range authorities {
		err := p.decide(i)
		if err == nil {
			return p.verify(env)
		}
		if refusal == nil || !p.ballots[i].empty() { // what the signers tried
			refusal = err
		}
	}
	return refusal
}

// poll is what the signatures of an operation say, before any was verified.
type poll struct {
	authorities []*authority
	ballots     []ballot // one an authority
	checks      []op.Check
}

// take finds the key of every signature and enters it into the ballots.
func take(env *exec.Env, authorities []*authority) (*poll, error) {
	p := &poll{
		authorities: authorities, ballots: make([]ballot, len(authorities)), checks: make([]op.Check, 0, len(env.Op.Signatures)),
	}
	for _, s := range env.Op.Signatures {
		key, err := count(env, s, authorities, p.ballots)
		if err != nil {
			return nil, err
		}
		p.checks = append(p.checks, s.Check(key))
	}
	return p, nil
}

// decide compares the ballot of authority i with what it asks for.
func (p *poll) decide(i int) error { return p.authorities[i].decide(&p.ballots[i]) }

// verify asks about every signature, also after a bad one: hints for parallel verification list every question.
func (p *poll) verify(env *exec.Env) error {
	good := true
	for _, c := range p.checks {
		good = env.Verify(c) && good
	}
	if !good {
		return exec.Errorf(exec.CodeBadSignature, "a signature does not verify")
	}
	return nil
}

// ballot holds the distinct keys that signed for one authority.
type ballot struct {
	own         []keys.Public
	revealed    []keys.Public
	controllers []controllerBallot
}

func (b *ballot) empty() bool { return len(b.own)+len(b.revealed)+len(b.controllers) == 0 }

// controllerBallot holds the distinct keys that signed for a controller, or for a member of a recovery set.
type controllerBallot struct {
	did     did.DID
	needed  int64
	own     []controlKey             // of a self-certified member
	methods []did.VerificationMethod // of a DID with a record
	keys    []keys.Public
}

func (c *controllerBallot) find(kid string) (keys.Public, error) {
	found := c.own
	if c.methods != nil {
		var err error
		if found, err = named(c.methods, kid); err != nil {
			return keys.Public{}, err
		}
	}
	for _, k := range found {
		if k.kid == kid {
			return k.key, nil
		}
	}
	return keys.Public{}, exec.Errorf(exec.CodeUnknownKey, "%s: not a control key", kid)
}

// count finds the key of s and enters it into the ballot of every authority it speaks for.
func count(env *exec.Env, s op.Signature, authorities []*authority, ballots []ballot) (key keys.Public, err error) {
	kid := s.KID.String()
	for i, a := range authorities {
		b := &ballots[i]
		if s.KID.DID == a.did && !a.set {
			found, revealed, err := a.find(kid)
			if err != nil {
				return key, err
			}
			if found.IsZero() {
				return key, exec.Errorf(exec.CodeUnknownKey, "%s: not a control key", kid)
			}
			key = found
			if revealed {
				b.revealed = enter(b.revealed, key)
			} else {
				b.own = enter(b.own, key)
			}
			continue
		}
		if !slices.Contains(a.controllers, s.KID.DID) {
			continue
		}
		if key, err = b.controller(env, s.KID.DID, kid); err != nil {
			return key, err
		}
	}
	if key.IsZero() {
		return key, exec.Errorf(exec.CodeNotAuthorised, "%s: has no part in this operation", kid)
	}
	return key, nil
}

// find looks kid up among revealed keys, then among own keys; a zero key means neither.
func (a *authority) find(kid string) (key keys.Public, revealed bool, err error) {
	for _, k := range a.revealed {
		if k.kid == kid {
			return k.key, true, nil
		}
	}
	own := a.own
	if a.methods != nil {
		if own, err = named(a.methods, kid); err != nil {
			return key, false, err
		}
	}
	for _, k := range own {
		if k.kid == kid {
			return k.key, false, nil
		}
	}
	return key, false, nil
}

// controller enters a key of a controller DID: one level, that DID's own keys only.
func (b *ballot) controller(env *exec.Env, d did.DID, kid string) (keys.Public, error) {
	c, err := b.open(env, d)
	if err != nil {
		return keys.Public{}, err
	}
	key, err := c.find(kid)
	if err != nil {
		return keys.Public{}, err
	}
	c.keys = enter(c.keys, key)
	return key, nil
}

// open reads the record of a controller once, however many of its keys signed.
func (b *ballot) open(env *exec.Env, d did.DID) (*controllerBallot, error) {
	for i := range b.controllers {
		if b.controllers[i].did == d {
			return &b.controllers[i], nil
		}
	}
	a, err := load(env, d)
	if err != nil {
		return nil, err
	}
	b.controllers = append(b.controllers, controllerBallot{did: d, needed: a.threshold, own: a.own, methods: a.methods})
	return &b.controllers[len(b.controllers)-1], nil
}

func enter(list []keys.Public, key keys.Public) []keys.Public {
	if slices.Contains(list, key) {
		return list
	}
	return append(list, key)
}

// decide compares a ballot with what the authority asks for.
func (a *authority) decide(b *ballot) error {
	if a.prerotated {
		if int64(len(b.revealed)) < a.threshold {
			return exec.Errorf(exec.CodePreRotation, "%s: %d of %d next keys signed", a.did, len(b.revealed), a.threshold)
		}
		return nil
	}
	principals := int64(len(b.own))
	for _, c := range b.controllers {
		if int64(len(c.keys)) >= c.needed {
			principals++
		}
	}
	if principals < a.threshold {
		of := "principals"
		if a.set {
			of = "members of the recovery set"
		}
		return exec.Errorf(exec.CodeNotAuthorised, "%s: %d of %d %s signed", a.did, principals, a.threshold, of)
	}
	return nil
}
