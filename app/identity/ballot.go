package identity

import (
	"slices"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

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
