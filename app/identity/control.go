package identity

import (
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
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
