package status

import (
	"slices"
	"strconv"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// Authorize asks for control of the owner, and of the issuer where it is another DID whose signatures the ledger can check.
func (c *Create) Authorize(env *exec.Env) error {
	if c.size > env.Params.MaxListSize {
		return exec.Errorf(exec.CodeLimitExceeded, "size %d is above %d", c.size, env.Params.MaxListSize).At("/body/size")
	}
	if identity.SelfCertified(c.owner) {
		return exec.Errorf(exec.CodeUnknownDID, "%s: a list's owner has a record on the ledger", c.owner).At("/by")
	}
	if c.issuer == c.owner || !c.vouched() {
		return identity.Authorize(env, c.owner)
	}
	return identity.Authorize(env, c.owner, c.issuer)
}

// Apply writes the list's record.
func (c *Create) Apply(env *exec.Env) error {
	l := &List{
		ID: env.Op.ID, Issuer: c.issuer, Owner: c.owner, Operators: c.operators, Purposes: c.purposes,
		Size: c.size, Bits: c.bits, URL: c.url + env.Op.ID.String(),
		Created: env.Block.Time, Height: env.Block.Height,
	}
	env.Emit(event("status.created", l.ID, exec.Attribute{Name: "issuer", Value: string(l.Issuer)}))
	return l.put(env.Store)
}

// authorizeOperator reads the list and asks that every signature is of one of its operators: one is enough.
// CodeUnknownList, CodeNotAuthorised, CodeBadSignature.
func authorizeOperator(env *exec.Env, id op.ID, owner did.DID) (*List, error) {
	l, err := Get(env.Store, id)
	switch {
	case err != nil:
		return nil, err
	case l == nil:
		return nil, exec.Errorf(exec.CodeUnknownList, "%s: no such list", id).At("/body/list")
	case l.Owner != owner:
		return nil, exec.Errorf(exec.CodeNotAuthorised, "%s: not the list's owner", owner).At("/by")
	}
	checks := make([]op.Check, 0, len(env.Op.Signatures))
	for _, s := range env.Op.Signatures {
		key, ok, err := l.operator(s.KID)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, exec.Errorf(exec.CodeNotAuthorised, "%s: not an operator of the list", s.KID)
		}
		checks = append(checks, s.Check(key))
	}
	good := true
	for _, c := range checks {
		good = env.Verify(c) && good
	}
	if !good {
		return nil, exec.Errorf(exec.CodeBadSignature, "a signature does not verify")
	}
	return l, nil
}

// operator finds the operator key that kid names: the did:key URL of the key.
func (l *List) operator(kid did.URL) (key keys.Public, ok bool, err error) {
	if kid.DID.Method() != "key" || !slices.Contains(l.Operators, kid.DID.ID()) {
		return key, false, nil
	}
	key, err = keys.ParseMultikey(kid.DID.ID())
	return key, err == nil && key.DIDKeyURL() == kid.String(), err
}

// Authorize asks for one operator of the list, whose owner must be active: who left gets no new indices.
func (d *Draw) Authorize(env *exec.Env) error {
	l, err := authorizeOperator(env, d.id, d.owner)
	if err != nil {
		return err
	}
	owner, err := identity.Get(env.Store, d.owner)
	if err != nil {
		return err
	}
	if owner == nil || owner.Deactivated {
		return exec.Errorf(exec.CodeDeactivated, "%s: deactivated", d.owner).At("/by")
	}
	d.list = l
	return nil
}

// Apply gives the next range. CodeListFull if fewer indices than asked for are left.
func (d *Draw) Apply(env *exec.Env) error {
	l := *d.list
	if d.count > l.Size-l.Next {
		return exec.Errorf(exec.CodeListFull, "%d of %d indices are left", l.Size-l.Next, l.Size).At("/body/count")
	}
	lease := &Lease{List: l.ID, Start: l.Next, Count: d.count, Replica: d.replica, Height: env.Block.Height}
	if err := lease.put(env.Store); err != nil {
		return err
	}
	l.Next += d.count
	env.Emit(event("status.leased", l.ID,
		exec.Attribute{Name: "start", Value: strconv.FormatInt(lease.Start, 10)},
		exec.Attribute{Name: "count", Value: strconv.FormatInt(lease.Count, 10)},
		exec.Attribute{Name: "replica", Value: lease.Replica}))
	return l.put(env.Store)
}

// Authorize asks for one operator of the list. It goes on after the owner's deactivation: what was issued can still be revoked.
func (c *Change) Authorize(env *exec.Env) (err error) {
	if n := int64(len(c.entries)); n > env.Params.MaxStatusSet {
		return exec.Errorf(exec.CodeLimitExceeded, "set: %d indices are above %d", n, env.Params.MaxStatusSet).At("/body/set")
	}
	c.list, err = authorizeOperator(env, c.id, c.owner)
	return err
}

// Apply sets all values or none. CodeIndexRange, CodeNotLeased, CodeIrreversible. Setting a value that is there already
// changes nothing and is no error, final or not.
func (c *Change) Apply(env *exec.Env) error {
	for _, e := range c.entries {
		if err := c.list.allows(e); err != nil {
			return err
		}
	}
	changed := int64(0)
	for rest := c.entries; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].index/ChunkEntries == rest[0].index/ChunkEntries {
			n++
		}
		k, err := c.list.setChunk(env, rest[:n])
		if err != nil {
			return err
		}
		changed += k
		rest = rest[n:]
	}
	env.Emit(event("status.set", c.id, exec.Attribute{Name: "changed", Value: strconv.FormatInt(changed, 10)}))
	return nil
}

func (l *List) allows(e entry) error {
	pointer := "/body/set/" + strconv.FormatInt(e.index, 10)
	switch {
	case e.index >= l.Size:
		return exec.Errorf(exec.CodeIndexRange, "index %d: the list has %d entries", e.index, l.Size).At(pointer)
	case e.value>>l.Bits != 0:
		return exec.Errorf(exec.CodeIndexRange, "value %d: entries have %d bits", e.value, l.Bits).At(pointer)
	case e.index >= l.Next:
		return exec.Errorf(exec.CodeNotLeased, "index %d: never leased", e.index).At(pointer)
	}
	return nil
}

// final reports whether an entry of l with this value stays as it is for ever (see the package comment).
func (l *List) final(value uint8) bool {
	if value == 0 || !slices.Contains(l.Purposes, Revocation) {
		return false
	}
	return value != suspended || !slices.Contains(l.Purposes, Suspension)
}

// suspended is the value of Token Status List for a credential that may become valid again.
const suspended = 2

func event(kind string, id op.ID, attributes ...exec.Attribute) exec.Event {
	return exec.Event{Type: kind, Subjects: []string{exec.SubjectList(id.String())}, Attributes: attributes}
}
