package main

import (
	"context"
	"fmt"

	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// devForms lists the did:key issuers of a dev center: one for each securing form, named after it, and one for each further
// kind of key that conformance suites ask for.
var devForms = []struct {
	Name string
	Form credentials.Form
	Alg  keys.Algorithm // empty: the form's first
}{
	{Name: "vc-jwt", Form: credentials.FormJWT},
	{Name: "vc-jwt-es256", Form: credentials.FormJWT, Alg: keys.ES256},
	{Name: "vc-jwt-es384", Form: credentials.FormJWT, Alg: keys.ES384},
	{Name: "vc-jwt-es256k", Form: credentials.FormJWT, Alg: keys.ES256K},
	{Name: "vc-sd-jwt", Form: credentials.FormSDJWT},
	{Name: "vc-cose", Form: credentials.FormCOSE},
	{Name: "dc-sd-jwt", Form: credentials.FormSDJWTVC},
	{Name: "eddsa-jcs-2022", Form: credentials.FormEdDSAJCS},
	{Name: "eddsa-rdfc-2022", Form: credentials.FormEdDSARDFC},
	{Name: "ecdsa-jcs-2019", Form: credentials.FormECDSAJCS},
	{Name: "ecdsa-jcs-2019-p384", Form: credentials.FormECDSAJCS, Alg: keys.ES384},
	{Name: "ecdsa-rdfc-2019", Form: credentials.FormECDSARDFC},
	{Name: "ecdsa-sd-2023", Form: credentials.FormECDSASD},
	{Name: "ecdsa-rdfc-2019-p384", Form: credentials.FormECDSARDFC, Alg: keys.ES384},
}

// devType is the credential type that every center of a dev league accredits its issuer "demo" for.
const devType = "ExampleDegreeCredential"

// createDevIssuers makes the issuers that every center of a dev league has.
func createDevIssuers(ctx context.Context, home, league string, store keystore.Store, tls bool) ([]devIssuer, error) {
	specs := []issuerSpec{{
		Name: "demo", Method: "hanse", Form: credentials.FormJWT,
		Accredit: []governance.Resource{governance.TypeResource(devType)},
	}}
	for _, f := range devForms {
		specs = append(specs, issuerSpec{Name: f.Name, Method: "key", Form: f.Form, Alg: f.Alg})
	}
	if tls {
		cfg, _, err := loadConfig(home, nil)
		if err != nil {
			return nil, err
		}
		specs = append(specs, issuerSpec{Name: "web", Method: "web", Form: credentials.FormJWT, PublicURL: cfg.Center.PublicURL})
	}
	var made []devIssuer
	for _, spec := range specs {
		i, err := createIssuer(ctx, home, league, store, spec)
		if err != nil {
			return nil, fmt.Errorf("issuer %s: %w", spec.Name, err)
		}
		made = append(made, devIssuer{Name: i.Name, DID: i.DID.String(), Format: string(i.Form)})
	}
	return made, nil
}
