package app

import (
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
)

// Action is an operation that its module has validated. The steps come in this order, always: Validate (bytes only, it
// makes the Action) → Authorize (signatures against state, writes nothing) → Apply (pure). Each fails with an
// *exec.Error; any other error means that state cannot be read, and stops the node. An Action serves one execution.
type Action interface {
	Authorize(*exec.Env) error
	Apply(*exec.Env) error
}

// validate is the only place where operation types are registered. CodeUnknownType for all others.
func validate(o *op.Operation) (Action, error) {
	switch o.Type {
	case "did.create":
		return identity.ValidateCreate(o)
	case "did.update":
		return identity.ValidateUpdate(o)
	case "did.deactivate":
		return identity.ValidateDeactivate(o)
	case "status.create":
		return status.ValidateCreate(o)
	case "status.lease":
		return status.ValidateLease(o)
	case "status.set":
		return status.ValidateSet(o)
	}
	return nil, exec.Errorf(exec.CodeUnknownType, "%s: no such operation type", o.Type).At("/type")
}

// charged reports whether o counts against the quota of its `by`. Creations count against the center alone: their DID
// has no record yet (`ledger.md` 7).
func charged(o *op.Operation) bool { return o.Type != "did.create" }

// delegated reports whether o is signed by keys that its `by` has lent, not by `by` itself.
func delegated(o *op.Operation) bool { return o.Type == "status.lease" || o.Type == "status.set" }
