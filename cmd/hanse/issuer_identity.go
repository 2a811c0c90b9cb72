package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
	"github.com/hanse-id/hanse/did/web"
)

// registerLater gives an issuer a did:hanse with a control key of its own and leaves its creation for the next start.
func registerLater(ctx context.Context, home, league string, store keystore.Store, assertion keys.Public, i *issuance.Issuer) error {
	control := i.Key + "-control"
	signer, err := ensureKey(ctx, store, control, keys.EdDSA)
	if err != nil {
		return err
	}
	body, err := createBody(signer.Public(), assertion)
	if err != nil {
		return err
	}
	if i.DID, err = op.CreatedDID(league, body); err != nil {
		return err
	}
	i.Control = []string{control}
	// createBody lists the assertion key twice: as Multikey (#key-2) for Data Integrity, as JsonWebKey for JOSE.
	everyForm(i, assertion.Algorithm(), "#key-2", "#key-2-jwk")
	text, err := json.Marshal(pendingDID{DID: i.DID, Key: control, Body: body})
	if err != nil {
		return err
	}
	return writePrivate(filepath.Join(pendingDir(home), i.Name+".json"), text)
}

// hostLater gives an issuer a did:web under the center's public URL; the center serves its document.
func hostLater(publicURL string, assertion keys.Public, i *issuance.Issuer) (err error) {
	if i.DID, err = web.DID(publicURL, "issuers", i.Name); err != nil {
		return usage(fmt.Errorf("a did:web cannot be under the center's public URL: %w", err), "center.public_url must be https with a host name; 'hanse dev --tls' has one for tests")
	}
	everyForm(i, assertion.Algorithm(), web.FragmentMultikey, web.FragmentJWK)
	return nil
}

// everyForm lets an issuer sign every form that its key can sign, under the method that lists the key for that form.
func everyForm(i *issuance.Issuer, alg keys.Algorithm, multikey, jwk string) {
	methods := map[credentials.Form]string{}
	for _, form := range credentials.Forms() {
		switch {
		case !slices.Contains(form.Algorithms(), alg):
		case form.Enveloping():
			methods[form] = i.DID.String() + jwk
		default:
			methods[form] = i.DID.String() + multikey
		}
	}
	i.Method = methods[i.Form]
	delete(methods, i.Form)
	i.Alternatives = methods
}
