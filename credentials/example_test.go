package credentials_test

import (
	"context"
	"fmt"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
	"github.com/hanse-id/hanse/did/resolve"
)

func Example() {
	ctx := context.Background()
	key, err := keystore.NewMemory().Generate(ctx, "university", keys.EdDSA)
	if err != nil {
		fmt.Println(err)
		return
	}
	issuer := &credentials.Issuer{
		DID: did.DID(key.Public().DIDKey()), Method: key.Public().DIDKeyURL(), Form: credentials.FormJWT, Signer: key,
	}
	secured, err := issuer.Issue(ctx, map[string]any{
		"@context":          []any{"https://www.w3.org/ns/credentials/v2"},
		"type":              []any{"VerifiableCredential"},
		"issuer":            issuer.DID.String(),
		"credentialSubject": map[string]any{"id": "did:example:alice", "name": "Alice"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier := &credentials.Verifier{Resolver: resolve.Key{}}
	report, credential, err := verifier.Verify(ctx, secured.Body, credentials.VerifyOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Decision, credential["credentialSubject"])
	// Output: accept map[id:did:example:alice name:Alice]
}

// A verifier that takes degrees only, and only of issuers that are accredited for them.
func ExamplePolicy() {
	ctx := context.Background()
	key, err := keystore.NewMemory().Generate(ctx, "mill", keys.EdDSA)
	if err != nil {
		fmt.Println(err)
		return
	}
	mill := &credentials.Issuer{
		DID: did.DID(key.Public().DIDKey()), Method: key.Public().DIDKeyURL(), Form: credentials.FormJWT, Signer: key,
	}
	secured, err := mill.Issue(ctx, map[string]any{
		"@context":          []any{"https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"},
		"type":              []any{"VerifiableCredential", "ExampleDegreeCredential"},
		"issuer":            mill.DID.String(),
		"credentialSubject": map[string]any{"id": "did:example:alice", "name": "Alice"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier := &credentials.Verifier{
		Resolver: resolve.Key{},
		Trust:    credentials.FirstOf(credentials.AllowList{"did:example:university": {"ExampleDegreeCredential"}}), // and a ledger's source
		Policy:   credentials.Policy{RequireAccreditation: true, Types: []string{"ExampleDegreeCredential"}},
	}
	report, _, err := verifier.Verify(ctx, secured.Body, credentials.VerifyOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	problems, _ := report.Problems()
	fmt.Println(report.Decision, "-", problems[0].Title)
	// Output: reject - issuer is not accredited
}
