package issuance_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// center is a league of one center with a did:hanse issuer "demo" (vc+jwt) and a did:key issuer "eddsa-jcs-2022".
type center struct {
	league  *ledgertest.Ledger
	keys    keyring
	place   string // of the store
	clock   *clock
	options issuance.Options
	issuers []issuance.Issuer
}

type keyring struct {
	*keystore.Memory
	more map[string]keystore.Signer
}

func (k keyring) Signer(ctx context.Context, name string) (keystore.Signer, error) {
	if s := k.more[name]; s != nil {
		return s, nil
	}
	return k.Memory.Signer(ctx, name)
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newCenter(t testing.TB) *center {
	t.Helper()
	params := exec.DefaultParams()
	c := &center{clock: &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}, place: sqlite{}.Place(t)}
	c.league = ledgertest.New(t, ledgertest.Options{Now: c.clock.Now, Params: &params})
	university := c.league.Create(t)
	simple := ledgertest.NewSigner(t, keys.EdDSA)
	c.keys = keyring{Memory: keystore.NewMemory(), more: map[string]keystore.Signer{
		"center": c.league.Center.Signer, "university": university.Signer, "simple": simple,
	}}
	c.options = issuance.Options{
		Ledger: c.league, Keys: c.keys, Center: issuance.Center{DID: c.league.Center.DID, Control: []string{"center"}},
		PublicURL: "https://center.example", Now: c.clock.Now,
	}
	c.issuers = []issuance.Issuer{
		{Name: "demo", DID: university.DID, Method: university.KID().String(), Key: "university", Form: credentials.FormJWT, Control: []string{"university"}},
		{Name: "eddsa-jcs-2022", DID: did.DID(simple.Public().DIDKey()), Method: simple.Public().DIDKeyURL(), Key: "simple", Form: credentials.FormEdDSAJCS,
			Alternatives: map[credentials.Form]string{credentials.FormJWT: simple.Public().DIDKeyURL()}},
	}
	return c
}

// start runs a service over the center's store, as a process would; several may run at a time, and end without Close.
func (c *center) start(t testing.TB) *issuance.Service {
	t.Helper()
	return c.startOver(t, sqlite{}.Open(t, c.place))
}

func (c *center) startOver(t testing.TB, store issuance.Store) *issuance.Service {
	t.Helper()
	options := c.options
	options.Store = store
	s, err := issuance.New(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, i := range c.issuers {
		if err := s.PutIssuer(context.Background(), i); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (c *center) did(name string) did.DID {
	for _, i := range c.issuers {
		if i.Name == name {
			return i.DID
		}
	}
	return ""
}

// degree is a credential of an issuer with an id.
func degree(issuer did.DID, id string) map[string]any {
	credential := map[string]any{
		"@context":          []any{"https://www.w3.org/ns/credentials/v2"},
		"type":              []any{"VerifiableCredential"},
		"issuer":            string(issuer),
		"credentialSubject": map[string]any{"id": "did:example:ada"},
	}
	if id != "" {
		credential["id"] = id
	}
	return credential
}

func (c *center) issue(t testing.TB, s *issuance.Service, name, id string) *issuance.Issued {
	t.Helper()
	issued, err := s.Issue(t.Context(), name, degree(c.did(name), id), issuance.IssueOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// bit reads a status from the ledger.
func (c *center) bit(t testing.TB, e issuance.Entry) byte {
	t.Helper()
	bits, _, err := c.league.Bits(t.Context(), e.List, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return bits[e.Index/8] >> (7 - e.Index%8) & 1
}

func entryFor(t testing.TB, issued *issuance.Issued, purpose string) issuance.Entry {
	t.Helper()
	for _, e := range issued.Entries {
		if e.Purpose == purpose {
			return e
		}
	}
	t.Fatalf("no %s entry", purpose)
	return issuance.Entry{}
}

func same(t testing.TB, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
}

func want(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error is %v, want %v", err, target)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func listURL(e issuance.Entry) string {
	return "https://center.example/status-lists/" + e.List.String()
}

func entryValue(e issuance.Entry) map[string]any {
	return map[string]any{
		"id": listURL(e) + "#" + strconv.FormatInt(e.Index, 10), "type": "BitstringStatusListEntry", "statusPurpose": e.Purpose, "statusListIndex": strconv.FormatInt(e.Index, 10),
		"statusListCredential": listURL(e),
	}
}

// payload reads the plain credential out of a compact JWS without verifying it.
func payload(p *issuance.Publication) (map[string]any, error) {
	_, rest, _ := strings.Cut(p.Compact, ".")
	body, _, _ := strings.Cut(rest, ".")
	data, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return nil, err
	}
	value, err := jcs.Parse(data, jcs.Limits{})
	if err != nil {
		return nil, err
	}
	return value.(map[string]any), nil
}
