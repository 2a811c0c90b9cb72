package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// diplomaType is a credential type that no center may accredit for of its own right.
const diplomaType = "UniversityDegreeCredential"

// school is an issuer of its own, with its own keys and no center's help: the university, and the diploma mill.
type school struct {
	Name   string
	DID    did.DID
	issuer *credentials.Issuer
}

// openSchool registers a DID with a key that signs credentials, through center i.
func (s *story) openSchool(ctx context.Context, i int, name string) (*school, *client.Receipt, error) {
	store := keystore.NewMemory()
	control, err := store.Generate(ctx, "control", keys.EdDSA)
	if err != nil {
		return nil, nil, err
	}
	assertion, err := store.Generate(ctx, "assertion", keys.EdDSA)
	if err != nil {
		return nil, nil, err
	}
	body, err := createBody(control.Public(), assertion.Public())
	if err != nil {
		return nil, nil, err
	}
	id, receipt, err := s.submitCreate(ctx, i, body, control)
	if err != nil {
		return nil, nil, err
	}
	return &school{Name: name, DID: did.DID(id), issuer: &credentials.Issuer{
		DID: did.DID(id), Method: id + "#key-2-jwk", Form: credentials.FormJWT, Signer: assertion,
	}}, receipt, nil
}

// diploma issues a diploma, dated now; the date is returned as RFC 3339.
func (u *school) diploma(ctx context.Context) (secured json.RawMessage, date string, err error) {
	date = time.Now().UTC().Truncate(time.Second).Format(time.RFC3339)
	signed, err := u.issuer.Issue(ctx, map[string]any{
		"@context":  []any{"https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"},
		"id":        "urn:uuid:" + uuid.NewString(),
		"type":      []any{"VerifiableCredential", diplomaType},
		"issuer":    string(u.DID),
		"name":      "Doctor of Philosophy",
		"validFrom": date,
		"credentialSubject": map[string]any{
			"id": "did:example:ada", "degree": map[string]any{"type": "ExampleDoctorDegree", "name": "Doctor of Philosophy"},
		},
	})
	if err != nil {
		return nil, "", err
	}
	return signed.Body, date, nil
}
