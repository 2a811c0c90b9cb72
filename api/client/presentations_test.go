package client_test

import (
	"net/http/httptest"
	"testing"

	"github.com/hanse-id/hanse/api"
	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/resolve"
)

// startVerifying serves a center that verifies what did:key DIDs sign.
func startVerifying(t *testing.T) *client.Client {
	t.Helper()
	league := ledgertest.New(t, ledgertest.Options{})
	resolver := resolve.NewRouter(map[string]did.Resolver{"key": resolve.Key{}})
	server, err := api.New(api.Options{
		League: league.League, PublicURL: "https://center.example", Ledger: league, Resolver: resolver, Verifier: &credentials.Verifier{Resolver: resolver},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Drain)
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	return client.New(listening.URL, client.Options{})
}

func TestAPresentationIsMadeForAChallengeOfTheCenter(t *testing.T) {
	c := startVerifying(t)
	challenge, err := c.Challenge(t.Context())
	if err != nil || challenge == "" {
		t.Fatalf("challenge %q, error %v", challenge, err)
	}
	signer := ledgertest.NewSigner(t, keys.EdDSA)
	holder := credentials.Presenter{DID: did.DID(signer.Public().DIDKey()), Method: signer.Public().DIDKeyURL(), Form: credentials.FormVPJWT, Signer: signer}
	made, err := holder.Present(t.Context(), credentials.PresentOptions{Challenge: challenge})
	if err != nil {
		t.Fatal(err)
	}
	for _, verified := range []bool{true, false} { // once
		got, err := c.VerifyPresentation(t.Context(), made.Body, map[string]any{"challenge": challenge})
		if err != nil {
			t.Fatal(err)
		}
		if got.Verified != verified || got.Report == nil || got.Report.Holder != holder.DID || (len(got.ProblemDetails) == 0) != verified || len(got.Raw) == 0 {
			t.Errorf("answer %s", got.Raw)
		}
	}
}
