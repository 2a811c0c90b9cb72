package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// pendingGrants holds the accreditations that the center is to give of its own right when it starts next.
func pendingGrants(home string) string { return filepath.Join(pendingDir(home), "accreditations") }

// pendingGrant is an accreditation to be given when the ledger can be reached.
type pendingGrant struct {
	Subject  did.DID             `json:"subject"`
	Action   trust.Action        `json:"action"`
	Resource governance.Resource `json:"resource"`
}

// accreditLater leaves an accreditation for the next start.
func accreditLater(home, name string, grant pendingGrant) error {
	text, err := json.Marshal(grant)
	if err != nil {
		return err
	}
	return writePrivate(filepath.Join(pendingGrants(home), name+".json"), text)
}

// accredit gives a pending accreditation, unless the center gave the same one before, whatever became of that.
func (r *registrar) accredit(ctx context.Context, data []byte) error {
	grant := pendingGrant{}
	if err := json.Unmarshal(data, &grant); err != nil {
		return err
	}
	given, err := r.given(ctx, grant)
	if err != nil || given {
		return err
	}
	version, err := r.ledger.DID(ctx, r.center, did.At{})
	if err != nil {
		return err
	}
	signer, err := r.keys.Signer(ctx, keyControl)
	if err != nil {
		return err
	}
	method, found := controlMethod(version.Document, signer.Public())
	if !found {
		return fmt.Errorf("key %q does not control %s", keyControl, r.center)
	}
	d, err := draft(operationLife, r.league, "trust.accredit", r.center, map[string]any{
		"subject": string(grant.Subject), "action": string(grant.Action), "resource": string(grant.Resource),
	})
	if err != nil {
		return err
	}
	envelope, err := d.Sign(ctx, method, signer)
	if err != nil {
		return err
	}
	if err := r.execute(ctx, fmt.Sprintf("accreditation of %s for %s", grant.Subject, grant.Resource), envelope); err != nil {
		return err
	}
	r.log.Info("issuer accredited", "did", grant.Subject, "action", grant.Action, "resource", grant.Resource)
	return nil
}

// given reports whether the center ever gave an accreditation, whatever became of it.
func (r *registrar) given(ctx context.Context, grant pendingGrant) (given bool, err error) {
	filter := trust.Filter{Subject: grant.Subject, Authority: string(r.center), Action: grant.Action, Resource: grant.Resource, Limit: 1}
	err = r.ledger.Read(ctx, func(v *app.View) error {
		for {
			page, next, err := trust.List(v.Reader(), filter)
			if given = len(page) > 0; err != nil || given || next == nil {
				return err
			}
			filter.After = next // a page can be empty before the end
		}
	})
	return given, err
}
