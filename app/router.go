package app

import (
	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/app/trust"
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
	case "did.recover":
		return identity.ValidateRecover(o)
	case "did.recover.cancel":
		return identity.ValidateCancel(o)
	case "status.create":
		return status.ValidateCreate(o)
	case "status.lease":
		return status.ValidateLease(o)
	case "status.set":
		return status.ValidateSet(o)
	case "center.update":
		return governance.ValidateUpdate(o)
	case "league.propose":
		return governance.ValidatePropose(o, readAct)
	case "league.vote":
		return governance.ValidateVote(o)
	case "league.withdraw":
		return governance.ValidateWithdraw(o)
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
	return nil, exec.Errorf(exec.CodeUnknownType, "%s: no such operation type", o.Type).At("/type")
}

// readAct is the only place where kinds of proposals are registered: see governance.ReadAct.
func readAct(league, kind string, content map[string]any) (governance.Act, error) {
	switch kind {
	case "trust.accredit", "trust.suspend", "trust.reinstate", "trust.revoke", "trust.recognise":
		return trust.ReadKind(league, kind, content)
	case "did.recover":
		return identity.ReadKind(league, content)
	}
	return governance.ReadKind(league, kind, content)
}

// fire serves one item of the calendar: the only place where its kinds are registered.
func fire(env *exec.Env, item due.Item) error {
	switch item.Kind {
	case governance.DueKind:
		return governance.Fire(env, item.Ref, readAct)
	case identity.RecoveryDue:
		return identity.FireRecovery(env, item.Ref)
	}
	return exec.Errorf(exec.CodeUnknownType, "due item of kind %q", item.Kind)
}

// failed records that an item could not be served.
func failed(env *exec.Env, item due.Item, code exec.Code) error {
	if item.Kind == governance.DueKind {
		return governance.Fail(env, item.Ref, code)
	}
	env.Emit(exec.Event{
		Type: "due.failed",
		Attributes: []exec.Attribute{
			{Name: "kind", Value: item.Kind}, {Name: "ref", Value: item.Ref}, {Name: "failure", Value: code.Info().Name},
		},
	})
	return nil
}

// charged reports whether o counts against the quota of its `by`. Creations count against the center alone: their DID
// has no record yet; recovery is exempt, so that a thief cannot use the quota up (`ledger.md` 7).
func charged(o *op.Operation) bool {
	return o.Type != "did.create" && o.Type != "did.recover" && o.Type != "did.recover.cancel"
}

// delegated reports whether o is signed by keys that its `by` has lent, not by `by` itself.
func delegated(o *op.Operation) bool { return o.Type == "status.lease" || o.Type == "status.set" }
