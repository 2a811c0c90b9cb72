package issuance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keystore"
)

// operation is one of our operations, signed and ready to be submitted (again).
type operation struct {
	ID       op.ID
	Envelope []byte
	Exp      int64
}

// principal is a key that signs operations under a name.
type principal struct {
	kid    did.URL
	signer keystore.Signer
}

// operationBy builds an operation that claims the authority of by, signed by all principals.
func (s *Service) operationBy(ctx context.Context, by did.DID, kind string, body map[string]any, signers ...principal) (operation, error) {
	head, err := s.ledger.Head(ctx)
	if err != nil {
		return operation{}, unavailable("the ledger cannot be read", err)
	}
	exp := s.opts.Now().Add(operationLife).Unix()
	draft := op.Draft{League: head.League, Type: kind, By: by, Exp: exp, Nonce: random16(), Body: body}
	payload, err := draft.Payload()
	if err != nil {
		return operation{}, fmt.Errorf("issuance: %s: %w", kind, err)
	}
	var signatures []op.Signature
	for _, p := range signers {
		signature, err := op.Sign(ctx, payload, p.kid, p.signer)
		if err != nil {
			return operation{}, unavailable("the key that must sign "+kind+" cannot be used", err)
		}
		signatures = append(signatures, signature)
	}
	envelope, err := op.Assemble(payload, signatures)
	if err != nil {
		return operation{}, fmt.Errorf("issuance: %s: %w", kind, err)
	}
	decoded, err := op.Decode(envelope)
	if err != nil {
		return operation{}, fmt.Errorf("issuance: %s: %w", kind, err)
	}
	return operation{ID: decoded.ID, Envelope: envelope, Exp: exp}, nil
}

// byOperator builds an operation on a list, signed by the operator key alone.
func (s *Service) byOperator(ctx context.Context, owner did.DID, kind string, body map[string]any) (operation, error) {
	kid, err := did.ParseURL(s.operator.Public().DIDKeyURL())
	if err != nil {
		return operation{}, fmt.Errorf("issuance: operator key: %w", err)
	}
	return s.operationBy(ctx, owner, kind, body, principal{kid: kid, signer: s.operator})
}

// controllers finds, for keystore names, the principals under which they control a did:hanse. The record says which
// of its capabilityInvocation methods each key is.
func (s *Service) controllers(ctx context.Context, id did.DID, names []string) ([]principal, error) {
	version, err := s.ledger.DID(ctx, id, did.At{})
	switch {
	case errors.Is(err, did.ErrNotFound):
		return nil, unavailable(fmt.Sprintf("%s is not on the ledger yet, so it cannot own status lists", id), err)
	case err != nil:
		return nil, unavailable("the ledger cannot be read", err)
	case version.Deactivated || version.Document == nil:
		return nil, refuse(ErrRequest, "", string(id)+" is deactivated and cannot own status lists")
	}
	var all []principal
	for _, name := range names {
		signer, err := s.opts.Keys.Signer(ctx, name)
		if err != nil {
			return nil, unavailable(fmt.Sprintf("control key %q cannot be used", name), err)
		}
		kid, found := invocationMethod(version.Document, signer)
		if !found {
			return nil, fmt.Errorf("issuance: control key %q is no capabilityInvocation key of %s", name, id)
		}
		all = append(all, principal{kid: kid, signer: signer})
	}
	return all, nil
}

func invocationMethod(document *did.Document, signer keystore.Signer) (did.URL, bool) {
	for _, method := range document.MethodsFor(did.CapabilityInvocation) {
		key, err := method.Key()
		if err != nil || key != signer.Public() {
			continue
		}
		if kid, err := did.ParseURL(method.ID); err == nil {
			return kid, true
		}
	}
	return did.URL{}, false
}

// commit submits an operation and waits until it is final, at most until ctx ends. A *PendingError says that it was
// accepted and no more is known; a final refusal is an *exec.Error; ErrUnavailable means that nothing was journaled.
func (s *Service) commit(ctx context.Context, o operation) (app.Receipt, error) {
	submissions, err := s.ledger.Submit(ctx, [][]byte{o.Envelope})
	if err != nil {
		return app.Receipt{}, unavailable("the ledger takes no operations at present", err)
	}
	if len(submissions) != 1 {
		return app.Receipt{}, fmt.Errorf("issuance: %d submissions of one operation", len(submissions))
	}
	submission := submissions[0]
	if refusal := submission.Error; refusal != nil && refusal.Code != exec.CodeDuplicate {
		if refusal.Code.Info().Retryable {
			return app.Receipt{}, unavailable("the ledger takes no operations at present", refusal)
		}
		return app.Receipt{}, refusal
	}
	wait := operationLife + 10*time.Second // after that it cannot be committed any more
	if submission.NoQuorum {
		wait = noQuorumWait
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	receipt, err := s.ledger.Wait(ctx, o.ID)
	if err != nil {
		return app.Receipt{}, &PendingError{Operation: o.ID, NoQuorum: submission.NoQuorum}
	}
	switch receipt.State {
	case app.Committed:
		return receipt, nil
	case app.Rejected:
		return receipt, &exec.Error{Code: receipt.Code, Detail: "the ledger refused operation " + o.ID.String() + ": " + receipt.Code.Info().Name}
	}
	return receipt, &PendingError{Operation: o.ID, NoQuorum: submission.NoQuorum}
}
