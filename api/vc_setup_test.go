package api

import (
	"context"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/hanse-id/hanse/api/apitest"
	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// issuingCenter is a center with issuers "demo" (did:hanse, vc+jwt, retaining) and "eddsa-jcs-2022" (did:key).
type issuingCenter struct {
	*center
	issuers map[string]did.DID
	service *issuance.Service
}

// heldKeys is a keystore of given signers.
type heldKeys struct {
	*keystore.Memory
	held map[string]keystore.Signer
}

func (h heldKeys) Signer(ctx context.Context, name string) (keystore.Signer, error) {
	if s := h.held[name]; s != nil {
		return s, nil
	}
	return h.Memory.Signer(ctx, name)
}

func startIssuing(t *testing.T, change ...func(*Options)) *issuingCenter {
	t.Helper()
	c := &issuingCenter{issuers: map[string]did.DID{}}
	begin := func(o *Options) {
		league := o.Ledger.(*ledgertest.Ledger)
		c.service = c.startIssuance(t, league)
		o.Issuance = c.service
		o.Verifier = &credentials.Verifier{Resolver: o.Resolver, Status: NewLedgerStatus(league, nil)}
	}
	c.center = startCenter(t, append([]func(*Options){begin}, change...)...)
	return c
}

func (c *issuingCenter) startIssuance(t testing.TB, league *ledgertest.Ledger) *issuance.Service {
	t.Helper()
	university, simple := league.Create(t), ledgertest.NewSigner(t, keys.EdDSA)
	store, err := issuance.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "api.db"))
	ok(t, err)
	s, err := issuance.New(context.Background(), issuance.Options{
		Ledger: league, Store: store, PublicURL: "https://center.example",
		Keys: heldKeys{keystore.NewMemory(), map[string]keystore.Signer{
			"center": league.Center.Signer, "university": university.Signer, "simple": simple,
		}},
		Center: issuance.Center{DID: league.Center.DID, Control: []string{"center"}},
	})
	ok(t, err)
	t.Cleanup(func() {
		_ = s.Close()
		_ = store.Close()
	})
	c.issuers["demo"], c.issuers["eddsa-jcs-2022"] = university.DID, did.DID(simple.Public().DIDKey())
	for _, i := range []issuance.Issuer{
		{Name: "demo", DID: university.DID, Method: university.KID().String(), Key: "university", Form: credentials.FormJWT, Control: []string{"university"}, Retain: true},
		{Name: "eddsa-jcs-2022", DID: c.issuers["eddsa-jcs-2022"], Method: simple.Public().DIDKeyURL(), Key: "simple", Form: credentials.FormEdDSAJCS},
	} {
		ok(t, s.PutIssuer(t.Context(), i))
	}
	return s
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// diploma is an unsecured credential of an issuer.
func (c *issuingCenter) diploma(issuer, id string) map[string]any {
	credential := map[string]any{
		"@context": []any{"https://www.w3.org/ns/credentials/v2"}, "type": []any{"VerifiableCredential"},
		"issuer": string(c.issuers[issuer]), "validFrom": "2020-01-01T00:00:00Z",
		"credentialSubject": map[string]any{"id": "did:example:ada"},
	}
	if id != "" {
		credential["id"] = id
	}
	return credential
}

// call sends a JSON body ([]byte as it is) with all rights, and headers in pairs. The answer is held against the description.
func (c *issuingCenter) call(t *testing.T, method, path string, body any, headers ...string) apitest.Answer {
	t.Helper()
	client := c.client.WithToken(c.key(t, "admin"))
	for i := 0; i < len(headers); i += 2 {
		client = client.With(headers[i], headers[i+1])
	}
	return client.Do(t, method, path, body)
}

// issue issues and returns the verifiable credential.
func (c *issuingCenter) issue(t *testing.T, issuer, id string) any {
	t.Helper()
	body := map[string]any{"credential": c.diploma(issuer, id)}
	return c.call(t, "POST", "/issuers/"+issuer+"/credentials/issue", body).Want(t, 201).JSON(t)["verifiableCredential"]
}

// verify verifies with options and returns the answer.
func (c *issuingCenter) verify(t *testing.T, credential any, options map[string]any) map[string]any {
	t.Helper()
	body := map[string]any{"verifiableCredential": credential}
	if options != nil {
		body["options"] = options
	}
	return c.call(t, "POST", "/credentials/verify", body).Want(t, 200).JSON(t)
}

func (c *issuingCenter) setStatus(t *testing.T, id, purpose string, status bool) apitest.Answer {
	t.Helper()
	return c.call(t, "POST", "/credentials/status", map[string]any{
		"credentialId": id, "credentialStatus": map[string]any{"type": bitstringEntry, "statusPurpose": purpose}, "status": status,
	})
}

func byID(id string) string { return "/credentials/" + url.PathEscape(id) }

// foreign is the issuance of another API of the same league: it has other issuers and another public URL.
func (c *issuingCenter) foreign(t *testing.T) *issuance.Service {
	t.Helper()
	store, err := issuance.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "api.db"))
	ok(t, err)
	s, err := issuance.New(context.Background(), issuance.Options{
		Ledger: c.league, Store: store, PublicURL: "https://other.example", Keys: keystore.NewMemory(),
		Center: issuance.Center{DID: c.league.Center.DID, Control: []string{"center"}},
	})
	ok(t, err)
	t.Cleanup(func() {
		_ = s.Close()
		_ = store.Close()
	})
	return s
}

// revokeOne issues a credential and revokes it.
func (c *issuingCenter) revokeOne(t *testing.T, s *issuance.Service) {
	t.Helper()
	issued, err := s.Issue(t.Context(), "demo", c.diploma("demo", ""), issuance.IssueOptions{})
	ok(t, err)
	for _, e := range issued.Entries {
		if e.Purpose == issuance.Revocation {
			_, err := s.SetStatus(t.Context(), issuance.Change{List: "https://center.example/status-lists/" + e.List.String(), Index: e.Index, Value: 1})
			ok(t, err)
		}
	}
}
