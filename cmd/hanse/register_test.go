package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did/keystore"
)

// controlKey is a keystore with the control key of a center and no other.
type controlKey struct {
	keystore.Store
	signer keystore.Signer
}

func (k controlKey) Signer(context.Context, string) (keystore.Signer, error) { return k.signer, nil }

// A league's rule table may give centers no right of their own. What was asked for in vain must not keep the center from ever
// being ready, nor be asked for again at every start.
func TestAnAccreditationThatTheLeagueRefusesIsSetAside(t *testing.T) {
	league := ledgertest.New(t, ledgertest.Options{Rules: governance.DefaultRules("type:Diploma")})
	r := &registrar{
		home: t.TempDir(), league: league.League, center: league.Center.DID, ledger: league,
		keys: controlKey{signer: league.Center.Signer}, log: slog.New(slog.DiscardHandler),
	}
	if err := os.MkdirAll(pendingGrants(r.home), 0o700); err != nil {
		t.Fatal(err)
	}
	issuer := league.Create(t)
	for name, resource := range map[string]governance.Resource{"may": "type:Diploma", "may-not": "type:Licence"} {
		if err := accreditLater(r.home, name, pendingGrant{Subject: issuer.DID, Action: trust.Issue, Resource: resource}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, left := range map[string]bool{"may.json": false, "may-not.json": false, "may-not.json.refused": true} {
		if _, err := os.Stat(filepath.Join(pendingGrants(r.home), name)); errors.Is(err, fs.ErrNotExist) == left {
			t.Errorf("%s: %v", name, err)
		}
	}
	for resource, want := range map[governance.Resource]bool{"type:Diploma": true, "type:Licence": false} {
		given, err := r.given(t.Context(), pendingGrant{Subject: issuer.DID, Action: trust.Issue, Resource: resource})
		if err != nil || given != want {
			t.Errorf("%s: given %v, %v", resource, given, err)
		}
	}
}

// What was given once is not given again, even where it was revoked since: an interrupted start must not undo that.
func TestAnAccreditationIsGivenOnce(t *testing.T) {
	league := ledgertest.New(t, ledgertest.Options{})
	issuer := league.Create(t)
	id := league.Accredit(t, league.Center, issuer.DID, "issue", "type:Diploma", nil)
	league.Revoke(t, league.Center, id, "unspecified")
	r := &registrar{center: league.Center.DID, ledger: league}
	if err := r.accredit(t.Context(), []byte(`{"subject":"`+string(issuer.DID)+`","action":"issue","resource":"type:Diploma"}`)); err != nil {
		t.Error(err) // without keys any attempt to sign would have panicked
	}
}
