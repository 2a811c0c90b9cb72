package api

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/fetch"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/resolve"
	"github.com/hanse-id/hanse/did/web"
)

// webCenter is an issuing center at https://center.example with an issuer "university" whose DID is a did:web.
func webCenter(t *testing.T) (*issuingCenter, did.DID, keys.Public) {
	t.Helper()
	c := startIssuing(t, func(o *Options) {
		center := o.Ledger.(*ledgertest.Ledger).Center
		o.Center = &CenterIdentity{DID: center.DID, Issuer: &credentials.Issuer{DID: center.DID, Signer: center.Signer}}
		own := NewWebIdentities(o.PublicURL, o.Center, o.Issuance)
		o.Resolver = resolve.NewRouter(map[string]did.Resolver{
			"web": web.New(fetch.New(fetch.Options{}), web.Options{Own: own.Document}), "key": resolve.Key{}, "hanse": o.Resolver,
		})
		o.Verifier.Resolver = o.Resolver
	})
	id, err := web.DID(c.opts.PublicURL, "issuers", "university")
	ok(t, err)
	simple, _ := c.service.Identity("eddsa-jcs-2022")
	ok(t, c.service.PutIssuer(t.Context(), issuance.Issuer{
		Name: "university", DID: id, Key: "simple", Form: credentials.FormJWT, Method: string(id) + web.FragmentJWK, Purposes: []string{"none"},
		Alternatives: map[credentials.Form]string{credentials.FormEdDSAJCS: string(id) + web.FragmentMultikey},
	}))
	c.issuers["university"] = id
	return c, id, simple.Keys[0].Key
}

func TestACenterHostsTheDocumentsOfItsWebIssuers(t *testing.T) {
	c, id, key := webCenter(t)
	answer := c.client.With("Origin", "https://elsewhere.example").Get(t, "/issuers/university/did.json").Want(t, 200)
	if got := answer.Header.Get("Content-Type"); got != "application/did+json" {
		t.Errorf("Content-Type %q", got)
	}
	if got := answer.Header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("a page of another origin may not read it: %q", got)
	}
	doc, err := did.ParseDocument(answer.Body)
	ok(t, err)
	got := map[string]string{}
	for _, m := range doc.MethodsFor(did.AssertionMethod) {
		k, err := m.Key()
		ok(t, err)
		if k != key || m.Controller != id {
			t.Errorf("%s has another key or controller", m.ID)
		}
		got[m.ID] = m.Type
	}
	if diff := cmp.Diff(map[string]string{string(id) + "#key-1": did.Multikey, string(id) + "#key-1-jwk": did.JSONWebKey}, got); diff != "" || doc.ID != id {
		t.Errorf("%s: %s", doc.ID, diff)
	}
	tag := answer.Header.Get("ETag")
	c.client.With("If-None-Match", tag).Get(t, "/issuers/university/did.json").Want(t, 304)
	for accept, media := range map[string]string{"application/json": "application/json", "application/did": "application/did", "text/html": "application/did+json", "application/did+ld+json, application/json;q=0.9": "application/did+ld+json"} {
		if got := c.client.With("Accept", accept).Get(t, "/issuers/university/did.json").Want(t, 200).Header.Get("Content-Type"); got != media {
			t.Errorf("%s gets %s", accept, got)
		}
	}
}

func TestTheCentersOwnWebDocumentNamesItsLedgerDID(t *testing.T) {
	c, _, _ := webCenter(t)
	doc, err := did.ParseDocument(c.client.Get(t, "/.well-known/did.json").Want(t, 200).Body)
	ok(t, err)
	center := c.opts.Center
	if diff := cmp.Diff([]string{string(center.DID)}, doc.AlsoKnownAs); diff != "" || doc.ID != "did:web:center.example" {
		t.Errorf("%s: %s", doc.ID, diff)
	}
	if m := doc.MethodsFor(did.AssertionMethod); len(m) != 2 || m[0].PublicKeyMultibase != center.Issuer.Signer.Public().Multikey() {
		t.Errorf("methods %+v", m)
	}
}

func TestOnlyWebIssuersOfThisOriginHaveDocuments(t *testing.T) {
	c, _, _ := webCenter(t)
	foreign := issuance.Issuer{
		Name: "elsewhere", DID: "did:web:university.example", Key: "simple", Form: credentials.FormJWT, Method: "did:web:university.example#key-1", Purposes: []string{"none"},
	}
	ok(t, c.service.PutIssuer(t.Context(), foreign))
	for _, name := range []string{"demo", "eddsa-jcs-2022", "elsewhere", "nobody", "..", "university%2F", "UNIVERSITY"} {
		c.client.Get(t, "/issuers/"+name+"/did.json").Want(t, 404)
	}
}

func TestWithoutHTTPSNothingHasAWebDocument(t *testing.T) {
	c := startIssuing(t, func(o *Options) { o.PublicURL = "http://127.0.0.1:7080" })
	for _, path := range []string{"/.well-known/did.json", "/issuers/demo/did.json"} {
		if detail := c.client.Get(t, path).Want(t, 404).JSON(t)["detail"]; detail != "only an https origin with a host name has did:web documents" {
			t.Errorf("%s: %v", path, detail)
		}
	}
}

func TestWhatAWebIssuerSignsIsVerifiedAndResolved(t *testing.T) {
	c, id, _ := webCenter(t)
	result := c.client.Get(t, identifier(string(id))).Want(t, 200).JSON(t)
	if doc, _ := result["didDocument"].(map[string]any); doc["id"] != string(id) {
		t.Errorf("resolves to %v", result)
	}
	for _, form := range []string{"vc+jwt", "eddsa-jcs-2022"} {
		body := map[string]any{"credential": c.diploma("university", ""), "options": map[string]any{"format": form}}
		vc := c.call(t, "POST", "/issuers/university/credentials/issue", body).Want(t, 201).JSON(t)["verifiableCredential"]
		if got := c.verify(t, vc, map[string]any{"report": "full"}); got["verified"] != true {
			text, _ := json.Marshal(got)
			t.Errorf("%s: %s", form, text)
		}
		// What a host said at a past time is not known: not verified, and not called a forgery either.
		got := c.verify(t, vc, map[string]any{"report": "full", "at": time.Now().UTC().Format("2006-01-02T15:04:05Z")})
		if decision := got["report"].(map[string]any)["decision"]; decision != "indeterminate" {
			t.Errorf("%s at a past time: %v", form, decision)
		}
	}
}

// The guard of this center reaches nobody: an answer of 404 says that it was not asked.
func TestACenterAsksItselfForNoDocumentThatItDoesNotHost(t *testing.T) {
	c, _, _ := webCenter(t)
	for _, id := range []string{"did:web:center.example:issuers:nobody", "did:web:center.example:issuers:demo", "did:web:center.example:issuers:a:b"} {
		c.client.Get(t, identifier(id)).Want(t, 404)
	}
}

func TestWebDIDsAreNamedAmongTheMethods(t *testing.T) {
	c, _, _ := webCenter(t)
	if traits := c.client.Get(t, "/1.0/traits").Want(t, 200).JSON(t)["web"].(map[string]any); traits["history"] != false || traits["hostedCentrally"] != true || traits["name"] != "web" {
		t.Errorf("traits %v", traits)
	}
	if diff := cmp.Diff([]any{"did:web:center.example"}, c.client.Get(t, "/1.0/testIdentifiers").Want(t, 200).JSON(t)["web"]); diff != "" {
		t.Error(diff)
	}
}
