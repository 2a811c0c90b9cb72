package issuance_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// wallet adds a did:key issuer "wallet" that makes dc+sd-jwt, vc+sd-jwt, and with another key ecdsa-sd-2023.
func (c *center) wallet(t testing.TB) {
	t.Helper()
	signer := ledgertest.NewSigner(t, keys.EdDSA)
	c.keys.more["wallet"] = signer
	method := signer.Public().DIDKeyURL()
	c.issuers = append(c.issuers, issuance.Issuer{
		Name: "wallet", DID: did.DID(signer.Public().DIDKey()), Method: method, Key: "wallet", Form: credentials.FormSDJWTVC, Retain: true,
		Alternatives: map[credentials.Form]string{credentials.FormSDJWT: method, credentials.FormEdDSAJCS: method},
	})
}

func holder(t testing.TB) issuance.Holder {
	t.Helper()
	one, err := issuance.ParseHolder(ledgertest.NewSigner(t, keys.ES256).Public().JWK())
	must(t, err)
	return one
}

// claims is what an SD-JWT VC is made of.
func claims(extra map[string]any) map[string]any {
	all := map[string]any{"name": "Ada", "born": "1815-12-10"}
	for name, v := range extra {
		all[name] = v
	}
	return map[string]any{"claims": all, "vct": "https://types.example/person", "disclosable": []any{"/name"}}
}

func bodies(t testing.TB, issued *issuance.Issued) []json.RawMessage {
	t.Helper()
	var all []json.RawMessage
	must(t, json.Unmarshal(issued.Body, &all))
	return all
}

func TestClaimsAreIssuedWithOneStatusForBothPurposes(t *testing.T) {
	c := newCenter(t)
	c.wallet(t)
	s := c.start(t)
	issued, err := s.Issue(t.Context(), "wallet", claims(nil), issuance.IssueOptions{CredentialID: "card-1"})
	must(t, err)
	got := c.opened(t, issued.Body)
	same(t, got["iss"], any(string(c.did("wallet"))))
	same(t, got["name"], any("Ada"))
	same(t, len(issued.Entries), 1)
	same(t, issued.Entries[0].Purpose, issuance.StatusPurpose)
	entry := got["status"].(map[string]any)["status_list"].(map[string]any)
	same(t, entry["uri"], any(listURL(issued.Entries[0])))
	list, _, err := c.league.List(t.Context(), issued.Entries[0].List)
	must(t, err)
	same(t, list.Purposes, []string{"revocation", "suspension"})
	same(t, list.Bits, int64(2))
	kept, err := s.Credential(t.Context(), "wallet", "card-1")
	must(t, err)
	same(t, string(kept.Body), string(issued.Body))
}

func TestOtherFormsOfTheSameIssuerHaveAnEntryForEachPurpose(t *testing.T) {
	c := newCenter(t)
	c.wallet(t)
	s := c.start(t)
	issued, err := s.Issue(t.Context(), "wallet", degree(c.did("wallet"), ""), issuance.IssueOptions{Form: credentials.FormSDJWT, Decoys: 2, Disclosable: []string{}})
	must(t, err)
	same(t, []string{issued.Entries[0].Purpose, issued.Entries[1].Purpose}, []string{"revocation", "suspension"})
	c.opened(t, issued.Body)
}

func TestCopiesHaveStatusEntriesOfTheirOwn(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	issued, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), "urn:uuid:1"), issuance.IssueOptions{Copies: 40})
	must(t, err)
	same(t, issued.Copies, true)
	same(t, len(issued.Entries), 80)
	seen := map[string]bool{}
	for n, body := range bodies(t, issued) {
		got := c.opened(t, body)
		same(t, got["credentialStatus"], any([]any{entryValue(issued.Entries[2*n]), entryValue(issued.Entries[2*n+1])}))
		seen[string(body)] = true
	}
	same(t, len(seen), 40)
	changed, err := s.SetStatus(t.Context(), issuance.Change{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 1})
	must(t, err)
	same(t, changed.Copies, 40)
	for _, e := range issued.Entries {
		same(t, c.bit(t, e) == 1, e.Purpose == "revocation")
	}
	one, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), issuance.IssueOptions{Copies: 1})
	must(t, err)
	same(t, len(bodies(t, one)), 1)
}

func TestHoldersGetACopyEach(t *testing.T) {
	c := newCenter(t)
	c.wallet(t)
	s := c.start(t)
	holders := []issuance.Holder{holder(t), holder(t), holder(t)}
	issued, err := s.Issue(t.Context(), "wallet", claims(nil), issuance.IssueOptions{Holders: holders})
	must(t, err)
	for n, body := range bodies(t, issued) {
		got := c.opened(t, body)
		same(t, got["cnf"], any(map[string]any{"jwk": holders[n].Key.JWK()}))
	}
	credential := degree(c.did("demo"), "")
	credential["credentialSubject"] = map[string]any{"name": "Ada"}
	credential["@context"] = []any{"https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"}
	issued, err = s.Issue(t.Context(), "demo", credential, issuance.IssueOptions{Holders: holders, Copies: 3})
	must(t, err)
	for n, body := range bodies(t, issued) {
		same(t, c.opened(t, body)["credentialSubject"], any(map[string]any{"id": string(holders[n].DID), "name": "Ada"}))
	}
	same(t, credential["credentialSubject"], any(map[string]any{"name": "Ada"}))
}

func TestARepeatedRequestForCopiesGetsTheSameCopies(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	opts := issuance.IssueOptions{Copies: 3, Idempotency: &issuance.Idempotency{Principal: "p", Key: "k", Request: []byte("r")}}
	first, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), opts)
	must(t, err)
	again, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), opts)
	must(t, err)
	same(t, string(again.Body), string(first.Body))
	same(t, [2]bool{again.Replayed, again.Copies}, [2]bool{true, true})
}

func TestOptionsThatCannotBeServedCostNoIndex(t *testing.T) {
	c := newCenter(t)
	c.wallet(t)
	store := sqlite{}.Open(t, c.place)
	s := c.startOver(t, store)
	must(t, s.Prepare(t.Context()))
	before := drawnOf(t, store)
	one, subject := holder(t), degree(c.did("demo"), "")
	ours := map[string]any{"status_list": map[string]any{"idx": int64(1), "uri": "https://center.example/status-lists/x"}}
	for name, test := range map[string]struct {
		issuer  string
		input   map[string]any
		options issuance.IssueOptions
		reason  error
	}{
		"too many copies":            {"demo", subject, issuance.IssueOptions{Copies: 101}, issuance.ErrRequest},
		"fewer copies than none":     {"demo", subject, issuance.IssueOptions{Copies: -1}, issuance.ErrRequest},
		"too many holders":           {"demo", subject, issuance.IssueOptions{Holders: make([]issuance.Holder, 101)}, issuance.ErrRequest},
		"copies and holders differ":  {"demo", subject, issuance.IssueOptions{Copies: 2, Holders: []issuance.Holder{one}}, issuance.ErrRequest},
		"a holder twice":             {"wallet", claims(nil), issuance.IssueOptions{Holders: []issuance.Holder{one, one}}, issuance.ErrRequest},
		"another subject":            {"demo", subject, issuance.IssueOptions{Holders: []issuance.Holder{one}}, issuance.ErrInvalid},
		"another cnf":                {"wallet", claims(map[string]any{"cnf": map[string]any{"kid": "x"}}), issuance.IssueOptions{Holders: []issuance.Holder{one}}, issuance.ErrInvalid},
		"another iss":                {"wallet", claims(map[string]any{"iss": "did:key:zOther"}), issuance.IssueOptions{}, issuance.ErrForeignIssuer},
		"a status of ours":           {"wallet", claims(map[string]any{"status": ours}), issuance.IssueOptions{}, issuance.ErrInvalid},
		"pointers in a JWT":          {"demo", subject, issuance.IssueOptions{Mandatory: []string{"/issuer"}}, issuance.ErrRequest},
		"disclosures in a JWT":       {"demo", subject, issuance.IssueOptions{Disclosable: []string{"/credentialSubject"}}, issuance.ErrRequest},
		"decoys in a JWT":            {"demo", subject, issuance.IssueOptions{Decoys: 1}, issuance.ErrRequest},
		"decoys beyond all":          {"wallet", claims(nil), issuance.IssueOptions{Decoys: 1000}, issuance.ErrRequest},
		"claims to a document form":  {"demo", claims(nil), issuance.IssueOptions{}, issuance.ErrInvalid},
		"a document as claims":       {"wallet", degree(c.did("wallet"), ""), issuance.IssueOptions{}, nil},
		"what must not be withheld":  {"wallet", map[string]any{"claims": map[string]any{"exp": int64(2e9)}, "vct": "x", "disclosable": []any{"/exp"}}, issuance.IssueOptions{}, nil},
		"a form that it cannot make": {"demo", claims(nil), issuance.IssueOptions{Form: credentials.FormSDJWTVC}, issuance.ErrRequest},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Issue(t.Context(), test.issuer, test.input, test.options)
			if _, ok := errors.AsType[*credentials.ProblemError](err); test.reason == nil && !ok {
				t.Fatalf("error is %v", err)
			}
			if test.reason != nil {
				want(t, err, test.reason)
			}
		})
	}
	same(t, drawnOf(t, store), before)
}

func TestHoldersAreReadStrictly(t *testing.T) {
	public := ledgertest.NewSigner(t, keys.EdDSA).Public()
	for name, value := range map[string]any{"did:key": public.DIDKey(), "JWK": public.JWK()} {
		got, err := issuance.ParseHolder(value)
		must(t, err)
		same(t, string(got.DID), public.DIDKey())
		if got.Key != public {
			t.Errorf("%s: another key", name)
		}
	}
	private := public.JWK()
	private["d"] = "c2VjcmV0"
	for name, value := range map[string]any{
		"another DID": "did:web:a.example", "a key URL": public.DIDKeyURL(), "no key": "did:key:z6Mk", "a number": 7, "empty": map[string]any{}, "private": private,
	} {
		if _, err := issuance.ParseHolder(value); err == nil || strings.Contains(err.Error(), "c2VjcmV0") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}
